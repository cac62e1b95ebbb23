//! Well-known algorithms as actors.

pub(crate) mod abd;
pub(crate) mod client;
pub(crate) mod paxos;
pub(crate) mod single_copy;
