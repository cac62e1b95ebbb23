//! I3, stale replica repaired: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::READ_OVER;
use crate::property::{LooksAt, Property, always, looking_at, reachable};
use crate::scope::write_set::WriteSet;
use crate::system::world::World;
use crate::truth::{Hearing, Read};

/// Everything that belongs to I3.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I3",
    name: "stale replica repaired",
    statement: "A replica that a read found stale does not stay stale.",
    exceptions: "A coordinator sends each repair once. A replica stays stale if the repair is \
                 lost, if the coordinator crashes or loses its disk before it sends the repair, \
                 or if the replica replies only after the coordinator has given up. The next read \
                 tries again.",
    paper: "§5",
    scenario: "3-read-repair",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "repair-skipped",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i3_stale_replica_repaired/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    looking_at(
        LooksAt::Gets,
        always(
            "I3.stale-replica-is-repaired",
            &[facts::heard],
            READ_OVER,
            "A read is over when its coordinator waits for no reply and no repair is in flight. \
             Then every replica that the coordinator heard, itself included, has on disk every put \
             that it knew of (Dynamo paper §5). A put whose client had read it counts for it. \
             Exception: replicas that have left the preference list or lost their disk. Does not \
             hold when a repair is lost, or when the coordinator crashes or loses its disk first. \
             Each repair is sent once, and the next read tries again.",
            |model, state| {
                let world = World { model, state };
                let has_all = |hearing: &Hearing, known: WriteSet| {
                    world.replicas_heard(hearing).all(|node| known.is_subset(world.stored(node)))
                };
                let repaired = |read: &Read| {
                    read.hearings.iter().all(|hearing| has_all(hearing, read.knew(hearing)))
                };
                let reads = state.history.reads.iter();
                let mut over = reads.enumerate().filter(|(get, _)| !world.is_under_way(*get));
                over.all(|(_, read)| repaired(read))
            },
        ),
    ),
    reachable(
        "I3.stale-replica-is-seen",
        &[facts::heard],
        "The coordinator of a read has heard a replica whose disk lacks a put that the coordinator \
         knows of.",
        |model, state| {
            let world = World { model, state };
            let stale = |hearing: &Hearing| {
                world
                    .replicas_heard(hearing)
                    .any(|node| !hearing.known.is_subset(world.stored(node)))
            };
            state.history.reads.iter().flat_map(|read| &read.hearings).any(stale)
        },
    ),
    looking_at(
        LooksAt::Gets,
        reachable(
            "I3.a-read-is-over",
            &[facts::heard],
            "A coordinator has heard another node for a read, and the read is over: it waits for \
             no reply, and no repair is in flight.",
            |model, state| {
                let world = World { model, state };
                let mut reads = state.history.reads.iter().enumerate();
                reads.any(|(get, read)| {
                    read.hearings.iter().any(|hearing| hearing.heard.len() > 1)
                        && !world.is_under_way(get)
                })
            },
        ),
    ),
];
