//! # Amazon Dynamo's protocol, as one state machine
//!
//! A [`Node`](node::Node) is a `stateright` actor. It receives a message or a fired timer, and
//! answers with commands: save, send, set a timer. It never sees a socket, a file, a clock or a
//! random number. The checker runs it over every interleaving of messages, losses, timeouts and
//! crashes of a bounded scope. The runtime runs the same code over UDP.
//!
//! `model/README.md` describes the protocol in one page, with a glossary. [`message`] documents
//! every message like a specification. The crate `dynamo-invariants` states what must hold, and
//! replaces each rule by a wrong one to show why the rule is needed.
//!
//! ## Durability
//!
//! A node saves before it sends a message that promises what was saved. In the commands of a step,
//! the `Save` stands before those `Send`s. A runtime must finish every `Save` of a step before it
//! starts the first `Send`. Puts and gets in progress are volatile: a crash may lose them at any
//! moment, and clients retry.
//!
//! ## The rooms
//!
//! The files are in rooms. A room uses only itself and the rooms above it in this list.
//!
//! 1. `algebra`: pure values with their laws. They know nothing of messages, rules or acts:
//!    [`ids`], [`address`], [`version`], [`siblings`], [`ring`], [`tally`], [`tree`],
//!    [`membership`], [`view`], [`moment`], [`config`].
//! 2. `state`: what a node knows, and the messages that it sends. It decides nothing:
//!    [`State`](node::State), [`durable`], [`timer`], [`collecting`], [`forwarding`], [`hint`],
//!    [`settling`], [`message`], [`request`], [`wish`].
//! 3. [`rules`]: the decisions that invariants rest on, each one function.
//! 4. `acts`: what a node does: [`put`], [`get`], [`replica`], [`forward`], [`sloppy`],
//!    [`handoff`], [`settle`], [`transfer`], [`reap`], [`gossip`], [`exchange`], [`administer`].
//!    Puts and gets share [`collect`]. In [`admission`] a node decides which messages it serves.
//!    [`route`] is a client's own view.
//! 5. [`node`]: which act handles which message, timer or choice.
//! 6. `checker`: what only a checker needs: a scripted [`client`], and nodes and clients as one
//!    actor type ([`process`]).
//!
//! State comes before rules, because rules look at records of the state. Example: what a
//! coordinator remembers of a client. A value that needs a decision receives it as a function: see
//! [`Rules::view`](rules::Rules::view). Acts call one another, because they are methods of one
//! handler (`acts/handler.rs`). No act defines a type that another act stores.
//!
//! ## Deviations from the paper, and omissions
//!
//! * **Dots.** The paper's vector clocks have one entry for each coordinator. That loses concurrent
//!   puts through one coordinator. Here versions have *dots* (Preguiça, Baquero, Almeida et al.,
//!   2010).
//! * **No truncation.** The paper drops the oldest of more than ten entries of a clock. A truncated
//!   clock makes a descendant look concurrent, so clocks are never truncated here.
//! * **Choice of the coordinator.** The request's id chooses a coordinator among the replicas that
//!   are not suspected, not the first healthy node. So a retry meets the coordinator that knows it.
//!   If it meets another one, one put may leave two versions. This happens when the first
//!   coordinator was silent, or when the client asks another node under the same id. The value is
//!   then its own sibling, or comes back once after it was replaced. No put is lost.
//! * **Change of the ring during a retry.** A put may also leave two versions if its coordinator,
//!   or the node that forwarded it, learns of a change while the client retries. No put is lost.
//! * **Memory for retries.** A node remembers each client's latest put or membership change. It may
//!   forget a client once [`Config::puts_remembered`](config::Config::puts_remembered) others have
//!   asked for one through it since. It then takes a retry for a new request.
//! * **Trust.** Nodes trust one another: a node that lies can break everything. The model takes
//!   every message to be from the node that it names; the runtime ensures that.
//! * **Size.** A coordinator refuses a put that would make a key's siblings larger than
//!   [`Config::siblings_bytes_max`](config::Config::siblings_bytes_max). Merged sets may be larger.
//!   Messages in the model have any size. The runtime (`impl/`) splits those that do not fit a
//!   datagram.
//! * **Fallbacks.** Each request chooses its own fallbacks. Nodes do not agree on them, and several
//!   may keep the same hint.
//! * **Reads while keys move.** A new replica does not wait for suspected nodes before it answers,
//!   so it may miss what they hold: see [`settle`].
//! * **Length of a history.** Nodes send whole histories when tips differ. Only outdated addresses
//!   are ever dropped. Nodes refuse administrators' changes after
//!   [`History::CHANGES_MAX`](membership::History::CHANGES_MAX) changes. A history longer than
//!   [`History::LENGTH_MAX`](membership::History::LENGTH_MAX), or a change later than
//!   [`Change::TIME_MAX`](membership::Change::TIME_MAX), is not decoded. A node drops a datagram
//!   with it as malformed. It does not start on a disk with it, and reports that its data is
//!   damaged. It does not merge a history that would make its own longer than that, so views may
//!   then differ for ever. A node believes everything within these limits.

// Layers, from the lowest to the highest: a room uses only rooms that are declared above it.
mod algebra;

mod state;

pub mod rules;

mod acts;

pub mod node;

mod checker;

pub use acts::{
    administer, admission, collect, exchange, forward, get, gossip, handoff, put, reap, replica,
    route, settle, sloppy, transfer,
};
pub use algebra::{
    address, config, ids, membership, moment, ring, siblings, tally, tree, version, view,
};
pub use checker::{client, process};
pub use state::{collecting, durable, forwarding, hint, message, request, settling, timer, wish};
