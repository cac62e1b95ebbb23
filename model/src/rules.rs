//! Every decision that an invariant rests on: each is one function of plain values. The acts ask
//! these functions. They never take such a decision themselves.
//!
//! [`Rules::default`] is the protocol. A *defect* is the same struct with one function replaced. So
//! a reader can go from an invariant to the rule that protects it, from there to the defect that
//! shows why, to the counterexample, and back.
//!
//! A rule's documentation names in parentheses the invariants that its defects break, such as (I1,
//! I4).
//!
//! **Why some rules ignore a parameter.** Such a rule is a hook where a defect can take hold. The
//! protocol needs less than real systems look at, and their mistakes rest on what the protocol
//! ignores. Example: `tree_follows` answers `true` whatever the change is. Its parameters are there
//! for the defect that leaves out deletes.
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

/// Makes of the list of rules the struct of functions, their names, and for each a method that asks
/// it.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident: fn($($given:ident: $kind:ty),*) -> $answer:ty,)*) => {
        /// The protocol's decisions: a function for each, and a method of the same name that asks
        /// it.
        #[derive(Clone, Copy, Debug)]
        pub struct Rules {
            $($(#[doc = $doc])* pub $rule: fn($($given: $kind),*) -> $answer,)*

            /// Told the name of each rule when it is asked. It does nothing by default, and has no
            /// influence on the protocol: it is for checkers that want to know which rules were
            /// exercised.
            pub asked: fn(&'static str),
        }

        impl Rules {
            /// The name of every rule.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($rule)),*];
            const DOCUMENTATION: &'static [&'static str] = &[$(concat!($($doc, "\n"),*)),*];

            /// What the documentation says of a rule; `None`: there is no such rule.
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
    /// The nodes that are to coordinate a request which a node outside the preference list was
    /// asked. `fallbacks` are all other members, clockwise. (I2)
    ///
    /// Exactly one, the same at every try as long as the same nodes are suspected: two coordinators
    /// would give one put two dots, and its value would become its own sibling. Different clients'
    /// requests, and a client's successive ones, go to different intended replicas. One that is not
    /// suspected is chosen, if there is one; else the first fallback that is not suspected.
    coordinators: fn(
        request: RequestId,
        preference_list: &[NodeId],
        fallbacks: &[NodeId],
        suspected: &BTreeSet<NodeId>
    ) -> Vec<NodeId>,

    /// The incarnation under which a node begins on an empty disk, given a number that no disk of
    /// it ever had. (I2)
    ///
    /// That one. The node may have lost the disk on which it had counted its dots.
    new_incarnation: fn(unused: u64) -> u64,

    /// Is a node's disk an older copy of itself, when another node remembers this of it, and its
    /// disk knows this past? (I1, I2, I4)
    ///
    /// If the disk does not know that moment. The node then begins on an empty disk, under a new
    /// incarnation: on the copy it would give dots that it has given already.
    disk_is_old: fn(remembered: Moment, known: &Past) -> bool,

    /// Is a put new to its coordinator? `known` is the context of what the coordinator holds of the
    /// key. (I2)
    ///
    /// A retry or a duplicated datagram must not get a second dot: it would bring a value back that
    /// another client has replaced meanwhile. Nor must a put that another coordinator has given
    /// one, if it has come from there already.
    put_freshness: fn(remembered: Option<&Issued>, request: RequestId, known: &Context) -> Freshness,

    /// The clients whose latest put a coordinator forgets, given the latest put of each client and
    /// how many clients it must remember. (I2)
    ///
    /// None, until it knows of twice as many clients as it must remember. Then it forgets those
    /// whose latest puts are the oldest, and keeps as many as it must. A client that has just put
    /// is the most likely to ask again: if its put were forgotten, the retry would get a second
    /// dot. Since half of the clients are forgotten at once, a put pays for sorting them only
    /// rarely.
    clients_to_forget: fn(issued: &im::OrdMap<ClientId, Issued>, remembered: usize) -> Vec<ClientId>,

    /// Does a put replace this sibling? (I1, I2, I4)
    ///
    /// Exactly if its writer had read it, under this dot or, if two nodes have coordinated it,
    /// under another. Neither the same coordinator nor a larger counter is a reason.
    version_replaces: fn(read: &Context, put: Dot, sibling: &Version) -> bool,

    /// The context a put gives back to its client. (I1, I2, I4)
    ///
    /// What the client had read and the put's own dot, and nothing more: whatever else it covered,
    /// the client's next put would replace unseen. With the dot goes the request: another
    /// coordinator may give the same put another dot. `before` is the coordinator's set before the
    /// put.
    put_context: fn(read: &Context, put: Dot, request: RequestId, before: &Siblings) -> Context,

    /// Two replicas' sets as one. (I1, I2, I3, I4)
    merge_siblings: fn(one: &Siblings, other: &Siblings) -> Siblings,

    /// Must a node write to disk before it gives its word? (I1, I2, I4, I5, I8)
    ///
    /// Whenever what it holds, for itself or for another, has changed.
    must_save: fn(cause: Cause, before: &Siblings, after: &Siblings) -> bool,

    /// The intended replica that an answer counts for, if it counts. (I1, I3, I4, I6)
    ///
    /// An intended replica's answer counts for itself, also if a fallback's answer counts for it
    /// already. A fallback's answer counts for the replica that it stands in for, if none counts
    /// for that yet. However often answers arrive, one counts for each replica. A replica and its
    /// fallback count once together: after handoff they are one copy. An answer to a put names the
    /// replica that it is for, and counts for no other: when the put was tried before, its sender
    /// may have stood in for another replica.
    reply_counts_for: fn(tally: &Tally, from: NodeId, named: Option<NodeId>) -> Option<NodeId>,

    /// The fallback asked to stand in for an intended replica that does not answer. (I1, I6, I8)
    ///
    /// The next one clockwise that stands in for no other replica: one node that answers for two
    /// replicas is one copy. A fallback that is not suspected, if there is one.
    stand_in: fn(tally: &Tally, fallbacks: &[NodeId], suspected: &BTreeSet<NodeId>) -> Option<NodeId>,

    /// May a put be acknowledged? (I1, I4, I6)
    ///
    /// Once W distinct nodes, the coordinator among them, have it on disk, for as many intended
    /// replicas; and PW of these themselves. Counted from the answers, not from who seemed to be up
    /// when the put began.
    put_may_ack: fn(tally: &Tally, w: usize, pw: usize) -> bool,

    /// May a get be answered? (I1, I6)
    ///
    /// Once R distinct nodes have said what they hold, for as many intended replicas; and PR of
    /// these replicas themselves.
    get_may_answer: fn(tally: &Tally, r: usize, pr: usize) -> bool,

    /// The replicas a finished read writes back to. (I3)
    ///
    /// Every intended one seen to hold less than the merge of all answers. What stand-ins hold is
    /// others' concern.
    repair_targets: fn(replies: &[Reply], intended: &[NodeId], merged: &Siblings) -> Vec<NodeId>,

    /// What read repair writes. (I3)
    ///
    /// The merge of all answers; the coordinator's own copy may be the stale one.
    repair_content: fn(own: &Siblings, merged: &Siblings) -> Siblings,

    /// May a hint be dropped? (I1, I2, I4, I5, I8)
    ///
    /// Once its recipient has said that all that the hint holds now is on its disk. A hint that
    /// grew meanwhile stays. So does one that was handed over before the holder learned of a change
    /// of the ring: the recipient may have given back since what it had then. And so does every one
    /// while fewer than W members are left, because administrators have let others leave at the
    /// same time: it may be the W-th copy.
    hint_may_clear: fn(hint: &Siblings, event: &HandoffEvent<'_>) -> bool,

    /// What a node holds after it was handed a hint. (I1, I2, I4, I5, I8)
    ///
    /// The merge: the hint may be old.
    hint_lands: fn(held: &Siblings, hint: &Siblings) -> Siblings,

    /// Is nothing left of a key but tombstones? (I1, I2, I4, I5)
    ///
    /// If there is one, and nothing else: a put that did not see the tombstone is beside it, and
    /// stays.
    is_deleted: fn(held: &Siblings) -> bool,

    /// Are these tombstones, asked about or to be reaped, still all that is held? (I1, I2, I4, I5)
    ///
    /// If it is the same set, context and all: whoever was clear then was clear of what was there
    /// then.
    is_unchanged: fn(held: &Siblings, tombstones: &Siblings) -> bool,

    /// Is a node clear of a key, but for these tombstones? (I4)
    ///
    /// If it has nothing else, neither for itself nor for another, nor is about to; and the
    /// tombstones, if it is to have them.
    is_clear: fn(remains: &Remains<'_>, tombstones: &Siblings) -> bool,

    /// May a node that stands so hold anything of a key? Then it is asked before tombstones are
    /// reaped. (I4)
    ///
    /// If it is a member, or leaves and has not handed over everything yet.
    may_hold: fn(standing: Standing) -> bool,

    /// Those to ask next whether they are clear of a key, when these nodes are clear of it already;
    /// nobody once all are. `holders` are all that may hold anything of it, `intended` its
    /// replicas. (I4)
    ///
    /// The intended replicas first, and the others once all of these have the tombstones. If all
    /// were asked at the same time, an old copy could go from one that is not asked yet to one that
    /// was.
    whom_to_survey: fn(clear: &BTreeSet<NodeId>, holders: &[NodeId], intended: &[NodeId]) -> Vec<NodeId>,

    /// May tombstones be reaped, when these nodes are clear? (I4)
    ///
    /// When all members are: every intended replica has them, and no hint for the key is
    /// outstanding anywhere.
    tombstone_may_reap: fn(clear: &BTreeSet<NodeId>, members: &[NodeId], intended: &[NodeId]) -> bool,

    /// The epoch in which a coordinator gives a key its next dot. `kept` is the epoch that it
    /// remembers along with the key, `held` the key's context, and `new` the coordinator's name in
    /// an epoch that this key never had. (I1, I2, I4, I5, I8)
    ///
    /// The one remembered. A coordinator that has dropped the key since remembers none, and begins
    /// a new one: what it says of its dots is then never taken for what it said before. It also
    /// begins a new one where a foreign context has told of dots it has not given.
    epoch: fn(kept: Option<Epoch>, held: &Context, new: Issuer) -> Epoch,

    /// How a node stands, given all changes of it that are known. (I4, I8)
    ///
    /// The same whatever the order in which they came: what was said later counts, of two at the
    /// same time the one that goes further towards its end; and nobody comes back who was removed
    /// for good.
    standing: fn(changes: &[Change]) -> Standing,

    /// Two nodes' histories as one. (I7, I9)
    ///
    /// All that either knows; or only its own, where both together are more than could be told in
    /// one datagram. A node never forgets a change that it knew.
    history_merge: fn(own: &History, other: &History) -> History,

    /// Must a node write its history to disk before it says anything that rests on it? (I9)
    ///
    /// Whenever it has grown.
    history_must_save: fn(before: &History, after: &History) -> bool,

    /// Must a node send its history to one that has asked something, and named this tip? (I5, I7,
    /// I8)
    ///
    /// Whenever it is not the node's own: one of the two knows less.
    must_tell: fn(own: Tip, theirs: Tip) -> bool,

    /// May a node serve a request, if it is, or is not, the one to ask by its own view? (I4)
    ///
    /// If it is; or if both have the same view, so that its sender knows what it asks.
    may_serve: fn(is_same_view: bool, is_meant: bool) -> bool,

    /// May a node that stands so keep hints for others? (I1)
    ///
    /// If it is a member. One that leaves may be asked by those who do not know yet, and will be
    /// gone.
    may_stand_in: fn(own: Standing) -> bool,

    /// Those that a node is to hand what it has of a key, when the preference list was one and is
    /// another. (I1, I2, I4, I5)
    ///
    /// If it stays, to whoever is new. If not, to all: what it has may be on as few disks as are
    /// needed, and if only some of those it is counted on got it, two of these could become one.
    hands_over_to: fn(node: NodeId, before: &[NodeId], after: &[NodeId]) -> Vec<NodeId>,

    /// Those that a hint is for, when the preference list is this now. (I1, I5)
    ///
    /// Its recipient, if it is among them, and whoever is new, as if the recipient had it and
    /// handed it over; else all. The holder may be among the new ones itself.
    hint_goes_to: fn(recipient: NodeId, before: &[NodeId], now: &[NodeId]) -> Vec<NodeId>,

    /// May a node that has left say that it is gone? (I1)
    ///
    /// Once its disk is empty.
    may_be_gone: fn(is_empty: bool) -> bool,

    /// May a node that is gone stop? (I7)
    ///
    /// Once another knows all that it knows, that it is gone above all; and it has nothing to do
    /// any more.
    may_retire: fn(is_known: bool, is_busy: bool) -> bool,

    /// Does a new replica await others anew, when members have changed, or not, and so many nodes
    /// have appeared that may have anything? (I1)
    ///
    /// In both cases: a node that has joined and left again is no member, and may have what it was
    /// given in between.
    awaits_anew: fn(is_moved: bool, appeared: usize) -> bool,

    /// Those that a node awaits after that, when there are so many partitions whose replica it has
    /// become and in which it has not settled, and these others may have anything. (I1)
    ///
    /// All of them, if there are any such partitions: also those that have said before that they
    /// keep nothing for it. They said so of other members.
    whom_to_await: fn(entered: usize, others: &[NodeId]) -> Vec<NodeId>,

    /// May a new replica give its word on a key, when these nodes have answered? (I1)
    ///
    /// Once all that it awaits have, but for those under suspicion: what it holds then is all that
    /// was acknowledged of the key, and no node that it has replaced serves as a replica. That goes
    /// for its word that it has stored a put too: else it would be counted while another, which
    /// does not know of it, answers gets without the put.
    may_give_word: fn(
        word: Word,
        awaited: &im::OrdSet<NodeId>,
        answered: &BTreeSet<NodeId>,
        suspected: &BTreeSet<NodeId>
    ) -> bool,

    /// Has a coordinator, by asking for this word, said what it has of the key? (I1)
    ///
    /// If it is for a put: the put comes with all that the coordinator has. Whoever asks for a get
    /// says nothing of its own.
    asking_tells: fn(word: Word) -> bool,

    /// Has a new replica all that another keeps for it, when it has been sent what there is of a
    /// key, and so many other keys are kept for it? (I1)
    ///
    /// If there are none. The new replica then awaits the other no longer.
    is_all_handed_over: fn(kept: usize) -> bool,

    /// The digest of what a replica holds of a key. (I5)
    ///
    /// Two replicas have the same digest exactly if they hold the same: the same context, and the
    /// same versions with the same values. Tombstones count.
    key_digest: fn(key: &Key, held: &Siblings) -> Digest,

    /// Is a change of what is held entered in the tree, in the same step? (I5)
    ///
    /// Whatever it is: a put, a repair, the forgetting of a key.
    tree_follows: fn(before: &Siblings, after: &Siblings) -> bool,

    /// Is a subtree gone into, when its digests are these at both ends? (I5)
    ///
    /// If they differ.
    goes_down: fn(own: Digest, theirs: Digest) -> bool,

    /// Is a key of a leaf that differs sent, when its digests are these at both ends, if it is
    /// there? (I5)
    ///
    /// If they differ. What is the same on both does not travel.
    must_sync: fn(own: Option<Digest>, theirs: Option<Digest>) -> bool,

    /// May a key be brought together with what another has of it? (I4)
    ///
    /// If both are its intended replicas, by the view of now: who was one when it asked, and is
    /// none any more, would have it and never hand it over.
    may_sync: fn(is_shared: bool) -> bool,

    /// Does a replica that was sent all that another has of a key answer with what it has now
    /// itself? (I5)
    ///
    /// If that is more: both then have all that either had. If it is not there is nothing to say,
    /// and the exchange ends.
    must_answer: fn(held: &Siblings, sent: &Siblings) -> bool,

    /// Does this set a handoff going? (I4, I5, I8)
    ///
    /// Always. A node that was started again goes on by itself, whether clients ask it anything or
    /// not.
    handoff_is_due: fn(occasion: Occasion) -> bool,
}

impl Rules {
    /// How every node stands of which a history knows anything: [`standing`](Rules::standing) of
    /// each.
    pub fn standings(&self, history: &History) -> BTreeMap<NodeId, Standing> {
        history.standings(|changes| self.standing(changes))
    }

    /// The view that follows from a history: [`standing`](Rules::standing) of each node decides who
    /// is a member.
    pub fn view(&self, history: &History) -> View {
        View::of(history, |changes| self.standing(changes))
    }

    /// The nodes that may have something of the keys: those whose standing
    /// [`may_hold`](Rules::may_hold) it.
    pub fn holders(&self, view: &View) -> Vec<NodeId> {
        view.holders(|standing| self.may_hold(standing))
    }
}
