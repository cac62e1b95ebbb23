//! Algorithms everybody knows, as actors.

pub(crate) mod abd;
pub(crate) mod client;
pub(crate) mod paxos;
pub(crate) mod single_copy;
