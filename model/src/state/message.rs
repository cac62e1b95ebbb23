//! Every message between clients and nodes, documented like a specification. Every message may be
//! lost, delayed, duplicated or reordered. No message relies on the arrival of another.
//!
//! A message from a node was sent by that node, since its present start or in an earlier one. The
//! model takes this for granted. The runtime ensures it (`impl/src/doorkeeper.rs`). Once the
//! runtime has heard of a later start of a node, it even drops messages from earlier ones.
//!
//! A message proves what was true when it was sent. *Lost* and *Duplicated* say what happens then.
//! *Late* says what a message still proves after one of these events: the ring has changed; the
//! sender was started again, or has lost its disk; the sender has left and joined again.
//!
//! A node serves a request that names a tip in two cases: its own tip is the same, or by its own
//! view it is the node to ask. So it can serve a late request like a new one. Messages with
//! siblings to store are safe at any time: nodes merge them, and replaced siblings stay replaced.
//! The exception is a key that was reaped since: see [`reap`](crate::reap).

mod kinds;
mod parts;
mod served;

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
use strum::{EnumDiscriminants, EnumMessage, VariantArray};

pub use crate::state::request::{Answer, Operation, Refusal};
pub use kinds::{documentation, kinds};
pub use parts::{Leaf, Since, Subtree};

