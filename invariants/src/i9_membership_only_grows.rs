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
    exceptions: "",
    paper: "§4.8",
    scenario: "9-gossip",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
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
            "Trace 9: what a node was told, or has said that it knows, of who is a member is on its disk, crashes or not; as long as that \
         is not lost, and it is not gone: then it may have stopped, and hears nothing.",
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
            "A node other than the one asked knows of a change.",
            |model, state| {
                let world = World { model, state };
                let knows = |node: &NodeId| world.history(*node).len() > model.cfg.founders.len();
                model.cfg.changes && world.nodes().filter(knows).count() >= 2
            },
        ),
    ),
];
