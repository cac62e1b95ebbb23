//! Nodes that are started on an older copy of their disk (I2): the events that show that the other
//! properties were put to the test.

use super::{Property, evidence, reachable};
use crate::view::View;
use dynamo_model::process::Stage;

fn is_at(view: &View<'_>, is_meant: impl Fn(Stage) -> bool) -> bool {
    view.nodes().filter_map(|node| view.stage(node)).any(is_meant)
}

pub(super) const PROPERTIES: &[Property] = &[
    reachable(
        "I2.old-disk-is-found",
        &[evidence::copies],
        "A node is started on an older copy of its disk. Another node has heard of a later commit, and the first begins on an empty disk.",
        |model, state| {
            is_at(&View { model, state }, |stage| stage == Stage::Renewed { late: false })
        },
    ),
    reachable(
        "I2.old-disk-is-believed",
        &[evidence::copies],
        "A node runs on an older copy of its disk, because no node that is up has heard of a later commit.",
        |model, state| {
            is_at(&View { model, state }, |stage| stage == Stage::Returned { witnessed: false })
        },
    ),
    reachable(
        "I2.old-disk-is-found-later",
        &[evidence::copies],
        "A node has run on an older copy of its disk. Then a node comes back that has heard of a later commit, and the first begins on an \
         empty disk.",
        |model, state| {
            is_at(&View { model, state }, |stage| stage == Stage::Renewed { late: true })
        },
    ),
];
