//! Counting answers towards a quorum: a pure value with no messages inside (traces 1, 4 and 6).
//!
//! What is counted is *places*: the N places of the key's preference list. A place is taken by an
//! answer of its intended replica, or of a fallback that stands in for it; once, by whichever comes
//! first. If that was the fallback, the replica's own answer relieves it: it may be late, and is
//! still worth more.

use crate::ids::NodeId;
use serde::Serialize;

/// A fallback asked in the place of an intended replica that did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StandIn {
    /// Who was asked.
    pub fallback: NodeId,
    /// In whose place.
    pub intended: NodeId,
}

/// A place of the preference list that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Taken {
    /// Whose place it is.
    pub intended: NodeId,
    /// By whose answer.
    pub by: NodeId,
}

/// Whom a coordinator asked, and who has answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Tally {
    /// The intended replicas, in preference order.
    pub asked: Vec<NodeId>,
    /// The fallbacks asked besides, in the order in which they were asked.
    pub stand_ins: Vec<StandIn>,
    /// The places taken, ascending. Under the protocol's rules each at most once.
    pub taken: Vec<Taken>,
    /// Is there still hope for those who have not answered?
    pub waiting: bool,
}

/// How a tally stands to a number of answers needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Neither reached nor out of reach.
    Pending,
    /// Reached. It stays so.
    Met,
    /// Out of reach.
    Impossible,
}

impl Tally {
    /// Nobody has answered yet.
    pub fn new(asked: &[NodeId]) -> Self {
        Tally { asked: asked.to_vec(), stand_ins: Vec::new(), taken: Vec::new(), waiting: true }
    }

    /// Counts one answer. Whose place it takes is the caller's question to the rules.
    pub fn take(&mut self, taken: Taken) {
        if taken.by == taken.intended {
            self.taken.retain(|other| other.intended != taken.intended || other.by == taken.by);
        }
        let index = self.taken.partition_point(|other| *other <= taken);
        self.taken.insert(index, taken);
    }

    /// No answer is waited for any longer.
    pub fn give_up(&mut self) {
        self.waiting = false;
    }

    /// Is this intended replica's place taken?
    pub fn is_taken(&self, intended: NodeId) -> bool {
        self.taken.iter().any(|taken| taken.intended == intended)
    }

    /// Has this intended replica answered itself?
    pub fn is_in_person(&self, intended: NodeId) -> bool {
        self.taken.iter().any(|taken| taken.intended == intended && taken.by == intended)
    }

    /// Was this node asked, for itself or in another's place?
    pub fn was_asked(&self, node: NodeId) -> bool {
        self.asked.contains(&node)
            || self.stand_ins.iter().any(|stand_in| stand_in.fallback == node)
    }

    /// How many places were taken by the intended replicas themselves.
    pub fn in_person(&self) -> usize {
        self.taken.iter().filter(|taken| taken.by == taken.intended).count()
    }

    /// How the answers counted stand to `needed`.
    pub fn verdict(&self, needed: usize) -> Verdict {
        let possible =
            if self.waiting { self.asked.len().max(self.taken.len()) } else { self.taken.len() };
        if self.taken.len() >= needed {
            Verdict::Met
        } else if possible < needed {
            Verdict::Impossible
        } else {
            Verdict::Pending
        }
    }

    /// The intended replicas whose places are not taken, in preference order.
    pub fn missing(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.asked.iter().copied().filter(|node| !self.is_taken(*node))
    }

    /// The intended replicas that have not answered themselves, in preference order.
    pub fn silent(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.asked.iter().copied().filter(|node| !self.is_in_person(*node))
    }

    /// The fallbacks that stand in for a place that is not taken.
    pub fn missing_stand_ins(&self) -> impl Iterator<Item = StandIn> + '_ {
        self.stand_ins.iter().copied().filter(|stand_in| !self.is_taken(stand_in.intended))
    }

    /// Is nobody waited for? Either all have answered themselves, or those that have not had their
    /// time.
    pub fn is_over(&self) -> bool {
        !self.waiting || self.silent().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;
    use quickcheck::quickcheck;
    use std::collections::BTreeSet;

    /// Feeds answers from arbitrary nodes, duplicates and strangers included, as a coordinator
    /// does. Where there are three places or more, node 6 stands in for node 0 and node 7 for node
    /// 1.
    fn tally_of(asked: u8, answers: &[u8]) -> Tally {
        let asked: Vec<NodeId> = (0..u16::from(asked % 6)).map(NodeId).collect();
        let mut tally = Tally::new(&asked);
        if asked.len() >= 3 {
            let stand_in = |fallback, intended| StandIn {
                fallback: NodeId(fallback),
                intended: NodeId(intended),
            };
            tally.stand_ins = vec![stand_in(6, 0), stand_in(7, 1)];
        }
        for answer in answers {
            count(&mut tally, NodeId(u16::from(answer % 9)));
        }
        tally
    }

    fn count(tally: &mut Tally, by: NodeId) {
        if let Some(intended) = Rules::default().reply_counts_for(tally, by, None) {
            tally.take(Taken { intended, by });
        }
    }

    fn places(tally: &Tally) -> Vec<NodeId> {
        tally.taken.iter().map(|taken| taken.intended).collect()
    }

    quickcheck! {
        fn each_place_is_taken_once_and_each_node_takes_one(asked: u8, answers: Vec<u8>) -> bool {
            let tally = tally_of(asked, &answers);
            let by: BTreeSet<NodeId> = tally.taken.iter().map(|taken| taken.by).collect();
            let place = |answer: &u8| match (asked % 6, answer % 9) {
                (3.., 6) => Some(0),
                (3.., 7) => Some(1),
                (places, node) => (node < places).then_some(node),
            };
            let expected: BTreeSet<u8> = answers.iter().filter_map(place).collect();
            places(&tally) == expected.into_iter().map(|place| NodeId(u16::from(place))).collect::<Vec<_>>()
                && by.len() == tally.taken.len()
        }

        fn order_does_not_matter(asked: u8, answers: Vec<u8>) -> bool {
            let reversed: Vec<u8> = answers.iter().rev().copied().collect();
            places(&tally_of(asked, &answers)) == places(&tally_of(asked, &reversed))
        }

        fn met_and_impossible_are_final(asked: u8, answers: Vec<u8>, more: u8, needed: u8, gave_up: bool) -> bool {
            let mut tally = tally_of(asked, &answers);
            if gave_up {
                tally.give_up();
            }
            let before = tally.verdict(usize::from(needed % 6));
            if !gave_up {
                count(&mut tally, NodeId(u16::from(more % 9)));
            }
            before == Verdict::Pending || tally.verdict(usize::from(needed % 6)) == before
        }

        fn it_is_over_once_all_have_answered_themselves(asked: u8, answers: Vec<u8>) -> bool {
            let tally = tally_of(asked, &answers);
            let missing: BTreeSet<NodeId> = tally.missing_stand_ins().map(|stand_in| stand_in.intended).collect();
            tally.is_over() == (tally.in_person() == tally.asked.len())
                && missing.iter().all(|intended| !tally.is_taken(*intended))
        }

        fn a_replica_that_answers_is_counted_in_person(asked: u8, answers: Vec<u8>) -> bool {
            let tally = tally_of(asked, &answers);
            tally.asked.iter().all(|node| {
                let has_answered = answers.iter().any(|answer| u16::from(answer % 9) == node.0);
                tally.is_in_person(*node) == has_answered
            })
        }
    }
}
