//! Every decision an invariant rests on, each one function of plain values. The state machine asks; it never decides inline.
//!
//! [`Rules::default`] is the protocol. A *defect* is the same struct with one function exchanged, so that one can go from
//! an invariant to the rule that protects it, to the defect that shows why, to the counterexample, and back.

use crate::get::Reply;
use crate::ids::{NodeId, RequestId};
use crate::node::Issued;
use crate::siblings::Siblings;
use crate::tally::{Tally, Verdict};
use crate::version::{Context, Dot};

/// What a coordinator makes of a put request, given what it remembers of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Not seen before: it gets a dot.
    New,
    /// The client's latest put, again: it has its dot already.
    Repeated,
    /// A stray copy of a put that its client has left behind.
    Outdated,
}

/// The protocol's decisions.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The nodes that a node outside the preference list forwards a request to. (I2)
    ///
    /// Exactly one, the same at every try: two coordinators would give one put two dots, and its value would become its own
    /// sibling. Different clients', and a client's successive requests go to different coordinators, so that a dead one does not
    /// stop them.
    pub forward_targets: fn(request: RequestId, preference_list: &[NodeId]) -> Vec<NodeId>,

    /// Is a put new to its coordinator? (I2)
    ///
    /// A retry or a duplicated datagram must not get a second dot: it would bring a value back that another client has
    /// replaced meanwhile.
    pub put_freshness: fn(remembered: Option<&Issued>, request: RequestId) -> Freshness,

    /// Does a put replace this sibling? (I2)
    ///
    /// Exactly if its writer had read it. Neither the same coordinator nor a larger counter is a reason.
    pub version_replaces: fn(read: &Context, put: Dot, sibling: Dot) -> bool,

    /// The context a put gives back to its client. (I2)
    ///
    /// What the client had read and the put's own dot, and nothing more: whatever else it covered, the client's next put
    /// would replace unseen. `before` is the coordinator's set before the put; it lets the dots between be filled in where
    /// the client has read all that this coordinator ever issued for the key.
    pub put_context: fn(read: &Context, put: Dot, before: &Siblings) -> Context,

    /// Two replicas' sets as one. (I1, I2, I3)
    pub merge_siblings: fn(one: &Siblings, other: &Siblings) -> Siblings,

    /// Must a replica write to disk before it gives its word? (I1)
    ///
    /// Whenever what it holds has changed.
    pub must_save: fn(before: &Siblings, after: &Siblings) -> bool,

    /// Does an answer from this replica count? (I1, I6)
    ///
    /// Once for each replica asked, however often its answer arrives.
    pub reply_counts: fn(tally: &Tally, from: NodeId) -> bool,

    /// May a put be acknowledged? (I1, I6)
    ///
    /// Once W distinct replicas, the coordinator among them, have it on disk.
    pub put_may_ack: fn(tally: &Tally, w: usize) -> bool,

    /// May a get be answered? (I1)
    ///
    /// Once R distinct replicas have said what they hold.
    pub get_may_answer: fn(tally: &Tally, r: usize) -> bool,

    /// The replicas a finished read writes back to. (I3)
    ///
    /// Every one seen to hold less than the merge of all answers.
    pub repair_targets: fn(replies: &[Reply], merged: &Siblings) -> Vec<NodeId>,

    /// What read repair writes. (I3)
    ///
    /// The merge of all answers; the coordinator's own copy may be the stale one.
    pub repair_content: fn(own: &Siblings, merged: &Siblings) -> Siblings,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            forward_targets,
            put_freshness,
            version_replaces: |read, _put, sibling| read.covers(sibling),
            put_context,
            merge_siblings: Siblings::merge,
            must_save: |before, after| before != after,
            reply_counts: |tally, from| tally.asked.contains(&from) && !tally.answered.contains(&from),
            put_may_ack: |tally, w| tally.verdict(w) == Verdict::Met,
            get_may_answer: |tally, r| tally.verdict(r) == Verdict::Met,
            repair_targets,
            repair_content: |_own, merged| merged.clone(),
        }
    }
}

fn forward_targets(request: RequestId, preference_list: &[NodeId]) -> Vec<NodeId> {
    let turn = request.client.0.wrapping_add(request.number) % preference_list.len() as u64;
    vec![preference_list[turn as usize]]
}

fn put_freshness(remembered: Option<&Issued>, request: RequestId) -> Freshness {
    match remembered {
        Some(issued) if request.number < issued.number => Freshness::Outdated,
        Some(issued) if request.number == issued.number => Freshness::Repeated,
        _ => Freshness::New,
    }
}

fn put_context(read: &Context, put: Dot, before: &Siblings) -> Context {
    if read.counter(put.node) >= before.context().counter_max(put.node) {
        read.clone().with_all_up_to(put.node, put.counter)
    } else {
        read.clone().with(put)
    }
}

fn repair_targets(replies: &[Reply], merged: &Siblings) -> Vec<NodeId> {
    replies.iter().filter(|(_, held)| held != merged).map(|(node, _)| *node).collect()
}
