//! I2, no lost concurrency: what it says, and the properties that state it exactly.

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

/// All that belongs to I2.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I2",
    name: "no lost concurrency",
    statement: "A version disappears only when a put whose client had read it replaces it.",
    exceptions: "",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
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
        "I2.vouched-for-is-kept",
        &[facts::vouched],
        PUT,
        "Trace 2: whatever put a node has vouched for stays on its disk until a put that really saw it replaces it, as \
         long as by its own view it is an intended replica. If by that view it may have been none meanwhile, it has \
         handed over what it had: then the put is on some disk.",
        |model, state| {
            let world = World { model, state };
            let vouched = |node: NodeId| state.history.vouched[usize::from(node.0)];
            let may_drop = |node| world.lost_its_disk(node) || !world.is_intended(node, node);
            let expected_on =
                |node| if world.may_be_back(node) { world.anywhere() } else { world.stored(node) };
            let keeps = |node| vouched(node).is_subset(expected_on(node));
            world.nodes().all(|node| may_drop(node) || keeps(node))
        },
    ),
    always(
        "I2.siblings-are-an-antichain",
        &[facts::disks, facts::answered, facts::saw],
        PUT,
        "Trace 2: of the siblings on a disk, a node's own or kept for another, or in an answer, none really saw another.",
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
            "Trace 2: a version's clock covers another's dot exactly if its writer really saw it; a sibling set's context, \
         on whatever disk and for whomever, exactly if the set has it or one that saw it.",
            |model, state| World { model, state }.clocks_are_causal(),
        ),
    ),
    looking_at(
        LooksAt::Versions,
        always(
            "I2.one-put-one-version",
            &[facts::dots, facts::disks],
            PUT,
            "Trace 6: however often it is sent, a put is one version under one dot.",
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
            "A get shows two concurrent siblings.",
            |_, state| state.history.reads.iter().any(|read| read.shown.len() >= 2),
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I2.siblings-are-reconciled",
            &[facts::acknowledged, facts::saw],
            "A put that saw two concurrent puts is acknowledged.",
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
        "A node is started on an older copy of its disk. Another node has heard of a later commit, and the first begins on an empty disk.",
        |model, state| {
            is_at(&World { model, state }, |stage| stage == Stage::Renewed { late: false })
        },
    ),
    reachable(
        "I2.old-disk-is-believed",
        &[facts::copies],
        "A node runs on an older copy of its disk, because no node that is up has heard of a later commit.",
        |model, state| {
            is_at(&World { model, state }, |stage| stage == Stage::Returned { witnessed: false })
        },
    ),
    reachable(
        "I2.old-disk-is-found-later",
        &[facts::copies],
        "A node has run on an older copy of its disk. Then a node comes back that has heard of a later commit, and the first begins on an \
         empty disk.",
        |model, state| {
            is_at(&World { model, state }, |stage| stage == Stage::Renewed { late: true })
        },
    ),
];

fn is_at(world: &World<'_>, is_meant: impl Fn(Stage) -> bool) -> bool {
    world.nodes().filter_map(|node| world.stage(node)).any(is_meant)
}
