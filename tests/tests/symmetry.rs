//! Symmetry in scopes: what is interchangeable really is.

use dynamo_invariants::check::{Effort, Report, check};
use dynamo_invariants::defects::DEFECTS;
use dynamo_invariants::scope::Ask::{Get, Put, PutOver};
use dynamo_invariants::scope::{Faults, NO_FAULTS, Scope};
use dynamo_invariants::scopes::{self, SCOPES};
use dynamo_model::rules::Rules;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

fn run(scope: &Scope, rules: Rules, symmetry: bool, threads: usize) -> Report {
    check(scope, rules, &Effort { symmetry, ..Effort::threads(threads) }, |_| ControlFlow::Continue(()))
}

fn verdicts(report: &Report) -> Vec<(&'static str, bool)> {
    report.properties.iter().map(|verdict| (verdict.name, verdict.holds)).collect()
}

/// The same verdicts, the same kinds of steps, and representatives that stand for exactly the states that there are. Returns how many one
/// stands for.
fn compare(scope: &Scope, rules: Rules, what: &str) -> f64 {
    let whole = run(scope, rules, false, 2);
    assert_eq!(whole.progress.orbit_states, whole.progress.unique_states, "{what}");
    let mut factors = Vec::new();
    for threads in [1, 2] {
        let reduced = run(scope, rules, true, threads);
        assert!(whole.complete && reduced.complete, "{what}");
        assert_eq!(verdicts(&reduced), verdicts(&whole), "{what}");
        assert_eq!(reduced.progress.orbit_states, whole.progress.unique_states, "{what}");
        assert_eq!(reduced.progress.depth, whole.progress.depth, "{what}");
        assert!(reduced.coverage.keys().eq(whole.coverage.keys()), "{what}");
        factors.push(reduced.symmetry_factor.unwrap_or(1.0));
    }
    assert!((factors[0] - factors[1]).abs() < 1e-9, "{what}: the number of threads makes no difference");
    println!("{what}: {:.3}", factors[0]);
    factors[0]
}

/// In every default scope of at most 400,000 states that has something interchangeable.
#[test]
fn scopes_are_what_their_representatives_say() {
    let mut much = BTreeSet::new();
    for scope in SCOPES.iter().filter(|scope| scope.unique_states <= 400_000 && !scope.symmetries().is_empty()) {
        if compare(scope, Rules::default(), scope.name) > 1.9 {
            much.insert(scope.name);
        }
    }
    let expected = ["chained-puts", "chains-entangled", "coordinator-crash", "loss-and-retransmission"];
    assert_eq!(much, BTreeSet::from(expected));
}

#[test]
fn defects_are_found_with_symmetry() {
    let mut reduced = 0;
    for defect in DEFECTS {
        reduced += usize::from(compare(defect.scope(), (defect.rules)(), defect.name) > 1.0);
    }
    assert!(reduced >= 3, "only {reduced} defects are in scopes with something interchangeable");
}

/// Two readers that are interchangeable together with their nodes, which no default scope has; and two at one node.
static READERS: [Scope; 2] = [
    Scope {
        name: "readers-apart",
        aim: "two clients put and read, each through its own node",
        nodes: 2,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (0, Get)], &[(1, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
    Scope {
        name: "readers-together",
        aim: "two clients read and put over what they read, through one node; it may crash",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Get), (0, PutOver)], &[(0, Get), (0, PutOver)]],
        faults: Faults { crashes: 1, ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
];

#[test]
fn readers_are_interchangeable() {
    for scope in &READERS {
        assert!(compare(scope, Rules::default(), scope.name) > 1.9, "{}", scope.name);
    }
}

/// Scopes whose symmetries can be said by heart.
#[test]
fn what_is_interchangeable_is_found() {
    let symmetries = |name| scopes::named(name).unwrap().symmetries().len();
    // The two nodes that nobody asks.
    assert_eq!(symmetries("chained-puts"), 1);
    // These, or the two clients, or both.
    assert_eq!(symmetries("chains-entangled"), 3);
    // Both clients, together with the nodes through which they put.
    assert_eq!(symmetries("loss-amid-puts-and-reads"), 1);
    // Each node is asked something else.
    assert_eq!(symmetries("one-client"), 0);
    // A node that is no replica.
    assert_eq!(symmetries("forwarding-and-loss"), 0);
}
