//! I9, membership only grows: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::SPREADS;
use crate::property::{LooksAt, Property, always, looking_at, reachable};
use crate::system::world::World;
use dynamo_model::ids::NodeId;

/// All that belongs to I9.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I9",
    name: "membership only grows",
    statement: "No node forgets a membership change that it knew, crashes included.",
    exceptions: "A node that loses its disk, or starts on an older copy of it, may forget changes. \
                 A node that is gone may have stopped, and learns nothing more. A node takes over \
                 no changes that would make its history too large for one datagram.",
    paper: "§4.8",
    scenario: "9-gossip",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "longer-history-wins",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i9_membership_only_grows/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    looking_at(
        LooksAt::Views,
        always(
            "I9.change-is-never-unlearned",
            &[facts::known],
            SPREADS,
            "A membership change that a node was told, or has said that it knows, is on this \
             node's disk, also after a crash. Does not hold when the node's disk is lost or \
             started on an older copy. Does not hold for a node that is gone: it may have stopped, \
             and learns nothing more.",
            |model, state| {
                let world = World { model, state };
                let known = |node: NodeId| state.history.known.get(usize::from(node.0));
                let keeps =
                    |node| known(node).is_none_or(|known| world.history(node).includes(known));
                world
                    .nodes()
                    .all(|node| world.lost_its_disk(node) || world.is_gone(node) || keeps(node))
            },
        ),
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I9.change-spreads",
            &[facts::views],
            "At least two nodes know of a membership change that was made after the start.",
            |model, state| {
                let world = World { model, state };
                let knows = |node: &NodeId| world.history(*node).len() > model.cfg.founders.len();
                model.cfg.changes && world.nodes().filter(knows).count() >= 2
            },
        ),
    ),
];
