//! The second room: what a node knows, and the messages that it sends. Data only: nothing here
//! decides anything.

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
    /// The members and the ring, which follow from the history.
    #[serde(skip)]
    pub view: Arc<View>,
    /// Has the node left, handed over everything, and learned that another node knows this? Then it
    /// does nothing any more.
    pub retired: bool,
    /// Puts that this node coordinates and still collects answers for.
    pub puts: BTreeMap<RequestId, RunningPut>,
    /// Gets that this node coordinates and still collects answers for.
    pub gets: BTreeMap<RequestId, RunningGet>,
    /// Requests that this node has forwarded, and that no coordinator has taken on yet.
    pub forwards: BTreeMap<RequestId, RunningForward>,
    /// Keys that this node, a new replica, gathers before it confirms puts and replies to gets of
    /// them.
    pub gatherings: BTreeMap<Key, Gathering>,
    /// Peers that did not answer in time, and have sent nothing since.
    pub suspected: BTreeSet<NodeId>,
    /// For each node with hints here: how often the hints were sent since the first one came, since
    /// the start, or since that node last confirmed one. It is counted no further than pauses grow.
    /// A handoff timer runs for each of these nodes that is a member.
    pub handoffs: BTreeMap<NodeId, u8>,
    /// The Merkle trees that replicas compare. They follow from the store.
    pub trees: Trees,
    /// After a start: the first key that is not in its Merkle tree yet. `None`: all keys are.
    pub unplanted: Option<Key>,
    /// The keys that this node reaps, each with the nodes known to be clear of it. The node asks
    /// the intended replicas first, and the other nodes once these are clear.
    pub reaping: BTreeMap<Key, BTreeSet<NodeId>>,
}
