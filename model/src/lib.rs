//! # Amazon Dynamo's protocol, as one state machine
//!
//! A [`Node`](node::Node) is a `stateright` actor: it is given a message or a fired timer, and
//! answers with commands — save this, send that, set a timer. It never sees a socket, a file, a
//! clock or a random number. The checker runs it over every interleaving of messages, losses,
//! timeouts and crashes of a bounded scope; the runtime runs the very same value over UDP.
//!
//! ## The protocol in one page
//!
//! **Placement** ([`ring`]; paper §4.2–4.3). The hash ring is cut into a fixed number of
//! partitions; each node has several tokens on it. A key's *preference list* is the first N
//! distinct nodes met clockwise from its partition.
//!
//! **Versions** ([`version`], [`siblings`]; paper §4.4). A put gets a *dot*: its
//! coordinator's name and that coordinator's count of puts of the key. The name includes an
//! *epoch*: a coordinator that has dropped a key, and has it again, begins a new one, and never
//! speaks for dots that it no longer knows. A replica holds, for each key, a set of *siblings* and
//! one *context*, the set of all dots it has learnt of. Two sets are merged by keeping a sibling if
//! both hold it or the other has never learnt of it. A client's context is what it read; a put
//! replaces exactly the siblings that its context covers. What nobody has read, nothing replaces.
//!
//! **Put** ([`put`]; paper §4.5). Any node accepts it; one outside the preference
//! list forwards it ([`forward`]), to another node if the first is silent, and coordinates it
//! itself, as a fallback, if all intended replicas are. The coordinator issues the dot, saves,
//! sends its set to the other intended replicas, counts *distinct* nodes that have stored it,
//! itself the first, acknowledges at W, and keeps collecting to N. If a replica does
//! not answer in time, the next *fallback* clockwise is asked ([`sloppy`]; §4.6); a replica and its
//! fallback count once. A put that cannot reach W in time is reported failed but possibly
//! stored. The client gets back what it had read plus the new dot, and nothing more. A retry under
//! the same request id is recognised, also after the coordinator crashed: one put, one version.
//!
//! **Get** ([`get`]; paper §4.5 and §5). The coordinator asks all intended
//! replicas, answers all concurrent siblings with one context once R distinct replicas have spoken,
//! keeps collecting, and then writes the merge back to every replica that it saw to hold less
//! (*read repair*).
//!
//! **Hinted handoff** ([`handoff`]; paper §4.6). What a fallback stores
//! for another node it keeps apart, as a *hint*, on disk. It sends it to the node it is for, again
//! and again, and drops it when that one says that all of it is on its disk. Reads find it
//! meanwhile: fallbacks are asked as well.
//!
//! **Membership** ([`membership`], [`gossip`]; paper §4.8). A node knows a
//! *history* of changes, which only grows; the *view*, and with it the ring, follows from it. Nodes
//! gossip, tips first, and every request that depends on the ring carries its sender's tip: whoever
//! knows less, sender or receiver, is told, and asks again. When the ring changes, whoever is
//! responsible for a key no more hands over what it has, as a hint ([`transfer`]; §4.9). A new
//! replica that is asked about a key before that asks the others first ([`settle`]).
//!
//! **Anti-entropy** ([`tree`], [`exchange`]; paper §4.7). Each replica keeps a Merkle tree
//! a partition. Replicas compare roots, go down where they differ, and send one another all they
//! have of the keys that do; no others.
//!
//! **Delete.** A put of a *tombstone*, which replaces what the context covers. When every
//! intended replica has it, and nobody keeps anything of the key for another, the key is forgotten
//! ([`reap`]).
//!
//! **Lost disks.** A node on an empty disk begins under a new *incarnation*, which is part of its
//! dots' names: none is given twice. So does a node that was started on an older copy of its disk,
//! once another node remembers more of it than the copy knows ([`moment`]).
//!
//! **Durability.** A node saves before it sends whatever promises what was saved: the `Save` stands
//! before those `Send`s in a step's commands, and a runtime must finish the one before it starts
//! the other. What is volatile — puts and gets under way — may be lost at any moment; clients ask
//! again.
//!
//! ## The rooms
//!
//! The files are in rooms. A room uses only itself and the rooms above it in this list.
//!
//! 1. `algebra`: pure values with their laws. They know nothing of messages, rules or acts:
//!    [`ids`], [`address`], [`version`], [`siblings`], [`ring`], [`tally`], [`tree`],
//!    [`membership`], [`view`], [`moment`], [`config`].
//! 2. `state`: what a node knows and says. It decides nothing: [`State`](node::State), [`durable`],
//!    [`timer`], [`collecting`], [`forwarding`], [`hint`], [`settling`], [`message`], [`request`],
//!    [`wish`].
//! 3. [`rules`]: every decision that an invariant rests on, each one function.
//! 4. `acts`: what a node does: [`put`], [`get`], [`replica`], [`forward`], [`sloppy`],
//!    [`handoff`], [`settle`], [`transfer`], [`reap`], [`gossip`], [`exchange`], [`administer`].
//!    Puts and gets share [`collect`]. In [`admission`] a node decides which messages it serves. And
//!    [`route`] is a client's own view.
//! 5. [`node`]: which act handles which message, timer or choice.
//! 6. `checker`: what only a checker needs: a scripted [`client`], and nodes and clients as one
//!    actor type ([`process`]).
//!
//! State stands before rules, because rules look at records of the state, such as what a
//! coordinator remembers of a client. A value that needs a decision is handed it as a function:
//! see [`Rules::view`](rules::Rules::view). Acts call one another, because they are methods of one
//! handler (`acts/handler.rs`), but no act defines a type that another act stores.
//!
//! The crate `dynamo-invariants` says what must hold, and breaks each rule to show what it is there
//! for. [`message`] documents every message like a specification.
//!
//! ## Deviations and omissions
//!
//! * The paper's vector clocks have one entry a coordinator, which loses concurrent puts through
//!   one coordinator; here versions have *dots* (Preguiça, Baquero, Almeida et al., 2010). Clocks
//!   are never truncated, where the paper drops the oldest of more than ten entries: a truncated
//!   clock makes a descendant look concurrent.
//! * The coordinator of a forwarded request is chosen by the request's id among the replicas that
//!   are not suspected, not as the first healthy node: a retry is to meet the coordinator that
//!   knows it. Where it does not, because the first coordinator was silent or the client asks
//!   another node under the same id, a put may leave two versions: its value is then its own
//!   sibling, or comes back once after it was replaced. Nothing is lost.
//! * A coordinator remembers each client's latest put. A client that comes back with an old one
//!   after very many puts of others ([`Config::puts_remembered`](config::Config::puts_remembered))
//!   is taken for a new one.
//! * Nodes trust one another: a node that lies can break everything. Messages are taken to be from
//!   whom they say they are from; the runtime sees to that.
//! * A put that would make a key's siblings larger than
//!   [`Config::siblings_bytes_max`](config::Config::siblings_bytes_max) at its coordinator is
//!   refused. Merged sets may be larger, and messages here have any size: `impl/` cuts those that
//!   do not fit a datagram.
//! * Which fallback stands in is decided per request and not agreed upon; several may keep the same
//!   thing for one node.
//! * A put whose coordinator, or the node that forwarded it, learns of a change of the ring while
//!   its client asks again may get two dots: its value is then its own sibling, or comes back where
//!   another put had replaced it; nothing is lost.
//! * While keys move, reads promise less: see [`transfer`].
//! * Histories travel whole where they differ, in one datagram, and of what they tell only old
//!   addresses are dropped. Administrators are refused after
//!   [`History::CHANGES_MAX`](membership::History::CHANGES_MAX) changes. A history longer than
//!   [`History::LENGTH_MAX`](membership::History::LENGTH_MAX), or a change later than
//!   [`Change::TIME_MAX`](membership::Change::TIME_MAX), is not decoded: a datagram with it is
//!   dropped as malformed, and a node does not start on a disk with it, but says that its data is
//!   damaged. A node does not take in what would make its own history longer than that; views may
//!   then differ for good. All that is within these bounds is believed.

mod acts;
mod algebra;
mod checker;
pub mod node;
pub mod rules;
mod state;

pub use acts::{
    administer, admission, collect, exchange, forward, get, gossip, handoff, put, reap, replica,
    route, settle, sloppy, transfer,
};
pub use algebra::{
    address, config, ids, membership, moment, ring, siblings, tally, tree, version, view,
};
pub use checker::{client, process};
pub use state::{collecting, durable, forwarding, hint, message, request, settling, timer, wish};
