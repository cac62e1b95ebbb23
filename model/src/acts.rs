//! The fourth room: what a node does, one file for each act. An act is some methods of one
//! [`Handler`](handler::Handler), which has the node's state in its hands for one step. So acts may
//! call one another, and hold no types that another act needs: those are in the room `state`. Only
//! [`route`] is no act of a node: it is what a client does with a view of its own.

pub mod administer;
pub mod admission;
pub mod collect;
pub mod exchange;
pub mod forward;
pub mod get;
pub mod gossip;
pub(crate) mod handler;
pub mod handoff;
pub mod put;
pub mod reap;
pub mod replica;
pub mod route;
pub mod settle;
pub mod sloppy;
pub(crate) mod start;
pub mod transfer;
