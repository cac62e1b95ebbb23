//! Our engine against stateright's, and against itself.

use dynamo_invariants::check::{Effort, Engine, Report, check, find};
use dynamo_invariants::defects::DEFECTS;
use dynamo_invariants::property::{Kind, PROPERTIES, Property};
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scopes::SCOPES;
use dynamo_model::rules::Rules;
use interned_checker::{Options, Reads};
use stateright::{Checker, Model};
use std::ops::ControlFlow;

fn run(scope: &Scope, engine: Engine, threads: usize) -> Report {
    check(scope, Rules::default(), &Effort { engine, ..Effort::threads(threads) }, |_| ControlFlow::Continue(()))
}

/// What became of the properties that stateright has a word for.
fn verdicts(report: &Report) -> Vec<(&'static str, bool)> {
    let both = report.properties.iter().filter(|verdict| verdict.kind != Kind::Converges);
    both.map(|verdict| (verdict.name, verdict.holds)).collect()
}

/// On every scope that stateright finishes in seconds: equal counts, equal verdicts, whatever the number of threads.
#[test]
fn both_engines_find_the_same() {
    let mut compared = 0;
    for scope in SCOPES.iter().filter(|scope| scope.unique_states <= 100_000) {
        let reference = run(scope, Engine::Stateright, 2);
        for threads in [1, 2, 3] {
            let ours = run(scope, Engine::Interned, threads);
            assert!(reference.complete && ours.complete, "{}", scope.name);
            assert_eq!(ours.progress.unique_states, reference.progress.unique_states, "{}", scope.name);
            assert_eq!(ours.progress.generated_states, reference.progress.generated_states, "{}", scope.name);
            assert_eq!(verdicts(&ours), verdicts(&reference), "{}", scope.name);
        }
        compared += 1;
    }
    assert!(compared >= 15, "only {compared} scopes were compared");
}

/// On every defect: a path as long as the shortest of stateright, which is shortest with one property and one thread.
#[test]
fn both_engines_find_shortest_paths() {
    for defect in DEFECTS {
        let Some(property) = defect.properties().find(|property| property.kind != Kind::Converges) else { continue };
        let model = defect.scope().model((defect.rules)(), [property]);
        let reference = model.checker().threads(1).spawn_bfs().join().discovery(property.name).unwrap();
        let (ours, _) = find(defect.scope(), (defect.rules)(), property);
        assert_eq!(ours.unwrap().path.into_actions().len(), reference.into_actions().len(), "{}", defect.name);
    }
}

/// What properties say they read is all that they read: evaluating them at every state, on everything, sees each for the first time
/// in the same layer. On the protocol in every scope of at most 50,000 states, and on every defect, whose violations would else
/// be lost, but for those in the largest scopes, which would take minutes.
#[test]
fn properties_read_what_they_say() {
    let protocol = SCOPES.iter().filter(|scope| scope.unique_states <= 50_000).map(|scope| (scope, Rules::default()));
    let defects = DEFECTS.iter().filter(|defect| defect.scope().unique_states < 500_000);
    let defects = defects.map(|defect| (defect.scope(), (defect.rules)()));
    for (scope, rules) in protocol.chain(defects) {
        let model = scope.model(rules, PROPERTIES);
        let options = Options { threads: 2, ..Options::default() };
        let depths = |narrow: bool| {
            let reads = |name| match Property::named(name) {
                Some(property) if narrow => property.reads(),
                _ => Reads::everything(),
            };
            let report = interned_checker::check(&model, reads, &options, |_| ControlFlow::Continue(())).unwrap();
            report.discoveries.iter().map(|(name, discovery)| (*name, discovery.depth)).collect::<Vec<_>>()
        };
        assert_eq!(depths(true), depths(false), "{}", scope.name);
    }
}
