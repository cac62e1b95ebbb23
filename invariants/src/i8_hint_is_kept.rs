//! I8, no hint dropped before delivery: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::HANDED_OVER;
use crate::property::{LooksAt, Property, always, converges, given, looking_at, reachable};
use crate::scope::Faults;
use crate::system::world::World;
use crate::truth::Hinted;
use dynamo_model::ids::NodeId;

/// All that belongs to I8.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I8",
    name: "no hint dropped before delivery",
    statement: "A fallback keeps a hint until the recipient has all of it on disk.",
    exceptions: "Does not hold when the fallback or the recipient loses its disk, or when the \
                 recipient is no longer an intended replica. A hint stays while all transfers of \
                 it, or all answers, are lost. It stays while its recipient or the node itself has \
                 stopped, and while fewer than W members are left. A node that was removed for \
                 good may keep its hints.",
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
         disk is lost or started on an older copy. Does not hold once the holder, or the \
         recipient itself, has learned of a view by which the recipient is no intended replica: \
         then the hint, or the put, goes to a node that is one.",
        |model, state| {
            let world = World { model, state };
            let safe = |Hinted { holder, recipient, writes, is_moved, .. }: &Hinted| {
                *is_moved
                    || world.lost_its_disk(*holder)
                    || world.lost_its_disk(*recipient)
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
    looking_at(
        LooksAt::Everything,
        reachable(
            "I8.recipient-is-trusted-again",
            &[facts::hinted],
            "The recipient of a hint has all puts on disk that a node promised to keep for it. \
             That node does not suspect the recipient, or no longer.",
            |model, state| {
                let world = World { model, state };
                let trusts = |Hinted { holder, recipient, writes, .. }: &Hinted| {
                    writes.is_subset(world.stored(*recipient))
                        && writes.minus(world.kept(*holder, *recipient)) == *writes
                        && !world.suspects(*holder, *recipient)
                };
                state.history.hinted.iter().any(trusts)
            },
        ),
    ),
    given(
        |scope| {
            let Faults { loss, duplication, handoffs, endless, .. } = scope.faults;
            if duplication {
                Some("a request to keep a hint that the network delivers again is obeyed again")
            } else if scope.changes() || endless {
                None
            } else if handoffs == 0 {
                Some("no hint is sent here")
            } else {
                let is_lost = "a hint is sent a limited number of times here, and every one of \
                               these messages may be lost";
                loss.then_some(is_lost)
            }
        },
        |model, state| {
            let world = World { model, state };
            world.nodes().all(|node| !keeps_a_hint(&world, node, |_| true))
        },
        converges(
            "I8.no-hint-stays",
            &[facts::hinted, facts::disks],
            HANDED_OVER,
            "Eventually no node keeps a hint (Dynamo paper §4.6). Exception: a node that was \
             removed for good may keep hints. Precondition: neither the node nor the hint's \
             recipient has stopped. Precondition: at least W members are left. Precondition: nodes \
             send a hint as often as it takes. If the number of transfers is bounded, it is not \
             zero, and no message and no disk is lost. Precondition: the network does not \
             duplicate messages for ever.",
            |model, state| {
                let world = World { model, state };
                let is_up = |recipient| !world.is_gone(recipient);
                // A hint that came back with an old disk may have been sent as often as it may.
                let is_exhausted = !model.cfg.changes && world.disks_lost() > 0;
                is_exhausted
                    || world.has_too_few_members()
                    || world
                        .nodes()
                        .all(|node| world.is_gone(node) || !keeps_a_hint(&world, node, is_up))
            },
        ),
    ),
];

/// Does a node keep a hint for such a recipient, although it was not removed for good?
fn keeps_a_hint(world: &World<'_>, node: NodeId, is_meant: impl Fn(NodeId) -> bool) -> bool {
    !world.is_removed(node) && world.hints(node).any(|(recipient, _)| is_meant(recipient))
}
