//! The last room: what only a checker needs. Running nodes use nothing of it.

pub mod client;
pub mod process;
