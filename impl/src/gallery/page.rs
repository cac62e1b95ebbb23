//! One page of the gallery.

use super::steps::{self, steps};
use super::{Case, Exhibit, MADE_BY, NOTATION, cell};
use crate::beside::{Protocol, differences};
use crate::explorer_address;
use crate::markdown::unindented;
use dynamo_invariants::defect::{Defect, Loss};
use dynamo_invariants::describe::{self, MESSAGES};
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
pub(super) fn page(Exhibit { case, trace, loss }: &Exhibit) -> String {
    let (run, _) = trace.run();
    let mut text = String::new();
    push!(text, "# {:03} {}\n\n**{}**\n", case.number, case.name(), case.what());
    if !case.story().is_empty() {
        push!(text, "## The story\n\n{}\n", case.story());
    }
    about(&mut text, case);
    the_trace(&mut text, trace, &run);
    the_end(&mut text, case, trace, &run);
    why_minimal(&mut text, case, trace);
    client_loses(&mut text, case, loss.as_ref());
    try_it(&mut text, case, trace);
    happened(&mut text, case);
    push!(text, "## Why a weaker check misses it\n\n{}\n", case.missed_by());
    push!(text, "{MADE_BY} [All counterexamples](README.md)*");
    text
}

fn about(text: &mut String, case: &Case) {
    let (invariant, properties) = (case.invariant(), case.properties());
    let (id, name, statement) = (invariant.id, invariant.name, invariant.statement);
    if case.defect().is_some() {
        push!(text, "* **Breaks: {id} {name}.** {statement}");
        push!(text, "  The exact property, `{}`: {}", properties[0].name, properties[0].statement);
    } else {
        push!(
            text,
            "* **A limit under {id} {name}.** The precondition of one property is not met here."
        );
        push!(text, "  It is `{}`: {}", properties[0].name, properties[0].statement);
    }
    if properties.len() > 1 {
        let others = properties[1..].iter().map(|property| format!("`{}`", property.name));
        let others = others.collect::<Vec<_>>().join(", ");
        push!(text, "  Other runs of the scope also violate {others}.");
    }
    match case.defect() {
        Some(defect) => rule(text, defect),
        None => push!(
            text,
            "* **The rules** are the protocol's own. They allow this where the precondition is not \
             met.\n"
        ),
    }
}

fn rule(text: &mut String, defect: &Defect) {
    let documentation = documentation(defect.rule);
    push!(
        text,
        "* **The rule**: `{}` ([rules.rs](../model/src/rules.rs)). {documentation}",
        defect.rule
    );
    let code = unindented(defect.code());
    push!(text, "* **The defect** replaces the rule:\n\n```rust\n{code}\n```\n");
}

