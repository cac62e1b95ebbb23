//! The rules: for every decision that an invariant rests on, one function of plain values. The acts
//! ask these functions, and never take such a decision themselves.
//!
//! [`Rules::default`] is the protocol. A *defect* is the same struct with one function replaced. So
//! a reader can go from an invariant to the rule that protects it. From there the reader can go to
//! the defect that breaks the invariant, to the counterexample, and back.
//!
//! A rule's documentation names in parentheses the invariants that its defects break, such as (I1,
//! I4).
//!
//! **Why some rules ignore a parameter.** The parameter is there for a defect. Real systems look at
//! more than the protocol needs, and some of their mistakes come from that. Example: `tree_follows`
//! answers `true` for every change. Its parameters are there for the defect that skips deletes.
//!
//! `rules.put_may_ack(…)`, the method, asks the rule. It tells [`Rules::asked`] the rule's name,
//! and calls the function in the field of the same name.

mod given;
mod protocol;

pub use crate::state::settling::Word;
pub use given::{Cause, Freshness, HandoffEvent, Occasion, Remains};

use crate::algebra::ids::{ClientId, Key, NodeId, RequestId};
use crate::algebra::membership::{Change, History, Standing, Tip};
use crate::algebra::moment::{Moment, Past};
use crate::algebra::siblings::{Siblings, Version};
use crate::algebra::tally::Tally;
use crate::algebra::tree::Digest;
use crate::algebra::version::{Context, Dot, Epoch, Issuer};
use crate::algebra::view::View;
use crate::state::collecting::Reply;
use crate::state::durable::Issued;
use std::collections::{BTreeMap, BTreeSet};

/// Turns the list of rules into the struct of functions, their names, and one method for each rule.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident: fn($($given:ident: $kind:ty),*) -> $answer:ty,)*) => {
        /// The protocol's decisions: one function for each, and a method of the same name that asks
        /// it.
        #[derive(Clone, Copy, Debug)]
        pub struct Rules {
            $($(#[doc = $doc])* pub $rule: fn($($given: $kind),*) -> $answer,)*

            /// Is called with the name of each rule that is asked. By default it does nothing. It
            /// never influences the protocol. Checkers use it to record which rules were exercised.
            pub asked: fn(&'static str),
        }

        impl Rules {
            /// The name of every rule.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($rule)),*];
            const DOCUMENTATION: &'static [&'static str] = &[$(concat!($($doc, "\n"),*)),*];

            /// The documentation of a rule; `None`: there is no such rule.
            pub fn documentation(rule: &str) -> Option<&'static str> {
                Self::NAMES.iter().position(|name| *name == rule).map(|index| Self::DOCUMENTATION[index])
            }

            $($(#[doc = $doc])* pub fn $rule(&self, $($given: $kind),*) -> $answer {
                (self.asked)(stringify!($rule));
                (self.$rule)($($given),*)
            })*
        }
    };
}

