//! Puts and gets as they really were.

use crate::scope::write_set::WriteSet;
use dynamo_model::ids::NodeId;

/// What became of a request, as its client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was not sent yet.
    Unsent,
    /// No answer was sent yet.
    Running,
    /// It was acknowledged or answered, when so many distinct nodes had given their word.
    Answered {
        /// How many: of a put, each for another intended replica; of a get, each of another node.
        words: usize,
        /// How many of them were intended replicas.
        in_person: usize,
    },
    /// It was reported failed.
    Failed,
}

/// A put, as it really was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Write {
    /// All puts that its writer had really seen, theirs included.
    pub saw: WriteSet,
    /// What its client was told.
    pub outcome: Outcome,
}

/// A get, as it really was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// The puts acknowledged before it began.
    pub acknowledged_before: WriteSet,
    /// What each node has heard that coordinates it, by node.
    pub hearings: Vec<Hearing>,
    /// Who sent the last answer.
    pub by: Option<NodeId>,
    /// The puts in the last answer sent.
    pub shown: WriteSet,
    /// The nodes that had been heard when it was sent.
    pub sources: Vec<NodeId>,
    /// Puts vouched for by a replica heard, and missing from the answer without a successor in it.
    pub omitted: WriteSet,
    /// What its client was told.
    pub outcome: Outcome,
}

/// What one coordinator of a get has heard. There are two where the one that was to coordinate it
/// was only slow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hearing {
    /// Who coordinates.
    pub coordinator: NodeId,
    /// It, and the replicas whose word it has heard.
    pub heard: Vec<NodeId>,
    /// All puts that those replicas said they hold.
    pub known: WriteSet,
}

impl Hearing {
    pub(super) fn hear(&mut self, node: NodeId) {
        if let Err(index) = self.heard.binary_search(&node) {
            self.heard.insert(index, node);
        }
    }
}

impl Read {
    /// All puts that a coordinator knew: those that it was told of, and those that it has shown.
    pub fn knew(&self, hearing: &Hearing) -> WriteSet {
        if self.by == Some(hearing.coordinator) {
            hearing.known.union(self.shown)
        } else {
            hearing.known
        }
    }

    /// What a coordinator has heard; at first itself alone, and nothing.
    pub(super) fn hearing(&mut self, coordinator: NodeId) -> &mut Hearing {
        let place = self.hearings.binary_search_by_key(&coordinator, |hearing| hearing.coordinator);
        let index = place.unwrap_or_else(|index| {
            let first = Hearing { coordinator, heard: vec![coordinator], known: WriteSet::EMPTY };
            self.hearings.insert(index, first);
            index
        });
        &mut self.hearings[index]
    }

    /// A coordinator hears what a replica has.
    pub(crate) fn hear(&mut self, coordinator: NodeId, replica: NodeId, has: WriteSet) {
        let hearing = self.hearing(coordinator);
        hearing.hear(replica);
        hearing.known = hearing.known.union(has);
    }
}
