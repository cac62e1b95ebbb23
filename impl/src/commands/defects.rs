//! `dynamo defects`: breaks each rule of the protocol, and shows which invariant falls.

use super::{Failure, table};
use anyhow::anyhow;
use clap::Args;
use dynamo_invariants::check::{Finding, find};
use dynamo_invariants::defects::{DEFECTS, Defect, LIMITS, Limit};
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::story;
use dynamo_model::rules::Rules;
use serde_json::{Value, json};
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  dynamo defects                        all, in a table
  dynamo defects plain-vector-clocks    one, with its shortest trace
  dynamo defects --json | jq '.defects[] | {name, steps}'

A defect is the protocol with one rule exchanged. A known limit is something that Dynamo does not promise, shown on the
correct rules. Exit code 0 only if each is found.";

/// Break each rule of the protocol, and see which invariant falls
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The defects or known limits to try, and to show the traces of; all, without traces, if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print {"defects": [..], "limits": [..]}
    #[arg(long)]
    json: bool,
}

/// What is looked for: a defect, or a known limit.
struct Case {
    name: &'static str,
    /// `None` for a known limit.
    rule: Option<&'static str>,
    what: &'static str,
    scope: &'static Scope,
    rules: Rules,
    properties: Vec<&'static Property>,
}

impl Case {
    fn of_defect(defect: &Defect) -> Self {
        let Defect { name, rule, what, .. } = *defect;
        let properties = defect.properties().collect();
        Case { name, rule: Some(rule), what, scope: defect.scope(), rules: (defect.rules)(), properties }
    }

    fn of_limit(limit: &Limit) -> Self {
        let properties = vec![limit.property()];
        let Limit { name, what, .. } = *limit;
        Case { name, rule: None, what, scope: limit.scope(), rules: Rules::default(), properties }
    }
}

/// What the search for a case gave.
struct Outcome {
    case: Case,
    finding: Option<Finding>,
    unique_states: usize,
    seconds: f64,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let cases = chosen(&arguments.names)?;
    let outcomes: Vec<Outcome> = cases.into_iter().map(search).collect();
    if arguments.json {
        let (defects, limits): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.case.rule.is_some());
        let shown = |outcomes: Vec<&Outcome>| outcomes.into_iter().map(as_json).collect::<Vec<_>>();
        println!("{:#}", json!({ "defects": shown(defects), "limits": shown(limits) }));
    } else {
        print_table(&outcomes);
        if !arguments.names.is_empty() {
            outcomes.iter().for_each(print_story);
        }
    }
    let missed: Vec<&str> = outcomes.iter().filter(|o| o.finding.is_none()).map(|o| o.case.name).collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::Operation(anyhow!("not found, though it should be: {}", missed.join(", "))))
}

fn chosen(names: &[String]) -> Result<Vec<Case>, Failure> {
    let all = || DEFECTS.iter().map(Case::of_defect).chain(LIMITS.iter().map(Case::of_limit));
    if names.is_empty() {
        return Ok(all().collect());
    }
    let unknown = |name: &str| anyhow!("there is no defect \"{name}\"; dynamo defects names them");
    let called = |name: &String| {
        let case = all().find(|case| case.name == name);
        case.ok_or_else(|| Failure::Usage(unknown(name)))
    };
    names.iter().map(called).collect()
}

fn search(case: Case) -> Outcome {
    let begun = Instant::now();
    let (finding, unique_states) = find(case.scope, case.rules, case.properties[0]);
    Outcome { case, finding, unique_states, seconds: begun.elapsed().as_secs_f64() }
}

fn steps(outcome: &Outcome) -> Option<usize> {
    outcome.finding.as_ref().map(|finding| finding.path.clone().into_actions().len())
}

fn as_json(outcome: &Outcome) -> Value {
    let case = &outcome.case;
    let mut invariants: Vec<&str> = case.properties.iter().map(|property| property.invariant()).collect();
    invariants.sort_unstable();
    invariants.dedup();
    json!({
        "name": case.name,
        "rule": case.rule,
        "what": case.what,
        "invariants": invariants,
        "properties": case.properties.iter().map(|property| property.name).collect::<Vec<_>>(),
        "scope": case.scope.name,
        "found": outcome.finding.is_some(),
        "steps": steps(outcome),
        "unique_states": outcome.unique_states,
        "seconds": outcome.seconds,
        "trace": Value::Null,
    })
}

fn print_table(outcomes: &[Outcome]) {
    let mut rows = table::new(&["defect", "rule", "breaks", "scope", "steps", "states", "time"]);
    for outcome in outcomes {
        let case = &outcome.case;
        rows.add_row([
            case.name.to_owned(),
            case.rule.unwrap_or("none: a known limit").to_owned(),
            case.properties[0].name.to_owned(),
            case.scope.name.to_owned(),
            steps(outcome).map_or("NOT FOUND".to_owned(), |steps| steps.to_string()),
            table::count(outcome.unique_states),
            format!("{:.2} s", outcome.seconds),
        ]);
    }
    println!("{rows}");
}

fn print_story(outcome: &Outcome) {
    let Outcome { case, finding, .. } = outcome;
    println!("\n{}: {}", case.name, case.what);
    for property in &case.properties {
        println!("  breaks {}: {}", property.name, property.statement);
    }
    let Some(finding) = finding else { return };
    println!("  the shortest trace to {}, in scope {}:", case.properties[0].name, case.scope.name);
    for line in story::lines(case.scope, case.properties[0], finding) {
        println!("  {line}");
    }
    println!("  then, on disk:");
    for (index, disk) in finding.path.last_state().actor_storages.iter().enumerate() {
        if let Some(durable) = disk {
            println!("    {}: {:?}", story::actor_name(case.scope, index.into()), durable.store);
        }
    }
}
