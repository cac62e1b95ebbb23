//! Counting answers towards a quorum. A tally is a pure value that contains no messages.
//!
//! Each answer counts for one intended replica of the key. It comes from that replica itself, or
//! from a fallback that stands in for it. At most one answer counts for each intended replica: the
//! first. There is one exception. If the first came from the fallback, the replica's own answer
//! replaces it, however late it arrives.

use crate::algebra::ids::NodeId;
use serde::{Deserialize, Serialize};

/// A fallback that was asked to stand in for an intended replica that did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StandIn {
    /// The node that was asked.
    pub fallback: NodeId,
    /// The replica that it stands in for.
    pub intended: NodeId,
}

/// An answer that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Counted {
    /// The intended replica that the answer counts for.
    pub intended: NodeId,
    /// The node that answered: that replica itself, or a fallback.
    pub by: NodeId,
}

/// The nodes that a coordinator asked, and the answers that it counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tally {
    /// The intended replicas, in preference order.
    pub asked: Vec<NodeId>,
    /// The fallbacks that were asked, in the order in which they were asked.
    pub stand_ins: Vec<StandIn>,
    /// The answers counted, in ascending order: at most one for each intended replica. Under the
    /// protocol's rules no node answers for two replicas.
    pub counted: Vec<Counted>,
    /// Does the coordinator still wait for nodes that have not answered?
    pub waiting: bool,
}

/// How the number of counted answers compares to the number needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not reached yet, and still possible.
    Pending,
    /// Reached. It stays reached.
    Met,
    /// No longer possible.
    Impossible,
}

impl Tally {
    /// A tally with no answers yet.
    pub fn new(asked: &[NodeId]) -> Self {
        Tally { asked: asked.to_vec(), stand_ins: Vec::new(), counted: Vec::new(), waiting: true }
    }

    /// Counts one answer. The caller asks the rules which intended replica it counts for. An answer
    /// from that replica itself replaces the answer of a fallback.
    ///
    /// # Panics
    /// If the replica was not asked, or another answer counts for it already.
    pub fn count(&mut self, answer: Counted) {
        let Counted { intended, by } = answer;
        if by == intended {
            self.counted.retain(|other| other.intended != intended || other.by == by);
        }
        assert!(
            self.asked.contains(&intended),
            "an answer of {by} counts for {intended}, which was not asked: {self:?}"
        );
        // No defect breaks this. Some defects do count one node for two intended replicas.
        assert!(
            !self.is_counted(intended),
            "an answer of {by} counts for {intended}, which is counted already: {self:?}"
        );
        let index = self.counted.partition_point(|other| *other <= answer);
        self.counted.insert(index, answer);
    }

    /// Stops waiting for answers.
    pub fn give_up(&mut self) {
        self.waiting = false;
    }

    /// Does an answer count for this intended replica?
    pub fn is_counted(&self, intended: NodeId) -> bool {
        self.counted.iter().any(|answer| answer.intended == intended)
    }

    /// Has this intended replica answered itself?
    pub fn is_in_person(&self, intended: NodeId) -> bool {
        self.counted.iter().any(|answer| answer.intended == intended && answer.by == intended)
    }

    /// Was this node asked, for itself or to stand in for another?
    pub fn was_asked(&self, node: NodeId) -> bool {
        self.asked.contains(&node)
            || self.stand_ins.iter().any(|stand_in| stand_in.fallback == node)
    }

    /// How many of the answers counted came from intended replicas themselves.
    pub fn in_person(&self) -> usize {
        self.counted.iter().filter(|answer| answer.by == answer.intended).count()
    }

    /// How the number of counted answers compares to `needed`.
    pub fn verdict(&self, needed: usize) -> Verdict {
        let possible = if self.waiting {
            self.asked.len().max(self.counted.len())
        } else {
            self.counted.len()
        };
        if self.counted.len() >= needed {
            Verdict::Met
        } else if possible < needed {
            Verdict::Impossible
        } else {
            Verdict::Pending
        }
    }

    /// The intended replicas for which no answer counts yet, in preference order.
    pub fn missing(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.asked.iter().copied().filter(|node| !self.is_counted(*node))
    }

    /// The intended replicas that have not answered themselves, in preference order.
    pub fn silent(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.asked.iter().copied().filter(|node| !self.is_in_person(*node))
    }

    /// The fallbacks that stand in for a replica for which no answer counts yet.
    pub fn missing_stand_ins(&self) -> impl Iterator<Item = StandIn> + '_ {
        self.stand_ins.iter().copied().filter(|stand_in| !self.is_counted(stand_in.intended))
    }

    /// Is the coordinator done waiting? Either all intended replicas have answered themselves, or
    /// the others have timed out.
    pub fn is_over(&self) -> bool {
        !self.waiting || self.silent().next().is_none()
    }
}
