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
    exceptions: "",
    paper: "§4.6",
    scenario: "8-handoff",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
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
        "Trace 8: what a node has said it keeps for another stays on its disk until it is on the other's, or one that saw it; as \
         long as neither disk is lost, and the other is an intended replica, by both their views.",
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
        "A put that was kept for another is on that other's disk, and kept no more.",
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
        "Traces 4 and 8: in the end nothing is kept for another any more, but by nodes removed for good. Does not hold where hints may be sent only so often, and get \
         lost.",
        |model, state| {
            let world = World { model, state };
            world.nodes().all(|node| world.hints(node).next().is_none() || world.is_removed(node))
        },
    ),
];
