//! The matrix of acts and faults that occur together in one run, over small scopes.

use dynamo_invariants::catalogue::{SCOPES, scope_named};
use dynamo_invariants::matrix::{Happening as H, Happenings, Matrix, Together, Walks, pairs};
use dynamo_invariants::scope::Scope;

/// The walks of a test: fewer than those of `dynamo check --matrix`.
const WALKS: Walks = Walks { count: 60, steps: 60 };
/// The walks that look for one pair in one scope.
const LONG: Walks = Walks { count: 2_000, steps: 60 };

/// Pairs that a scope was made for, and that scope.
const EXPECTED: &[(&str, H, H)] = &[
    ("coordinator-crash", H::Crash, H::Retry),
    ("reap", H::Delete, H::Reap),
    ("join-and-read", H::Get, H::Join),
    ("stand-in", H::StandIn, H::Handoff),
    ("leave", H::Put, H::Leave),
    ("exchange", H::Put, H::Exchange),
    ("r1-w1", H::Get, H::ReadRepair),
    ("forwarding", H::Put, H::Forwarded),
    ("lost-disk-and-crash-and-read", H::Crash, H::LostDisk),
    ("duplication-and-loss", H::Loss, H::Duplication),
];

fn small_scopes() -> Vec<&'static Scope> {
    let small: Vec<_> = SCOPES.iter().filter(|scope| scope.unique_states <= 3_000).collect();
    assert!(small.len() >= 10, "{} small scopes", small.len());
    small
}

#[test]
fn the_matrix_is_the_same_each_time_and_on_any_number_of_threads() {
    let scopes = &small_scopes()[..10];
    let matrices = [1, 2].map(|threads| Matrix::of(scopes, WALKS, threads));
    for pair in pairs() {
        let [one, other] = matrices.each_ref().map(|matrix| matrix.cell(pair));
        assert_eq!(one, other, "{} and {}", pair.0, pair.1);
    }
    assert_eq!(matrices[0].triples(), matrices[1].triples());
    assert_eq!(matrices[0].uncovered(), matrices[1].uncovered());
}

#[test]
fn what_a_walk_shows_no_reason_rules_out() {
    let matrix = Matrix::of(&small_scopes(), WALKS, 1);
    for (scope, together) in &matrix.scopes {
        for (one, other) in pairs() {
            for it in [one, other].into_iter().filter(|it| together.has(*it, *it)) {
                let reason = it.cannot_occur_in(scope);
                assert_eq!(reason, None, "{it} occurs in {}", scope.name);
            }
            let reason = one.excludes(other).filter(|_| together.has(one, other));
            assert_eq!(reason, None, "{one} and {other} occur together in {}", scope.name);
        }
    }
}

#[test]
fn a_pair_is_found_in_the_scope_that_was_made_for_it() {
    for (name, one, other) in EXPECTED {
        let scope = scope_named(name).unwrap_or_else(|| panic!("there is no scope {name}"));
        let sought: Happenings = [*one, *other].into_iter().collect();
        let together = Together::of(scope, LONG, sought);
        assert!(together.has(*one, *other), "no walk through {name} has {one} and {other}");
    }
}
