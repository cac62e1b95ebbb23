//! A line for each scope, printed as soon as its check ends.

use super::super::table;
use super::found::{Measured, Stopped};
use anstyle::{AnsiColor, Style};
use dynamo_invariants::check::{Conclusion, Report, Verdict};
use dynamo_invariants::scope::Scope;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default();

/// How wide the columns are.
pub(super) struct Columns {
    name: usize,
    states: usize,
}

impl Columns {
    pub(super) fn of(scopes: &[&Scope]) -> Columns {
        let widest = |width: fn(&Scope) -> usize| scopes.iter().map(|it| width(it)).max();
        Columns {
            name: widest(|scope| scope.name.len()).unwrap_or(0),
            // Nobody knows how many states a scope has whose number is not pinned.
            states: widest(|scope| match scope.unique_states {
                0 => "999,999".len(),
                pinned => table::count(pinned).len(),
            })
            .unwrap_or(0),
        }
    }

    /// The scope's name, its states, the time it took, and what came of it.
    pub(super) fn line(&self, measured: &Measured) -> String {
        let report = &measured.report;
        let states = table::count(report.progress.unique_states);
        let (style, verdict) = verdict(measured);
        let factor = report.reduction_factor.map_or_else(String::new, |factor| {
            format!(", each visited state stands for {factor:.2}")
        });
        format!(
            "{:<name$}  {states:>width$} states  {:>5.1} s  {style}{verdict}{style:#}{factor}",
            report.name,
            report.seconds,
            name = self.name,
            width = self.states,
        )
    }
}

/// What came of a scope's check, in a few words.
fn verdict(measured: &Measured) -> (Style, String) {
    let report = &measured.report;
    if let Some(failure) = first_failures(report) {
        return (BAD, failure);
    }
    if measured.has_another_count {
        return (BAD, format!("{} states are pinned", table::count(report.pinned_states)));
    }
    match measured.stopped {
        None | Some(Stopped::Violation) => (GOOD, "holds".to_owned()),
        Some(Stopped::Time) => (OPEN, "cut off: out of time".to_owned()),
        Some(Stopped::Memory) => (OPEN, "cut off: out of memory".to_owned()),
        Some(Stopped::Interrupted) => (OPEN, "cut off: interrupted".to_owned()),
    }
}

/// The worst failure, and how many more there are of its kind.
fn first_failures(report: &Report) -> Option<String> {
    let failures = failures(report);
    let first = failures.first()?;
    let alike = failures.iter().filter(|other| other.verdict == first.verdict).count();
    let more = if alike > 1 { format!(" and {} more", alike - 1) } else { String::new() };
    Some(format!("{}: {}{more}", word(first.verdict), first.name))
}

/// What is known not to be as claimed: violations first, those with the shortest paths before
/// others.
pub(super) fn failures(report: &Report) -> Vec<&Verdict> {
    let mut failures: Vec<&Verdict> =
        report.properties.iter().filter(|verdict| verdict.is_failure()).collect();
    failures
        .sort_by_key(|verdict| (!verdict.is_violation(), verdict.verdict as usize, verdict.depth));
    failures
}

/// A conclusion in a word or two.
pub(super) fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Holds => "holds",
        Conclusion::NoOccasion => "no occasion",
        Conclusion::Violated => "VIOLATED",
        Conclusion::NotShown => "NOT SHOWN",
        Conclusion::Excused => "does not apply",
        Conclusion::ExcusedButHolds => "SHOWN AFTER ALL",
        Conclusion::Unknown => "unknown",
    }
}
