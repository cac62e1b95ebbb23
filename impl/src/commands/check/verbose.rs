//! `dynamo check --verbose`: the long tables of scopes, properties and kinds of steps.

use super::super::table;
use super::found::{Checked, Measured, Out};
use dynamo_invariants::catalogue::{PROPERTIES, SCOPES};
use dynamo_invariants::check::coverage::NEVER_MET;
use dynamo_invariants::check::{Conclusion, Report, coverage};
use dynamo_invariants::property::Property;

pub(super) fn tell(checked: &Checked, reduced: bool, out: Out<'_>) {
    out("");
    out(&scopes(&checked.measured, reduced));
    let complete: Vec<&Report> =
        checked.reports().into_iter().filter(|report| report.complete).collect();
    if complete.is_empty() {
        return;
    }
    out(&properties(&complete));
    if complete.iter().any(|report| !report.coverage.is_empty()) {
        // What a few scopes do not take says nothing.
        out(&steps(&complete, checked.measured.len() >= SCOPES.len()));
    }
}

fn scopes(measured: &[Measured], reduced: bool) -> String {
    let mut columns = vec!["scope", "unique states", "generated", "depth", "time", "properties"];
    columns.extend(reduced.then_some("one stands for"));
    let mut rows = table::new(&columns);
    for one in measured {
        let report = &one.report;
        let failed = report.properties.iter().filter(|verdict| verdict.is_failure()).count();
        let claimed = report.properties.iter().filter(|verdict| verdict.excused.is_none()).count();
        let properties = match (report.complete, failed) {
            (_, 1..) => format!("{failed} NOT as claimed"),
            (false, 0) => "cut off: nothing is proved".to_owned(),
            (true, 0) if one.has_another_count => {
                format!("{} states are pinned", table::count(report.pinned_states))
            }
            (true, 0) => format!("all {claimed} claimed hold"),
        };
        let mut row = vec![
            report.name.to_owned(),
            table::count(report.progress.unique_states),
            table::count(report.progress.generated_states),
            report.progress.depth.to_string(),
            format!("{:.1} s", report.seconds),
            properties,
        ];
        let factor =
            || report.reduction_factor.map_or_else(String::new, |factor| format!("{factor:.2}"));
        row.extend(reduced.then(factor));
        rows.add_row(row);
    }
    rows.to_string()
}

/// Each property, and in how many scopes it holds, had no occasion, fails, or does not apply.
fn properties(complete: &[&Report]) -> String {
    let mut rows = table::new(&[
        "property",
        "kind",
        "holds in",
        "no occasion in",
        "fails in",
        "does not apply in",
    ]);
    for property in PROPERTIES {
        let conclusions: Vec<Conclusion> = complete
            .iter()
            .filter_map(|report| report.verdict(property))
            .map(|verdict| verdict.verdict)
            .collect();
        if !conclusions.is_empty() {
            rows.add_row(row(property, &conclusions));
        }
    }
    rows.to_string()
}

fn row(property: &Property, conclusions: &[Conclusion]) -> [String; 6] {
    let count = |which: &[Conclusion]| {
        let count = conclusions.iter().filter(|conclusion| which.contains(conclusion)).count();
        if count == 0 { String::new() } else { count.to_string() }
    };
    [
        property.name.to_owned(),
        format!("{:?}", property.kind).to_lowercase(),
        count(&[Conclusion::Holds]),
        count(&[Conclusion::NoOccasion]),
        count(&[Conclusion::Violated, Conclusion::NotShown, Conclusion::ExcusedButHolds]),
        count(&[Conclusion::Excused]),
    ]
}

/// Which kinds of steps were taken, and, if every scope was checked, which were not.
fn steps(complete: &[&Report], all: bool) -> String {
    let mut rows = table::new(&["step", "distinct", "in scopes"]);
    let reports = || complete.iter().copied();
    for (kind, count) in coverage::total(reports()) {
        if count == 0 && !all {
            continue;
        }
        let scopes = reports().filter(|report| report.coverage.contains_key(&kind)).count();
        let known = NEVER_MET.iter().find(|(never, _)| *never == kind);
        let scopes = match (count, known) {
            (0, Some((_, reason))) => format!("none: {reason}"),
            (0, None) => "none of these".to_owned(),
            _ => scopes.to_string(),
        };
        rows.add_row([kind, table::count(count), scopes]);
    }
    rows.to_string()
}
