//! I3, stale replica repaired: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::READ_OVER;
use crate::property::{LooksAt, Property, always, looking_at, reachable};
use crate::scope::write_set::WriteSet;
use crate::system::world::World;
use crate::truth::{Hearing, Read};

/// All that belongs to I3.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I3",
    name: "stale replica repaired",
    statement: "A replica that a read found stale does not stay stale.",
    exceptions: "",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
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
            "Trace 3: once a read is over, every replica it heard has on disk all that the read knew. Does not hold when messages \
         are lost or the coordinator crashes: repair is sent once, and the next read tries again.",
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
        "A read has heard a replica that lacks what the read knows.",
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
            "A read that heard another replica is over: nothing of it is under way.",
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
