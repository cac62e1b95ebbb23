//! What clients ask, and what they are told.

use crate::algebra::ids::{Content, Key, RequestId};
use crate::algebra::membership::History;
use crate::algebra::siblings::Version;
use crate::algebra::version::Context;
use crate::state::wish::ChangeRefusal;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

/// What a client asks of a node.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames,
)]
pub enum Operation {
    /// Store a value in place of what the context covers. Answered by [`Answer::PutAcknowledged`],
    /// [`Answer::PutFailed`] or [`Answer::PutRefused`]. Asked again with the same id, through the
    /// same node, it still is one put.
    Put {
        /// Names the put.
        request: RequestId,
        /// Where.
        key: Key,
        /// What: a value, or a tombstone to delete.
        content: Content,
        /// What the client had read; empty for a blind put.
        context: Context,
        /// How many intended replicas must have stored it themselves, stand-ins not counted, among
        /// the W. 0: none in particular.
        pw: u8,
    },
    /// Read a key. Answered by [`Answer::GetAnswered`] or [`Answer::GetFailed`].
    Get {
        /// Names the get.
        request: RequestId,
        /// Where.
        key: Key,
        /// How many intended replicas must have spoken themselves, stand-ins not counted, among the
        /// R. 0: none in particular.
        pr: u8,
    },
}

impl Operation {
    /// The request's id.
    pub fn request(&self) -> RequestId {
        match self {
            Operation::Put { request, .. } | Operation::Get { request, .. } => *request,
        }
    }

    /// The key asked for.
    pub fn key(&self) -> &Key {
        match self {
            Operation::Put { key, .. } | Operation::Get { key, .. } => key,
        }
    }
}

/// What a coordinator tells a client.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames,
)]
pub enum Answer {
    /// W distinct replicas have the put on disk.
    PutAcknowledged {
        /// Of which put.
        request: RequestId,
        /// The key: a context is worth something with its own key only.
        key: Key,
        /// What the client had read, and this put.
        context: Context,
    },
    /// Fewer than W replicas answered in time. The put has failed, but is possibly stored: some
    /// replicas have it, and it may be read and may spread.
    PutFailed {
        /// Of which put.
        request: RequestId,
        /// How many replicas have it on disk for certain.
        stored: usize,
        /// W.
        needed: usize,
        /// How many of them are intended replicas.
        in_person: usize,
        /// How many of these were asked for: PW.
        pw: u8,
    },
    /// The put was refused; nothing was changed.
    PutRefused {
        /// Of which put.
        request: RequestId,
        /// Why.
        refusal: Refusal,
    },
    /// What R or more replicas held, merged.
    GetAnswered {
        /// Of which get.
        request: RequestId,
        /// The key: a context is worth something with its own key only.
        key: Key,
        /// All concurrent siblings; none where the key was never put, or its tombstone is reaped.
        siblings: Vec<Version>,
        /// To be passed with a put that is to replace these siblings.
        context: Context,
    },
    /// Fewer than R replicas answered in time.
    GetFailed {
        /// Of which get.
        request: RequestId,
        /// How many answered.
        answered: usize,
        /// R.
        needed: usize,
        /// How many of them are intended replicas.
        in_person: usize,
        /// How many of these were asked for: PR.
        pr: u8,
    },
    /// What was wanted of a node is so, and on the disk of the node asked.
    Changed {
        /// Of which request.
        request: RequestId,
        /// All that it knows now.
        history: History,
    },
    /// The node asked knows of no member: there is nobody who could be asked. Nothing was changed.
    NoRoute {
        /// Of which request.
        request: RequestId,
    },
    /// Who is a member was not changed.
    ChangeRefused {
        /// Of which request.
        request: RequestId,
        /// Why.
        refusal: ChangeRefusal,
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
            | Answer::ChangeRefused { request, .. } => *request,
        }
    }
}

/// Why a put was refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// The siblings would be larger than a coordinator may make them: read the key and put with the
    /// context read, to replace them.
    SiblingsTooLarge {
        /// What they would take, in bytes.
        bytes: usize,
        /// What they may.
        bytes_max: usize,
    },
    /// The context covers puts that this coordinator never issued: it is from another cluster, or
    /// from before a lost disk. A coordinator knows only its own puts, so not every foreign context
    /// is recognised.
    ForeignContext,
}
