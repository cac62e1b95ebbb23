//! The steps of a trace on its page: a diagram and a table. A long trace is abridged.

use super::causes::{DEFINITION, causes, decisive};
use super::cell;
use dynamo_invariants::describe::diagram::Row;
use dynamo_invariants::describe::{self, Change, Fact, MESSAGES, diagram};
use dynamo_invariants::notation::words;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use std::collections::BTreeSet;
use std::fmt::Write as _;

macro_rules! push {
    ($text:expr, $($format:tt)*) => { writeln!($text, $($format)*).expect("a string takes everything") };
}

/// A trace of at most so many steps is shown whole.
const SHOWN_WHOLE: usize = 8;
/// Fewer steps than this are not folded away: the page would be longer, not shorter.
const FOLDED_LEAST: usize = 2;
/// What marks the decisive step.
const MARK: &str = "◀ decisive";

struct Told<'a> {
    trace: &'a Trace,
    run: &'a Run,
    rows: Vec<Row>,
    decisive: Option<usize>,
}

/// The diagram and the table of a trace's steps.
pub(super) fn steps(text: &mut String, trace: &Trace, run: &Run) {
    let told = Told { trace, run, rows: diagram::rows(run), decisive: decisive(trace, run) };
    let all: BTreeSet<usize> = (1..=told.rows.len()).collect();
    let causes = if all.len() > SHOWN_WHOLE { causes(trace, run) } else { all.clone() };
    let is_abridged = all.len() - causes.len() >= FOLDED_LEAST;
    let causes = if is_abridged { causes } else { all.clone() };
    push!(text, "\n```text\n{}\n```\n", told.diagram(&causes).join("\n"));
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
    if is_abridged {
        let folded = all.len() - causes.len();
        push!(text, "Of {} steps, {folded} are folded away. {DEFINITION}\n", all.len());
    }
    told.table(text, &causes);
    if is_abridged {
        push!(text, "\n<details><summary>All {} steps</summary>\n", all.len());
        push!(text, "```text\n{}\n```\n", told.diagram(&all).join("\n"));
        told.table(text, &all);
        push!(text, "\n</details>");
    }
    text.push('\n');
}

/// The first and the last of steps that are folded away together.
fn range(from: usize, to: usize) -> String {
    if from == to { from.to_string() } else { format!("{from}–{to}") }
}

impl Told<'_> {
    /// Goes through all steps: those in `shown` one by one, the others together.
    fn walk(&self, shown: &BTreeSet<usize>, mut tell: impl FnMut(Result<&Row, (usize, usize)>)) {
        let mut step = 1;
        while step <= self.rows.len() {
            if shown.contains(&step) {
                tell(Ok(&self.rows[step - 1]));
                step += 1;
                continue;
            }
            let from = step;
            let is_end = |step: usize| {
                step > self.rows.len()
                    || shown.contains(&step)
                    || self.trace.cycle_from == Some(step - 1)
            };
            step += 1;
            while !is_end(step) {
                step += 1;
            }
            tell(Err((from, step - 1)));
        }
    }

    fn diagram(&self, shown: &BTreeSet<usize>) -> Vec<String> {
        let mut lines = vec![format!("      {}", diagram::head(self.run))];
        let cycle = self.trace.cycle_from;
        self.walk(shown, |told| {
            let first = told.as_ref().map_or_else(|(from, _)| *from, |row| row.step);
            if cycle == Some(first - 1) {
                lines.push(format!("      {}", diagram::AND_THEN));
            }
            lines.push(match told {
                Ok(row) => {
                    let mark =
                        if self.is_decisive(row) { format!("  {MARK}") } else { String::new() };
                    format!("{:>4}  {}  {}{mark}", row.step, row.lanes, row.text)
                }
                Err((from, to)) => {
                    let count = words::counted(to + 1 - from, "step");
                    format!("   ⋮  {count} folded away: {}", range(from, to))
                }
            });
        });
        if cycle == Some(self.rows.len()) {
            lines.push(format!("      {}", diagram::NOTHING_MORE));
        }
        lines
    }

    fn is_decisive(&self, row: &Row) -> bool {
        self.decisive == Some(row.step)
    }

    fn table(&self, text: &mut String, shown: &BTreeSet<usize>) {
        push!(text, "| step | what happens | what changes |\n|---|---|---|");
        self.walk(shown, |told| match told {
            Ok(row) => {
                let (what, changes) = (cell(&row.text), cell(&self.changes(row.step)));
                if self.is_decisive(row) {
                    push!(text, "| **{}** {MARK} | **{what}** | {changes} |", row.step);
                } else {
                    push!(text, "| {} | {what} | {changes} |", row.step);
                }
            }
            Err((from, to)) => push!(text, "| {} | *folded away* | |", range(from, to)),
        });
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
