//! What a new replica knows of the partitions that it has entered, until it has settled in them.

use crate::algebra::ids::{NodeId, RequestId};
use crate::algebra::membership::Tip;
use crate::algebra::ring::Partition;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

/// What a replica gives its word on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Word {
    /// That it has stored a put.
    Stored,
    /// What it holds.
    Fetched,
}

/// What a node has entered and has not settled in. Durable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settling {
    /// The partitions whose replica it has become. Empty once nobody is awaited.
    pub entered: im::OrdSet<Partition>,
    /// Those that have not said, since members last changed, that they keep nothing for it.
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

/// A word that a coordinator waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Owed {
    /// Of which request.
    pub request: RequestId,
    /// Who coordinates it.
    pub to: NodeId,
    /// The coordinator's tip when it asked.
    pub tip: Tip,
    /// What it asked for.
    pub word: Word,
}

/// A key that is being gathered. Volatile: after a crash coordinators ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Gathering {
    /// Who has answered, under this view.
    pub answered: BTreeSet<NodeId>,
    /// The words to be given then.
    pub words: BTreeSet<Owed>,
    /// How often those that are missing will be asked again.
    pub retransmissions_left: u8,
}

impl Settling {
    pub(crate) fn forget_if_settled(&mut self) {
        if self.awaited.is_empty() {
            self.entered = im::OrdSet::new();
        }
    }
}