rules! {
    /// Which nodes coordinate a request that a client sent to a node outside the preference list?
    /// `fallbacks` are all other members, clockwise. (I2)
    ///
    /// One node: the first intended replica that is not suspected, else the first fallback that is
    /// not. If all are suspected, the first intended replica. The request's id decides where the
    /// search begins, so that requests spread over the replicas. Every retry goes to the same node
    /// as long as the same nodes are suspected. Two coordinators would give one put two dots, and
    /// its value would become its own sibling.
    coordinators: fn(
        request: RequestId,
        preference_list: &[NodeId],
        fallbacks: &[NodeId],
        suspected: &BTreeSet<NodeId>
    ) -> Vec<NodeId>,

    /// Under which incarnation does a node begin on an empty disk? `unused` is a number that none
    /// of its disks ever had. (I2)
    ///
    /// Under `unused`: the node may have lost the disk on which it had counted its dots.
    new_incarnation: fn(unused: u64) -> u64,

    /// Is a node's disk an older copy of itself? `remembered` is a moment that another node
    /// remembers of it; `known` is the past that the disk knows. (I1, I2, I4)
    ///
    /// Yes, if the disk does not know that moment. The node then begins on an empty disk, under a
    /// new incarnation. The old copy lacks puts that the node has confirmed, and on it the node
    /// would give dots twice.
    disk_is_old: fn(remembered: Moment, known: &Past) -> bool,

    /// Is a put new to its coordinator? `known` is the context of what the coordinator holds of the
    /// key. (I2)
    ///
    /// A retry or a duplicated datagram must not get a second dot. That would bring back a value
    /// that another client has replaced since. Nor may a put get one if another coordinator has
    /// given it a dot, and `known` names its request.
    put_freshness: fn(remembered: Option<&Issued>, request: RequestId, known: &Context) -> Freshness,

    /// Is an administrator's request new to the node? (I9)
    ///
    /// A copy may come after the same member was changed again. Obeyed once more, a request to
    /// leave would take out a node that was let in again.
    change_freshness: fn(remembered: Option<&Issued>, request: RequestId) -> Freshness,

    /// Which clients' latest puts and changes does a node forget? `issued` has the latest of each
    /// client; `remembered` is how many clients it must remember. (I2)
    ///
    /// None, until it knows twice as many clients as it must remember. Then it keeps the clients
    /// that asked last: they are the most likely to retry, and a forgotten retry would be obeyed
    /// again. To forget half of them at once keeps the sorting rare.
    clients_to_forget: fn(issued: &im::OrdMap<ClientId, Issued>, remembered: usize) -> Vec<ClientId>,

    /// Does a put replace this sibling? (I1, I2, I4)
    ///
    /// Only if its writer had read the sibling: under this dot, or under another dot if two nodes
    /// coordinated it. The same coordinator or a larger counter is no reason.
    version_replaces: fn(read: &Context, put: Dot, sibling: &Version) -> bool,

    /// The context that a client gets back for its put. (I1, I2, I4)
    ///
    /// What the client had read, and the put's own dot. If the context covered more, the client's
    /// next put would replace siblings that the client never read. The dot comes with its request's
    /// id, because another coordinator may give the same put another dot. `before` is the
    /// coordinator's set before the put.
    put_context: fn(read: &Context, put: Dot, request: RequestId, before: &Siblings) -> Context,

    /// The merge of two replicas' sets of siblings. (I1, I2, I3, I4)
    ///
    /// A sibling stays if both sets hold it, or if the other set has never learnt of it.
    merge_siblings: fn(one: &Siblings, other: &Siblings) -> Siblings,

    /// Must a node save before it acknowledges or replies? (I1, I2, I4, I5, I8)
    ///
    /// Yes, whenever its own data or its hints have changed.
    must_save: fn(cause: Cause, before: &Siblings, after: &Siblings) -> bool,

    /// Which intended replica does an answer count for, if it counts? (I1, I4, I6)
    ///
    /// A replica's own answer counts for itself, also after a fallback's answer for it. A
    /// fallback's answer counts for the replica that it stands in for, if no answer does yet. So
    /// each replica counts once: it and its fallback become one copy in handoff. An answer to a put
    /// counts only for the replica that it names. In an earlier try of the put its sender may have
    /// stood in for another replica.
    reply_counts_for: fn(tally: &Tally, from: NodeId, named: Option<NodeId>) -> Option<NodeId>,

    /// Which fallback does the coordinator ask in place of a silent intended replica? (I1, I6)
    ///
    /// The next one clockwise that stands in for no other replica: a node that answers for two
    /// replicas is one copy. Fallbacks that are not suspected come first.
    stand_in: fn(tally: &Tally, fallbacks: &[NodeId], suspected: &BTreeSet<NodeId>) -> Option<NodeId>,

    /// May the coordinator acknowledge a put? (I1, I4, I6)
    ///
    /// Once W distinct nodes have it on disk, each for a different intended replica, and PW of them
    /// are intended replicas. The coordinator may be one of them. The answers decide, not which
    /// nodes seemed to be up when the put began.
    put_may_ack: fn(tally: &Tally, w: usize, pw: usize) -> bool,

    /// May the coordinator answer a get? (I1, I6)
    ///
    /// Once R distinct nodes have said what they hold, each for a different intended replica, and
    /// PR of them are intended replicas.
    get_may_answer: fn(tally: &Tally, r: usize, pr: usize) -> bool,

    /// The replicas that a finished read writes back to. (I3)
    ///
    /// Every intended replica whose answer held less than the merge of all answers. Read repair
    /// leaves fallbacks alone.
    repair_targets: fn(replies: &[Reply], intended: &[NodeId], merged: &Siblings) -> Vec<NodeId>,

    /// What does read repair write? (I3)
    ///
    /// The merge of all answers. The coordinator's own copy may be the stale one.
    repair_content: fn(own: &Siblings, merged: &Siblings) -> Siblings,

    /// May the holder drop a hint? (I1, I2, I4, I5, I8)
    ///
    /// Once the recipient has confirmed that all that the hint holds now is on its disk. A hint
    /// that has grown since it was sent stays. So does a hint whose recipient confirms under
    /// another view than the holder's: under a view between the two, it may have handed back what
    /// it had. So does every hint of a key with fewer than W intended replicas, because too few
    /// members are left: it may be the W-th copy.
    hint_may_clear: fn(hint: &Siblings, event: &HandoffEvent<'_>) -> bool,

    /// What does a node hold of a key after it received a hint? (I1, I2, I4, I5, I8)
    ///
    /// The merge of both. The hint may be older than what the node holds.
    hint_lands: fn(held: &Siblings, hint: &Siblings) -> Siblings,

    /// Is nothing left of a key but tombstones? (I1, I2, I4, I5)
    ///
    /// Yes, if there is at least one tombstone and no value. A put whose client had not read the
    /// tombstone stays beside it.
    is_deleted: fn(held: &Siblings) -> bool,

    /// Does a node still hold exactly these tombstones of a key? (I1, I2, I4, I5)
    ///
    /// Yes, if the set and its context are the same. A node that confirmed that it is clear
    /// confirmed it for that set only.
    is_unchanged: fn(held: &Siblings, tombstones: &Siblings) -> bool,

    /// Is a node clear of a key, except for these tombstones? (I4)
    ///
    /// Yes, if it holds no version of the key, keeps no hint for it, and coordinates no request for
    /// it. An intended replica must hold exactly the tombstones instead.
    is_clear: fn(remains: &Remains<'_>, tombstones: &Siblings) -> bool,

    /// May a node with this standing hold anything of a key? If so, it is asked before tombstones
    /// are reaped. (I4)
    ///
    /// Yes, if it is a member, or is leaving and has not handed over everything.
    may_hold: fn(standing: Standing) -> bool,

    /// Which nodes does the reaping node ask next whether they are clear of a key? `clear` has the
    /// nodes that are; `holders` are all that may hold anything of it. (I4)
    ///
    /// The intended replicas first. The other holders follow once all intended replicas have the
    /// tombstones. If all were asked at once, an old copy could move from a node not asked yet to a
    /// node that has answered. No node, once all are clear.
    whom_to_survey: fn(clear: &BTreeSet<NodeId>, holders: &[NodeId], intended: &[NodeId]) -> Vec<NodeId>,

    /// May a key's tombstones be reaped? `clear` has the nodes that are clear of the key; `members`
    /// are all that may hold anything of it. (I4)
    ///
    /// Yes, once all of `members` are clear. Then every intended replica has the tombstones, and no
    /// node keeps a hint for the key.
    tombstone_may_reap: fn(clear: &BTreeSet<NodeId>, members: &[NodeId], intended: &[NodeId]) -> bool,

    /// In which epoch does a coordinator give a key its next dot? `kept` is the epoch that it keeps
    /// with the key; `held` is the key's context. `new` names the coordinator in an unused epoch.
    /// (I1, I2, I4, I5, I8)
    ///
    /// In `kept`. A coordinator that dropped the key keeps none, and begins a new epoch. So its new
    /// dots are never mistaken for dots that it has forgotten. It also begins a new epoch if `held`
    /// has dots of `kept` that it never gave: a client brought a foreign context.
    epoch: fn(kept: Option<Epoch>, held: &Context, new: Issuer) -> Epoch,

    /// How does a node stand, given all known changes of it? (I4, I8)
    ///
    /// The order in which the changes arrived does not matter. The latest change counts. Of two
    /// with the same time, the one nearer to the end counts: join, leave, gone. A removed node
    /// stays removed.
    standing: fn(changes: &[Change]) -> Standing,

    /// The merge of two nodes' histories. (I7, I9)
    ///
    /// All changes that either node knows. If together they are too long for a history, only the
    /// node's own. A node never forgets a change.
    history_merge: fn(own: &History, other: &History) -> History,

    /// Must a node save its history before it sends anything that rests on it? (I8, I9)
    ///
    /// Yes, whenever the history has changed.
    history_must_save: fn(before: &History, after: &History) -> bool,

    /// Must a node send its history to a sender that named this tip? (I7, I8)
    ///
    /// Yes, whenever the two tips differ: one of the two nodes knows less.
    must_tell: fn(own: Tip, theirs: Tip) -> bool,

    /// May a node serve a request? `is_meant` says that by its own view it is the node to ask. (I4)
    ///
    /// Yes, if it is that node, or if the sender has the same view and therefore knows whom it
    /// asks.
    may_serve: fn(is_same_view: bool, is_meant: bool) -> bool,

    /// May a node with this standing keep hints for others? (I1)
    ///
    /// Only a member may. Nodes that do not know of a leave yet may still ask the node that leaves,
    /// and it will soon be gone.
    may_stand_in: fn(own: Standing) -> bool,

    /// To which nodes does a node hand its data of a key, when the preference list changes from
    /// `before` to `after`? (I1, I2, I4, I5)
    ///
    /// A node that stays in the list hands it to every new replica. A node that drops out hands it
    /// to the whole list. Its copy may be one of only W. If only some of the new replicas got it,
    /// two copies counted separately could end up on one disk.
    hands_over_to: fn(node: NodeId, before: &[NodeId], after: &[NodeId]) -> Vec<NodeId>,

    /// For which nodes is a hint, when the preference list changes from `before` to `now`? (I1, I5)
    ///
    /// For its recipient and every new replica, if the recipient is still in the list. Else for the
    /// whole list. The holder may be a new replica itself.
    hint_goes_to: fn(recipient: NodeId, before: &[NodeId], now: &[NodeId]) -> Vec<NodeId>,

    /// May a node that leaves declare that it is gone? (I1)
    ///
    /// Once it has no data and no hints on its disk.
    may_be_gone: fn(is_empty: bool) -> bool,

    /// May a node that is gone stop? (I7)
    ///
    /// Once another node knows by its history that it is gone, and it has no work left.
    may_retire: fn(is_known: bool, is_busy: bool) -> bool,

    /// Must a new replica hear again from all other nodes before it confirms anything? `is_moved`
    /// says that the members have changed, `appeared` how many more nodes may hold data now. (I1)
    ///
    /// Yes, in both cases. A node that joined and left again may have received data in between.
    awaits_anew: fn(is_moved: bool, appeared: usize) -> bool,

    /// Which nodes does a new replica await before it confirms a put or replies to a get? `entered`
    /// counts the partitions that it has entered and not settled in; `others` may hold data. (I1)
    ///
    /// All of `others`, if `entered` is not 0. That includes nodes that have said that they keep
    /// nothing for it: they said so under an earlier view.
    whom_to_await: fn(entered: usize, others: &[NodeId]) -> Vec<NodeId>,

    /// May a new replica confirm a put, or reply to a get, for this key? (I1)
    ///
    /// Once every node that it awaits has answered or is suspected. If all have answered, it holds
    /// everything acknowledged of the key, and no node that it replaced still serves as a replica.
    /// A put needs this too. Otherwise the new replica would count for the put, while a replaced
    /// node that lacks it still answers gets.
    may_give_word: fn(
        word: Word,
        awaited: &im::OrdSet<NodeId>,
        answered: &BTreeSet<NodeId>,
        suspected: &BTreeSet<NodeId>
    ) -> bool,

    /// Has a coordinator, by asking for this, also sent everything that it has of the key? (I1)
    ///
    /// Yes, if it asks to store a put: the message carries all that it has. A request to read
    /// carries nothing.
    asking_tells: fn(word: Word) -> bool,

    /// Does a new replica have everything that another node keeps for it, once it has received this
    /// key? `kept` counts the other keys with a hint for it. (I1)
    ///
    /// Yes, if `kept` is 0. The new replica then awaits that node no longer.
    is_all_handed_over: fn(kept: usize) -> bool,

    /// The digest of what a replica holds of a key. (I5)
    ///
    /// Two replicas have the same digest exactly if they hold the same context, and the same
    /// versions with the same values. Tombstones count.
    key_digest: fn(key: &Key, held: &Siblings) -> Digest,

    /// Does a replica update its Merkle tree in the same step in which its data changes? (I5)
    ///
    /// Always: after a put, a repair, or the forgetting of a key.
    tree_follows: fn(before: &Siblings, after: &Siblings) -> bool,

    /// Do two replicas compare what is below a node of the tree, where they have these digests?
    /// (I5)
    ///
    /// Yes, if the digests differ.
    goes_down: fn(own: Digest, theirs: Digest) -> bool,

    /// Does a replica send a key of a leaf, where the two replicas have these digests of it?
    /// `None`: the key is not there. (I5)
    ///
    /// Yes, if they differ. Equal keys do not travel.
    must_sync: fn(own: Option<Digest>, theirs: Option<Digest>) -> bool,

    /// May a replica merge what another node sends in an exchange? (I4)
    ///
    /// Yes, if by its present view both are intended replicas of the key. A node that is one no
    /// more would keep the data and never hand it over.
    may_sync: fn(is_shared: bool) -> bool,

    /// Does a replica that received all that another has of a key answer with its own set? (I5)
    ///
    /// Yes, if its own set is larger after the merge. Then both have everything. Otherwise the
    /// exchange of this key ends.
    must_answer: fn(held: &Siblings, sent: &Siblings) -> bool,

    /// Does this occasion start a handoff? (I4, I5, I8)
    ///
    /// Always. A node that was started again goes on, even if no client asks it anything.
    handoff_is_due: fn(occasion: Occasion) -> bool,
}

impl Rules {
    /// The standing of every node that a history names: [`standing`](Rules::standing) of each.
    pub fn standings(&self, history: &History) -> BTreeMap<NodeId, Standing> {
        history.standings(|changes| self.standing(changes))
    }

    /// The view that follows from a history: [`standing`](Rules::standing) of each node decides who
    /// is a member.
    pub fn view(&self, history: &History) -> View {
        View::of(history, |changes| self.standing(changes))
    }

    /// The nodes that may hold something of the keys: those whose standing
    /// [`may_hold`](Rules::may_hold) it.
    pub fn holders(&self, view: &View) -> Vec<NodeId> {
        view.holders(|standing| self.may_hold(standing))
    }
}
