//! Our engine against stateright's, and against itself.

use crate::samples;
use dynamo_invariants::check::Effort;
use dynamo_invariants::check::Engine;
use dynamo_invariants::check::Report;
use dynamo_invariants::check::check;
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

/// What became of the properties that stateright has a word for.
fn verdicts(report: &Report) -> Vec<(&'static str, bool)> {
    let both = report.properties.iter().filter(|verdict| verdict.kind != Kind::Converges);
    both.map(|verdict| (verdict.name, verdict.holds)).collect()
}

#[test]
fn both_engines_find_the_same() {
    samples::assert_every_kind_of_step_was_met(&compared(30_000));
}

#[test]
#[ignore = "takes half an hour: cargo test --release -- --ignored"]
fn both_engines_find_the_same_in_larger_scopes() {
    samples::assert_every_kind_of_step_was_met(&compared(500_000));
}

/// Equal counts, equal verdicts, whatever the number of threads, in every scope of at most so many
/// states.
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
fn both_engines_find_violations_equally_deep() {
    assert!(equally_deep(50_000) >= 50, "few violations were compared");
}

#[test]
#[ignore = "takes half an hour: cargo test --release -- --ignored"]
fn both_engines_find_all_violations_equally_deep() {
    assert!(equally_deep(usize::MAX) >= 80, "few violations were compared");
}

/// What is found in scopes of at most so many states is found as deep as by stateright, whose paths
/// are the shortest with one property and one thread. Returns how many violations were compared.
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
fn properties_look_at_what_they_say() {
    doubt_scopes(30_000);
}

#[test]
fn properties_look_at_what_they_say_also_where_they_are_violated() {
    doubt_defects(30_000);
}

#[test]
#[ignore = "takes an hour: cargo test --release -- --ignored"]
fn properties_look_at_what_they_say_in_larger_scopes() {
    doubt_scopes(600_000);
    doubt_defects(600_000);
}

/// How a scope is checked that evaluates everything in every state.
fn doubt(scope: &Scope, rules: &Rules) -> Report {
    let effort = Effort { doubt: true, ..Effort::threads(1) };
    check(scope, *rules, &effort, |_| ControlFlow::Continue(()))
}

/// What properties and the boundary say they look at is all that they look at: in every state,
/// evaluated on everything, they are what they were in the first state that looks the same to them.
fn doubt_scopes(states_max: usize) {
    let reports: Vec<Report> =
        samples::scopes(states_max).map(|scope| doubt(scope, &Rules::default())).collect();
    for report in &reports {
        assert!(report.holds() && !report.has_another_count(), "{}", report.name);
    }
    samples::assert_every_kind_of_step_was_met(&reports);
}

/// The same on defects, whose violations would else be lost.
fn doubt_defects(states_max: usize) {
    let doubted = samples::defects(states_max)
        .filter(|defect| doubt(defect.scope(), &(defect.rules)()).complete)
        .count();
    assert!(doubted >= 35, "only {doubted} defects are in scopes that are small enough");
}
