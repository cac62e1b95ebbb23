//! Hints: what a node keeps on its disk for other nodes.

use crate::algebra::ids::{Key, NodeId};
use serde::{Deserialize, Serialize};

/// Names a hint at its holder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HintId {
    /// The node that the hint is for.
    pub recipient: NodeId,
    /// The key that the hint has data of.
    pub key: Key,
}

/// How far a hint has come, from one node's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HintState {
    /// This node coordinates a put. It has asked a fallback to keep the hint, and has no answer
    /// yet.
    Created,
    /// On this node's disk, not sent yet.
    Stored,
    /// On this node's disk, and sent.
    InTransfer,
    /// On this node's disk, but the recipient is not a member. It stays until an administrator
    /// decides.
    Undeliverable,
    /// Not here, or not here any more.
    Cleared,
}
