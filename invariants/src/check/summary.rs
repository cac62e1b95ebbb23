//! Summarises the reports of several scopes: a verdict on each of the nine invariants.

use super::Report;
use super::verdict::{Conclusion, FAILURES, Verdict, can_be_violated};
use crate::catalogue::INVARIANTS;
use crate::invariant::Invariant;
use crate::property::Property;
use serde::Serialize;

/// What the checks of several scopes conclude about one invariant.
#[derive(Clone, Debug, Serialize)]
pub struct InvariantVerdict {
    /// `I1` to `I9`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What the checks conclude. [`Conclusion::Holds`]: every scope was visited completely, every
    /// property of the invariant is as its scope claims, and some scope had occasion to violate
    /// one.
    pub verdict: Conclusion,
    /// In how many completely visited scopes a property of the invariant could have been violated.
    pub scopes_with_occasion: usize,
    /// In how many completely visited scopes no property of the invariant could have been violated:
    /// no occasion arose, or the scope excuses all its properties.
    pub scopes_without: usize,
    /// The states of the scopes that had occasion.
    pub states: usize,
}

/// The verdicts of these reports on each invariant. `asked` is the number of scopes that should
/// have been checked.
pub fn invariants(reports: &[&Report], asked: usize) -> Vec<InvariantVerdict> {
    INVARIANTS.iter().map(|invariant| of_one(invariant, reports, asked)).collect()
}

fn of_one(invariant: &Invariant, reports: &[&Report], asked: usize) -> InvariantVerdict {
    let complete: Vec<&Report> = reports.iter().copied().filter(|it| it.complete).collect();
    let had_occasion = |report: &&&Report| report.had_occasion(invariant);
    let with: Vec<&&Report> = complete.iter().filter(had_occasion).collect();
    let verdicts = reports.iter().flat_map(|report| report.of_invariant(invariant));
    let seen: Vec<Conclusion> = verdicts.map(|verdict| verdict.verdict).collect();
    let verdict = match FAILURES.into_iter().find(|failed| seen.contains(failed)) {
        Some(failed) => failed,
        None if complete.len() < asked => Conclusion::Unknown,
        None if with.is_empty() => Conclusion::NoOccasion,
        None => Conclusion::Holds,
    };
    InvariantVerdict {
        id: invariant.id,
        name: invariant.name,
        verdict,
        scopes_with_occasion: with.len(),
        scopes_without: complete.len() - with.len(),
        states: with.iter().map(|report| report.progress.unique_states).sum(),
    }
}

impl Report {
    /// The verdicts on an invariant's properties.
    fn of_invariant(&self, invariant: &Invariant) -> impl Iterator<Item = &Verdict> {
        let is_of = |property: &Property| property.invariant() == invariant.id;
        self.properties
            .iter()
            .filter(move |verdict| Property::named(verdict.name).is_some_and(is_of))
    }

    /// Could a property of the invariant have been violated in this scope?
    fn had_occasion(&self, invariant: &Invariant) -> bool {
        let decided = [Conclusion::Holds, Conclusion::Violated];
        can_be_violated()
            .filter(|property| property.invariant() == invariant.id)
            .filter_map(|property| self.verdict(property))
            .any(|verdict| decided.contains(&verdict.verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Effort, check};
    use super::*;
    use crate::catalogue;
    use crate::defect::Defect;
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
        assert_eq!((durable.scopes_with_occasion, durable.states), (1, 23_385));
        // Three nodes and N of 3: no node is left that could keep a hint.
        let hints = verdict("I8", &[&one_client], 1);
        assert_eq!(hints.verdict, Conclusion::NoOccasion);
        assert_eq!((hints.scopes_with_occasion, hints.scopes_without, hints.states), (0, 1, 0));
        let kept = Property::named("I8.hint-is-kept").expect("a property");
        let kept = one_client.verdict(kept).expect("it was checked");
        assert!(kept.holds && kept.verdict == Conclusion::NoOccasion, "{kept:?}");

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
        assert_eq!(report.ending, super::super::Ended::Violated);
        let broken = Property::named(defect.breaks[0]).expect("a property");
        let broken = report.verdict(broken).expect("it was checked");
        assert!(broken.is_violation() && broken.depth == Some(report.progress.depth));
        assert!(report.properties.iter().any(|other| other.verdict == Conclusion::Unknown));
        assert_eq!(verdict("I6", &[&report], 1).verdict, Conclusion::Violated);
        assert_eq!(verdict("I2", &[&report], 1).verdict, Conclusion::Unknown);
    }

    #[test]
    fn an_excused_violation_stops_nothing() {
        let early = Effort { stop_when_violated: true, ..Effort::threads(1) };
        let excusing = catalogue::SCOPES.iter().filter(|scope| scope.unique_states < 5_000);
        let excusing = excusing.filter(|scope| {
            let whole = checked(scope.name, &Rules::default(), &early);
            assert!(whole.complete, "{}", scope.name);
            let excused = |verdict: &&Verdict| verdict.verdict == Conclusion::Excused;
            can_be_violated().filter_map(|p| whole.verdict(p)).any(|v| excused(&v))
        });
        assert!(excusing.count() > 0, "no small scope excuses a violation");
    }
}
