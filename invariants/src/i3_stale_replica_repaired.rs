//! I3, stale replica repaired: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::READ_OVER;
use crate::property::{LooksAt, Property, always, by_the_run, given, looking_at, reachable};
use crate::system::world::World;
use crate::truth::{Hearing, Read};
use dynamo_model::ids::NodeId;

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
        given(
            by_the_run,
            |model, state| {
                let world = World { model, state };
                let mut quiet = hearings(&world).filter(|(get, _, hearing)| {
                    !world.collects(hearing.coordinator, *get) && !world.is_repairing(*get)
                });
                quiet.all(|(_, read, hearing)| stale(&world, read, hearing).next().is_none())
            },
            always(
                "I3.stale-replica-is-repaired",
                &[facts::heard],
                READ_OVER,
                "A read is over when its coordinator has collected all replies that it waited for. \
                 Then every replica that the coordinator heard, itself included, has on disk every \
                 put that the coordinator knew of (Dynamo paper §5). A put that supersedes it \
                 counts for it. Until a repair arrives, the replica that it was sent to counts as \
                 repaired. Where a coordinator may give up or forget a read, a reply counts only \
                 while the coordinator waits for it. Exception: a replica that has lost its disk, \
                 or that may have been outside the preference list for a time. Exception: a \
                 coordinator that was removed. Precondition: no \
                 repair is lost. Precondition: all intended replicas replied before the \
                 coordinator crashed or lost its disk. The next read tries again.",
                |model, state| {
                    let world = World { model, state };
                    hearings(&world).all(|(get, read, hearing)| {
                        let mut stale = stale(&world, read, hearing);
                        stale.all(|node| hearing.is_repairing(node)) || !world.is_over(get, hearing)
                    })
                },
            ),
        ),
    ),
    reachable(
        "I3.stale-replica-is-seen",
        &[facts::heard],
        "The coordinator of a read has heard a replica whose disk lacks a put that the coordinator \
         knows of.",
        |model, state| {
            let world = World { model, state };
            let is_stale = |hearing: &Hearing| {
                hearing.heard.iter().any(|node| {
                    !hearing.known.is_subset(world.stored(*node))
                        && world.is_replica_heard(*node, hearing)
                })
            };
            hearings(&world).any(|(_, _, hearing)| is_stale(hearing))
        },
    ),
    looking_at(
        LooksAt::Gets,
        reachable(
            "I3.a-read-is-over",
            &[facts::heard],
            "A coordinator has heard another node for a read, and has collected all replies that \
             it waited for. Neither a crash nor the loss of its disk interrupted it.",
            |model, state| {
                let world = World { model, state };
                hearings(&world)
                    .any(|(get, _, hearing)| hearing.heard.len() > 1 && world.is_over(get, hearing))
            },
        ),
    ),
];

/// What each coordinator of each read has heard, with the read and its index.
fn hearings<'a>(
    world: &World<'a>,
) -> impl Iterator<Item = (usize, &'a Read, &'a Hearing)> + use<'a> {
    let reads = world.state.history.reads.iter().enumerate();
    reads.flat_map(|(get, read)| read.hearings.iter().map(move |hearing| (get, read, hearing)))
}

/// The replicas that a coordinator has heard and whose disks lack a put that it knew of. Nodes take
/// nothing from a coordinator that was removed.
fn stale<'a>(
    world: &World<'a>,
    read: &Read,
    hearing: &'a Hearing,
) -> impl Iterator<Item = NodeId> + use<'a> {
    let (world, known) = (World { ..*world }, read.knew(hearing));
    // Who is a replica is asked last: that takes longest.
    let lacking = hearing.heard.iter().copied();
    lacking.filter(move |node| {
        !known.is_subset(world.stored(*node))
            && world.is_replica_heard(*node, hearing)
            && !world.is_removed(hearing.coordinator)
    })
}
