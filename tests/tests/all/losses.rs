//! Each told loss happens under its defect, by the shortest run, and never under the protocol.

use dynamo::gallery::Case;
use dynamo_invariants::catalogue::{DEFECTS, STORIES};
use dynamo_invariants::check::{Effort, Verdict, check, find, find_within};
use dynamo_invariants::defect::{Defect, Loss, When};
use dynamo_invariants::harms::HARMS;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Trace;
use dynamo_model::rules::Rules;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

#[test]
fn a_loss_happens_under_the_defect_and_never_under_the_protocol() {
    let mut shown_safe = BTreeSet::new();
    for defect in DEFECTS {
        let Some((scope, harm)) = defect.loss() else { continue };
        if shown_safe.insert((scope.name, harm.name)) {
            let hunt =
                find_within(scope, Rules::default(), harm, None, |_| ControlFlow::Continue(()));
            assert!(hunt.complete, "{} was not visited completely", scope.name);
            assert!(hunt.finding.is_none(), "the protocol reaches {} in {}", harm.name, scope.name);
        }
        let (finding, _) = find(scope, (defect.rules)(), harm);
        let finding = finding.unwrap_or_else(|| panic!("{} loses nothing", defect.name));
        assert_eq!(committed(defect).depth(), finding.depth, "{}: defects --write", defect.name);
    }
}

fn committed(defect: &Defect) -> Trace {
    let case = Case::named(defect.name).expect("a case of the gallery");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples");
    let text = std::fs::read(folder.join(case.loss_file())).expect("a trace: defects --write");
    Trace::from_json(&text).expect("a trace")
}

#[test]
fn every_promise_holds_in_the_scopes_for_stories() {
    let broken = |scope: &Scope| {
        let watch = |_| ControlFlow::Continue(());
        let report = check(scope, Rules::default(), &Effort::threads(1), watch);
        assert!(report.complete, "{} was not visited completely", scope.name);
        let failed = report.properties.into_iter().filter(Verdict::is_failure);
        failed.map(|it| format!("{}: {} {:?}", scope.name, it.name, it.verdict)).collect::<Vec<_>>()
    };
    let broken: Vec<String> = STORIES.iter().flat_map(broken).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_scope_for_a_story_is_used() {
    for scope in STORIES {
        let is_used = |defect: &Defect| defect.loss().is_some_and(|(it, _)| it.name == scope.name);
        assert!(DEFECTS.iter().any(is_used), "no defect uses {}", scope.name);
    }
}

#[test]
fn costs_are_told_in_distinct_words_and_every_occasion_and_harm_occurs() {
    let skipped: BTreeSet<&str> = DEFECTS.iter().map(|defect| defect.cost.skip).collect();
    assert_eq!(skipped.len(), DEFECTS.len(), "two defects skip the same");
    for when in When::all() {
        let occurs = DEFECTS.iter().any(|defect| defect.cost.when == when);
        assert!(occurs, "nothing is lost when: {}", when.heading());
    }
    for harm in HARMS {
        let is_told = |defect: &Defect| matches!(defect.cost.loss, Loss::Told { harm: name, .. } if name == harm.name);
        assert!(DEFECTS.iter().any(is_told), "no loss ends in {}", harm.name);
    }
}
