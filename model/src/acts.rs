//! The fourth room: what a node does, one file for each act. An act is a group of methods of one
//! [`Handler`](handler::Handler), which holds the node's state for one step. Acts may call one
//! another. No act defines a type that another act needs: those types are in the room `state`.
//! [`route`] is the exception. It is an act of a client that has its own view.

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
