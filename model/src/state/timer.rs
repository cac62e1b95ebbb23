//! A node's timers, and what chance chooses for it.

use crate::algebra::ids::{ClientId, Key, NodeId, RequestId};
use serde::{Deserialize, Serialize};
use strum::VariantNames;

/// A node's timers. Each carries its owner, because stateright's fingerprint cannot tell which of
/// two nodes has a timer set.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames,
)]
pub enum Timer {
    /// Replicas have had their time to store a put.
    Put(NodeId, RequestId),
    /// Replicas have had their time to answer a get.
    Get(NodeId, RequestId),
    /// A coordinator has had its time to take on a request that was forwarded to it.
    Forward(NodeId, RequestId),
    /// Others have had their time to say what they have of a key that this node is a new replica
    /// of.
    Gather(NodeId, Key),
    /// Hints are to be sent to the node they are kept for: holder and recipient.
    Handoff(NodeId, NodeId),
    /// Tombstones may have outlived what they stand in the way of.
    Reap(NodeId, Key),
    /// A peer is to be told this node's tip.
    Gossip(NodeId),
    /// A peer is to be compared with: this one, or any.
    Exchange(NodeId, Option<NodeId>),
    /// After a start, more keys are to be entered in their trees.
    Plant(NodeId),
    /// A scripted client has waited long enough for an answer.
    Client(ClientId),
}

impl Timer {
    /// The names of all kinds of timers.
    pub const KINDS: &'static [&'static str] = Timer::VARIANTS;
}

/// What chance has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Choice {
    /// The peer to gossip with.
    Gossip(NodeId),
    /// The peer to compare with.
    Exchange(NodeId),
}
