//! What travels between clients and nodes, each message documented like a specification. Every
//! message may be lost, delayed, doubled or overtaken; none relies on another having arrived.
//!
//! A message from a node is from that node, from its present start or from an earlier one. The
//! model takes that for granted; the runtime sees to it (`impl/src/doorkeeper.rs`), and even takes
//! nothing from an earlier start once it has heard of a later one.
//!
//! A message proves what was true when it was sent. *Late* says what the receiver may still make of
//! it after the ring has changed, after its sender was started again or has lost its disk, or after
//! its sender has left and joined again. Requests that name a tip are served only under the same
//! view, or by whoever is the one to ask by its own view; so a late one is served as if it were
//! new. Messages that say what to store are safe whenever they arrive: sets are merged, and what
//! was replaced stays replaced. The exception is a key that was reaped meanwhile: see
//! [`reap`](crate::reap).

mod parts;

use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::membership::{History, Tip};
use crate::algebra::ring::Partition;
use crate::algebra::siblings::Siblings;
use crate::algebra::tree::Digest;
use crate::algebra::version::Context;
use crate::state::hint::HintId;
use crate::state::wish::Wish;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use strum::VariantNames;

pub use crate::state::request::{Answer, Operation, Refusal};
pub use parts::{Leaf, Since, Subtree};

