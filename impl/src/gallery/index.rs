//! The index of the gallery.

use super::{Case, Exhibit, MADE_BY, cell};
use dynamo_invariants::catalogue::INVARIANTS;
use dynamo_invariants::defect::{Defect, When};
use dynamo_invariants::historic::{HISTORIC, Told};
use dynamo_invariants::invariant::Invariant;
use std::fmt::Write as _;

macro_rules! push {
    ($text:expr, $($format:tt)*) => { writeln!($text, $($format)*).expect("a string takes everything") };
}

const HEAD: &str = "\
# Counterexamples

Why does Dynamo need each of its rules? Each page replaces one rule by a wrong one, a *defect*. It
shows the shortest run that violates an invariant, step by step, and how the protocol's own run
differs. The known limits come last: runs of the correct protocol that show what Dynamo does not
promise. [Notation](NOTATION.md) explains how to read a page.

```
cargo run --release -- trace list                       # lists the traces in this folder
cargo run --release -- trace show counterexamples/057-ack-one-short.json
cargo run --release -- trace step counterexamples/057-ack-one-short.json    # one step at a time
cargo run --release -- trace replay counterexamples/*.json    # replays them on today's code
cargo run --release -- defects --write                  # finds every trace again, and writes this folder
```

A defect stands under the invariant of its most telling property. It may break others, too.
";

const COSTS: &str = "
## You skip a rule: what do you lose?

Each line names what a builder may leave out, and what that costs. The page shows the shortest run
to a violated property. Where one was found, it also shows the shortest run in which a client loses
something.";

const NOT_LINEARIZABLE: &str = "
Dynamo does not promise linearizability either. Linearizability is a property of whole runs, not of
single states, so it has no page here. In `tests/tests/all/linearizability.rs` stateright's
consistency tester finds a run of the correct protocol that is not linearizable.
";

/// The index: a table for each invariant, then known limits, then the defects of real systems.
pub(super) fn index(exhibits: &[Exhibit]) -> String {
    let mut text = HEAD.to_owned();
    costs(&mut text, exhibits);
    for invariant in INVARIANTS {
        let of_it = |exhibit: &&Exhibit| {
            exhibit.case.defect().is_some() && exhibit.case.invariant().id == invariant.id
        };
        let Invariant { id, name, statement, .. } = invariant;
        push!(text, "\n## {id} {name}\n\n{statement}\n");
        push!(
            text,
            "| counterexample | rule | breaks | steps | the defect |\n|---|---|---|---|---|"
        );
        for Exhibit { case, trace, .. } in exhibits.iter().filter(of_it) {
            let rule = case.defect().map_or("", |defect| defect.rule);
            let others = case.properties().len() - 1;
            let others = if others > 0 { format!(" and {others} more") } else { String::new() };
            let property = case.properties()[0].name;
            let (link, steps, what) = (link(case), trace.steps.len(), cell(case.what()));
            push!(text, "| {link} | `{rule}` | `{property}`{others} | {steps} | {what} |");
        }
    }
    limits(&mut text, exhibits);
    text.push_str(NOT_LINEARIZABLE);
    history(&mut text);
    push!(text, "\n{MADE_BY}*");
    text
}

/// What is lost without each rule, by the occasion.
fn costs(text: &mut String, exhibits: &[Exhibit]) {
    push!(text, "{COSTS}");
    for when in When::all() {
        push!(
            text,
            "\n### {}\n\n| you skip | you lose | rule | see |\n|---|---|---|---|",
            when.heading()
        );
        for Exhibit { case, .. } in exhibits {
            let defect = case.defect().filter(|defect| defect.cost.when == when);
            if let Some(Defect { rule, cost, .. }) = defect {
                let (skip, lose) = (cell(cost.skip), cell(cost.lose));
                push!(text, "| {skip} | {lose} | `{rule}` | {} |", link(case));
            }
        }
    }
}

fn limits(text: &mut String, exhibits: &[Exhibit]) {
    push!(text, "\n## Known limits\n\nThese runs follow the correct rules.\n");
    push!(text, "| known limit | not promised | steps | what happens |\n|---|---|---|---|");
    for Exhibit { case, trace, .. } in exhibits.iter().filter(|it| it.case.defect().is_none()) {
        let Invariant { id, name, .. } = case.invariant();
        let (link, steps, what) = (link(case), trace.steps.len(), cell(case.what()));
        let property = case.properties()[0].name;
        push!(text, "| {link} | {id} {name}: `{property}` | {steps} | {what} |");
    }
}

fn link(case: &Case) -> String {
    format!("[{:03} {}]({})", case.number, case.name(), case.page_file())
}

fn history(text: &mut String) {
    push!(
        text,
        "\n## Defects of real systems\n\n| system | reference | cause | counterexample |\n|---|---|---|---|"
    );
    for historic in HISTORIC {
        let here = match historic.told {
            Told::By(names) => {
                let cases = names.iter().filter_map(|name| Case::named(name));
                cases.map(|case| link(&case)).collect::<Vec<_>>().join(", ")
            }
            Told::NotHere(reason) => format!("none: {}", cell(reason)),
        };
        let (system, year) = (historic.system, historic.year);
        push!(
            text,
            "| {system} ({year}) | {} | {} | {here} |",
            cell(historic.reference),
            cell(historic.cause)
        );
    }
}
