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
    /// no occasion arose, or none of its properties applies.
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
