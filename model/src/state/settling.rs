//! What a new replica knows of the partitions that it has entered and not settled in.

use crate::algebra::ids::{NodeId, RequestId};
use crate::algebra::membership::Tip;
use crate::algebra::ring::Partition;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

/// What a new replica owes a coordinator once it has gathered the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Word {
    /// A confirmation that it has stored a put.
    Stored,
    /// A reply to a get: what it holds.
    Fetched,
}

/// The partitions that a node has entered and not settled in. Durable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settling {
    /// The partitions that the node became a replica of. Empty once it awaits no node.
    pub entered: im::OrdSet<Partition>,
    /// The nodes that have not said, since the members last changed, that they keep nothing for
    /// this node.
    pub awaited: im::OrdSet<NodeId>,
}

// By hand, because im's sets hash their elements without a length.
impl Hash for Settling {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.entered.len().hash(hasher);
        self.entered.hash(hasher);
        self.awaited.len().hash(hasher);
        self.awaited.hash(hasher);
    }
}

/// A confirmation or reply that a coordinator waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owed {
    /// The put or get that it is for.
    pub request: RequestId,
    /// The coordinator.
    pub to: NodeId,
    /// The coordinator's tip when it asked.
    pub tip: Tip,
    /// What the coordinator asked for.
    pub word: Word,
}

/// A key that a new replica gathers from other nodes. Volatile: after a crash coordinators ask
/// again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gathering {
    /// The nodes that have answered under the present view.
    pub answered: BTreeSet<NodeId>,
    /// The confirmations and replies that the node will send then.
    pub words: BTreeSet<Owed>,
    /// How many more times the node will ask the nodes that have not answered.
    pub retransmissions_left: u8,
}

impl Settling {
    pub(crate) fn forget_if_settled(&mut self) {
        if self.awaited.is_empty() {
            self.entered = im::OrdSet::new();
        }
    }
}
