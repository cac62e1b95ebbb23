//! What is on a node's disk.

use crate::algebra::ids::{ClientId, Key};
use crate::algebra::membership::History;
use crate::algebra::siblings::Siblings;
use crate::algebra::version::{Context, Epoch};
use crate::state::hint::HintId;
use crate::state::request::Refusal;
use crate::state::settling::Settling;
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// The latest put that a client asked this node to coordinate, kept so that a retry is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Issued {
    /// The number of the request.
    pub number: u64,
    /// This node's count of puts then.
    pub counter: u64,
    /// The context its client is to get back, or why it was refused: it stays refused.
    pub answer: Result<Context, Refusal>,
}

/// What survives a crash. Persistent maps, so that cloning is O(1) and the runtime can write just
/// the difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Durable {
    /// Which of the node's disks this is.
    pub incarnation: u64,
    /// How many puts this node has coordinated; or more. Larger than the number of any epoch that
    /// it has begun.
    pub counter: u64,
    /// What it holds as a replica.
    pub store: im::OrdMap<Key, Siblings>,
    /// Of each key that it holds, and has coordinated a put of since it holds it: the dots it has
    /// given to it.
    pub epochs: im::OrdMap<Key, Epoch>,
    /// For each client its latest put through this node.
    pub issued: im::OrdMap<ClientId, Issued>,
    /// What it keeps for other nodes.
    pub hints: im::OrdMap<HintId, Siblings>,
    /// All it knows of who is a member.
    pub history: History,
    /// Of what it has become a replica, until it has settled there.
    pub settling: Settling,
}

impl Durable {
    /// Is nothing kept, for the node itself or for others?
    pub(crate) fn has_nothing(&self) -> bool {
        self.store.is_empty() && self.hints.is_empty()
    }
}

// By hand, because im's maps hash their entries without a length: entries must not wander unseen
// from one map to the next.
impl Hash for Durable {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.incarnation.hash(hasher);
        self.counter.hash(hasher);
        self.store.len().hash(hasher);
        self.store.hash(hasher);
        self.epochs.len().hash(hasher);
        self.epochs.hash(hasher);
        self.issued.len().hash(hasher);
        self.issued.hash(hasher);
        self.hints.len().hash(hasher);
        self.hints.hash(hasher);
        self.history.hash(hasher);
        self.settling.hash(hasher);
    }
}
