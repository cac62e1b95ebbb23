//! Every decision an invariant rests on, each one function of plain values. The state machine asks; it never decides inline.
//!
//! [`Rules::default`] is the protocol. A *defect* is the same struct with one function exchanged, so that one can go from
//! an invariant to the rule that protects it, to the defect that shows why, to the counterexample, and back.
//!
//! `rules.put_may_ack(…)`, the method, asks the rule; it says so to [`Rules::asked`], and calls the function in the field of the same
//! name.

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

/// Makes of the list of rules the struct of functions, their names, and for each a method that asks it.
macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident: fn($($given:ident: $kind:ty),*) -> $answer:ty,)*) => {
        /// The protocol's decisions: a function for each, and a method of the same name that asks it.
        #[derive(Clone, Copy, Debug)]
        pub struct Rules {
            $($(#[$doc])* pub $rule: fn($($given: $kind),*) -> $answer,)*

            /// Told the name of each rule when it is asked. It does nothing by default, and has no influence on the
            /// protocol: it is for checkers that want to know which rules were exercised.
            pub asked: fn(&'static str),
        }

        impl Rules {
            /// The name of every rule.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($rule)),*];

            $($(#[$doc])* pub fn $rule(&self, $($given: $kind),*) -> $answer {
                (self.asked)(stringify!($rule));
                (self.$rule)($($given),*)
            })*
        }
    };
}

rules! {
    /// The nodes that a node outside the preference list forwards a request to. (I2)
    ///
    /// Exactly one, the same at every try: two coordinators would give one put two dots, and its value would become its own
    /// sibling. Different clients', and a client's successive requests go to different coordinators, so that a dead one does not
    /// stop them.
    forward_targets: fn(request: RequestId, preference_list: &[NodeId]) -> Vec<NodeId>,

    /// Is a put new to its coordinator? (I2)
    ///
    /// A retry or a duplicated datagram must not get a second dot: it would bring a value back that another client has
    /// replaced meanwhile.
    put_freshness: fn(remembered: Option<&Issued>, request: RequestId) -> Freshness,

    /// Does a put replace this sibling? (I2)
    ///
    /// Exactly if its writer had read it. Neither the same coordinator nor a larger counter is a reason.
    version_replaces: fn(read: &Context, put: Dot, sibling: Dot) -> bool,

    /// The context a put gives back to its client. (I2)
    ///
    /// What the client had read and the put's own dot, and nothing more: whatever else it covered, the client's next put
    /// would replace unseen. `before` is the coordinator's set before the put; it lets the dots between be filled in where
    /// the client has read all that this coordinator ever issued for the key.
    put_context: fn(read: &Context, put: Dot, before: &Siblings) -> Context,

    /// Two replicas' sets as one. (I1, I2, I3)
    merge_siblings: fn(one: &Siblings, other: &Siblings) -> Siblings,

    /// Must a replica write to disk before it gives its word? (I1)
    ///
    /// Whenever what it holds has changed.
    must_save: fn(before: &Siblings, after: &Siblings) -> bool,

    /// Does an answer from this replica count? (I1, I6)
    ///
    /// Once for each replica asked, however often its answer arrives.
    reply_counts: fn(tally: &Tally, from: NodeId) -> bool,

    /// May a put be acknowledged? (I1, I6)
    ///
    /// Once W distinct replicas, the coordinator among them, have it on disk.
    put_may_ack: fn(tally: &Tally, w: usize) -> bool,

    /// May a get be answered? (I1)
    ///
    /// Once R distinct replicas have said what they hold.
    get_may_answer: fn(tally: &Tally, r: usize) -> bool,

    /// The replicas a finished read writes back to. (I3)
    ///
    /// Every one seen to hold less than the merge of all answers.
    repair_targets: fn(replies: &[Reply], merged: &Siblings) -> Vec<NodeId>,

    /// What read repair writes. (I3)
    ///
    /// The merge of all answers; the coordinator's own copy may be the stale one.
    repair_content: fn(own: &Siblings, merged: &Siblings) -> Siblings,
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
            asked: |_rule| {},
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
