//! Checks the smaller scopes, and that the table of scopes is consistent. The main command, `dynamo
//! check`, checks every scope.

use crate::samples;
use dynamo_invariants::catalogue::{self, DEEP, PROPERTIES, SCOPES};
use dynamo_invariants::check::{Effort, Report, check, find};
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scope::Scope;
use dynamo_invariants::system::SystemState;
use dynamo_model::rules::Rules;
use stateright::Model;
use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

/// A scope with the number 0 would claim no *reachable* property, and nobody would see its number
/// change.
#[test]
fn every_scope_of_the_check_is_pinned() {
    for scope in SCOPES.iter().chain(DEEP) {
        assert!(scope.is_pinned(), "{} has no pinned number of states", scope.name);
    }
}

/// Scopes of at most 150,000 states. Each is checked exhaustively: every property that applies
/// holds, no state shows a *reachable* property that the scope does not claim, and the state count
/// is the pinned one. Together they have every kind of step.
#[test]
fn the_small_scopes_hold() {
    let reports: Vec<Report> = samples::scopes(150_000).map(holds).collect();
    assert!(reports.len() >= 45, "only {} scopes are small", reports.len());
    samples::assert_every_kind_of_step_was_met(&reports);
}

fn holds(scope: &Scope) -> Report {
    let report = check(scope, Rules::default(), &Effort::threads(2), |_| ControlFlow::Continue(()));
    println!("{}: {} states in {:.1} s", scope.name, report.progress.unique_states, report.seconds);
    let surprises: Vec<_> =
        report.properties.iter().filter(|verdict| !verdict.is_as_claimed()).collect();
    assert!(surprises.is_empty(), "{}: {surprises:#?}", scope.name);
    assert!(
        report.holds() && !report.has_another_count(),
        "{}: {} states; {} are pinned",
        scope.name,
        report.progress.unique_states,
        scope.unique_states
    );
    report
}

#[test]
fn a_state_count_that_differs_from_the_pinned_one_is_reported() {
    let scope = catalogue::scope_named("forwarding").unwrap();
    assert!(!holds(scope).has_another_count());
    let other = Scope { unique_states: scope.unique_states + 1, ..*scope };
    let report =
        check(&other, Rules::default(), &Effort::threads(1), |_| ControlFlow::Continue(()));
    assert!(report.holds() && report.has_another_count());
}

#[test]
#[ignore = "takes minutes and gigabytes: cargo test --release -- --ignored"]
fn every_deep_scope_holds() {
    for scope in DEEP {
        assert!(holds(scope).complete);
    }
}

/// A second, very simple explorer that compares whole states. It shows that stateright's
/// fingerprints have not merged different states.
#[test]
fn fingerprints_merge_no_states_in_the_small_scopes() {
    let mut compared = 0;
    for scope in samples::scopes(25_000) {
        assert_eq!(states_by_equality(scope), scope.unique_states, "{}", scope.name);
        compared += 1;
    }
    assert!(compared >= 30, "only {compared} scopes are small enough to be compared");
}

fn states_by_equality(scope: &Scope) -> usize {
    let model = scope.model(Rules::default(), []);
    let mut frontier = model.init_states();
    let mut visited: HashSet<SystemState> = frontier.iter().cloned().collect();
    while let Some(state) = frontier.pop() {
        for next in model.next_states(&state) {
            if (model.within_boundary)(&model.cfg, &next) && !visited.contains(&next) {
                visited.insert(next.clone());
                frontier.push(next);
            }
        }
    }
    visited.len()
}

/// A stopped check says so, and proves nothing.
#[test]
fn a_stopped_check_proves_nothing() {
    let scope = catalogue::scope_named("reconcile").unwrap();
    let report = check(scope, Rules::default(), &Effort::threads(2), |_| ControlFlow::Break(()));
    assert!(!report.complete && !report.holds());
}

/// With R+W<=N a stale read is found, and its path is the shortest.
#[test]
fn a_stale_read_is_a_known_limit_if_quorums_do_not_intersect() {
    let stale_read = catalogue::claim_named("I1.get-sees-acknowledged-puts").unwrap();
    let (finding, _) = find(catalogue::scope_named("r1-w1").unwrap(), Rules::default(), stale_read);
    // The put, its acknowledgement, and the get: no other message needs to arrive.
    assert_eq!(finding.expect("a stale read exists").path.into_actions().len(), 3);
}

#[test]
fn the_tables_are_consistent() {
    let names: BTreeSet<&str> = PROPERTIES.iter().map(|property| property.name).collect();
    assert_eq!(names.len(), PROPERTIES.len(), "two properties have one name");
    let scopes: BTreeSet<&str> = SCOPES.iter().chain(DEEP).map(|scope| scope.name).collect();
    assert_eq!(scopes.len(), SCOPES.len() + DEEP.len(), "two scopes have one name");
    for scope in SCOPES.iter().chain(DEEP) {
        for name in scope.unseen {
            assert!(names.contains(name), "{} names {name}, which does not exist", scope.name);
            let property = Property::named(name).expect("it exists");
            assert_eq!(scope.lacks(property), None, "{} need not name {name}", scope.name);
        }
    }
}

/// No invariant holds vacuously: each has a reachable partner, and some scope claims it.
#[test]
fn every_invariant_is_shown_from_both_sides() {
    for property in PROPERTIES {
        let siblings = PROPERTIES.iter().filter(|other| other.invariant() == property.invariant());
        let kinds: Vec<Kind> = siblings.map(|other| other.kind).collect();
        let promised = kinds.iter().any(|kind| *kind != Kind::Reachable);
        assert!(promised && kinds.contains(&Kind::Reachable), "{}", property.invariant());
        for occasion in property
            .occasions
            .iter()
            .map(|name| Property::named(name).expect("an occasion is a property"))
        {
            assert_eq!(occasion.kind, Kind::Reachable, "{}", property.name);
        }
        assert_eq!(
            property.occasions.is_empty(),
            property.kind == Kind::Reachable,
            "{}",
            property.name
        );
        let claimed = SCOPES.iter().any(|scope| scope.excuse(property).is_none());
        assert!(claimed, "no scope claims {}", property.name);
    }
}