/// Everything that travels.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames,
)]
pub enum Message {
    /// Client → any node. Lost: the client asks again. Doubled: the request id shows it.
    Request(Operation),
    /// Client with a view of its own → the node it takes for one to ask. The same, and
    /// [`Message::History`] besides if the receiver's tip is another.
    Routed {
        /// The sender's.
        tip: Tip,
        /// What it asks.
        operation: Operation,
    },
    /// Coordinator → client. Lost: the client asks again and is answered again.
    Answer(Answer),
    /// Node outside the preference list → a node in it, which coordinates, says so with
    /// [`Message::Forwarded`], and answers the client itself. Never forwarded again. Lost, or not
    /// answered in time: it is sent to another; then the client asks again.
    Forward {
        /// The sender's.
        tip: Tip,
        /// Whom to answer.
        client: Id,
        /// What it asked.
        operation: Operation,
    },
    /// Coordinator → the node that has forwarded a request to it: I answer the client. Lost: the
    /// request is forwarded to another, too.
    ///
    /// Proves: its sender was up, and has begun to coordinate. Late: nothing follows, as the
    /// request was forwarded to another meanwhile.
    Forwarded {
        /// Which request.
        request: RequestId,
    },
    /// Coordinator → replica: merge these siblings into yours, save, and say so with
    /// [`Message::Stored`]. Sent again on a timer. Merging twice is merging once.
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
    ///
    /// Proves: its sender had the put on disk as an intended replica. From then on it answers for
    /// it: where it is a replica no more, it drops the put only once all replicas have it. Late,
    /// after the ring has changed: it counts only if its sender is an intended replica by the
    /// coordinator's new view too. After its sender has lost its disk: it counts, and the put is on
    /// one disk less, as if the disk had been lost a moment later.
    Stored {
        /// Which put.
        request: RequestId,
    },
    /// Coordinator → replica: what do you hold? Answered by [`Message::Fetched`]. Sent again on a
    /// timer.
    Fetch {
        /// The sender's.
        tip: Tip,
        /// The get that this is for.
        request: RequestId,
        /// Where.
        key: Key,
    },
    /// Replica → coordinator: this is on my disk. Doubled: the first counts.
    ///
    /// Proves: its sender had all this on disk when it was asked, which was after the get began.
    /// Late: it counts only for the get that asked, and only if its sender is an intended replica,
    /// or stands in for one, by the coordinator's new view too.
    Fetched {
        /// Which get.
        request: RequestId,
        /// All siblings held, with their shared context.
        siblings: Siblings,
    },
    /// Coordinator → stale replica: merge this (read repair). No answer. Lost: a later read
    /// repairs.
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
    /// Coordinator → fallback: keep these siblings for another node, save, and say so with
    /// [`Message::StoredHint`]. Sent again on a timer.
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
    ///
    /// Proves: its sender had the put on disk, for the recipient. From then on it answers for it:
    /// it drops the put only once the recipient has it, or all that have replaced the
    /// recipient. Late, after the ring has changed: it counts only if the recipient is still an
    /// intended replica by the coordinator's new view, and its sender still a member and no replica
    /// itself.
    StoredHint {
        /// Which put.
        request: RequestId,
        /// For whom.
        recipient: NodeId,
    },
    /// Holder of a hint → the node it is for: merge these siblings into yours, save, and say so
    /// with [`Message::HandedOff`]. Sent again on a timer until that says enough.
    HandOff {
        /// The sender's.
        tip: Tip,
        /// Where.
        key: Key,
        /// All that the hint holds.
        siblings: Siblings,
        /// Does the sender keep nothing for the recipient but what it keeps of this key?
        is_all: bool,
    },
    /// Recipient → holder: when I was handed that, all this was on my disk, or was replaced there.
    ///
    /// Proves: since the holder knew these members, and not others, the recipient has taken over
    /// all this; it answers for it from then on, also by handing it to others. Late, after the
    /// holder has learned of a change of the ring: it proves nothing, as the holder may have been
    /// given back meanwhile what the recipient had. The holder then sends the hint again.
    HandedOff {
        /// The tip that came with what was handed over.
        tip: Tip,
        /// Where.
        key: Key,
        /// The context of what is on the recipient's disk.
        context: Context,
    },
    /// New replica → whoever may have anything: what have you of this key? Answered by
    /// [`Message::Gathered`], by those that know the same members. Sent again on a timer, and when
    /// its coordinator asks again.
    Gather {
        /// The sender's.
        tip: Tip,
        /// Which key.
        key: Key,
    },
    /// Anyone → new replica: this is all that I have of the key, for myself and for others.
    ///
    /// Proves: its sender knew the new replica as such, and from then on serves nobody as a replica
    /// that it is no more. If it keeps nothing else for the new replica, that has all now. Late,
    /// after the new replica has learned of a change of the ring: it proves nothing, as others may
    /// be replicas then, and is ignored.
    Gathered {
        /// The tip that came with the question.
        tip: Tip,
        /// Which key.
        key: Key,
        /// All that the sender has of it.
        siblings: Siblings,
        /// Does the sender keep nothing for the new replica but what it keeps of this key?
        is_all: bool,
    },
    /// First node of the preference list → everyone: these tombstones are all that I have of the
    /// key; have you anything else? Answered by [`Message::Surveyed`] if not, else not at all.
    /// Asked again on a timer.
    Survey {
        /// The sender's.
        tip: Tip,
        /// Which key.
        key: Key,
        /// The tombstones.
        siblings: Siblings,
    },
    /// Anyone → first node of the preference list: nothing else is left here.
    ///
    /// Proves: when all intended replicas had these tombstones, its sender had nothing else. Late,
    /// after the asker has learned of a change of the ring, or holds other tombstones: it proves
    /// nothing, as others are to be asked then, and is ignored.
    Surveyed {
        /// The tip that came with the question.
        tip: Tip,
        /// Which key.
        key: Key,
        /// The tombstones that were asked about.
        siblings: Siblings,
    },
    /// First node of the preference list → replica: forget these tombstones, if they still are all
    /// you have. No answer. Lost: they stay there until a read, or an exchange, brings them back to
    /// the first node.
    ///
    /// Proves: whoever may hold anything of the key has had nothing but these tombstones. Late,
    /// after the receiver has learned of a change of the ring, or holds anything else: it does
    /// nothing.
    Reap {
        /// The sender's.
        tip: Tip,
        /// Which key.
        key: Key,
        /// The tombstones.
        siblings: Siblings,
    },
    /// Replica → replica: so much for the trees of the partitions that are yours and mine. A
    /// partition that is not named has nothing in it. Answered by [`Message::Subtrees`] or
    /// [`Message::Leaves`] of those that differ, if any do. Lost: the next exchange begins anew.
    Roots {
        /// The sender's.
        tip: Tip,
        /// The roots' digests, by partition.
        roots: Vec<(Partition, Digest)>,
    },
    /// Replica → replica: this is just below nodes in which we differ. Answered by the same one
    /// level further down, or by [`Message::Leaves`]. Lost: as above.
    Subtrees {
        /// The sender's.
        tip: Tip,
        /// The nodes.
        subtrees: Vec<Subtree>,
    },
    /// Replica → replica: these are the keys at leaves in which we differ. Answered by
    /// [`Message::Sync`] for each that differs. Lost: as above.
    Leaves {
        /// The sender's.
        tip: Tip,
        /// The leaves.
        leaves: Vec<Leaf>,
    },
    /// Replica → replica: merge this into what you have of the key, save, and answer with the same
    /// if you have more then. Lost: the next exchange finds the key again.
    Sync {
        /// The sender's.
        tip: Tip,
        /// Which key.
        key: Key,
        /// All that the sender has of it; nothing, to ask for what the receiver has.
        siblings: Siblings,
    },
    /// Administrator → any node: change who is a member. Answered by [`Answer::Changed`] or
    /// [`Answer::ChangeRefused`]. Asked again it is the same change, unless others have changed the
    /// same node meanwhile.
    Administer {
        /// Names the request.
        request: RequestId,
        /// Which node.
        node: NodeId,
        /// What is to become of it.
        wish: Wish,
    },
    /// Anyone → node: this is my tip. If the receiver's is another, it is answered by
    /// [`Message::History`]; if not, not at all, but for a sender that has left, which is answered
    /// by the same. Lost: the next one goes to another.
    Gossip {
        /// The sender's.
        tip: Tip,
    },
    /// Node → anyone whose tip is another: this is all I know. Answered by [`Message::Changes`] if
    /// that lacks anything. Lost: the next gossip, or the next request, brings it up again. Late:
    /// as [`Message::Changes`].
    History {
        /// All of it.
        history: History,
    },
    /// Anyone → node: this is what your history lacks. No answer. Lost: the next gossip, or the
    /// next request, brings it up again.
    ///
    /// Proves: these changes were made. Late: they were made all the same, and are merged. What
    /// follows from a change depends on the others that the receiver knows: that a node was gone
    /// says nothing of one that has joined again since, because its later change counts.
    Changes {
        /// Part of a history.
        changes: History,
    },
    /// A message of a node whose disk was copied, in a checker's model alone: no datagram can bring
    /// it. The runtime says the same with numbers of starts and commits, in every datagram.
    #[serde(skip_deserializing)]
    Dated {
        /// Since when the node sends with this date.
        since: Since,
        /// The message.
        message: Box<Message>,
    },
}

