//! A node's timers, and the random choices that it asks for.

use crate::algebra::ids::{ClientId, Key, NodeId, RequestId};
use serde::{Deserialize, Serialize};
use strum::VariantNames;

/// A node's timers. Each carries its owner. Otherwise stateright's fingerprint could not tell which
/// of two nodes has a timer set.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames,
)]
pub enum Timer {
    /// The time for replicas to confirm a put is over.
    Put(NodeId, RequestId),
    /// The time for replicas to answer a get is over.
    Get(NodeId, RequestId),
    /// The time for a coordinator to take on a forwarded request is over.
    Forward(NodeId, RequestId),
    /// The time for other nodes to send what they have of a key is over. This node is a new replica
    /// of it.
    Gather(NodeId, Key),
    /// It is time to send hints: holder and recipient.
    Handoff(NodeId, NodeId),
    /// It is time for the next step of reaping a key: to ask nodes whether they are clear, or to
    /// reap.
    Reap(NodeId, Key),
    /// It is time to send this node's tip to a peer.
    Gossip(NodeId),
    /// It is time for an exchange with a peer: with this one, or with any.
    Exchange(NodeId, Option<NodeId>),
    /// After a start: it is time to enter more keys in the Merkle trees.
    Plant(NodeId),
    /// A scripted client has waited long enough for an answer.
    Client(ClientId),
}

impl Timer {
    /// The names of all kinds of timers.
    pub const KINDS: &'static [&'static str] = Timer::VARIANTS;
}

/// A random choice that was made for a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Choice {
    /// The peer to gossip with.
    Gossip(NodeId),
    /// The peer for an exchange.
    Exchange(NodeId),
}