fn documentation(rule: &str) -> String {
    let lines = Rules::documentation(rule).unwrap_or_default().lines().map(str::trim);
    // Links lead from the code, not from here.
    lines.collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`").trim().to_owned()
}

fn the_trace(text: &mut String, trace: &Trace, run: &Run) {
    push!(text, "## The shortest trace\n\nScope `{}`: {}\n", trace.scope, trace.scope().aim);
    for line in describe::surroundings(trace.scope()) {
        push!(text, "* {line}");
    }
    push!(text, "\n[How to read the diagram and the table]({NOTATION})");
    if trace.cycle_from.is_some_and(|from| from < trace.steps.len()) {
        push!(
            text,
            "\nWhatever happens after step {0}, the run can return to the state after step {0}. \
             The trace shows one such cycle.",
            trace.depth()
        );
    }
    steps(text, trace, run);
}

/// The state at the end: on what the verdict rests, and how the protocol's own state differs after
/// the same steps.
fn the_end(text: &mut String, case: &Case, trace: &Trace, run: &Run) {
    push!(text, "## Where it ends\n");
    verdict(text, trace, run);
    if case.defect().is_none() {
        push!(text, "The state at the end:\n\n| what | state |\n|---|---|");
        for fact in
            describe::facts(&run.model, run.last()).iter().filter(|fact| fact.of != MESSAGES)
        {
            push!(text, "| {}: {} | {} |", fact.of, cell(&fact.about), cell(&fact.text));
        }
        text.push('\n');
        return;
    }
    let mut protocol = Protocol::after(trace.scope(), &trace.events());
    let but_for = protocol.skipped_in_words();
    let settles = trace.cycle_from.is_some() && protocol.run.settle(trace.property());
    let goes_on =
        if settles { " Then it continues until the property is true and stays true." } else { "" };
    push!(text, "The protocol takes the same steps{but_for}.{goes_on}");
    let changes = differences(&protocol.run, run);
    if changes.is_empty() {
        same_picture(text, trace, &protocol.run);
        return;
    }
    push!(text, "The two end states differ in this:\n");
    push!(text, "| what | expected: the protocol | actual: the defect |\n|---|---|---|");
    for change in changes {
        let side = |side: &Option<String>| side.as_deref().map_or("–".to_owned(), cell);
        let (before, after) = (side(&change.before), side(&change.after));
        push!(text, "| {}: {} | {before} | {after} |", change.of, cell(&change.about));
    }
    text.push('\n');
}

/// The facts on which the verdict rests, as the property's own evidence tells them.
fn verdict(text: &mut String, trace: &Trace, run: &Run) {
    let state = &run.states[violated(trace, run)];
    let facts = trace.property().evidence(&run.model, state);
    if facts.is_empty() {
        return;
    }
    push!(text, "`{}` does not hold here. The facts:\n", trace.property);
    for fact in facts {
        push!(text, "* {fact}");
    }
    text.push('\n');
}

/// The number of the last state in which the property does not hold.
fn violated(trace: &Trace, run: &Run) -> usize {
    let property = trace.property();
    let holds = |state| (property.condition)(&run.model, state);
    let last = run.states.len() - 1;
    match property.kind {
        Kind::Always | Kind::Reachable => last,
        Kind::Converges => run.states.iter().rposition(|state| !holds(state)).unwrap_or(last),
    }
}

/// Where both end states look alike: what the protocol's state says instead.
fn same_picture(text: &mut String, trace: &Trace, protocol: &Run) {
    push!(text, "Nodes, clients and messages look the same in both end states.");
    let facts = trace.property().evidence(&protocol.model, protocol.last());
    if !facts.is_empty() {
        push!(text, "In the protocol's end state the property holds. Its facts:\n");
    }
    for fact in facts {
        push!(text, "* {fact}");
    }
    text.push('\n');
}

fn why_minimal(text: &mut String, case: &Case, trace: &Trace) {
    let scope = case.scope();
    let depth = trace.depth();
    let claim = match case.properties()[0].kind {
        Kind::Converges => "leads to a cycle in which the property never becomes true",
        Kind::Always | Kind::Reachable => "violates the property",
    };
    push!(text, "## Why it is minimal\n");
    push!(
        text,
        "The checker visits states breadth-first, in every order of events that scope `{}` allows. \
         No run of fewer than {} {claim}.\n",
        scope.name,
        words::counted(depth, "step")
    );
}

/// The shortest run in which a client loses something, or why there is none.
fn client_loses(text: &mut String, case: &Case, loss: Option<&Trace>) {
    let Some(defect) = case.defect() else { return };
    push!(text, "## What a client loses\n");
    let (ending, trace) = match (defect.cost.loss, loss) {
        (Loss::Told { ending, .. }, Some(trace)) => (ending, trace),
        (Loss::Untold(why), _) | (Loss::Told { ending: why, .. }, None) => {
            push!(text, "{why}\n");
            return;
        }
    };
    push!(text, "{ending}\n");
    for line in describe::surroundings(trace.scope()) {
        push!(text, "* {line}");
    }
    let (run, _) = trace.run();
    push!(text, "\n```text\n{}\n```\n", steps::diagram(trace, &run).join("\n"));
    let address = explorer_address::of_trace(trace);
    push!(
        text,
        "In scope `{}`, this is the shortest run with this end. The protocol never ends so there: \
         the checker visits every order of events. With `dynamo explore` running, \
         [walk this run](http://127.0.0.1:3000{address}), or:\n\n```\n\
         cargo run --release -- trace step counterexamples/{}\n```\n",
        trace.scope,
        case.loss_file()
    );
}

fn try_it(text: &mut String, case: &Case, trace: &Trace) {
    let defect = case.defect().map(|defect| format!(" --defect {}", defect.name));
    let (scope, defect) = (case.scope().name, defect.unwrap_or_default());
    let address = explorer_address::of_trace(trace);
    push!(text, "## Try it\n\n```");
    push!(text, "cargo run --release -- explore {scope}{defect}");
    push!(text, "```\n");
    push!(
        text,
        "While that runs, [open this trace in the explorer](http://127.0.0.1:3000{address}). \
         In the terminal:\n"
    );
    push!(text, "```\ncargo run --release -- defects {}", case.name());
    push!(text, "cargo run --release -- trace step counterexamples/{}", case.trace_file());
    push!(text, "```\n");
}

/// Leaves the section out where no real system is known.
fn happened(text: &mut String, case: &Case) {
    let seen = case.seen_in();
    if seen.is_empty() {
        return;
    }
    push!(text, "## Where it happened\n");
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
