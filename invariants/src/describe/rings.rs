//! The rings that nodes see: one for all nodes with the same history.

use crate::scope::standings::members;
use crate::system::world::World;
use crate::system::{System, SystemState};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::Tip;
use dynamo_model::ring::Ring;

/// A ring, and the nodes that see it.
#[derive(Clone, Debug)]
pub struct RingSeen {
    /// The nodes that see this ring.
    pub by: Vec<NodeId>,
    /// The tip of their history. `None`: the ring does not change in this scope.
    pub tip: Option<Tip>,
    /// The ring.
    pub ring: Ring,
}

/// The rings that follow from the histories on the nodes' disks. If the ring does not change in
/// this scope, the one ring that all nodes see.
pub fn rings(model: &System, state: &SystemState) -> Vec<RingSeen> {
    let world = World { model, state };
    if !model.cfg.changes {
        return vec![RingSeen {
            by: world.nodes().collect(),
            tip: None,
            ring: model.cfg.scope.ring(),
        }];
    }
    let mut seen = Vec::<RingSeen>::new();
    for node in world.nodes() {
        let history = world.history(node);
        match seen.iter_mut().find(|seen| seen.tip == Some(history.tip())) {
            Some(seen) => seen.by.push(node),
            None => seen.push(RingSeen {
                by: vec![node],
                tip: Some(history.tip()),
                ring: Ring::of(&members(history)),
            }),
        }
    }
    seen
}
