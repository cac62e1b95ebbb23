//! A property of one's own, with its occasion, a scope and a defect. None of them is in the
//! catalogue. `invariants/ADDING.md` explains each part.
//!
//! To try out your own, copy this file to `tests/examples/mine.rs`, change the four parts, and run
//! `cargo run --release -p dynamo-tests --example mine`.

use dynamo_invariants::defect::{Cost, Defect, Loss, When};
use dynamo_invariants::facts;
use dynamo_invariants::property::{Property, always, reachable};
use dynamo_invariants::scope::Ask::Put;
use dynamo_invariants::scope::{Faults, NO_FAULTS, Scope};
use dynamo_invariants::system::world::World;
use dynamo_model::rules::Rules;
use dynamo_tests::trial::Trial;
use std::process::ExitCode;

static PROPERTY: Property = always(
    "I4.hint-is-on-another-disk",
    &[facts::hinted],
    &["I4.acknowledged-put-is-hinted"],
    "A node that keeps a hint for another node is not itself an intended replica of the key. \
     Otherwise one lost disk would take the node's own copy and the hint with it. Does not hold \
     where the ring changes.",
    |model, state| {
        let world = World { model, state };
        let keeps_a_hint = |node| world.hints(node).next().is_some();
        model.cfg.changes
            || world.nodes().all(|node| !keeps_a_hint(node) || !world.intended().contains(&node))
    },
);

static OCCASION: Property = reachable(
    "I4.acknowledged-put-is-hinted",
    &[facts::hinted],
    "A put is acknowledged, and a node keeps a hint with it. The ring does not change.",
    |model, state| {
        let world = World { model, state };
        let acknowledged = state.history.acknowledged();
        let keeps = |node, recipient| {
            acknowledged.iter().any(|write| world.kept(node, recipient).contains(write))
        };
        let has_one = |node| world.hints(node).any(|(recipient, _)| keeps(node, recipient));
        !model.cfg.changes && world.nodes().any(has_one)
    },
);

static SCOPE: Scope = Scope {
    name: "stand-in-for-the-last",
    aim: "A put needs all three replicas. Replicas may be slow, so that the coordinator asks a \
          fallback to keep a hint.",
    nodes: 4,
    quorum: (3, 1, 3),
    clients: &[&[(0, Put)]],
    faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
    unseen: &[],
    unique_states: 381,
};

static DEFECT: Defect = Defect {
    name: "replica-stands-in",
    rule: "stand_in",
    story: "Ann puts her cart through A. B stores it, and C does not answer. A asks B to keep a \
            hint for C, and counts B's answer as the third copy. A acknowledges the put, but it is \
            on two disks.",
    what: "The coordinator asks a replica that has already stored the put to stand in for a silent \
           one. It counts two copies, but both are on one disk.",
    missed_by: "A check that counts answers sees three. You must count disks.",
    breaks: &[
        "I4.hint-is-on-another-disk",
        "I1.acknowledged-put-is-on-w-disks",
        "I6.no-ack-before-w",
    ],
    scope: "stand-in-for-the-last",
    cost: Cost {
        when: When::ReplicaDown,
        skip: "asking only nodes that have no copy yet to stand in",
        lose: "a copy of an acknowledged put: two that the coordinator counted are on one disk",
        loss: Loss::Untold(
            "The put is on two disks, and its client was promised three. So two lost disks lose \
             it, where W=3 promises to survive them. The scope loses none.",
        ),
    },
    rules: || Rules {
        stand_in: |tally, _fallbacks, _suspected| {
            let mut others = tally.asked[1..].iter().copied();
            let is_asked = |node| tally.stand_ins.iter().any(|stand_in| stand_in.fallback == node);
            others.find(|replica| tally.is_in_person(*replica) && !is_asked(*replica))
        },
        ..Rules::default()
    },
};

/// The four parts, to be tried out together.
pub(crate) const TRIAL: Trial =
    Trial { property: &PROPERTY, occasion: &OCCASION, defect: &DEFECT, scope: &SCOPE };

fn main() -> ExitCode {
    TRIAL.run()
}
