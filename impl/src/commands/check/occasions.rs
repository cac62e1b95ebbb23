//! What a scope of one's own has tested: the occasions that arose in it, and those that did not.

use super::found::Out;
use dynamo_invariants::check::{Report, Verdict};
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scope::Scope;

/// Tells which *reachable* properties some state shows, and which none does.
pub(super) fn tell(scope: &Scope, report: &Report, out: Out<'_>) {
    let reachable = report.properties.iter().filter(|it| it.kind == Kind::Reachable);
    let (shown, others): (Vec<&Verdict>, Vec<&Verdict>) =
        reachable.partition(|it| it.holds == Some(true));
    let width = shown.iter().chain(&others).map(|it| it.name.len()).max().unwrap_or_default();
    let (name, so_far) = (report.name, if report.complete { "" } else { " so far" });
    if !shown.is_empty() {
        out(&format!("\nThese occasions arose in {name}{so_far}, after this number of steps:"));
        for it in shown {
            let steps = it.depth.map_or_else(String::new, |depth| depth.to_string());
            out(&format!("  {:<width$}  {steps:>3}", it.name));
        }
    }
    if !report.complete {
        out(&format!("The other {} did not arise so far.", others.len()));
    } else if !others.is_empty() {
        out("\nThese did not arise (dynamo explain NAME says what one is):");
        for it in others {
            let property = Property::named(it.name).expect("a verdict is of a property");
            let reason = scope.excuse(property).unwrap_or_default();
            out(format!("  {:<width$}  {reason}", it.name).trim_end());
        }
    }
}
