//! Which nodes are responsible for which keys, according to a node's history.

use crate::algebra::ids::NodeId;
use crate::algebra::membership::{Change, History, Standing, Tip};
use crate::algebra::ring::Ring;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// What follows from a history: the members and their ring. A view is not stored. It is computed
/// again from the history.
#[derive(Clone, Debug)]
pub struct View {
    tip: Tip,
    ring: Ring,
    standings: BTreeMap<NodeId, Standing>,
}

// A view follows from its history, so comparing the history's digest is enough.
impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.tip == other.tip
    }
}

impl Eq for View {}

impl Hash for View {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.tip.hash(hasher);
    }
}

impl Default for View {
    fn default() -> Self {
        View::of(&History::default(), |_| Standing::Unknown)
    }
}

impl View {
    /// The view that follows from a history. `standing` decides a node's standing from all changes
    /// of it: see [`Rules::view`](crate::rules::Rules::view).
    pub fn of(history: &History, standing: impl Fn(&[Change]) -> Standing) -> Self {
        let standings = history.standings(standing);
        let is_member = |(_, standing): &(&NodeId, &Standing)| **standing == Standing::Member;
        let members: Vec<NodeId> =
            standings.iter().filter(is_member).map(|(node, _)| *node).collect();
        View { tip: history.tip(), ring: Ring::of(&members), standings }
    }

    /// The digest of the history.
    pub fn tip(&self) -> Tip {
        self.tip
    }

    /// The ring of the members.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// A node's standing.
    pub fn standing(&self, node: NodeId) -> Standing {
        self.standings.get(&node).copied().unwrap_or(Standing::Unknown)
    }

    /// The nodes that may hold something of a key. `may_hold` decides that for one standing: see
    /// [`Rules::holders`](crate::rules::Rules::holders).
    pub fn holders(&self, may_hold: impl Fn(Standing) -> bool) -> Vec<NodeId> {
        let holds = |(_, standing): &(&NodeId, &Standing)| may_hold(**standing);
        self.standings.iter().filter(holds).map(|(node, _)| *node).collect()
    }
}
