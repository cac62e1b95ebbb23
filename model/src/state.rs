//! The second room: what a node knows, and what it says. Data only: nothing here decides anything.

pub mod collecting;
pub mod durable;
pub mod forwarding;
pub mod hint;
pub mod message;
pub mod request;
pub mod settling;
pub mod timer;
pub mod wish;

use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::tree::Trees;
use crate::algebra::view::View;
use crate::state::collecting::{RunningGet, RunningPut};
use crate::state::durable::Durable;
use crate::state::forwarding::RunningForward;
use crate::state::settling::Gathering;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything a node knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct State {
    /// What survives a crash.
    pub durable: Durable,
    /// Who is responsible for what: it follows from the history.
    #[serde(skip)]
    pub view: Arc<View>,
    /// Has it left, handed over everything, and heard that this is known? It then does nothing any
    /// more.
    pub retired: bool,
    /// Puts that this node coordinates and still collects answers for.
    pub puts: BTreeMap<RequestId, RunningPut>,
    /// Gets that this node coordinates and still collects answers for.
    pub gets: BTreeMap<RequestId, RunningGet>,
    /// Requests that this node has forwarded, and that no coordinator has taken on yet.
    pub forwards: BTreeMap<RequestId, RunningForward>,
    /// Keys that this node, a new replica, gathers before it gives its word on them.
    pub gatherings: BTreeMap<Key, Gathering>,
    /// Peers that did not answer in time, and have not been heard from since.
    pub suspected: BTreeSet<NodeId>,
    /// For each node that hints are kept for how often they were sent since the first of them came,
    /// the start, or its last answer; counted no further than pauses grow. A handoff timer runs for
    /// each member.
    pub handoffs: BTreeMap<NodeId, u8>,
    /// Where replicas compare what they hold: the trees of what is held. They follow from the
    /// store.
    pub trees: Trees,
    /// After a start: the first key that is not in its tree yet. `None`: all are.
    pub unplanted: Option<Key>,
    /// The keys that this node is to reap, each with the nodes that are known to be clear of it.
    /// Intended replicas come first: others are asked only once these are clear.
    pub reaping: BTreeMap<Key, BTreeSet<NodeId>>,
}
