//! `dynamo defects`: replaces each rule of the protocol by a wrong one, and shows which invariant
//! that breaks.

mod gallery;

use super::{Failure, names, progress, table};
use crate::output::say;
use anyhow::anyhow;
use clap::Args;
use dynamo::gallery::Case;
use dynamo_invariants::check::Finding;
use dynamo_invariants::describe::diagram;
use dynamo_invariants::trace::replay::Run;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  dynamo defects                        searches for every defect and known limit, and prints a table
  dynamo defects plain-vector-clocks    one defect, with its shortest trace
  dynamo defects hint_may_clear I9      those that replace this rule, and those that break I9
  dynamo defects --list                 their names, without a search
  dynamo defects --json | jq '.defects[] | {name, steps}'
  dynamo defects --write                writes the gallery: a trace and a page for each, and an index

A defect replaces one rule of the protocol by a wrong one. A known limit is something that Dynamo
does not promise, shown on the correct rules. The exit code is 0 only if each one is found.";

/// Replace each rule of the protocol by a wrong one, and see which invariant breaks
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The defects or known limits to search for, with their traces: names, numbers or pages of the
    /// gallery; or rules, properties, invariants or scopes, for all that belong to them. Without a
    /// name: all, without traces
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// List them, and search for none
    #[arg(long, conflicts_with = "write")]
    list: bool,
    /// Print {"defects": [..], "limits": [..]}
    #[arg(long)]
    json: bool,
    /// Write the gallery: a trace and a page for each, and an index. A trace already in the folder
    /// stays if it still replays and is as short
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true, default_missing_value = GALLERY, conflicts_with = "names")]
    write: Option<PathBuf>,
}

/// The gallery's folder, from the project's root.
pub(super) const GALLERY: &str = "counterexamples";

/// What the search for a case gave.
struct Outcome {
    case: Case,
    finding: Option<Finding>,
    unique_states: usize,
    seconds: f64,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let cases = chosen(&arguments.names)?;
    if arguments.list {
        list(&cases, arguments.json);
        return Ok(());
    }
    let outcomes = search(cases);
    if arguments.json {
        let (defects, limits): (Vec<_>, Vec<_>) =
            outcomes.iter().partition(|outcome| outcome.case.defect().is_some());
        let shown = |outcomes: Vec<&Outcome>| outcomes.into_iter().map(as_json).collect::<Vec<_>>();
        say!("{:#}", json!({ "defects": shown(defects), "limits": shown(limits) }));
    } else {
        print_table(&outcomes);
        if !arguments.names.is_empty() {
            outcomes.iter().for_each(print_story);
        }
    }
    let missed: Vec<&str> =
        outcomes.iter().filter(|o| o.finding.is_none()).map(|o| o.case.name()).collect();
    if !missed.is_empty() {
        return Err(Failure::Operation(anyhow!("not found, but expected: {}", missed.join(", "))));
    }
    match &arguments.write {
        Some(folder) => gallery::write(folder, &outcomes),
        None => Ok(()),
    }
}

/// The cases that the words stand for, each once.
fn chosen(words: &[String]) -> Result<Vec<Case>, Failure> {
    if words.is_empty() {
        return Ok(Case::all().collect());
    }
    let mut cases: Vec<Case> = Vec::new();
    for word in words {
        for case in names::cases(word)? {
            if cases.iter().all(|other| other.number != case.number) {
                cases.push(case);
            }
        }
    }
    Ok(cases)
}

/// The names, without a search for any.
fn list(cases: &[Case], as_json: bool) {
    if as_json {
        let (defects, limits): (Vec<_>, Vec<_>) =
            cases.iter().partition(|case| case.defect().is_some());
        let shown = |cases: Vec<&Case>| cases.into_iter().map(named).collect::<Vec<_>>();
        say!("{:#}", json!({ "defects": shown(defects), "limits": shown(limits) }));
        return;
    }
    let mut rows = table::new(&["number", "defect", "rule", "breaks", "scope"]);
    for case in cases {
        let [name, rule, breaks, scope] = columns(case);
        rows.add_row([format!("{:03}", case.number), name, rule, breaks, scope]);
    }
    say!("{rows}");
}

fn search(cases: Vec<Case>) -> Vec<Outcome> {
    let bar = progress::bar(cases.len());
    let one = |case: Case| {
        bar.set_message(case.name());
        let begun = Instant::now();
        let (finding, unique_states) = case.find();
        bar.inc(1);
        Outcome { case, finding, unique_states, seconds: begun.elapsed().as_secs_f64() }
    };
    let outcomes = cases.into_iter().map(one).collect();
    bar.finish_and_clear();
    outcomes
}

fn steps(outcome: &Outcome) -> Option<usize> {
    outcome.finding.as_ref().map(|finding| finding.path.clone().into_actions().len())
}

fn as_json(outcome: &Outcome) -> Value {
    let mut told = named(&outcome.case);
    told["found"] = outcome.finding.is_some().into();
    told["steps"] = steps(outcome).into();
    told["unique_states"] = outcome.unique_states.into();
    told["seconds"] = outcome.seconds.into();
    told
}

/// What is known of a case without a search.
fn named(case: &Case) -> Value {
    let properties = case.properties();
    let mut invariants: Vec<&str> =
        properties.iter().map(|property| property.invariant()).collect();
    invariants.sort_unstable();
    invariants.dedup();
    json!({
        "name": case.name(),
        "number": case.number,
        "rule": case.defect().map(|defect| defect.rule),
        "what": case.what(),
        "invariants": invariants,
        "properties": properties.iter().map(|property| property.name).collect::<Vec<_>>(),
        "scope": case.scope().name,
        "trace": Path::new(GALLERY).join(case.trace_file()),
    })
}

/// Name, rule, property and scope.
fn columns(case: &Case) -> [String; 4] {
    let rule = case.defect().map_or("none: a known limit", |defect| defect.rule);
    [case.name(), rule, case.properties()[0].name, case.scope().name].map(str::to_owned)
}

fn print_table(outcomes: &[Outcome]) {
    let mut rows = table::new(&["defect", "rule", "breaks", "scope", "steps", "states", "time"]);
    for outcome in outcomes {
        let [name, rule, breaks, scope] = columns(&outcome.case);
        let found = steps(outcome).map_or("NOT FOUND".to_owned(), |steps| steps.to_string());
        let (states, time) =
            (table::count(outcome.unique_states), format!("{:.2} s", outcome.seconds));
        rows.add_row([name, rule, breaks, scope, found, states, time]);
    }
    say!("{rows}");
}

fn print_story(outcome: &Outcome) {
    let Outcome { case, finding, .. } = outcome;
    let properties = case.properties();
    say!("\n{}: {}", case.name(), case.what());
    for property in &properties {
        let verb = if case.defect().is_some() { "breaks" } else { "not promised:" };
        say!("  {verb} {}: {}", property.name, property.statement);
    }
    let Some(finding) = finding else { return };
    say!("  the shortest trace to {}, in scope {}:", properties[0].name, case.scope().name);
    let run = Run::found(case.scope(), case.rules(), finding);
    for line in diagram::lines(&run, case.trace(finding).cycle_from) {
        say!("  {line}");
    }
    let facts = properties[0].evidence(&run.model, run.last());
    if !facts.is_empty() {
        say!("  after the last step:");
    }
    for fact in facts {
        say!("    {fact}");
    }
    say!("  why a weaker check misses it: {}", case.missed_by());
}
