//! What is not as claimed, and the path to a violation as a story.

use super::super::progress::Watch;
use super::ending::other_count;
use super::found::{Checked, Measured, Out, Session, Stopped};
use super::lines::{failures, word};
use super::saving;
use anstyle::{AnsiColor, Style};
use dynamo_invariants::catalogue;
use dynamo_invariants::check::{Conclusion, Finding, Verdict, find_within};
use dynamo_invariants::describe::diagram;
use dynamo_invariants::notation::words;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use std::path::{Path, PathBuf};

pub(super) const STRONG: Style = Style::new().bold();
const FAULT: Style = AnsiColor::Red.on_default();

/// Tells, for each scope, what is not as claimed. Of a scope's violations only the one with the
/// shortest path is told as a story, unless more is asked for.
pub(super) fn tell(session: &Session<'_>, checked: &Checked, out: Out<'_>) {
    for (measured, scope) in checked.measured.iter().zip(&session.scopes) {
        if measured.has_another_count {
            out("");
            out(&other_count(&measured.report));
        }
        tell_of(session, measured, scope, out);
    }
}

fn tell_of(session: &Session<'_>, measured: &Measured, scope: &Scope, out: Out<'_>) {
    let failures = failures(&measured.report);
    let (violations, others): (Vec<&Verdict>, Vec<&Verdict>) =
        failures.into_iter().partition(|verdict| verdict.is_violation());
    let told = if session.verbose { violations.len() } else { violations.len().min(1) };
    for verdict in &violations[..told] {
        out("");
        Story { session, scope, verdict }.tell(out);
    }
    // A violation often entails more failures: a name and a word are enough for those.
    let entailed = if violations.is_empty() { &[][..] } else { &others[..] };
    if told < violations.len() + entailed.len() {
        out(&format!("\nAlso in {}:", scope.name));
        for verdict in violations[told..].iter().chain(entailed) {
            let after = verdict.depth.map_or_else(String::new, after);
            out(&format!("  {}: {}{after}", word(verdict.verdict), verdict.name));
        }
    }
    if measured.stopped == Some(Stopped::Violation) {
        out(&format!(
            "\nThe check of {} stopped after step {}, where it saw the violation. More properties \
             may fail\nin states that it did not visit. --keep-going visits all states.",
            scope.name, measured.report.progress.depth
        ));
    }
    for verdict in others.iter().filter(|_| violations.is_empty()) {
        out(&format!("\n{}", without_path(scope, verdict)));
    }
}

/// Something not as claimed to which no path leads.
fn without_path(scope: &Scope, verdict: &Verdict) -> String {
    let property = Property::named(verdict.name).expect("a verdict is of a property");
    let Property { name, statement, .. } = property;
    match (verdict.verdict, verdict.excused) {
        (Conclusion::ExcusedButHolds, Some(reason)) => format!(
            "{name} is shown in {}, although the scope says that it is not: {reason}.\nRemove it \
             from the scope's `unseen`, or correct the reason in invariants/src/claims.rs.",
            scope.name
        ),
        _ => format!(
            "{name} is not shown: no reachable state of {} shows it.\n{statement}",
            scope.name
        ),
    }
}

pub(super) fn after(depth: usize) -> String {
    format!(" (after {})", words::counted(depth, "step"))
}

/// A violation, and how it comes about.
struct Story<'a> {
    session: &'a Session<'a>,
    scope: &'a Scope,
    verdict: &'a Verdict,
}

