//! Hints: what a node keeps on its disk for other nodes.

use crate::algebra::ids::{Key, NodeId};
use serde::{Deserialize, Serialize};

/// Names a hint at its holder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HintId {
    /// For whom it is kept.
    pub recipient: NodeId,
    /// Of which key.
    pub key: Key,
}

/// How far a hint has come, as one node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HintState {
    /// This node, a coordinator, has asked a fallback to keep it, and has no answer yet.
    Created,
    /// On this node's disk, to be sent.
    Stored,
    /// On this node's disk, and sent.
    InTransfer,
    /// On this node's disk, for one that is no member: it stays until an administrator decides.
    Undeliverable,
    /// Not here, or not any more.
    Cleared,
}
