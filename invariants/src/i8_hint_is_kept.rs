//! I8, no hint dropped before delivery: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::HANDED_OVER;
use crate::property::{Property, always, converges, reachable};
use crate::system::world::World;
use crate::truth::Hinted;

/// All that belongs to I8.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I8",
    name: "no hint dropped before delivery",
    statement: "A fallback keeps a hint until the recipient has all of it on disk.",
    exceptions: "Does not hold when the fallback or the recipient loses its disk, or when the \
                 recipient is no longer an intended replica. A hint stays while all transfers of \
                 it, or all answers, are lost, and while fewer than W members are left. A node \
                 that was removed for good may keep its hints.",
    paper: "§4.6",
    scenario: "8-handoff",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "hint-dropped-when-sent",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i8_hint_is_kept/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    always(
        "I8.hint-is-kept",
        &[facts::hinted],
        HANDED_OVER,
        "A node that has promised to keep a hint has each put of it on disk until the recipient \
         has that put on disk. A put that supersedes it counts, too. Does not hold when either \
         disk is lost. Does not hold when, in one of the two nodes' views, the recipient is not an \
         intended replica.",
        |model, state| {
            let world = World { model, state };
            let safe = |Hinted { holder, recipient, writes, .. }: &Hinted| {
                world.lost_its_disk(*holder)
                    || world.lost_its_disk(*recipient)
                    || !world.is_intended(*recipient, *holder)
                    || !world.is_intended(*recipient, *recipient)
                    || writes
                        .is_subset(world.kept(*holder, *recipient).union(world.stored(*recipient)))
            };
            state.history.hinted.iter().all(safe)
        },
    ),
    reachable(
        "I8.hint-is-handed-over",
        &[facts::hinted],
        "The recipient of a hint has all puts on disk that a node promised to keep for it. None of \
         them is in the hint any more.",
        |model, state| {
            let world = World { model, state };
            let handed_over = |Hinted { holder, recipient, writes, .. }: &Hinted| {
                writes.is_subset(world.stored(*recipient))
                    && writes.minus(world.kept(*holder, *recipient)) == *writes
            };
            state.history.hinted.iter().any(handed_over)
        },
    ),
    converges(
        "I8.no-hint-stays",
        &[facts::hinted, facts::disks],
        HANDED_OVER,
        "Eventually no node keeps a hint (Dynamo paper §4.6). Exception: a node that was removed \
         for good may keep hints. Does not hold when the number of transfers is bounded, and all \
         of them, or all answers, are lost.",
        |model, state| {
            let world = World { model, state };
            world.nodes().all(|node| world.hints(node).next().is_none() || world.is_removed(node))
        },
    ),
];
