//! I2, no lost concurrency: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::PUT;
use crate::property::{LooksAt, Property, always, by_the_run, given, looking_at, pair, reachable};
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::world::World;
use crate::truth::writes_of;
use dynamo_model::ids::NodeId;
use dynamo_model::process::Stage;
use dynamo_model::version::Dot;

/// I2 with its properties, defects, known limits and scopes.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I2",
    name: "no lost concurrency",
    statement: "A version disappears only when a put whose client had read it replaces it.",
    exceptions: "A node that loses its disk, or is started on an older copy of it, loses versions. \
                 After a failover a put may have two versions, and a replaced value may come back. \
                 So may a value whose request arrives again after the ring has changed or a disk \
                 was lost. A node on an old disk may give a dot twice, and lose a put, while the \
                 only node that knows better is down.",
    paper: "§4.4",
    scenario: "2-divergence",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "plain-vector-clocks",
    limits: defects::LIMITS,
    defects_sources: &[
        include_str!("i2_no_lost_concurrency/defects/replacing.rs"),
        include_str!("i2_no_lost_concurrency/defects/repeating.rs"),
        include_str!("i2_no_lost_concurrency/defects/forgetting.rs"),
    ],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    always(
        "I2.confirmed-put-is-kept",
        &[facts::confirmed],
        PUT,
        "A node that has told anyone that it stores a put keeps it on disk as a replica, until a \
         put that supersedes it takes its place. Reaped puts are not required. Exception: a node \
         that lost its disk or started on an older copy. Exception: a node that by its own view is \
         no intended replica. Weaker: if by its own views a node may have been no intended replica \
         for a time, the put must be on some disk. If another disk was lost or started on an older \
         copy, that disk may have been the only one.",
        |model, state| {
            let world = World { model, state };
            let confirmed = |node: NodeId| state.history.confirmed[usize::from(node.0)];
            let may_drop = |node| world.lost_its_disk(node) || !world.is_intended(node, node);
            let keeps = |node| {
                confirmed(node).is_subset(world.stored(node))
                    || world.may_have_been_none(node)
                        && (world.disks_lost() > 0 || confirmed(node).is_subset(world.anywhere()))
            };
            world.nodes().all(|node| may_drop(node) || keeps(node))
        },
    ),
    given(
        by_the_run,
        |model, state| siblings_are_concurrent(&World { model, state }, WriteSet::EMPTY),
        always(
            "I2.siblings-are-an-antichain",
            &[facts::disks, facts::answered, facts::saw],
            PUT,
            "Siblings are concurrent: no put's client had read another put beside it. This goes \
             for every sibling set on a disk, own or hint, and for every answer. Precondition: the \
             put that was read cannot have two coordinators, or fewer than three puts have begun. \
             A put may have two coordinators after a failover, or when its request arrives again \
             after the ring has changed or a disk was lost. Then one of its two versions may be \
             replaced, and its request forgotten, before the other version arrives.",
            |model, state| {
                let world = World { model, state };
                siblings_are_concurrent(&world, world.may_come_back())
            },
        ),
    ),
    looking_at(
        LooksAt::Versions,
        given(
            by_the_run,
            |model, state| World { model, state }.clocks_are_causal(WriteSet::EMPTY),
            always(
                "I2.clocks-are-causal",
                &[facts::disks, facts::saw],
                PUT,
                "A version's clock covers another put on any disk exactly if its client had read \
                 that put. The context of a sibling set, own or hint, covers a put exactly if the \
                 set holds it or a put that supersedes it. A put with two dots is covered under \
                 either. Exception: reaped puts may be covered or not. Precondition: the covered \
                 put cannot have two coordinators, or fewer than three puts have begun. After that \
                 a context may have forgotten that two dots are one put. Precondition: no node has \
                 run on an older copy of its disk while a node that knew of a later commit was \
                 down.",
                |model, state| {
                    let world = World { model, state };
                    world.ran_on_an_old_disk() || world.clocks_are_causal(world.may_come_back())
                },
            ),
        ),
    ),
    looking_at(
        LooksAt::Versions,
        given(
            by_the_run,
            |model, state| {
                let world = World { model, state };
                dots_name_one_put(&world) && puts_have_one_dot(&world, |_| false)
            },
            always(
                "I2.one-put-one-version",
                &[facts::dots, facts::disks],
                PUT,
                "On all disks together, each dot names one put, and each put has one dot, however \
                 often the put is sent. Exception: a put has a dot of each node that may \
                 coordinate it, and of each of this node's disks. More than one may coordinate it \
                 after a failover, or when its request arrives again after the ring has changed or \
                 a disk was lost. Precondition: no node has run on an older copy of its disk while \
                 a node that knew of a later commit was down.",
                |model, state| {
                    let world = World { model, state };
                    world.ran_on_an_old_disk()
                        || dots_name_one_put(&world)
                            && puts_have_one_dot(&world, |write| model.cfg.may_fail_over(write))
                },
            ),
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I2.siblings-are-read",
            &[facts::answered],
            "A coordinator answers a get with two or more siblings.",
            |_, state| state.history.reads.iter().any(|read| read.shown.len() >= 2),
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I2.siblings-are-reconciled",
            &[facts::acknowledged, facts::saw],
            "A coordinator acknowledges a put whose client had read two concurrent puts.",
            |_, state| {
                let ghost = &state.history;
                let reconciles = |write| {
                    let saw = ghost.saw(write);
                    saw.iter().any(|one| {
                        saw.iter().any(|other| ghost.is_antichain(pair(one, other)) && one != other)
                    })
                };
                ghost.acknowledged().iter().any(reconciles)
            },
        ),
    ),
    reachable(
        "I2.old-disk-is-found",
        &[facts::copies],
        "A node is started on an older copy of its disk. Another node has heard of a later commit, \
         so the first begins again on an empty disk.",
        |model, state| {
            is_at(&World { model, state }, |stage| stage == Stage::Renewed { late: false })
        },
    ),
    reachable(
        "I2.old-disk-is-believed",
        &[facts::copies],
        "A node runs on an older copy of its disk, because no node that is up has heard of a later \
         commit.",
        |model, state| {
            is_at(&World { model, state }, |stage| stage == Stage::Returned { witnessed: false })
        },
    ),
    reachable(
        "I2.old-disk-is-found-later",
        &[facts::copies],
        "A node has run on an older copy of its disk. Then a node comes back that has heard of a \
         later commit, and the first begins again on an empty disk.",
        |model, state| {
            is_at(&World { model, state }, |stage| stage == Stage::Renewed { late: true })
        },
    ),
];

