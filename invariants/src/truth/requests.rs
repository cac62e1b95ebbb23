//! The ground truth of puts and gets.

use crate::scope::write_set::WriteSet;
use dynamo_model::ids::NodeId;

/// The outcome of a request, as the coordinator reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The client has not sent it yet.
    Unsent,
    /// No answer was sent yet.
    Running,
    /// The coordinator acknowledged the put, or answered the get, after this many replies.
    Answered {
        /// The number of replies. Those for a put count for distinct intended replicas; those for a
        /// get come from distinct nodes.
        replies: usize,
        /// How many of them came from intended replicas.
        in_person: usize,
    },
    /// The coordinator reported that it failed.
    Failed,
}

/// The ground truth of one put.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Write {
    /// The puts that its client had really read, and all that those had read.
    pub saw: WriteSet,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The ground truth of one get.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// The puts acknowledged before it began.
    pub acknowledged_before: WriteSet,
    /// The replies that each of its coordinators has heard, sorted by coordinator.
    pub hearings: Vec<Hearing>,
    /// The node that sent the last answer.
    pub by: Option<NodeId>,
    /// The puts in the last answer sent.
    pub shown: WriteSet,
    /// The nodes that the coordinator had heard when it sent the answer.
    pub sources: Vec<NodeId>,
    /// Puts that a replica in `sources` had confirmed, and that the answer neither shows nor
    /// replaces.
    pub omitted: WriteSet,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The replies that one coordinator of a get has heard. A get may have two coordinators. For
/// example, a non-replica forwards it to a second replica if the first one is slow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hearing {
    /// The coordinator.
    pub coordinator: NodeId,
    /// The coordinator itself, and the replicas whose replies it has received.
    pub heard: Vec<NodeId>,
    /// All puts that these replicas said they hold.
    pub known: WriteSet,
    /// The repairs that the coordinator has sent and that have not arrived, sorted: to which
    /// replica, with which puts. Each is in flight or lost.
    pub repairs: Vec<(NodeId, WriteSet)>,
}

impl Hearing {
    /// The coordinator sends a repair.
    pub(super) fn send_repair(&mut self, to: NodeId, writes: WriteSet) {
        if let Err(index) = self.repairs.binary_search(&(to, writes)) {
            self.repairs.insert(index, (to, writes));
        }
    }

    /// Has a repair of this replica not arrived yet?
    pub fn is_repairing(&self, replica: NodeId) -> bool {
        self.repairs.iter().any(|(node, _)| *node == replica)
    }

    pub(super) fn hear(&mut self, node: NodeId) {
        if let Err(index) = self.heard.binary_search(&node) {
            self.heard.insert(index, node);
        }
    }
}

impl Read {
    /// All puts that a coordinator knew: those in the replies, and those in its answer.
    pub fn knew(&self, hearing: &Hearing) -> WriteSet {
        if self.by == Some(hearing.coordinator) {
            hearing.known.union(self.shown)
        } else {
            hearing.known
        }
    }

    /// What a coordinator has heard, if it has asked or heard anyone.
    pub(crate) fn hearing_of(&self, coordinator: NodeId) -> Option<&Hearing> {
        self.hearings.iter().find(|hearing| hearing.coordinator == coordinator)
    }

    /// The replies that a coordinator has heard. At first it has heard only itself, and knows no
    /// put.
    pub(crate) fn hearing(&mut self, coordinator: NodeId) -> &mut Hearing {
        let found = self.hearings.binary_search_by_key(&coordinator, |hearing| hearing.coordinator);
        let index = found.unwrap_or_else(|index| {
            let first = Hearing {
                coordinator,
                heard: vec![coordinator],
                known: WriteSet::EMPTY,
                repairs: Vec::new(),
            };
            self.hearings.insert(index, first);
            index
        });
        &mut self.hearings[index]
    }

    /// A coordinator receives a replica's reply. Only the first reply of each replica counts: the
    /// network may have delivered the question twice.
    pub(crate) fn hear(&mut self, coordinator: NodeId, replica: NodeId, has: WriteSet) {
        let hearing = self.hearing(coordinator);
        if !hearing.heard.contains(&replica) {
            hearing.hear(replica);
            hearing.known = hearing.known.union(has);
        }
    }
}
