//! What clients ask, and what nodes answer.

use crate::algebra::ids::{Content, Key, RequestId};
use crate::algebra::membership::History;
use crate::algebra::siblings::Version;
use crate::algebra::version::Context;
use crate::state::wish::ChangeRefusal;
use serde::{Deserialize, Serialize};
use strum::{EnumDiscriminants, EnumMessage, VariantArray};

/// What a client asks of a node.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumDiscriminants,
)]
#[strum_discriminants(
    name(OperationKind),
    derive(EnumMessage, VariantArray),
    doc = "The kind of a request."
)]
pub enum Operation {
    /// Store a value, and replace the siblings that the context covers. Answered by
    /// [`Answer::PutAcknowledged`], [`Answer::PutFailed`] or [`Answer::PutRefused`]. A retry with
    /// the same id through the same node is the same put.
    Put {
        /// Names the put.
        request: RequestId,
        /// The key to store at.
        key: Key,
        /// A value, or a tombstone to delete the key.
        content: Content,
        /// What the client had read; empty for a blind put.
        context: Context,
        /// How many of the W nodes must be intended replicas, not fallbacks: PW. 0: any nodes
        /// count.
        pw: u8,
    },
    /// Read a key. Answered by [`Answer::GetAnswered`], [`Answer::GetFailed`] or
    /// [`Answer::GetRefused`].
    Get {
        /// Names the get.
        request: RequestId,
        /// The key to read.
        key: Key,
        /// How many of the R nodes must be intended replicas, not fallbacks: PR. 0: any nodes
        /// count.
        pr: u8,
    },
}

impl Operation {
    /// The id of the request.
    pub fn request(&self) -> RequestId {
        match self {
            Operation::Put { request, .. } | Operation::Get { request, .. } => *request,
        }
    }

    /// The key of the request.
    pub fn key(&self) -> &Key {
        match self {
            Operation::Put { key, .. } | Operation::Get { key, .. } => key,
        }
    }

    /// How many intended replicas the client requires: PW or PR.
    pub fn in_person(&self) -> u8 {
        match self {
            Operation::Put { pw: in_person, .. } | Operation::Get { pr: in_person, .. } => {
                *in_person
            }
        }
    }
}

/// What a coordinator, or the node that an administrator asked, answers.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumDiscriminants,
)]
#[strum_discriminants(
    name(AnswerKind),
    derive(EnumMessage, VariantArray),
    doc = "The kind of an answer."
)]
pub enum Answer {
    /// W distinct nodes have the put on disk.
    PutAcknowledged {
        /// The put's request.
        request: RequestId,
        /// The put's key. The context is only valid for this key.
        key: Key,
        /// What the client had read, and this put.
        context: Context,
    },
    /// Too few nodes confirmed the put in time: fewer than W, or fewer than PW intended replicas.
    /// The put has failed, but is possibly stored. Some nodes may have it, and it may be read and
    /// may spread.
    PutFailed {
        /// The put's request.
        request: RequestId,
        /// How many nodes are known to have the put on disk.
        stored: usize,
        /// W.
        needed: usize,
        /// How many of these are intended replicas.
        in_person: usize,
        /// How many intended replicas the client required.
        pw: u8,
    },
    /// The node refused the put. Nothing was changed.
    PutRefused {
        /// The put's request.
        request: RequestId,
        /// Why.
        refusal: Refusal,
    },
    /// What R or more nodes hold, merged.
    GetAnswered {
        /// The get's request.
        request: RequestId,
        /// The get's key. The context is only valid for this key.
        key: Key,
        /// All concurrent siblings. None if the key was never put, or if its tombstone was reaped.
        siblings: Vec<Version>,
        /// The context for a put that is to replace these siblings.
        context: Context,
    },
    /// Too few nodes answered the get in time: fewer than R, or fewer than PR intended replicas.
    GetFailed {
        /// The get's request.
        request: RequestId,
        /// How many nodes answered.
        answered: usize,
        /// R.
        needed: usize,
        /// How many of these are intended replicas.
        in_person: usize,
        /// How many intended replicas the client required.
        pr: u8,
    },
    /// The membership change holds, and is on the disk of the node that the administrator asked.
    Changed {
        /// The administrator's request.
        request: RequestId,
        /// All membership changes that the node knows now.
        history: History,
    },
    /// The node knows of no member, so there is none to coordinate the request. Nothing was
    /// changed.
    NoRoute {
        /// The request.
        request: RequestId,
    },
    /// The node refused the membership change. Nothing was changed.
    ChangeRefused {
        /// The administrator's request.
        request: RequestId,
        /// Why.
        refusal: ChangeRefusal,
    },
    /// The node refused the get. Asking again changes nothing.
    GetRefused {
        /// The get's request.
        request: RequestId,
        /// Why.
        refusal: Refusal,
    },
}

impl Answer {
    /// The id of the request answered.
    pub fn request(&self) -> RequestId {
        match self {
            Answer::PutAcknowledged { request, .. }
            | Answer::PutFailed { request, .. }
            | Answer::PutRefused { request, .. }
            | Answer::GetAnswered { request, .. }
            | Answer::GetFailed { request, .. }
            | Answer::Changed { request, .. }
            | Answer::NoRoute { request }
            | Answer::ChangeRefused { request, .. }
            | Answer::GetRefused { request, .. } => *request,
        }
    }
}

/// Why a node refuses a put or a get. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// The key's siblings would be larger than a coordinator may make them. To replace them, read
    /// the key and put with the context read.
    SiblingsTooLarge {
        /// How many bytes the siblings would take.
        bytes: usize,
        /// How many bytes are allowed.
        bytes_max: usize,
    },
    /// The context covers puts that this coordinator never issued. It is from another cluster, or
    /// from before a lost disk. A coordinator knows only its own puts, so it does not recognise
    /// every foreign context.
    ForeignContext,
    /// The client requires more intended replicas, PW or PR, than a key has. No number of nodes
    /// that come back could satisfy it.
    TooManyReplicas {
        /// How many it requires.
        required: u8,
        /// N.
        n: usize,
    },
}
