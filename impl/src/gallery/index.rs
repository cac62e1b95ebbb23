//! The index of the gallery.

use super::{Case, MADE_BY, cell};
use dynamo_invariants::historic::HISTORIC;
use dynamo_invariants::historic::Told;
use dynamo_invariants::trace::Trace;
use std::collections::BTreeMap;
use std::fmt::Write as _;

macro_rules! push {
    ($text:expr, $($format:tt)*) => { writeln!($text, $($format)*).expect("a string takes everything") };
}

const HEAD: &str = "\
# Counterexamples

Why is each rule of Dynamo there? Take it away, and this is the shortest story in which a guarantee falls. Each page shows one rule broken
on purpose, every event until an invariant is violated, and what the protocol does instead. Last come the known limits: what Dynamo
does not promise, shown on the correct rules.

```
cargo run --release -- trace list                                # what is here
cargo run --release -- trace show counterexamples/001-ack-one-short.json
cargo run --release -- trace step counterexamples/001-ack-one-short.json    # walk through it
cargo run --release -- trace replay counterexamples/*.json       # on the code of today
cargo run --release -- defects --write                           # find everything again, and write this folder
```

A defect stands under the invariant of its most telling property; it may break others, too.
";

const NOT_LINEARIZABLE: &str = "
Dynamo does not promise linearizability either. That is a property of whole histories, not of single states, so that it has no page here:
`tests/tests/all/linearizability.rs` lets stateright's consistency tester find a history that is not linearizable, on the correct rules.
";

/// The index: a table for each invariant, then known limits, then the defects of real systems.
pub(super) fn index(traces: &[(Case, Trace)]) -> String {
    let mut text = HEAD.to_owned();
    let mut by_invariant = BTreeMap::<&str, Vec<&(Case, Trace)>>::new();
    for entry in traces.iter().filter(|(case, _)| case.defect().is_some()) {
        by_invariant.entry(entry.0.properties()[0].invariant()).or_default().push(entry);
    }
    for (invariant, entries) in by_invariant {
        push!(text, "\n## {invariant}\n\n| | rule | breaks | steps | |\n|---|---|---|---|---|");
        for (case, trace) in entries {
            let rule = case.defect().map_or("", |defect| defect.rule);
            let others = case.properties().len() - 1;
            let others = if others > 0 { format!(" and {others} more") } else { String::new() };
            let property = case.properties()[0].name;
            let (link, steps, what) = (link(case), trace.steps.len(), cell(case.what()));
            push!(text, "| {link} | `{rule}` | `{property}`{others} | {steps} | {what} |");
        }
    }
    push!(text, "\n## Known limits\n\n| | does not hold | steps | |\n|---|---|---|---|");
    for (case, trace) in traces.iter().filter(|(case, _)| case.defect().is_none()) {
        let property = case.properties()[0].name;
        push!(
            text,
            "| {} | `{property}` | {} | {} |",
            link(case),
            trace.steps.len(),
            cell(case.what())
        );
    }
    text.push_str(NOT_LINEARIZABLE);
    history(&mut text);
    push!(text, "\n{MADE_BY}*");
    text
}

fn link(case: &Case) -> String {
    format!("[{:03} {}]({})", case.number, case.name(), case.page_file())
}

fn history(text: &mut String) {
    push!(
        text,
        "\n## Defects of real systems\n\n| system | where it is told | | here |\n|---|---|---|---|"
    );
    for historic in HISTORIC {
        let here = match historic.told {
            Told::By(names) => {
                let cases = names.iter().filter_map(|name| Case::named(name));
                cases.map(|case| link(&case)).collect::<Vec<_>>().join(", ")
            }
            Told::NotHere(reason) => format!("not here: {}", cell(reason)),
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
