//! I4, hint preserves durability: what it says, and the properties that state it exactly.

mod defects;
mod limits;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{HINTED_ACK, MISPLACED, PUT, REAPED};
use crate::property::{Property, always, by_the_run, converges, given, only, reachable};
use crate::scope::write_set::WriteId;
use crate::scope::write_set::WriteSet;
use crate::scope::{Faults, Scope};
use crate::system::world::World;
use dynamo_model::ids::NodeId;
use dynamo_model::siblings::Siblings;

/// All that belongs to I4.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I4",
    name: "hint preserves durability",
    statement: "At every moment W intended replicas have an acknowledged put on disk, or other \
                nodes keep hints with it for them.",
    exceptions: "Each lost disk lowers W by one: when as many disks are lost as W, an acknowledged \
                 put may be gone. Where the ring changes, a hint for any node counts. A node may \
                 keep keys that other nodes are responsible for now, if it does not hear of the \
                 change, if it or one of these nodes has stopped, or while fewer than W members \
                 are left. A node that was removed for good may keep a deleted value. A message \
                 that lives longer than a tombstone may bring it back.",
    paper: "§4.6, §4.9",
    scenario: "4-hint-durability",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "stand-in-counted-beside-its-replica",
    limits: limits::LIMITS,
    defects_sources: &[
        include_str!("i4_hint_preserves_durability/defects/counting.rs"),
        include_str!("i4_hint_preserves_durability/defects/reaping.rs"),
        include_str!("i4_hint_preserves_durability/defects/moves.rs"),
    ],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    always(
        "I4.acknowledged-put-is-secured",
        &[facts::acknowledged],
        HINTED_ACK,
        "Once a put is acknowledged, W intended replicas have it on disk, or other nodes keep \
         hints with it for them. A put that supersedes it counts, too. Exception: each disk that \
         is lost, or started on an older copy, lowers W by one. In a simulated or recorded run, \
         it does so only for puts that began before. Exception: a reaped put is not required. Does not hold where the ring changes: I1.acknowledged-put-is-on-w-disks counts \
         disks there.",
        |model, state| {
            let world = World { model, state };
            let intended = &model.cfg.preference_list;
            if model.cfg.changes {
                return true;
            }
            let secured = |write| {
                intended.iter().filter(|node| world.is_secured(**node, only(write))).count()
            };
            let w = model.cfg.config.w();
            let is_kept = |write| secured(write) + world.losses_of(write) >= w;
            state.history.acknowledged().iter().all(is_kept)
        },
    ),
    always(
        "I4.hint-is-for-a-replica",
        &[facts::hinted, facts::disks],
        HINTED_ACK,
        "A node keeps hints only for intended replicas by its own view. A hint for another node \
         would not reach a replica. Exception: a node that is gone or was removed for good. Does \
         not hold while the node knows fewer than W members.",
        |model, state| {
            let world = World { model, state };
            let is_for_one =
                |node| world.hints(node).all(|(recipient, _)| world.is_intended(recipient, node));
            let is_out = |node| world.is_gone(node) || world.is_removed(node);
            let has_too_few = |node| world.intended_by(node).len() < model.cfg.config.w();
            world.nodes().all(|node| is_for_one(node) || is_out(node) || has_too_few(node))
        },
    ),
    given(
        by_the_run,
        |model, state| acknowledged_survive(&World { model, state }),
        always(
            "I4.acknowledged-put-survives",
            &[facts::acknowledged],
            PUT,
            "An acknowledged put, or one that supersedes it, is on at least one disk, as a \
             replica's copy or in a hint. Disks of nodes that are gone do not count. A reaped put \
             is not required. Precondition: fewer than W disks are lost or started on an older \
             copy. In a simulated or recorded run, only disks count that are lost after the put \
             began.",
            |model, state| {
                let world = World { model, state };
                let w = model.cfg.config.w();
                acknowledged_lost(&world).iter().all(|write| world.losses_of(write) >= w)
            },
        ),
    ),
    always(
        "I4.reaped-stays-deleted",
        &[facts::reaped],
        REAPED,
        "Once a tombstone is reaped, no disk has a put that the tombstone had replaced, neither as \
         a replica's copy nor in a hint. Exception: a node that was removed for good may keep what \
         it has. Does not hold when a message lives longer than a tombstone.",
        |model, state| {
            let world = World { model, state };
            let ghost = &state.history;
            let replaced = ghost.forgotten().minus(ghost.reaped);
            let has_none = |node| {
                let mut versions = world.sets(node).flat_map(Siblings::versions);
                versions.all(|version| !replaced.contains(WriteId::of(&version.content)))
            };
            replaced.is_empty()
                || world.nodes().all(|node| has_none(node) || world.is_removed(node))
        },
    ),
    converges(
        "I4.deleted-key-is-reaped",
        &[facts::disks],
        REAPED,
        "Eventually a deleted key is gone: if the intended replicas have the same tombstones on \
         disk, and no node has anything else of the key, the tombstones are reaped. Exception: \
         where nodes ask a bounded number of times whether they may reap, and have asked. \
         Exception: a node waits for ever for replies. Exception: nodes know different membership \
         changes, or one was removed for good. Exception: a message in flight has a version that \
         a tombstone had replaced.",
        |model, state| {
            let world = World { model, state };
            // Nodes may ask once more only if all others may be asked.
            let Scope { nodes, faults, .. } = model.cfg.scope;
            let asked = u16::from(state.history.surveyed) + nodes - 1;
            let is_left = asked <= u16::from(faults.reaps) * (nodes - 1);
            let may_ask = faults.reaps > 0 && (faults.endless || is_left);
            let is_able =
                |node| !world.waits(node) && !world.is_removed(node) && world.knows_all(node);
            !may_ask
                || !world.is_deleted_everywhere()
                || world.is_replaced_in_flight()
                || !world.nodes().all(is_able)
        },
    ),
    reachable(
        "I4.tombstone-is-reaped",
        &[facts::reaped, facts::disks],
        "Nodes have reaped a tombstone, and no disk has any version of the key.",
        |model, state| {
            let world = World { model, state };
            !state.history.reaped.is_empty() && world.versions().next().is_none()
        },
    ),
    reachable(
        "I4.acknowledged-on-a-hint",
        &[facts::acknowledged],
        "While no disk is lost, a put is acknowledged that fewer than W intended replicas have on \
         their own disks.",
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
    given(
        by_the_run,
        |model, state| {
            let world = World { model, state };
            world.nodes().all(|node| !is_misplaced(&world, node))
        },
        converges(
            "I4.misplaced-is-handed-over",
            &[facts::misplaced, facts::replicas],
            MISPLACED,
            "Eventually only intended replicas have a copy or a hint of the key on disk (Dynamo \
             paper §4.9). Exception: a node that was removed for good may keep what it has. \
             Exception: where the network duplicates messages for ever, a node may be asked again \
             and again to keep a hint. Precondition: nodes gossip, or the node knows all \
             membership changes. Precondition: neither the node nor an intended replica has \
             stopped. Precondition: at least W members are left.",
            |model, state| {
                let world = World { model, state };
                let Faults { gossip, duplication, .. } = model.cfg.scope.faults;
                let may_keep = |node| {
                    world.is_gone(node)
                        || !gossip && !world.knows_all(node)
                        || duplication && world.disks(node).next().is_none()
                };
                world.intended().iter().any(|node| world.is_gone(*node))
                    || world.has_too_few_members()
                    || world.nodes().all(|node| !is_misplaced(&world, node) || may_keep(node))
            },
        ),
    ),
    reachable(
        "I4.replica-is-misplaced",
        &[facts::misplaced, facts::replicas],
        "Where the ring changes, a node that is not an intended replica has a copy or a hint of \
         the key on disk.",
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
        &[facts::confirmed, facts::replicas],
        "A node that had confirmed an acknowledged put has nothing of the key any more. All \
         intended replicas have that put, or one that supersedes it.",
        |model, state| {
            let world = World { model, state };
            let acknowledged = state.history.acknowledged();
            let has_nothing = |node: &NodeId| world.sets(*node).next().is_none();
            let mut emptied = world.nodes().filter(has_nothing);
            model.cfg.changes
                && emptied.any(|node| {
                    let had = state.history.confirmed[usize::from(node.0)];
                    let had = had.intersection(acknowledged);
                    !had.is_empty()
                        && world.intended().iter().all(|other| had.is_subset(world.stored(*other)))
                })
        },
    ),
];

/// Is each acknowledged put, or one that supersedes it, on a disk?
fn acknowledged_survive(world: &World<'_>) -> bool {
    acknowledged_lost(world).is_empty()
}

/// The acknowledged puts that should be on some disk, and are on none.
fn acknowledged_lost(world: &World<'_>) -> WriteSet {
    let acknowledged = world.state.history.acknowledged();
    acknowledged.minus(world.anywhere()).minus(world.forgotten())
}

/// Does a node have anything of the key, where the ring changes, although it is no intended replica
/// and was not removed for good?
fn is_misplaced(world: &World<'_>, node: NodeId) -> bool {
    world.model.cfg.changes
        && !world.intended().contains(&node)
        && !world.is_removed(node)
        && world.sets(node).next().is_some()
}
