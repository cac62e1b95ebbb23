//! One page of the gallery.

use super::{Case, MADE_BY, cell};
use dynamo_invariants::describe;
use dynamo_invariants::describe::Change;
use dynamo_invariants::describe::Fact;
use dynamo_invariants::describe::MESSAGES;
use dynamo_invariants::describe::diagram;
use dynamo_invariants::notation::words;
use dynamo_invariants::property::Kind;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use std::fmt::Write as _;

/// Writing to a string cannot fail.
macro_rules! push {
    ($text:expr, $($format:tt)*) => { writeln!($text, $($format)*).expect("a string takes everything") };
}

/// The page of a case.
pub(super) fn page(case: &Case, trace: &Trace) -> String {
    let (run, _) = trace.run();
    let mut text = String::new();
    push!(text, "# {:03} {}\n\n**{}**\n", case.number, case.name(), case.what());
    about(&mut text, case);
    the_trace(&mut text, trace, &run);
    the_end(&mut text, case, trace, &run);
    why_minimal(&mut text, case, trace);
    reproduce(&mut text, case);
    happened(&mut text, case);
    push!(text, "## Why a weaker check misses it\n\n{}\n", case.missed_by());
    push!(text, "{MADE_BY} [All counterexamples](README.md)*");
    text
}

fn about(text: &mut String, case: &Case) {
    let properties = case.properties();
    push!(text, "* **Breaks** `{}`: {}", properties[0].name, properties[0].statement);
    if properties.len() > 1 {
        let others = properties[1..].iter().map(|property| format!("`{}`", property.name));
        push!(
            text,
            "  And, in other runs of the scope: {}.",
            others.collect::<Vec<_>>().join(", ")
        );
    }
    let Some(defect) = case.defect() else {
        push!(
            text,
            "* **Rules**: the protocol's own. This is a limit of what Dynamo promises, not a defect.\n"
        );
        return;
    };
    push!(
        text,
        "* **The rule**: `{}` ([rules.rs](../model/src/rules.rs)). {}",
        defect.rule,
        documentation(defect.rule)
    );
    push!(
        text,
        "* **The defect**, in place of it:\n\n```rust\n{}\n```\n",
        unindented(defect.code())
    );
}

fn documentation(rule: &str) -> String {
    let lines = Rules::documentation(rule).unwrap_or_default().lines().map(str::trim);
    // Links lead from the code, not from here.
    lines.collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`").trim().to_owned()
}

/// Code from the middle of a file, moved to the left.
fn unindented(code: &str) -> String {
    let indents = code.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let mut lines = code.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let others = lines.map(|line| line.get(indent..).unwrap_or_default().to_owned());
    std::iter::once(first).chain(others).collect::<Vec<_>>().join("\n")
}

fn the_trace(text: &mut String, trace: &Trace, run: &Run) {
    push!(text, "## The shortest trace\n\nScope `{}`: {}\n", trace.scope, trace.scope().aim);
    for line in describe::surroundings(trace.scope()) {
        push!(text, "* {line}");
    }
    if trace.cycle_from.is_some_and(|from| from < trace.steps.len()) {
        push!(
            text,
            "\nWhatever happens after step {} leads back there. One way round:",
            trace.depth()
        );
    }
    push!(text, "\n```text\n{}", diagram::lines(run, trace.cycle_from).join("\n"));
    let rows = diagram::rows(run);
    push!(text, "```\n\n| step | what happens | what changes |\n|---|---|---|");
    let facts: Vec<Vec<Fact>> =
        run.states.iter().map(|state| describe::facts(&run.model, state)).collect();
    for (row, states) in rows.iter().zip(facts.windows(2)) {
        let changes = describe::changes(&states[0], &states[1]);
        let is_told = |change: &&Change| change.of != MESSAGES || change.before.is_none();
        let told: Vec<String> = changes.iter().filter(is_told).map(ToString::to_string).collect();
        push!(text, "| {} | {} | {} |", row.step, cell(&row.text), cell(&told.join("<br>")));
    }
    text.push('\n');
}

/// What is so at the end, beside what the protocol comes to when the same happens, or what would
/// have to be so.
fn the_end(text: &mut String, case: &Case, trace: &Trace, run: &Run) {
    push!(text, "## Where it ends\n");
    let actual = describe::facts(&run.model, run.last());
    if case.defect().is_none() {
        push!(text, "Expected, if it were promised: {}\n", case.properties()[0].statement);
        push!(text, "| | actual: the protocol |\n|---|---|");
        for fact in actual.iter().filter(|fact| fact.of != MESSAGES) {
            push!(text, "| {}: {} | {} |", fact.of, cell(&fact.about), cell(&fact.text));
        }
        text.push('\n');
        return;
    }
    let (mut protocol, skipped) =
        Run::of_what_can(trace.scope(), Rules::default(), &trace.events());
    let but_for = skipped_in_words(&skipped);
    let settles = trace.cycle_from.is_some() && protocol.settle(trace.property());
    let goes_on =
        if settles { ", and goes on from there until the property holds for good" } else { "" };
    push!(text, "The same happens to the protocol as it is{but_for}{goes_on}:\n");
    push!(text, "| | expected: the protocol | actual: the defect |\n|---|---|---|");
    let expected = describe::facts(&protocol.model, protocol.last());
    for change in describe::changes(&expected, &actual) {
        let side = |side: &Option<String>| side.as_deref().map_or("–".to_owned(), cell);
        push!(
            text,
            "| {}: {} | {} | {} |",
            change.of,
            cell(&change.about),
            side(&change.before),
            side(&change.after)
        );
    }
    push!(text, "\nEverything else is the same.\n");
}

fn skipped_in_words(skipped: &[usize]) -> String {
    let steps = skipped.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match skipped.len() {
        0 => String::new(),
        1 => format!(", but for step {steps}, which cannot happen or changes nothing there"),
        _ => format!(", but for steps {steps}, which cannot happen or change nothing there"),
    }
}

fn why_minimal(text: &mut String, case: &Case, trace: &Trace) {
    let scope = case.scope();
    let depth = trace.depth();
    let claim = match case.properties()[0].kind {
        Kind::Converges => "comes to where this can go on for ever",
        Kind::Always | Kind::Reachable => "violates the property",
    };
    push!(text, "## Why it is minimal\n");
    push!(
        text,
        "States are visited breadth-first, every order of events in scope `{}`: no run of fewer than {} {claim}.\n",
        scope.name,
        words::counted(depth, "step")
    );
}

fn reproduce(text: &mut String, case: &Case) {
    push!(text, "## Reproduce it\n\n```");
    push!(text, "cargo run --release -- defects {}", case.name());
    push!(text, "cargo run --release -- trace step counterexamples/{}", case.trace_file());
    push!(text, "```\n");
}

fn happened(text: &mut String, case: &Case) {
    push!(text, "## Where it happened\n");
    let seen = case.seen_in();
    if seen.is_empty() {
        push!(text, "We know of no report of it.");
    }
    for historic in seen {
        push!(
            text,
            "* {} ({}), {}: {}",
            historic.system,
            historic.year,
            historic.reference,
            historic.cause
        );
    }
    text.push('\n');
}
