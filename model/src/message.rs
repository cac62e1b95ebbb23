//! What travels between clients and nodes, each message documented like a specification. Every message may be lost, delayed,
//! doubled or overtaken; none relies on another having arrived.

use crate::administer::{ChangeRefusal, Wish};
use crate::handoff::HintId;
use crate::ids::{Content, Key, NodeId, RequestId};
use crate::membership::{History, Tip};
use crate::siblings::{Siblings, Version};
use crate::version::Context;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use strum::VariantNames;

/// What a client asks of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames)]
pub enum Operation {
    /// Store a value in place of what the context covers. Answered by [`Answer::PutAcknowledged`], [`Answer::PutFailed`] or
    /// [`Answer::PutRefused`]. Asked again with the same id, through the same node, it still is one put.
    Put {
        /// Names the put.
        request: RequestId,
        /// Where.
        key: Key,
        /// What: a value, or a tombstone to delete.
        content: Content,
        /// What the client had read; empty for a blind put.
        context: Context,
        /// How many intended replicas must have stored it themselves, stand-ins not counted, among the W. 0: none in particular.
        pw: u8,
    },
    /// Read a key. Answered by [`Answer::GetAnswered`] or [`Answer::GetFailed`].
    Get {
        /// Names the get.
        request: RequestId,
        /// Where.
        key: Key,
        /// How many intended replicas must have spoken themselves, stand-ins not counted, among the R. 0: none in particular.
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames)]
pub enum Answer {
    /// W distinct replicas have the put on disk.
    PutAcknowledged {
        /// Of which put.
        request: RequestId,
        /// What the client had read, and this put.
        context: Context,
    },
    /// Fewer than W replicas answered in time. The put has failed, but is possibly stored: some replicas have it, and it may
    /// be read and may spread.
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
    /// The siblings would no longer fit one datagram: read the key and put with the context read, to replace them.
    SiblingsTooLarge {
        /// What they would take, in bytes.
        bytes: usize,
        /// What they may.
        bytes_max: usize,
    },
    /// The context covers puts that this coordinator never issued: it is from another cluster, or from before a lost disk. A
    /// coordinator knows only its own puts, so not every foreign context is recognised.
    ForeignContext,
}

