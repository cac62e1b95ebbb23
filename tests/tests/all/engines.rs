//! Our engine compared with stateright's, and with itself.

use crate::samples;
use dynamo_invariants::check::{Effort, Engine, Report, check};
use dynamo_invariants::property::Kind;
use dynamo_invariants::scope::Scope;
use dynamo_model::rules::Rules;
use stateright::{Checker, Model};
use std::ops::ControlFlow;

fn run(scope: &Scope, engine: Engine, threads: usize) -> Report {
    check(scope, Rules::default(), &Effort { engine, ..Effort::threads(threads) }, |_| {
        ControlFlow::Continue(())
    })
}

/// The verdicts of the kinds of properties that stateright knows.
fn verdicts(report: &Report) -> Vec<(&'static str, Option<bool>)> {
    let both = report.properties.iter().filter(|verdict| verdict.kind != Kind::Converges);
    both.map(|verdict| (verdict.name, verdict.holds)).collect()
}

#[test]
fn both_engines_find_the_same_states_and_verdicts() {
    samples::assert_every_kind_of_step_was_met(&compared(30_000));
}

#[test]
#[ignore = "takes half an hour: cargo test --release -- --ignored"]
fn both_engines_find_the_same_states_and_verdicts_in_larger_scopes() {
    samples::assert_every_kind_of_step_was_met(&compared(500_000));
}

/// Equal state counts and equal verdicts, with any number of threads, in every scope of at most
/// `states_max` states.
fn compared(states_max: usize) -> Vec<Report> {
    let mut reports = Vec::new();
    for scope in samples::scopes(states_max) {
        let reference = run(scope, Engine::Stateright, 2);
        for threads in [1, 2, 3] {
            let ours = run(scope, Engine::Interned, threads);
            assert!(reference.complete && ours.complete, "{}", scope.name);
            assert_eq!(
                ours.progress.unique_states, reference.progress.unique_states,
                "{}",
                scope.name
            );
            assert_eq!(
                ours.progress.generated_states, reference.progress.generated_states,
                "{}",
                scope.name
            );
            assert_eq!(verdicts(&ours), verdicts(&reference), "{}", scope.name);
            reports.push(ours);
        }
    }
    reports
}

#[test]
fn both_engines_find_violations_at_the_same_depth() {
    assert!(equally_deep(50_000) >= 50, "few violations were compared");
}

#[test]
#[ignore = "takes half an hour: cargo test --release -- --ignored"]
fn both_engines_find_all_violations_at_the_same_depth() {
    assert!(equally_deep(usize::MAX) >= 80, "few violations were compared");
}

/// Our engine finds each violation at the same depth as stateright, in scopes of at most
/// `states_max` states. With one property and one thread, stateright's paths are shortest. Returns
/// how many violations were compared.
fn equally_deep(states_max: usize) -> usize {
    let mut compared = 0;
    for defect in samples::defects(states_max) {
        let report = check(defect.scope(), (defect.rules)(), &Effort::threads(1), |_| {
            ControlFlow::Continue(())
        });
        for property in defect.properties().filter(|property| property.kind != Kind::Converges) {
            let model = defect.scope().model((defect.rules)(), [property]);
            let reference =
                model.checker().threads(1).spawn_bfs().join().discovery(property.name).unwrap();
            let steps = reference.into_actions().len();
            let depth = report.verdict(property).and_then(|verdict| verdict.depth);
            assert_eq!(depth, Some(steps), "{}: {}", defect.name, property.name);
            compared += 1;
        }
    }
    compared
}

#[test]
fn properties_read_only_what_they_declare() {
    doubt_scopes(30_000);
}

#[test]
fn violated_properties_read_only_what_they_declare() {
    doubt_defects(30_000);
}

#[test]
#[ignore = "takes an hour: cargo test --release -- --ignored"]
fn properties_read_only_what_they_declare_in_larger_scopes() {
    doubt_scopes(600_000);
    doubt_defects(600_000);
}

/// Checks a scope and evaluates every property in every state.
fn doubt(scope: &Scope, rules: &Rules) -> Report {
    let effort = Effort { doubt: true, ..Effort::threads(1) };
    check(scope, *rules, &effort, |_| ControlFlow::Continue(()))
}

/// Properties and the boundary read only what they declare. In every state they have the same value
/// as in the first state with the same declared parts.
fn doubt_scopes(states_max: usize) {
    let reports: Vec<Report> =
        samples::scopes(states_max).map(|scope| doubt(scope, &Rules::default())).collect();
    for report in &reports {
        assert!(report.holds() && !report.has_another_count(), "{}", report.name);
    }
    samples::assert_every_kind_of_step_was_met(&reports);
}

/// The same check under defects, because a wrong declaration could hide a violation.
fn doubt_defects(states_max: usize) {
    let doubted = samples::defects(states_max)
        .filter(|defect| doubt(defect.scope(), &(defect.rules)()).complete)
        .count();
    assert!(doubted >= 35, "only {doubted} defects are in scopes that are small enough");
}
