//! I2, no lost concurrency: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::PUT;
use crate::property::{LooksAt, Property, always, looking_at, pair, reachable};
use crate::system::world::World;
use crate::truth::writes_of;
use dynamo_model::ids::NodeId;
use dynamo_model::process::Stage;

/// I2 with its properties, defects, known limits and scopes.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I2",
    name: "no lost concurrency",
    statement: "A version disappears only when a put whose client had read it replaces it.",
    exceptions: "A node that loses its disk, or is started on an older copy of it, loses versions. \
                 After a failover a put may have two versions, and a replaced value may come back. \
                 A node on an old disk may give a dot twice, and lose a put, while the only node \
                 that knows better is down.",
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
        "A node that has told anyone that it stores a put keeps it on disk, until a put whose \
         client had read it supersedes it. Reaped puts are not required. Exceptions: a node that \
         lost its disk or started on an older copy, and a node that by its own view is no intended \
         replica. Weaker: if by its views a node may have stopped being a replica and become one \
         again, the put must be on some disk.",
        |model, state| {
            let world = World { model, state };
            let confirmed = |node: NodeId| state.history.confirmed[usize::from(node.0)];
            let may_drop = |node| world.lost_its_disk(node) || !world.is_intended(node, node);
            let expected_on =
                |node| if world.may_be_back(node) { world.anywhere() } else { world.stored(node) };
            let keeps = |node| confirmed(node).is_subset(expected_on(node));
            world.nodes().all(|node| may_drop(node) || keeps(node))
        },
    ),
    always(
        "I2.siblings-are-an-antichain",
        &[facts::disks, facts::answered, facts::saw],
        PUT,
        "Siblings are concurrent: no put's client had read another put beside it. This goes for \
         every sibling set on a disk, own or hint, and for every answer. Does not hold when two \
         nodes have coordinated a put, and one version is replaced and its request forgotten \
         before the other arrives.",
        |model, state| {
            let world = World { model, state };
            let ghost = &state.history;
            let on_disk =
                |node| world.sets(node).all(|set| ghost.is_antichain(writes_of(set.versions())));
            world.nodes().all(on_disk)
                && ghost.reads.iter().all(|read| ghost.is_antichain(read.shown))
        },
    ),
    looking_at(
        LooksAt::Versions,
        always(
            "I2.clocks-are-causal",
            &[facts::disks, facts::saw],
            PUT,
            "A version's clock covers another put on any disk exactly if its client had read that \
             put. The context of a sibling set, own or hint, covers a put exactly if the set holds \
             it or a put that supersedes it. A put with two dots is covered under either. \
             Exception: reaped puts may be covered or not. Does not hold when the request of a put \
             with two dots is forgotten. Does not hold when a dot is given twice because the only \
             node that knows better is down.",
            |model, state| World { model, state }.clocks_are_causal(),
        ),
    ),
    looking_at(
        LooksAt::Versions,
        always(
            "I2.one-put-one-version",
            &[facts::dots, facts::disks],
            PUT,
            "On all disks together, each put has one dot and each dot names one put, however often \
             the put is sent. Does not hold when two nodes coordinate a put: after a failover, or \
             when a client asks again after the ring has changed. Does not hold when a node starts \
             on an old disk while the only node that knows of a later commit is down.",
            |model, state| {
                let world = World { model, state };
                world.versions().all(|(write, dot)| {
                    world.versions().all(|(other, dot2)| (write == other) == (dot == dot2))
                })
            },
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

fn is_at(world: &World<'_>, is_meant: impl Fn(Stage) -> bool) -> bool {
    world.nodes().filter_map(|node| world.stage(node)).any(is_meant)
}
