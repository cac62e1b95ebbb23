//! What is on a node's disk.

use crate::algebra::ids::{ClientId, Key};
use crate::algebra::membership::History;
use crate::algebra::siblings::Siblings;
use crate::algebra::version::{Context, Epoch};
use crate::state::hint::HintId;
use crate::state::request::Refusal;
use crate::state::settling::Settling;
use crate::state::wish::ChangeRefusal;
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// The latest put that a client asked this node to coordinate, or the latest membership change that
/// it asked for. The node keeps it to recognise a retry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Issued {
    /// The number of the request.
    pub number: u64,
    /// The node's own count of puts at that request.
    pub counter: u64,
    /// A retry gets the same answer.
    pub answer: Decision,
}

/// What a node decided about a put or a membership change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Decision {
    /// The context that the client gets back for its put, or why the put was refused.
    Put(Result<Context, Refusal>),
    /// The membership change was made, had been made before, or was refused.
    Change(Result<(), ChangeRefusal>),
}

/// What survives a crash. The maps are persistent: a clone takes constant time, and the runtime
/// writes only what has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durable {
    /// Which of the node's disks this is.
    pub incarnation: u64,
    /// At least the number of puts that this node has coordinated. It is larger than the number of
    /// any epoch that the node has begun.
    pub counter: u64,
    /// What the node holds as a replica.
    pub store: im::OrdMap<Key, Siblings>,
    /// The dots that the node has given to each key that it still has, in its own data or as a
    /// hint.
    pub epochs: im::OrdMap<Key, Epoch>,
    /// The latest put or membership change of each client through this node.
    pub issued: im::OrdMap<ClientId, Issued>,
    /// The hints that the node keeps for other nodes.
    pub hints: im::OrdMap<HintId, Siblings>,
    /// All membership changes that the node knows.
    pub history: History,
    /// The partitions that the node has entered as a new replica and not settled in.
    pub settling: Settling,
}

impl Durable {
    /// Does the node have no data of its own and no hints?
    pub(crate) fn has_nothing(&self) -> bool {
        self.store.is_empty() && self.hints.is_empty()
    }
}

// By hand, because im's maps hash their entries without a length. An entry that moves from one map
// to the next must change the hash.
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
