//! Reductions keep every verdict: symmetry merges only interchangeable states, and partial order
//! takes only independent steps first.

use crate::samples;
use dynamo_invariants::catalogue;
use dynamo_invariants::check::{Effort, Report, check};
use dynamo_invariants::scope::Ask::{Get, GetInPerson, Leave, Put, PutOver};
use dynamo_invariants::scope::{Faults, NO_FAULTS, Scope};
use dynamo_model::rules::Rules;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

const SYMMETRY: fn(&mut Effort) = |effort| effort.symmetry = true;
const PARTIAL_ORDER: fn(&mut Effort) = |effort| effort.partial_order = true;
const BOTH: fn(&mut Effort) = |effort| (effort.symmetry, effort.partial_order) = (true, true);

/// The result of checking a scope with a reduction. Asserts that one and two threads give the same.
fn run(scope: &Scope, rules: &Rules, reduce: fn(&mut Effort), what: &str) -> Report {
    let [one, two] = [1, 2].map(|threads| {
        let mut effort = Effort::threads(threads);
        reduce(&mut effort);
        let report = check(scope, *rules, &effort, |_| ControlFlow::Continue(()));
        assert!(report.complete, "{what}");
        report
    });
    assert_eq!(verdicts(&one), verdicts(&two), "{what}");
    two
}

fn verdicts(report: &Report) -> Vec<(&'static str, Option<bool>)> {
    report.properties.iter().map(|verdict| (verdict.name, verdict.holds)).collect()
}

/// Every verdict is the same with and without a reduction. Symmetry also finds the same kinds of
/// steps, and its representatives stand for exactly the reachable states. Returns how many states
/// one visited state represents, with symmetry and with partial order.
fn compare(scope: &Scope, rules: &Rules, what: &str) -> (f64, f64) {
    let whole = run(scope, rules, |_| {}, what);
    let unique = |report: &Report| report.progress.unique_states;
    let factor =
        |reduced: &Report| f64::from(unique(&whole) as u32) / f64::from(unique(reduced) as u32);
    let ordered = run(scope, rules, PARTIAL_ORDER, what);
    assert_eq!(verdicts(&ordered), verdicts(&whole), "{what}, partial order");
    if scope.symmetries().is_empty() {
        return (1.0, factor(&ordered));
    }
    let symmetric = run(scope, rules, SYMMETRY, what);
    assert_eq!(verdicts(&symmetric), verdicts(&whole), "{what}, symmetry");
    assert_eq!(symmetric.progress.orbit_states, unique(&whole), "{what}");
    assert_eq!(symmetric.progress.depth, whole.progress.depth, "{what}");
    assert!(symmetric.coverage.keys().eq(whole.coverage.keys()), "{what}");
    let both = run(scope, rules, BOTH, what);
    assert_eq!(verdicts(&both), verdicts(&whole), "{what}, both");
    assert!(unique(&both) <= unique(&symmetric).min(unique(&ordered)), "{what}");
    (factor(&symmetric), factor(&ordered))
}

/// In every default scope of at most 30,000 states.
#[test]
fn reductions_keep_all_verdicts() {
    let (mut symmetric, mut ordered) = (BTreeSet::new(), BTreeSet::new());
    for scope in samples::scopes(30_000) {
        let (symmetry, partial_order) = compare(scope, &Rules::default(), scope.name);
        symmetric.extend((symmetry > 1.9).then_some(scope.name));
        ordered.extend((partial_order > 3.0).then_some(scope.name));
    }
    let expected = [
        "chained-puts",
        "concurrent-puts",
        "own-view-and-two-changes",
        "rejoin-and-late-histories",
        "two-administrators",
        "two-leave-at-once",
    ];
    assert_eq!(
        symmetric,
        BTreeSet::from(["chained-puts", "crash-between-puts", "loss-and-retransmission"])
    );
    assert_eq!(ordered, BTreeSet::from(expected));
}

#[test]
#[ignore = "takes half an hour: cargo test --release -- --ignored"]
fn reductions_keep_all_verdicts_in_larger_scopes() {
    let scopes =
        samples::scopes(500_000).map(|scope| compare(scope, &Rules::default(), scope.name));
    let defects = samples::defects(500_000)
        .map(|defect| compare(defect.scope(), &(defect.rules)(), defect.name));
    let reduced = scopes
        .chain(defects)
        .filter(|(symmetry, partial_order)| symmetry.max(*partial_order) > 1.0)
        .count();
    assert!(reduced >= 60, "only {reduced} became smaller");
}

/// In scopes of at most 30,000 states.
#[test]
fn defects_are_found_with_reductions() {
    let (mut symmetric, mut ordered) = (0, 0);
    for defect in samples::defects(30_000) {
        let (symmetry, partial_order) = compare(defect.scope(), &(defect.rules)(), defect.name);
        symmetric += usize::from(symmetry > 1.0);
        ordered += usize::from(partial_order > 1.0);
    }
    assert!(
        symmetric >= 3 && ordered >= 8,
        "{symmetric} and {ordered} defects are in scopes that became smaller"
    );
}

/// Scopes with two interchangeable readers: at two interchangeable nodes, which no default scope has,
/// and at one node.
static READERS: [Scope; 2] = [
    Scope {
        name: "readers-apart",
        aim: "two clients put and read, each through its own node",
        nodes: 2,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (0, Get)], &[(1, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 0,
    },
    Scope {
        name: "readers-together",
        aim: "two clients read and put over what they read, through one node; it may crash",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Get), (0, PutOver)], &[(0, Get), (0, PutOver)]],
        faults: Faults { crashes: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 0,
    },
];

/// Scopes in which reductions once gave other verdicts or counts: a coordinator that confirms twice
/// while a node leaves, and nodes that choose whom to gossip with.
static ONCE_WRONG: [Scope; 2] = [
    Scope {
        name: "leave-put-and-duplication",
        aim: "a client lets a node leave, and puts",
        nodes: 3,
        quorum: (3, 3, 1),
        clients: &[&[(0, Leave(2)), (0, Put)]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 83,
    },
    Scope {
        name: "gets-in-person-and-gossip",
        aim: "two clients read, each through its own node, while both nodes gossip",
        nodes: 2,
        quorum: (2, 2, 2),
        clients: &[&[(0, GetInPerson)], &[(1, GetInPerson)]],
        faults: Faults { duplication: true, gossip: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 872,
    },
];

#[test]
fn reductions_are_right_where_they_once_were_wrong() {
    for scope in &ONCE_WRONG {
        let whole = run(scope, &Rules::default(), |_| {}, scope.name);
        assert_eq!(whole.progress.unique_states, scope.unique_states, "{}", scope.name);
        compare(scope, &Rules::default(), scope.name);
    }
}

#[test]
fn readers_are_interchangeable() {
    for scope in &READERS {
        assert!(compare(scope, &Rules::default(), scope.name).0 > 1.9, "{}", scope.name);
    }
}

/// Scopes whose symmetries are obvious.
#[test]
fn interchangeable_nodes_and_clients_are_found() {
    let symmetries = |name| catalogue::scope_named(name).unwrap().symmetries().len();
    // The two nodes that no client asks.
    assert_eq!(symmetries("chained-puts"), 1);
    // The two nodes, or the two clients, or both.
    assert_eq!(symmetries("chains-entangled"), 3);
    // Both clients, together with the nodes through which they put.
    assert_eq!(symmetries("loss-amid-puts-and-reads"), 1);
    // Each node gets other requests.
    assert_eq!(symmetries("one-client"), 0);
    // One node is not a replica.
    assert_eq!(symmetries("forwarding-and-loss"), 0);
}
