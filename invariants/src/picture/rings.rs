//! The ring as nodes see it: one picture for all that know the same.

use crate::scope::{System, SystemState};
use crate::view::View;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing, Tip};
use dynamo_model::ring::Ring;
use dynamo_model::rules::Rules;

/// A ring, and who sees it.
#[derive(Clone, Debug)]
pub struct RingSeen {
    /// The nodes that know this.
    pub by: Vec<NodeId>,
    /// The digest of what they know; none where the ring does not change.
    pub tip: Option<Tip>,
    /// The ring.
    pub ring: Ring,
}

/// The rings that nodes see, by what is on their disks; where the ring does not change, the one that all see.
pub fn rings(model: &System, state: &SystemState) -> Vec<RingSeen> {
    let view = View { model, state };
    if !model.cfg.changes {
        return vec![RingSeen { by: view.nodes().collect(), tip: None, ring: model.cfg.scope.ring() }];
    }
    let mut seen = Vec::<RingSeen>::new();
    for node in view.nodes() {
        let history = view.history(node);
        match seen.iter_mut().find(|seen| seen.tip == Some(history.tip())) {
            Some(seen) => seen.by.push(node),
            None => seen.push(RingSeen { by: vec![node], tip: Some(history.tip()), ring: ring_of(history) }),
        }
    }
    seen
}

fn ring_of(history: &History) -> Ring {
    let standings = history.standings(&Rules::default());
    let members = standings.iter().filter(|(_, standing)| **standing == Standing::Member);
    Ring::of(&members.map(|(node, _)| *node).collect::<Vec<_>>())
}