impl Story<'_> {
    fn tell(&self, out: Out<'_>) {
        let Story { scope, verdict, .. } = self;
        let property = Property::named(verdict.name).expect("a verdict is of a property");
        let finding = self.find(property);
        // With --partial-order the check may have seen it after more steps than it takes.
        let depth = finding.as_ref().map(|finding| finding.depth).or(verdict.depth);
        let after = depth.map_or_else(String::new, after);
        let (name, of) = (property.name, scope.name);
        out(&format!("{STRONG}{name} is violated in the scope {of}{after}.{STRONG:#}"));
        out(&format!("It says: {}", property.statement));
        let Some(finding) = finding else {
            out("No path there is shown: its search took too much memory, or you stopped it.");
            return;
        };
        let run = Run::found(scope, self.session.rules, &finding);
        let cycle_from = (property.kind == Kind::Converges).then_some(finding.depth);
        show(&run, property, cycle_from, out);
        self.save(&run, property, cycle_from, out);
    }

    /// Searches for a shortest path.
    fn find(&self, property: &'static Property) -> Option<Finding> {
        let Session { rules, effort, stop, .. } = self.session;
        let what = format!("{}: the path to {}", self.scope.name, property.name);
        let mut watch = Watch::new(what, stop);
        let memory = effort.memory_bytes;
        let hunt = find_within(self.scope, *rules, property, memory, |now| watch.tick(now));
        watch.finish();
        hunt.finding
    }

    fn save(&self, run: &Run, property: &Property, cycle_from: Option<usize>, out: Out<'_>) {
        let defect = self.session.defect.map(|defect| defect.name.to_owned());
        let trace = Trace::of(run, defect, property, cycle_from);
        save(&self.session.folder, &trace, self.scope, out);
    }
}

/// Saves the path, and tells how to walk through it. Returns the file.
pub(in crate::commands) fn save(
    folder: &Path,
    trace: &Trace,
    scope: &Scope,
    out: Out<'_>,
) -> Option<PathBuf> {
    match saving::save(folder, trace) {
        Ok(saved) => {
            let file = saved.display();
            out("\nThe path is saved. Walk through it in the terminal, or in a browser:");
            out(&format!("  dynamo trace step {file}"));
            // A trace carries a scope of one's own: its name alone says nothing.
            let is_own = catalogue::as_own(scope).is_some();
            let named = if is_own { String::new() } else { format!("{} ", scope.name) };
            out(&format!("  dynamo explore {named}--trace {file}"));
            Some(saved)
        }
        Err(error) => {
            let file = folder.join(saving::name(trace, 1));
            out(&format!("\nThe path could not be saved as {}: {error}", file.display()));
            None
        }
    }
}

/// The path as a diagram, and the facts on which the violation rests.
pub(in crate::commands) fn show(
    run: &Run,
    property: &Property,
    cycle_from: Option<usize>,
    out: Out<'_>,
) {
    draw(run, cycle_from, out);
    conclude(run, property, cycle_from, out);
}

/// The path as a space-time diagram, with what happens in each step.
fn draw(run: &Run, cycle_from: Option<usize>, out: Out<'_>) {
    out(&format!("\n      {STRONG}{}{STRONG:#}", diagram::head(run)));
    let rows = diagram::rows(run);
    for row in &rows {
        if cycle_from == Some(row.step - 1) {
            out(&format!("      {}", diagram::AND_THEN));
        }
        let style = if row.is_fault { FAULT } else { Style::new() };
        out(&format!("{:>4}  {}  {style}{}{style:#}", row.step, row.lanes, row.text));
    }
    if cycle_from == Some(rows.len()) {
        out(&format!("      {}", diagram::NOTHING_MORE));
    }
}

/// On which facts the violation rests.
fn conclude(run: &Run, property: &Property, cycle_from: Option<usize>, out: Out<'_>) {
    // A property that converges fails in some state of the cycle, not always in the last.
    let round = &run.states[cycle_from.unwrap_or(run.events.len())..];
    let violates = |state: &&_| !(property.condition)(&run.model, state);
    let state = round.iter().find(violates).unwrap_or_else(|| run.last());
    let evidence = property.evidence(&run.model, state);
    if evidence.is_empty() {
        return;
    }
    out(if cycle_from.is_some() { "\nThere, for ever:" } else { "\nAfter the last step:" });
    for fact in evidence {
        out(&format!("  {fact}"));
    }
}