/// Are all siblings concurrent, on disks and in answers? These puts may be beside any other.
fn siblings_are_concurrent(world: &World<'_>, except: WriteSet) -> bool {
    let ghost = &world.state.history;
    let is_concurrent = |writes: WriteSet| {
        writes.iter().all(|write| {
            let replaced = ghost.saw(write).minus(except);
            replaced.minus(writes) == replaced
        })
    };
    let on_disk = |node| world.sets(node).all(|set| is_concurrent(writes_of(set.versions())));
    world.nodes().all(on_disk) && ghost.reads.iter().all(|read| is_concurrent(read.shown))
}

/// Does each dot on disks name one put?
fn dots_name_one_put(world: &World<'_>) -> bool {
    let versions: Vec<(WriteId, Dot)> = world.versions().collect();
    versions.iter().all(|(write, dot)| {
        versions.iter().all(|(other, its_dot)| write == other || dot != its_dot)
    })
}

/// Has each put on disks one dot? A put that may fail over may have one from each disk.
fn puts_have_one_dot(world: &World<'_>, may_fail_over: impl Fn(WriteId) -> bool) -> bool {
    let is_second = |write, dot: Dot, other: Dot| {
        let disk = |dot: Dot| (dot.issuer.node, dot.issuer.incarnation);
        dot != other && (disk(dot) == disk(other) || !may_fail_over(write))
    };
    let versions: Vec<(WriteId, Dot)> = world.versions().collect();
    versions.iter().all(|(write, dot)| {
        let mut others = versions.iter().filter(|(other, _)| other == write);
        others.all(|(_, other)| !is_second(*write, *dot, *other))
    })
}

fn is_at(world: &World<'_>, is_meant: impl Fn(Stage) -> bool) -> bool {
    world.nodes().filter_map(|node| world.stage(node)).any(is_meant)
}
