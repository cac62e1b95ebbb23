//! Every defect is found and violates exactly the properties that it names, and every rule has a
//! defect.

use crate::samples;
use dynamo::gallery::Case;
use dynamo_invariants::catalogue::{DEFECTS, LIMITS, PROPERTIES, WITHOUT_DEFECT};
use dynamo_invariants::check::{Effort, Verdict, check, find};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::property::Kind;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

/// Checks every defect completely: it violates exactly the properties that it names, and its trace
/// in the gallery has the least number of steps.
#[test]
fn every_defect_violates_exactly_what_it_names() {
    let mut wrong = Vec::new();
    for defect in DEFECTS {
        let report = check(defect.scope(), (defect.rules)(), &Effort::threads(2), |_| {
            ControlFlow::Continue(())
        });
        println!(
            "{}: {} states in {:.1} s",
            defect.name, report.progress.unique_states, report.seconds
        );
        let violated =
            |verdict: &&Verdict| verdict.kind != Kind::Reachable && verdict.holds == Some(false);
        let claimed = report.properties.iter().filter(|verdict| verdict.excused.is_none());
        let found: BTreeSet<&str> = claimed.filter(violated).map(|verdict| verdict.name).collect();
        let said: BTreeSet<&str> = defect.breaks.iter().copied().collect();
        if !report.complete || found != said {
            wrong.push(format!("{} says {said:?}, breaks {found:?}", defect.name));
        }
        let first = report.properties.iter().find(|verdict| verdict.name == defect.breaks[0]);
        let (depth, there) =
            (first.and_then(|verdict| verdict.depth), committed(defect.name).depth());
        if depth != Some(there) {
            wrong.push(format!(
                "{}: its trace has {there} steps, the shortest {depth:?}: dynamo defects --write",
                defect.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The trace of a case in the gallery.
fn committed(name: &str) -> Trace {
    let case = Case::named(name).expect("a defect, or a known limit");
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples").join(case.trace_file());
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Trace::from_json(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_violation_has_a_shortest_path_that_replays() {
    assert!(replayed(50_000) >= 50, "few violations were replayed");
}

#[test]
#[ignore = "takes some minutes: cargo test --release -- --ignored"]
fn every_violation_in_larger_scopes_has_a_shortest_path_that_replays() {
    assert!(replayed(usize::MAX) >= 90, "few violations were replayed");
}

/// Every violation by a defect in a scope of at most `states_max` states has a path or a lasso that
/// stateright takes too. Its end shows the violation, and no earlier state does. Returns how many
/// were replayed.
fn replayed(states_max: usize) -> usize {
    let mut replayed = 0;
    for defect in samples::defects(states_max) {
        for property in defect.properties() {
            let (finding, _) = find(defect.scope(), (defect.rules)(), property);
            let finding = finding
                .unwrap_or_else(|| panic!("{} does not break {}", defect.name, property.name));
            let run = Run::found(defect.scope(), (defect.rules)(), &finding);
            let cycle_from = (property.kind == Kind::Converges).then_some(finding.depth);
            assert_eq!(
                run.does_not_show(property, cycle_from),
                None,
                "{}: {}",
                defect.name,
                property.name
            );
            let mut before = run.states[..finding.depth].iter();
            let is_early = before.any(|state| {
                property.kind == Kind::Always && !(property.condition)(&run.model, state)
            });
            assert!(!is_early, "{}: {} is violated before the end", defect.name, property.name);
            replayed += 1;
        }
    }
    replayed
}

/// The address of each rule's function, read from the `Debug` output.
fn addresses(rules: &Rules) -> Vec<String> {
    let shown = format!("{rules:#?}");
    let address = |rule: &str| {
        shown.lines().find_map(|line| line.trim().strip_prefix(rule)?.strip_prefix(": "))
    };
    Rules::NAMES.iter().map(|rule| address(rule).expect("a rule is a field").to_owned()).collect()
}

#[test]
fn every_rule_has_a_defect_and_every_defect_replaces_one_rule() {
    let protocol = addresses(&Rules::default());
    let replaced = |defect: &Defect| {
        let broken = addresses(&(defect.rules)());
        let rules = Rules::NAMES.iter().zip(protocol.iter().zip(&broken));
        rules
            .filter(|(_, (right, wrong))| right != wrong)
            .map(|(rule, _)| *rule)
            .collect::<Vec<_>>()
    };
    for defect in DEFECTS {
        assert_eq!(replaced(defect), [defect.rule], "{}", defect.name);
    }
    for rule in Rules::NAMES {
        let (has_defect, is_listed) = (
            DEFECTS.iter().any(|defect| defect.rule == *rule),
            WITHOUT_DEFECT.iter().any(|(without, _)| without == rule),
        );
        assert!(has_defect || is_listed, "no defect shows what the rule {rule} is for");
        assert!(
            !has_defect || !is_listed,
            "the rule {rule} has a defect, but is listed among those without one"
        );
    }
}

/// What a known limit describes really fails under the correct rules, and outside the property's
/// precondition only. Every precondition is needed: a known limit shows what happens without it.
#[test]
fn every_known_limit_is_reproduced() {
    for limit in LIMITS {
        let (finding, _) = find(limit.scope(), Rules::default(), limit.property());
        let finding = finding.unwrap_or_else(|| panic!("{} was not found", limit.name));
        assert_eq!(
            committed(limit.name).depth(),
            finding.depth,
            "{}: dynamo defects --write",
            limit.name
        );
    }
    for property in PROPERTIES {
        let has_limit = LIMITS.iter().any(|limit| limit.property == property.name);
        assert_eq!(
            has_limit,
            property.precondition.is_some(),
            "{}: a known limit for each precondition, and none without",
            property.name
        );
    }
}

#[test]
fn names_are_distinct() {
    let names =
        DEFECTS.iter().map(|defect| defect.name).chain(LIMITS.iter().map(|limit| limit.name));
    assert_eq!(names.collect::<BTreeSet<_>>().len(), DEFECTS.len() + LIMITS.len());
}
