//! Counting answers towards a quorum: a pure value with no messages inside (traces 1 and 6).

use crate::ids::NodeId;

/// Whom a coordinator asked, and who has answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tally {
    /// The replicas asked, in preference order.
    pub asked: Vec<NodeId>,
    /// Those whose answers were counted, ascending. Under the protocol's rules each at most once.
    pub answered: Vec<NodeId>,
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
        Tally { asked: asked.to_vec(), answered: Vec::new(), waiting: true }
    }

    /// Counts one answer. Whether it counts is the caller's question to the rules.
    pub fn add(&mut self, node: NodeId) {
        let index = self.answered.partition_point(|other| *other <= node);
        self.answered.insert(index, node);
    }

    /// No answer is waited for any longer.
    pub fn give_up(&mut self) {
        self.waiting = false;
    }

    /// How the answers counted stand to `needed`.
    pub fn verdict(&self, needed: usize) -> Verdict {
        let possible = if self.waiting { self.asked.len().max(self.answered.len()) } else { self.answered.len() };
        if self.answered.len() >= needed {
            Verdict::Met
        } else if possible < needed {
            Verdict::Impossible
        } else {
            Verdict::Pending
        }
    }

    /// Those asked who have not answered.
    pub fn missing(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.asked.iter().copied().filter(|node| !self.answered.contains(node))
    }

    /// Has everyone asked answered?
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;
    use quickcheck::quickcheck;
    use std::collections::BTreeSet;

    /// Feeds answers from arbitrary nodes, duplicates and strangers included, as a coordinator does.
    fn tally_of(asked: u8, answers: &[u8]) -> Tally {
        let asked: Vec<NodeId> = (0..u16::from(asked % 6)).map(NodeId).collect();
        let mut tally = Tally::new(&asked);
        for answer in answers {
            let node = NodeId(u16::from(answer % 8));
            if Rules::default().reply_counts(&tally, node) {
                tally.add(node);
            }
        }
        tally
    }

    quickcheck! {
        fn only_distinct_nodes_that_were_asked_count(asked: u8, answers: Vec<u8>) -> bool {
            let distinct: BTreeSet<u8> = answers.iter().map(|a| a % 8).filter(|a| *a < asked % 6).collect();
            tally_of(asked, &answers).answered.len() == distinct.len()
        }

        fn order_does_not_matter(asked: u8, answers: Vec<u8>) -> bool {
            let reversed: Vec<u8> = answers.iter().rev().copied().collect();
            tally_of(asked, &answers) == tally_of(asked, &reversed)
        }

        fn met_and_impossible_are_final(asked: u8, answers: Vec<u8>, more: u8, needed: u8, gave_up: bool) -> bool {
            let mut tally = tally_of(asked, &answers);
            if gave_up {
                tally.give_up();
            }
            let before = tally.verdict(usize::from(needed % 6));
            if !gave_up && Rules::default().reply_counts(&tally, NodeId(u16::from(more % 8))) {
                tally.add(NodeId(u16::from(more % 8)));
            }
            before == Verdict::Pending || tally.verdict(usize::from(needed % 6)) == before
        }

        fn complete_means_nobody_is_missing(asked: u8, answers: Vec<u8>) -> bool {
            let tally = tally_of(asked, &answers);
            tally.is_complete() == (tally.answered.len() == tally.asked.len())
        }
    }
}
