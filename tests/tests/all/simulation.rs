//! Simulated clusters: a seed repeats a run, the protocol holds, and simulation finds defects.
//! `dynamo simulate` makes more and longer runs.

use dynamo::simulation::{Outcome, Plan, Profile, Size, Tally, path_in_scope, run, smallest};
use dynamo_invariants::defect::Defect;
use dynamo_model::rules::Rules;
use std::time::Duration;

const SEED: u64 = 1;

const PROFILES: [Profile; 4] = [Profile::Hostile, Profile::Churn, Profile::Rough, Profile::Calm];

fn size(keys: usize) -> Size {
    Size { nodes: None, quorum: None, keys, clients: 3, unsafe_for: Duration::from_secs(30) }
}

fn made(number: u64, keys: usize, rules: &Rules) -> (Plan, Outcome) {
    let profile = PROFILES[(number % 4) as usize];
    let plan = Plan::draw(SEED, number, profile, &size(keys));
    let outcome = run(&plan, rules);
    (plan, outcome)
}

#[test]
fn simulated_clusters_hold_and_something_happens_in_them() {
    let mut tally = Tally::default();
    for number in 0..200 {
        let (plan, outcome) = made(number, 2, &Rules::default());
        if let Some(violation) = outcome.violation {
            panic!(
                "{} is violated in number {number} of seed {SEED}, profile {:?}: {:#?}",
                violation.property.name, plan.profile, violation.evidence
            );
        }
        tally.add(&outcome.tally);
    }
    assert!(tally.answered * 10 > tally.requests * 7, "{tally:?}");
    assert!(tally.crashes > 0 && tally.torn > 0 && tally.cuts > 0 && tally.damaged > 0);
    assert!(tally.pauses > 0 && tally.slow_commits > 0 && tally.full_disks > 0, "{tally:?}");
    assert!(tally.old_disks > tally.believed_disks, "most old disks are noticed: {tally:?}");
    for situation in [
        "I1.get-must-see-a-put",
        "I3.stale-replica-is-seen",
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-handed-over",
        "I4.tombstone-is-reaped",
        "I8.hint-is-handed-over",
        "I9.change-spreads",
    ] {
        assert!(tally.reached.contains_key(situation), "{situation} never occurred");
    }
}

#[test]
fn the_same_plan_gives_the_same_run_and_another_seed_another_one() {
    for number in 0..12 {
        let digest = || made(number, 2, &Rules::default()).1.digest;
        assert_eq!(digest(), digest(), "number {number}");
        assert_ne!(digest(), made(number + 12, 2, &Rules::default()).1.digest);
    }
}

/// Defects that simulation finds within this many runs with one key. Some need what only few runs
/// have: two clients at one time, requests in person, a coordinator that never times out.
const FOUND: [(&str, u64); 16] = [
    ("answer-before-r", 20),
    ("clock-pruned", 20),
    ("context-ignored", 20),
    ("context-names-no-request", 60),
    ("dot-counter-in-memory-only", 20),
    ("forward-to-all", 60),
    ("hint-dropped-when-sent", 60),
    ("hint-overwrites", 60),
    ("in-person-not-counted", 240),
    ("last-write-wins", 20),
    ("longer-history-wins", 60),
    ("old-replica-just-drops", 60),
    ("plain-vector-clocks", 20),
    ("retry-is-a-new-put", 60),
    ("whole-vector-as-context", 20),
    ("word-before-disk", 20),
];

#[test]
fn simulation_alone_finds_defects() {
    for (name, within) in FOUND {
        let rules = (Defect::named(name).expect("a known defect").rules)();
        let found = (0..within).find(|number| made(*number, 1, &rules).1.violation.is_some());
        assert!(found.is_some(), "{name} is not found in {within} runs");
    }
}

#[test]
fn a_violation_becomes_a_short_path_through_a_scope() {
    let name = "plain-vector-clocks";
    let rules = (Defect::named(name).expect("a known defect").rules)();
    let (plan, outcome) = (0..1_000)
        .map(|number| made(number, 2, &rules))
        .find(|(_, outcome)| outcome.violation.is_some())
        .expect("it is found");
    let property = outcome.violation.expect("it is violated").property;
    let (plan, outcome) =
        smallest(&plan, &size(2), property, &rules, || true).expect("a run with one key");
    let trace = path_in_scope(&plan, &outcome, &rules, Some(name)).expect("a path");
    assert!(trace.depth() <= 40, "{} steps", trace.depth());
    assert!(trace.replay().is_ok());
}