/// Every message.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumDiscriminants,
)]
#[strum_discriminants(name(MessageKind), derive(EnumMessage, VariantArray))]
#[strum_discriminants(doc = "The kind of a message.")]
pub enum Message {
    /// Client → any node: a request. Lost: the client retries. Duplicated: the node recognises the
    /// request id.
    Request(Operation),
    /// Client with its own view → the node that it takes for a replica: a request. If the
    /// receiver's tip differs, it also sends [`Message::History`]. Lost: the client retries.
    Routed {
        /// The sender's tip.
        tip: Tip,
        /// The client's request.
        operation: Operation,
    },
    /// Coordinator → client: the answer. Lost: the client retries, and gets an answer again.
    Answer(Answer),
    /// Node → the node that it chose as coordinator: coordinate this request. That is an intended
    /// replica, or a fallback if all of them are suspected. It replies with [`Message::Forwarded`],
    /// and answers the client itself. It never forwards the request again. Lost, or no reply in
    /// time: the sender tries another node.
    Forward {
        /// The sender's tip.
        tip: Tip,
        /// The client to answer.
        client: Id,
        /// The client's request.
        operation: Operation,
    },
    /// Coordinator → the node that forwarded a request to it: I will answer the client. Lost: the
    /// request is also forwarded to another node.
    ///
    /// Proves: the sender was up, and had begun to coordinate. Late: the receiver ignores it,
    /// because it has forwarded the request to another node.
    Forwarded {
        /// The request.
        request: RequestId,
    },
    /// Coordinator → replica: merge these siblings into yours, save, and reply with
    /// [`Message::Stored`]. Retransmitted on a timer. Duplicated: a second merge changes nothing.
    Store {
        /// The sender's tip.
        tip: Tip,
        /// The put that this is for.
        request: RequestId,
        /// The key.
        key: Key,
        /// All siblings of the coordinator. Contexts have no gaps only because sets travel whole.
        siblings: Siblings,
    },
    /// Replica → coordinator: the put is on my disk. Duplicated: it counts once.
    ///
    /// Proves: the sender had the put on disk as an intended replica. If it stops being one, it
    /// drops the put only once all replicas have it. Late, after a change of the ring: it counts
    /// only if the sender is still an intended replica by the coordinator's view. Late, after the
    /// sender lost its disk: it counts. The put is on one disk less, as if the disk had been lost a
    /// moment later.
    Stored {
        /// The put's request.
        request: RequestId,
    },
    /// Coordinator → replica or fallback: what do you hold of this key? Answered by
    /// [`Message::Fetched`]. Retransmitted on a timer.
    Fetch {
        /// The sender's tip.
        tip: Tip,
        /// The get that this is for.
        request: RequestId,
        /// The key.
        key: Key,
    },
    /// Replica or fallback → coordinator: this is on my disk. Duplicated: the first one counts.
    ///
    /// Proves: the sender had all this on disk after the get began. Late: it counts only for the
    /// get that asked. By the coordinator's view the sender must be an intended replica, or stand
    /// in for one.
    Fetched {
        /// The get's request.
        request: RequestId,
        /// All siblings that the sender holds, with their shared context.
        siblings: Siblings,
    },
    /// Coordinator → stale replica: merge these siblings (read repair). No answer. Lost: a later
    /// read repairs the replica.
    Repair {
        /// The sender's tip.
        tip: Tip,
        /// The get that found the replica stale.
        request: RequestId,
        /// The key.
        key: Key,
        /// The merge of all answers.
        siblings: Siblings,
    },
    /// Coordinator → fallback: keep these siblings as a hint, save, and reply with
    /// [`Message::StoredHint`]. Retransmitted on a timer.
    StoreHint {
        /// The sender's tip.
        tip: Tip,
        /// The put that this is for.
        request: RequestId,
        /// The hint's recipient and key.
        hint: HintId,
        /// All siblings of the coordinator.
        siblings: Siblings,
    },
    /// Fallback → coordinator: the put is on my disk as a hint. Duplicated: it counts once.
    ///
    /// Proves: the sender had the put on disk for the recipient. It drops the hint only once the
    /// recipient has it, or all nodes that have replaced the recipient. Late, after a change of the
    /// ring: it counts only if by the coordinator's view the recipient is still an intended
    /// replica, and the sender is still a member and no replica.
    StoredHint {
        /// The put's request.
        request: RequestId,
        /// The hint's recipient.
        recipient: NodeId,
    },
    /// Holder of a hint → its recipient: merge these siblings into yours, save, and reply with
    /// [`Message::HandedOff`]. A node serves this only if it has the same tip. Retransmitted on a
    /// timer until that reply covers the whole hint.
    HandOff {
        /// The sender's tip.
        tip: Tip,
        /// The key.
        key: Key,
        /// All that the hint holds.
        siblings: Siblings,
        /// Does the sender keep hints of no other key for the recipient?
        is_all: bool,
    },
    /// Recipient → holder of a hint: everything in this context is on my disk, or was replaced
    /// there.
    ///
    /// Proves: under the view with this tip, the recipient has taken over all this. From then on it
    /// keeps it, or hands it to others. If the holder has another tip when this arrives, it proves
    /// nothing: the recipient may have handed its data back under a view between the two. The
    /// holder then sends the hint again.
    HandedOff {
        /// The tip that came with the hint, which is the sender's own.
        tip: Tip,
        /// The key.
        key: Key,
        /// The context of what is on the recipient's disk.
        context: Context,
    },
    /// New replica → every node that may hold data: what have you of this key? Nodes with the same
    /// tip answer with [`Message::Gathered`]. Retransmitted on a timer, and whenever a coordinator
    /// asks the new replica again.
    Gather {
        /// The sender's tip.
        tip: Tip,
        /// The key.
        key: Key,
    },
    /// Any node → new replica: this is all that I have of the key, as a replica and in hints.
    ///
    /// Proves: the sender knew the new view, and no longer serves as a replica that it was before.
    /// With `is_all`, the new replica now has everything that the sender keeps for it. Late, after
    /// the new replica learned of a change of the ring: it proves nothing and is ignored, because
    /// others may be replicas now.
    Gathered {
        /// The tip that came with the question.
        tip: Tip,
        /// The key.
        key: Key,
        /// All that the sender has of the key.
        siblings: Siblings,
        /// Does the sender keep hints of no other key for the new replica?
        is_all: bool,
    },
    /// First node of the preference list → every node that may hold data: these tombstones are all
    /// that I have of the key; have you anything else? Answered by [`Message::Surveyed`] if not,
    /// else not at all. Retransmitted on a timer. The other nodes are asked after the intended
    /// replicas.
    Survey {
        /// The sender's tip.
        tip: Tip,
        /// The key.
        key: Key,
        /// The tombstones.
        siblings: Siblings,
    },
    /// Any node → first node of the preference list: I have nothing else of the key.
    ///
    /// Proves: when it was asked, the sender had nothing of the key but these tombstones. Late,
    /// after the receiver learned of a change of the ring, or holds other tombstones: it proves
    /// nothing and is ignored, because the nodes must be asked again.
    Surveyed {
        /// The tip that came with the question.
        tip: Tip,
        /// The key.
        key: Key,
        /// The tombstones that the question named.
        siblings: Siblings,
    },
    /// First node of the preference list → replica: forget these tombstones, if you still hold
    /// nothing else of the key. No answer. Lost: the replica keeps them. A later read or exchange
    /// brings them back to the first node, which reaps them again.
    ///
    /// Proves: no node that may hold data had anything of the key but these tombstones. Late, after
    /// the receiver learned of a change of the ring, or holds anything else: it does nothing.
    Reap {
        /// The sender's tip.
        tip: Tip,
        /// The key.
        key: Key,
        /// The tombstones.
        siblings: Siblings,
    },
    /// Replica → replica: these are the root digests of the partitions that we share. A partition
    /// that is not named is empty. Answered by [`Message::Subtrees`] or [`Message::Leaves`] for
    /// those that differ. No answer if none do. Lost: the next exchange starts again.
    Roots {
        /// The sender's tip.
        tip: Tip,
        /// The roots' digests, by partition.
        roots: Vec<(Partition, Digest)>,
    },
    /// Replica → replica: these are the digests just below tree nodes in which we differ. Answered
    /// by [`Message::Subtrees`] one level further down, or by [`Message::Leaves`]. Lost: the next
    /// exchange starts again.
    Subtrees {
        /// The sender's tip.
        tip: Tip,
        /// The tree nodes, each with the digests below it.
        subtrees: Vec<Subtree>,
    },
    /// Replica → replica: these are the keys at leaves in which we differ. Answered by
    /// [`Message::Sync`] for each key that differs, and by [`Message::Leaves`] for the rest of a
    /// leaf that was cut. Lost: the next exchange starts again.
    Leaves {
        /// The sender's tip.
        tip: Tip,
        /// The leaves.
        leaves: Vec<Leaf>,
    },
    /// Replica → replica: merge these siblings into yours, and save. If you then have more, answer
    /// with [`Message::Sync`]. Lost: the next exchange finds the key again.
    Sync {
        /// The sender's tip.
        tip: Tip,
        /// The key.
        key: Key,
        /// All that the sender has of the key. Empty if it has nothing, and asks for what the
        /// receiver has.
        siblings: Siblings,
    },
    /// Administrator → any node: change who is a member. Answered by [`Answer::Changed`] or
    /// [`Answer::ChangeRefused`]. A retry is the same change, unless others have changed the same
    /// node since.
    Administer {
        /// Names the request.
        request: RequestId,
        /// The node to change.
        node: NodeId,
        /// What is to become of it.
        wish: Wish,
    },
    /// Anyone → node: this is my tip. If the receiver's tip differs, it answers with
    /// [`Message::History`]. If not, it answers only a sender that is gone, with
    /// [`Message::Gossip`]: that one may then stop. Lost: the sender gossips again later, with a
    /// peer chosen at random.
    Gossip {
        /// The sender's tip.
        tip: Tip,
    },
    /// Node → anyone whose tip differs: this is all I know. Answered by [`Message::Changes`] if the
    /// receiver knows more. Lost: the next gossip or request shows the difference again. Late: the
    /// changes were made all the same, and are merged.
    History {
        /// The sender's whole history.
        history: History,
    },
    /// Anyone → node: these are the changes that your history lacks. No answer. Lost: the next
    /// gossip or request shows the difference again.
    ///
    /// Proves: these changes were made. Late: they were made all the same, and are merged. What
    /// follows from a change depends on the other changes that the receiver knows. Example: that a
    /// node is gone counts for nothing if that node has joined again since, because the later
    /// change counts.
    Changes {
        /// Part of a history.
        changes: History,
    },
    /// A message from a node whose disk was copied. Only a checker's model has it, and no datagram
    /// can carry it. The runtime puts the numbers of starts and commits in every datagram instead.
    #[serde(skip_deserializing)]
    Dated {
        /// When the node sent the message.
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

    /// A reference to the message without its date.
    pub fn as_undated(&self) -> &Message {
        if let Message::Dated { message, .. } = self { message } else { self }
    }

    /// The message's date, if it has one.
    pub fn since(&self) -> Option<Since> {
        if let Message::Dated { since, .. } = self { Some(*since) } else { None }
    }

    /// The sender's tip, in a message whose receiver depends on the ring.
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

    /// Is this one node's reply to another?
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
