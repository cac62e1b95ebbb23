//! The last room: what only a checker needs. The runtime uses nothing of it.

pub mod client;
pub mod process;
