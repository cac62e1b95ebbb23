//! The runtime around the protocol: datagrams, durable storage, the loop that runs one node, and a
//! client.
//!
//! The runtime decides nothing about quorums, clocks or versions. A node is
//! [`dynamo_model::node::Node`], the actor that the checker runs. This crate passes messages and
//! timers to the actor, and carries out its commands. It guarantees that **what a step saved is on
//! disk before anything is sent**.
//!
//! ```text
//! socket ─▶ sessions ─▶ wire ─▶ interpreter ─▶ actor ─▶ commands ─┬─▶ store (one commit a batch)
//!    ▲                             ▲                              ├─▶ timers
//!    └─ sessions ◀─ outbox ◀───────┼─────── after the commit ─────┘
//!                               timers
//! ```
//!
//! Everything between the socket and the store is the [`server`], which does no I/O. So
//! [`simulation`] runs the same server over a simulated network and simulated disks.
//!
//! The protocol does not limit the size of a message. If one does not fit a UDP datagram, the
//! sender cuts it into fragments ([`fragments`]), and the receiver puts them together
//! ([`reassembly`]).

pub mod address;
pub mod admission;
mod agreement;
mod beside;
pub mod client;
pub mod context_text;
pub mod counters;
pub mod doorkeeper;
pub mod drawn;
pub mod drive;
mod exchanges;
#[cfg(feature = "explorer")]
pub mod explorer;
mod explorer_address;
pub mod export;
pub mod format;
pub mod founding;
pub mod fragments;
pub mod gallery;
pub mod history;
pub mod identity;
pub mod inspect;
pub mod interpreter;
pub mod life;
mod markdown;
pub mod memory;
pub mod outbox;
pub mod reassembly;
pub mod record;
pub mod recording;
pub mod runtime;
#[cfg(feature = "explorer")]
pub mod scope_file;
pub mod secret;
pub mod server;
pub mod sessions;
pub mod simulation;
pub mod socket;
pub mod stamp;
pub mod storage;
pub mod store;
mod svg_parts;
pub mod timers;
pub mod transport;
pub mod trial;
pub mod udp;
pub mod wire;
