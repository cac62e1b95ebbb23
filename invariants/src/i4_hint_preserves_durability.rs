//! I4, hint preserves durability: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{HINTED_ACK, MISPLACED, PUT, REAPED};
use crate::property::{Property, always, converges, only, reachable};
use crate::system::world::World;
use dynamo_model::ids::NodeId;

/// All that belongs to I4.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I4",
    name: "hint preserves durability",
    statement: "At every moment W intended replicas have an acknowledged put on disk, or other nodes keep hints with \
                    it for them.",
    exceptions: "",
    paper: "§4.6, §4.9",
    scenario: "4-hint-durability",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i4_hint_preserves_durability/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    always(
        "I4.acknowledged-put-is-secured",
        &[facts::acknowledged],
        HINTED_ACK,
        "Trace 4: from its acknowledgement on, W intended replicas have a put on disk, or others keep it for them; or one that saw it; \
         one less for every disk lost. Where the ring changes, I1.acknowledged-put-is-on-w-disks says it.",
        |model, state| {
            let world = World { model, state };
            let intended = &model.cfg.preference_list;
            if model.cfg.changes {
                return true;
            }
            let secured = |write| {
                intended.iter().filter(|node| world.is_secured(**node, only(write))).count()
            };
            let w = model.cfg.config.w().saturating_sub(world.disks_lost());
            state.history.acknowledged().iter().all(|write| secured(write) >= w)
        },
    ),
    always(
        "I4.acknowledged-put-survives",
        &[facts::acknowledged],
        PUT,
        "Traces 1 and 4: an acknowledged put, or one that saw it, is on some disk. Does not hold where as many disks are lost as W.",
        |model, state| {
            let world = World { model, state };
            let survives = |write| {
                world
                    .nodes()
                    .any(|node| !world.is_gone(node) && world.durable(node).contains(write))
            };
            state.history.acknowledged().iter().all(survives)
        },
    ),
    always(
        "I4.reaped-stays-deleted",
        &[facts::reaped],
        REAPED,
        "Trace 4's dual: what a reaped tombstone had replaced is on no disk, neither as a replica's own nor kept for another. Does not \
         hold where messages live longer than tombstones.",
        |model, state| {
            let world = World { model, state };
            let ghost = &state.history;
            let replaced = ghost.forgotten().minus(ghost.reaped);
            world.versions().all(|(write, _)| !replaced.contains(write))
        },
    ),
    reachable(
        "I4.tombstone-is-reaped",
        &[facts::reaped, facts::disks],
        "Tombstones are reaped, and no disk has anything of the key any more.",
        |model, state| {
            let world = World { model, state };
            !state.history.reaped.is_empty() && world.versions().next().is_none()
        },
    ),
    reachable(
        "I4.acknowledged-on-a-hint",
        &[facts::acknowledged],
        "A put is acknowledged that fewer than W intended replicas have on disk themselves.",
        |model, state| {
            let world = World { model, state };
            let intended = world.intended();
            let stored =
                |write| intended.iter().filter(|node| world.stored(**node).contains(write)).count();
            world.disks_lost() == 0
                && state
                    .history
                    .acknowledged()
                    .iter()
                    .any(|write| stored(write) < model.cfg.config.w())
        },
    ),
    converges(
        "I4.misplaced-is-handed-over",
        &[facts::misplaced, facts::replicas],
        MISPLACED,
        "Dynamo paper §4.9: in the end only intended replicas have anything of the key, but for nodes removed for good. Does not hold \
         without gossip.",
        |model, state| {
            let world = World { model, state };
            let intended = world.intended();
            let has_nothing = |node| world.sets(node).next().is_none();
            !model.cfg.changes
                || world.nodes().all(|node| {
                    intended.contains(&node) || has_nothing(node) || world.is_removed(node)
                })
        },
    ),
    reachable(
        "I4.replica-is-misplaced",
        &[facts::misplaced, facts::replicas],
        "A node has something of the key on its disk that it was an intended replica of, and is not any more.",
        |model, state| {
            let world = World { model, state };
            let intended = world.intended();
            let has_something = |node| world.sets(node).next().is_some();
            model.cfg.changes
                && world.nodes().any(|node| !intended.contains(&node) && has_something(node))
        },
    ),
    reachable(
        "I4.replica-is-handed-over",
        &[facts::vouched, facts::replicas],
        "A node that has vouched for an acknowledged put has nothing any more; and all intended replicas have it.",
        |model, state| {
            let world = World { model, state };
            let acknowledged = state.history.acknowledged();
            let has_nothing = |node: &NodeId| world.sets(*node).next().is_none();
            let mut emptied = world.nodes().filter(has_nothing);
            model.cfg.changes
                && emptied.any(|node| {
                    let had = state.history.vouched[usize::from(node.0)];
                    let had = had.minus(had.minus(acknowledged));
                    !had.is_empty()
                        && world.intended().iter().all(|other| had.is_subset(world.stored(*other)))
                })
        },
    ),
];
