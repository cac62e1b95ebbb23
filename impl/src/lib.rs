//! The runtime around the protocol: datagrams, durable storage, the loop that runs one node, and a
//! client.
//!
//! Nothing here decides anything about quorums, clocks or versions. A node is
//! [`dynamo_model::node::Node`], the very actor that is model-checked; this crate feeds it messages
//! and timers and carries out its commands, and owes it one promise: **what a step saved is on disk
//! before anything is sent**.
//!
//! ```text
//! socket ─▶ sessions ─▶ wire ─▶ interpreter ─▶ the actor ─▶ its commands ─┬─▶ store   (one commit a batch)
//!    ▲                             ▲                                      ├─▶ timers
//!    └─ sessions ◀─ outbox ◀───────┼───────── after the commit ───────────┘
//!                               timers
//! ```
//!
//! The protocol knows no limit on how large a message is. One that does not fit a UDP datagram is
//! cut by its sender ([`fragments`]) and put together by its receiver ([`reassembly`]), node or
//! client.

pub mod address;
pub mod admission;
mod agreement;
pub mod client;
pub mod context_text;
pub mod counters;
pub mod doorkeeper;
mod exchanges;
#[cfg(feature = "explorer")]
pub mod explorer;
mod explorer_address;
pub mod export;
pub mod founding;
pub mod fragments;
pub mod gallery;
pub mod identity;
pub mod inspect;
pub mod interpreter;
pub mod memory;
pub mod outbox;
pub mod reassembly;
pub mod runtime;
pub mod secret;
pub mod sessions;
pub mod socket;
pub mod stamp;
pub mod store;
pub mod timers;
pub mod udp;
pub mod wire;
