//! The last sentence of a check, and its exit code.

use super::super::{Failure, table};
use super::found::{Checked, Measured, Out, Stopped};
use anyhow::anyhow;
use dynamo_invariants::check::{Conclusion, Report};
use dynamo_invariants::notation::words;

impl Checked {
    /// The last sentences on standard output.
    pub(super) fn conclude(&self, out: Out<'_>) {
        let scopes = words::counted(self.measured.len(), "scope");
        let seconds: f64 = self.measured.iter().map(|one| one.report.seconds).sum();
        let under = self
            .defect
            .map_or_else(String::new, |defect| format!(" under the defect {}", defect.name));
        if self.holds() {
            let states = self.states();
            out(&format!(
                "All holds in every one of the {states} reachable states of {scopes}{under} \
                 ({seconds:.1} s)."
            ));
            self.admit(out);
            self.admit_endless(out);
            out("What if a rule were different? Try: dynamo defects");
            return;
        }
        let states = self.states();
        out(&format!("\nVisited {states} states of {scopes}{under} ({seconds:.1} s)."));
        if !self.unchecked.is_empty() {
            let left = words::counted(self.unchecked.len(), "scope");
            out(&format!("Not checked: {left}.{}", self.how_to_go_on()));
        }
    }

    /// The states that were visited, and those that they stand for.
    fn states(&self) -> String {
        let visited = self.measured.iter().map(|one| one.report.progress.unique_states).sum();
        let visited = table::count(visited);
        let reduced =
            |one: &Measured| one.report.reduction_factor.is_some() || !one.report.all_steps;
        if !self.measured.iter().any(reduced) || !self.holds() {
            return visited;
        }
        let all: Option<usize> = self.measured.iter().map(|one| one.report.states()).sum();
        let all = all.map_or_else(|| "all".to_owned(), |all| format!("the {}", table::count(all)));
        format!("{visited} states, which stand for {all}")
    }

    /// Admits what the scopes could not show.
    fn admit(&self, out: Out<'_>) {
        let idle = |verdict: &Conclusion| *verdict == Conclusion::NoOccasion;
        let invariants = self.invariants().into_iter();
        let idle: Vec<&str> = invariants.filter(|it| idle(&it.verdict)).map(|it| it.id).collect();
        if !idle.is_empty() {
            out(&format!(
                "This proves nothing about {}: no occasion to violate {} arose.",
                idle.join(", "),
                if idle.len() == 1 { "it" } else { "them" }
            ));
        }
    }

    /// Admits where it is not known what holds eventually.
    fn admit_endless(&self, out: Out<'_>) {
        let reports = self.measured.iter().map(|one| &one.report);
        let endless: Vec<&str> =
            reports.filter(|report| report.lacks_end()).map(|report| report.name).collect();
        if !endless.is_empty() {
            out(&format!(
                "No run ends within {}: what holds eventually was not tested there.",
                endless.join(", ")
            ));
        }
    }

    fn how_to_go_on(&self) -> &'static str {
        let interrupted = |one: &Measured| one.stopped == Some(Stopped::Interrupted);
        if self.measured.iter().any(interrupted) { "" } else { " --keep-going checks them too." }
    }

    /// Why not everything is proved that was to be: the first reason that shows the protocol to be
    /// changed or broken, or else that a check was cut off.
    pub(super) fn outcome(&self) -> Result<(), Failure> {
        if self.holds() {
            return Ok(());
        }
        let reports = || self.measured.iter().map(|one| &one.report);
        let violated = reports().find_map(|report| {
            let mut verdicts = report.properties.iter();
            Some((verdicts.find(|verdict| verdict.is_violation())?.name, report.name))
        });
        let count = self.measured.iter().filter(|one| one.has_violation()).count();
        if let Some((property, scope)) = violated {
            let more = if count > 1 { format!(" ({count} scopes fail)") } else { String::new() };
            return Err(Failure::Operation(anyhow!("{property} is violated in {scope}{more}")));
        }
        let failed = |report: &&Report| {
            report.properties.iter().any(dynamo_invariants::check::Verdict::is_failure)
        };
        if let Some(report) = reports().find(failed) {
            let first = report.name;
            return Err(Failure::Operation(anyhow!(
                "not everything is as claimed, first in {first}"
            )));
        }
        if let Some(other) = self.measured.iter().find(|one| one.has_another_count) {
            return Err(Failure::Operation(anyhow!("{}", other_count(&other.report))));
        }
        let Some(cut_off) = self.measured.iter().find(|one| !one.report.complete) else {
            let surprises = self.surprises.join("; ");
            return Err(Failure::Operation(anyhow!(
                "{surprises} (NEVER_MET in invariants/src/coverage.rs lists steps that none takes)"
            )));
        };
        Err(Failure::CutOff(self.cut_off(&cut_off.report)))
    }

    fn cut_off(&self, report: &Report) -> anyhow::Error {
        let frontier = report
            .progress
            .frontier
            .map_or(String::new(), |states| format!(", frontier {}", table::count(states)));
        let others = match self.unchecked.len() {
            0 => String::new(),
            left => format!(", nor about the {} after it", words::counted(left, "scope")),
        };
        anyhow!(
            "cut off: {} states of {}{frontier}; nothing is proved about it{others}",
            table::count(report.progress.unique_states),
            report.name,
        )
    }
}

/// What to do about another number of states than the pinned one.
pub(super) fn other_count(report: &Report) -> String {
    let Report { name, progress, pinned_states, .. } = report;
    let (found, pinned) = (table::count(progress.orbit_states), table::count(*pinned_states));
    format!(
        "{name} has {found} states, and {pinned} are pinned: the protocol or the scope \
         changed.\nIf that was meant, change unique_states of the scope, and say why."
    )
}