/// Everything that travels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames)]
pub enum Message {
    /// Client → any node. Lost: the client asks again. Doubled: the request id shows it.
    Request(Operation),
    /// Client with a view of its own → the node it takes for one to ask. The same, and [`Message::History`] besides if the receiver's tip is
    /// another.
    Routed {
        /// The sender's.
        tip: Tip,
        /// What it asks.
        operation: Operation,
    },
    /// Coordinator → client. Lost: the client asks again and is answered again.
    Answer(Answer),
    /// Node outside the preference list → a node in it, which coordinates and answers the client itself. Never forwarded again.
    /// Lost: the client asks again.
    Forward {
        /// The sender's.
        tip: Tip,
        /// Whom to answer.
        client: Id,
        /// What it asked.
        operation: Operation,
    },
    /// Coordinator → replica: merge these siblings into yours, save, and say so with [`Message::Stored`]. Sent again on a
    /// timer. Merging twice is merging once.
    Store {
        /// The sender's.
        tip: Tip,
        /// The put that this is for.
        request: RequestId,
        /// Where.
        key: Key,
        /// The coordinator's whole set: contexts have no gaps only because sets travel whole.
        siblings: Siblings,
    },
    /// Replica → coordinator: the put is on my disk. Doubled: counted once.
    Stored {
        /// Which put.
        request: RequestId,
    },
    /// Coordinator → replica: what do you hold? Answered by [`Message::Fetched`]. Sent again on a timer.
    Fetch {
        /// The sender's.
        tip: Tip,
        /// The get that this is for.
        request: RequestId,
        /// Where.
        key: Key,
    },
    /// Replica → coordinator: this is on my disk. Doubled: the first counts.
    Fetched {
        /// Which get.
        request: RequestId,
        /// All siblings held, with their shared context.
        siblings: Siblings,
    },
    /// Coordinator → stale replica: merge this (read repair). No answer. Lost: a later read repairs.
    Repair {
        /// The sender's.
        tip: Tip,
        /// The get that saw the staleness.
        request: RequestId,
        /// Where.
        key: Key,
        /// The merge of all answers.
        siblings: Siblings,
    },
    /// Coordinator → fallback: keep these siblings for another node, save, and say so with [`Message::StoredHint`]. Sent again on
    /// a timer.
    StoreHint {
        /// The sender's.
        tip: Tip,
        /// The put that this is for.
        request: RequestId,
        /// For whom, and where.
        hint: HintId,
        /// The coordinator's whole set.
        siblings: Siblings,
    },
    /// Fallback → coordinator: the put is on my disk, to be handed over. Doubled: counted once.
    StoredHint {
        /// Which put.
        request: RequestId,
        /// For whom.
        recipient: NodeId,
    },
    /// Holder of a hint → the node it is for: merge these siblings into yours, save, and say so with [`Message::HandedOff`]. Sent
    /// again on a timer until that says enough.
    HandOff {
        /// The sender's.
        tip: Tip,
        /// Where.
        key: Key,
        /// All that the hint holds.
        siblings: Siblings,
    },
    /// Recipient → holder: all this is on my disk, or was replaced there. Doubled, or late: it stays true.
    HandedOff {
        /// Where.
        key: Key,
        /// The context of what is on the recipient's disk.
        context: Context,
    },
    /// First node of the preference list → everyone: these tombstones are all that I have of the key; have you anything else? Answered by
    /// [`Message::Surveyed`] if not, else not at all. Asked again on a timer.
    Survey {
        /// The sender's.
        tip: Tip,
        /// Which key.
        key: Key,
        /// The tombstones.
        siblings: Siblings,
    },
    /// Anyone → first node of the preference list: nothing else is left here. Late: it counts only while the tombstones are the
    /// same.
    Surveyed {
        /// Which key.
        key: Key,
        /// The tombstones that were asked about.
        siblings: Siblings,
    },
    /// First node of the preference list → replica: forget these tombstones, if they still are all you have. No answer. Lost: they
    /// stay there until a read brings them back to the first node.
    Reap {
        /// The sender's.
        tip: Tip,
        /// Which key.
        key: Key,
        /// The tombstones.
        siblings: Siblings,
    },
    /// Administrator → any node: change who is a member. Answered by [`Answer::Changed`] or [`Answer::ChangeRefused`]. Asked again it is
    /// the same change, unless others have changed the same node meanwhile.
    Administer {
        /// Names the request.
        request: RequestId,
        /// Which node.
        node: NodeId,
        /// What is to become of it.
        wish: Wish,
    },
    /// Anyone → node: this is my tip. If the receiver's is another, it is answered by [`Message::History`]; if not, not at all, but for
    /// a sender that has left, which is answered by the same. Lost: the next one goes to another.
    Gossip {
        /// The sender's.
        tip: Tip,
    },
    /// Node → anyone whose tip is another: this is all I know. Answered by [`Message::Changes`] if that lacks anything. Lost: the next
    /// gossip, or the next request, brings it up again.
    History {
        /// All of it.
        history: History,
    },
    /// Anyone → node: this is what your history lacks. No answer. Lost: as above.
    Changes {
        /// Part of a history.
        changes: History,
    },
}

impl Message {
    /// The tip of its sender, if it depends on the ring whom it is sent to.
    pub fn tip(&self) -> Option<Tip> {
        match self {
            Message::Forward { tip, .. }
            | Message::Store { tip, .. }
            | Message::Fetch { tip, .. }
            | Message::Repair { tip, .. }
            | Message::StoreHint { tip, .. }
            | Message::HandOff { tip, .. }
            | Message::Survey { tip, .. }
            | Message::Reap { tip, .. } => Some(*tip),
            _ => None,
        }
    }

    /// Is it one node's answer to another?
    pub fn is_reply(&self) -> bool {
        matches!(
            self,
            Message::Stored { .. }
                | Message::StoredHint { .. }
                | Message::Fetched { .. }
                | Message::HandedOff { .. }
                | Message::Surveyed { .. }
        )
    }
}

/// The names of all kinds of messages, as they are shown: `Request Put`, `Store`, …
pub fn kinds() -> Vec<String> {
    let nested = |outer: &str| match outer {
        "Request" => Operation::VARIANTS,
        "Answer" => Answer::VARIANTS,
        _ => &[],
    };
    let names = |outer: &&'static str| match nested(outer) {
        [] => vec![(*outer).to_owned()],
        inner => inner.iter().map(|inner| format!("{outer} {inner}")).collect(),
    };
    Message::VARIANTS.iter().flat_map(names).collect()
}
