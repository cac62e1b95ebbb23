//! What a check concludes of a property, of a scope, and of an invariant.

use dynamo_invariants::catalogue::{self, SCOPES};
use dynamo_invariants::check::{
    Conclusion, Effort, Ended, Found, InvariantVerdict, Report, check, invariants,
};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::property::{Kind, Property};
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;

fn checked(scope: &str, rules: &Rules, effort: &Effort) -> Report {
    let scope = catalogue::scope_named(scope).expect("a scope");
    check(scope, *rules, effort, |_| ControlFlow::Continue(()))
}

fn verdict(id: &str, reports: &[&Report], asked: usize) -> InvariantVerdict {
    let mut all = invariants(reports, asked).into_iter();
    all.find(|verdict| verdict.id == id).expect("one of the nine")
}

#[test]
fn an_invariant_holds_where_an_occasion_arose_and_only_there() {
    let one_client = checked("one-client", &Rules::default(), &Effort::threads(1));
    let durable = verdict("I1", &[&one_client], 1);
    assert_eq!(durable.verdict, Conclusion::Holds);
    assert_eq!((durable.scopes_with_occasion, durable.states), (1, 24_817));
    // Three nodes and N of 3: no node is left that could keep a hint.
    let hints = verdict("I8", &[&one_client], 1);
    assert_eq!(hints.verdict, Conclusion::NoOccasion);
    assert_eq!((hints.scopes_with_occasion, hints.scopes_without, hints.states), (0, 1, 0));
    let kept = Property::named("I8.hint-is-kept").expect("a property");
    let kept = one_client.verdict(kept).expect("it was checked");
    assert!(kept.holds == Some(true) && kept.verdict == Conclusion::NoOccasion, "{kept:?}");

    let stand_in = checked("stand-in", &Rules::default(), &Effort::threads(1));
    let hints = verdict("I8", &[&one_client, &stand_in], 2);
    assert_eq!(hints.verdict, Conclusion::Holds);
    assert_eq!((hints.scopes_with_occasion, hints.scopes_without), (1, 1));
    // A scope that was not checked proves nothing.
    let hints = verdict("I8", &[&one_client, &stand_in], 3);
    assert_eq!(hints.verdict, Conclusion::Unknown);
}

#[test]
fn a_check_that_stops_early_knows_the_violation_and_nothing_else() {
    let defect = Defect::named("ack-one-short").expect("a defect");
    let early = Effort { stop_when_violated: true, ..Effort::threads(1) };
    let report = checked(defect.scope, &(defect.rules)(), &early);
    assert!(!report.complete && !report.holds());
    assert_eq!(report.ending, Ended::Violated);
    let broken = Property::named(defect.breaks[0]).expect("a property");
    let broken = report.verdict(broken).expect("it was checked");
    assert!(broken.is_violation() && broken.depth == Some(report.progress.depth));
    let mut unknown = report.properties.iter().filter(|it| it.verdict == Conclusion::Unknown);
    assert!(unknown.next().is_some_and(|it| it.holds.is_none()));
    assert!(unknown.all(|it| it.holds.is_none()));
    assert_eq!(verdict("I6", &[&report], 1).verdict, Conclusion::Violated);
    assert_eq!(verdict("I2", &[&report], 1).verdict, Conclusion::Unknown);
}

#[test]
fn what_does_not_apply_stops_nothing() {
    let early = Effort { stop_when_violated: true, ..Effort::threads(1) };
    let small = SCOPES.iter().filter(|scope| scope.unique_states < 5_000);
    let rules_some_out = small.filter(|scope| {
        let whole = checked(scope.name, &Rules::default(), &early);
        assert!(whole.complete, "{}", scope.name);
        whole.properties.iter().any(|verdict| {
            verdict.kind != Kind::Reachable && verdict.verdict == Conclusion::Excused
        })
    });
    assert!(rules_some_out.count() > 0, "every property applies in each small scope");
}

#[test]
fn a_conclusion_needs_every_state_or_one_that_decides() {
    let of = |kind, holds, excused, occasion, complete| {
        Found { holds, excused, occasion, complete }.conclusion(kind)
    };
    for kind in [Kind::Always, Kind::Converges] {
        assert_eq!(of(kind, true, false, true, true), Conclusion::Holds);
        assert_eq!(of(kind, true, false, false, true), Conclusion::NoOccasion);
        assert_eq!(of(kind, true, false, true, false), Conclusion::Unknown);
        assert_eq!(of(kind, true, true, true, true), Conclusion::Excused);
        for complete in [true, false] {
            assert_eq!(of(kind, false, false, false, complete), Conclusion::Violated);
            assert_eq!(of(kind, false, true, true, complete), Conclusion::Excused);
        }
    }
    let kind = Kind::Reachable;
    assert_eq!(of(kind, true, false, true, false), Conclusion::Holds);
    assert_eq!(of(kind, true, true, true, false), Conclusion::ExcusedButHolds);
    assert_eq!(of(kind, false, false, true, true), Conclusion::NotShown);
    assert_eq!(of(kind, false, true, true, true), Conclusion::Excused);
    assert_eq!(of(kind, false, false, true, false), Conclusion::Unknown);
}