impl Message {
    /// The message without its date.
    #[must_use]
    pub fn undated(self) -> Message {
        if let Message::Dated { message, .. } = self { *message } else { self }
    }

    /// The same.
    pub fn as_undated(&self) -> &Message {
        if let Message::Dated { message, .. } = self { message } else { self }
    }

    /// Its date, if it has one.
    pub fn since(&self) -> Option<Since> {
        if let Message::Dated { since, .. } = self { Some(*since) } else { None }
    }

    /// The tip of its sender, if it depends on the ring whom it is sent to.
    pub fn tip(&self) -> Option<Tip> {
        match self {
            Message::Forward { tip, .. }
            | Message::Store { tip, .. }
            | Message::Fetch { tip, .. }
            | Message::Repair { tip, .. }
            | Message::StoreHint { tip, .. }
            | Message::HandOff { tip, .. }
            | Message::Gather { tip, .. }
            | Message::Survey { tip, .. }
            | Message::Reap { tip, .. }
            | Message::Roots { tip, .. }
            | Message::Subtrees { tip, .. }
            | Message::Leaves { tip, .. }
            | Message::Sync { tip, .. } => Some(*tip),
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
                | Message::Forwarded { .. }
                | Message::HandedOff { .. }
                | Message::Gathered { .. }
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
