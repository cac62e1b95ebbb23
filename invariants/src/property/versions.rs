//! Versions: nothing is replaced but by what saw it (I2; trace 2).

use super::{LooksAt, PUT, Property, always, evidence, looking_at, pair, reachable};
use crate::ghost::writes_of;
use crate::view::View;
use dynamo_model::ids::NodeId;

pub(super) const PROPERTIES: &[Property] = &[
    always(
        "I2.vouched-for-is-kept",
        &[evidence::vouched],
        PUT,
        "Trace 2: whatever put a node has vouched for stays on its disk until a put that really saw it replaces it, as \
         long as by its own view it is an intended replica. If by that view it may have been none meanwhile, it has \
         handed over what it had: then the put is on some disk.",
        |model, state| {
            let view = View { model, state };
            let vouched = |node: NodeId| state.history.vouched[usize::from(node.0)];
            let may_drop = |node| view.lost_its_disk(node) || !view.is_intended(node, node);
            let expected_on =
                |node| if view.may_be_back(node) { view.anywhere() } else { view.stored(node) };
            let keeps = |node| vouched(node).is_subset(expected_on(node));
            view.nodes().all(|node| may_drop(node) || keeps(node))
        },
    ),
    always(
        "I2.siblings-are-an-antichain",
        &[evidence::disks, evidence::answered, evidence::saw],
        PUT,
        "Trace 2: of the siblings on a disk, a node's own or kept for another, or in an answer, none really saw another.",
        |model, state| {
            let view = View { model, state };
            let ghost = &state.history;
            let on_disk =
                |node| view.sets(node).all(|set| ghost.is_antichain(writes_of(set.versions())));
            view.nodes().all(on_disk)
                && ghost.reads.iter().all(|read| ghost.is_antichain(read.shown))
        },
    ),
    looking_at(
        LooksAt::Versions,
        always(
            "I2.clocks-are-causal",
            &[evidence::disks, evidence::saw],
            PUT,
            "Trace 2: a version's clock covers another's dot exactly if its writer really saw it; a sibling set's context, \
         on whatever disk and for whomever, exactly if the set has it or one that saw it.",
            |model, state| View { model, state }.clocks_are_causal(),
        ),
    ),
    looking_at(
        LooksAt::Versions,
        always(
            "I2.one-put-one-version",
            &[evidence::dots, evidence::disks],
            PUT,
            "Trace 6: however often it is sent, a put is one version under one dot.",
            |model, state| {
                let view = View { model, state };
                view.versions().all(|(write, dot)| {
                    view.versions().all(|(other, dot2)| (write == other) == (dot == dot2))
                })
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I2.siblings-are-read",
            &[evidence::answered],
            "A get shows two concurrent siblings.",
            |_, state| state.history.reads.iter().any(|read| read.shown.len() >= 2),
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I2.siblings-are-reconciled",
            &[evidence::acknowledged, evidence::saw],
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
];
