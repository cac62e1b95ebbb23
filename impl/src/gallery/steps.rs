//! The steps of a trace on its page: a diagram and a table. The decisive step is marked.

use super::cell;
use crate::beside;
use dynamo_invariants::describe::diagram::Row;
use dynamo_invariants::describe::{self, Change, Fact, MESSAGES, diagram};
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use std::fmt::Write as _;

macro_rules! push {
    ($text:expr, $($format:tt)*) => { writeln!($text, $($format)*).expect("a string takes everything") };
}

/// What marks the decisive step.
const MARK: &str = "◀ decisive";

struct Told<'a> {
    trace: &'a Trace,
    run: &'a Run,
    rows: Vec<Row>,
    decisive: Option<usize>,
}

/// The diagram of a trace's steps, a line each. The decisive step is marked.
pub(super) fn diagram(trace: &Trace, run: &Run) -> Vec<String> {
    Told::of(trace, run).diagram()
}

/// The diagram and the table of a trace's steps.
pub(super) fn steps(text: &mut String, trace: &Trace, run: &Run) {
    let told = Told::of(trace, run);
    push!(text, "\n```text\n{}\n```\n", told.diagram().join("\n"));
    match told.decisive {
        Some(step) => push!(
            text,
            "Step {step} is decisive. After it, for the first time, the protocol and the defect differ.\n"
        ),
        None if trace.defect.is_some() => push!(
            text,
            "The protocol takes every step of this trace as the defect does. They differ in what \
             can happen next.\n"
        ),
        None => {}
    }
    told.table(text);
    text.push('\n');
}

impl<'a> Told<'a> {
    fn of(trace: &'a Trace, run: &'a Run) -> Self {
        let decisive = trace.defect.as_ref().and_then(|_| beside::decisive(trace.scope(), run));
        Told { trace, run, rows: diagram::rows(run), decisive }
    }

    fn diagram(&self) -> Vec<String> {
        let mut lines = vec![format!("      {}", diagram::head(self.run))];
        let cycle = self.trace.cycle_from;
        for row in &self.rows {
            if cycle == Some(row.step - 1) {
                lines.push(format!("      {}", diagram::AND_THEN));
            }
            let mark = if self.is_decisive(row) { format!("  {MARK}") } else { String::new() };
            lines.push(format!("{:>4}  {}  {}{mark}", row.step, row.lanes, row.text));
        }
        if cycle == Some(self.rows.len()) {
            lines.push(format!("      {}", diagram::NOTHING_MORE));
        }
        lines
    }

    fn is_decisive(&self, row: &Row) -> bool {
        self.decisive == Some(row.step)
    }

    fn table(&self, text: &mut String) {
        push!(text, "| step | what happens | what changes |\n|---|---|---|");
        for row in &self.rows {
            let (what, changes) = (cell(&row.text), cell(&self.changes(row.step)));
            if self.is_decisive(row) {
                push!(text, "| **{}** {MARK} | **{what}** | {changes} |", row.step);
            } else {
                push!(text, "| {} | {what} | {changes} |", row.step);
            }
        }
    }

    /// What a step changes: at nodes and clients, in the ground truth, and which messages it sends.
    fn changes(&self, step: usize) -> String {
        let facts =
            |step: usize| -> Vec<Fact> { describe::facts(&self.run.model, &self.run.states[step]) };
        let changes = describe::changes(&facts(step - 1), &facts(step));
        let is_told = |change: &&Change| change.of != MESSAGES || change.before.is_none();
        changes.iter().filter(is_told).map(ToString::to_string).collect::<Vec<_>>().join("<br>")
    }
}
