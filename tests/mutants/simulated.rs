//! What simulation finds: the record of defects and mutants, and its page.

use super::Mutant;
use super::outcome::{End, Outcome, replace};
use dynamo_invariants::catalogue::DEFECTS;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::trace::Trace;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;

/// What simulation found under one defect or mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulated {
    /// The defect or mutant.
    pub name: String,
    /// The property that a run violates, or `assertion`. `None`: no run violates any.
    pub property: Option<String>,
    /// How many runs there were, up to and with the violating one.
    pub runs: u64,
    /// The seed.
    pub seed: u64,
    /// How long it took.
    pub seconds: u64,
    /// The day.
    pub date: String,
}

const HEAD: &str = "\
# What simulation finds, and what the check finds

Each line is a bug planted in the protocol: a defect of the gallery, which replaces a rule, or a
[mutant](README.md), which changes code that is no rule. *Check* says which property of which scope
finds it by exhaustive check, and in how many steps. *Simulation* says which property of a simulated
cluster with one key finds it, and how many runs that took. All profiles take turns. *Assertion*
means that an assertion of the protocol's own types fails.

A tool writes this page. This makes all of it anew, or some lines:

    cargo run --release -p dynamo-tests --example simulated_mutants [-- NAME…]
";

/// The record: the latest outcome of each defect and mutant.
///
/// # Errors
/// If the record exists and cannot be read.
pub fn recorded() -> io::Result<Vec<Simulated>> {
    match fs::read_to_string(path()) {
        Ok(text) => Ok(serde_json::from_str(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn path() -> PathBuf {
    super::folder().join("simulated.json")
}

/// Replaces the record and its page.
///
/// # Errors
/// If they cannot be written.
pub fn keep(
    mutants: &[Mutant],
    checked: &[Outcome],
    simulated: &mut Vec<Simulated>,
) -> io::Result<()> {
    let names = DEFECTS.iter().map(|defect| defect.name);
    let names: Vec<&str> = names.chain(mutants.iter().map(|it| it.name.as_str())).collect();
    let place = |it: &Simulated| names.iter().position(|name| *name == it.name);
    simulated.retain(|it| place(it).is_some());
    simulated.sort_by_key(place);
    let mut text = serde_json::to_string_pretty(simulated)?;
    text.push('\n');
    replace(&path(), &text)?;
    let page = page(mutants, checked, simulated)?;
    replace(&super::folder().join("SIMULATION.md"), &page)
}

/// A planted bug with what is known of it.
struct Row<'a> {
    name: &'a str,
    /// What the check found, if it found the bug.
    check: Option<String>,
    /// `None`: simulation was not tried.
    simulated: Option<&'a Simulated>,
}

impl Row<'_> {
    fn is_found(&self) -> bool {
        self.simulated.is_some_and(|it| it.property.is_some())
    }
}

fn page(mutants: &[Mutant], checked: &[Outcome], simulated: &[Simulated]) -> io::Result<String> {
    let of = |name: &str| simulated.iter().find(|it| it.name == name);
    let mut defects = Vec::new();
    for (number, defect) in (1..).zip(DEFECTS.iter()) {
        let check = Some(checked_defect(number, defect)?);
        defects.push(Row { name: defect.name, check, simulated: of(defect.name) });
    }
    let mutants: Vec<Row<'_>> = mutants
        .iter()
        .map(|mutant| {
            let outcome = checked.iter().find(|it| it.name == mutant.name);
            let check = outcome.filter(|it| it.end == End::Found).map(checked_mutant);
            Row { name: &mutant.name, check, simulated: of(&mutant.name) }
        })
        .collect();
    let mut page = HEAD.to_owned();
    for (title, rows) in [("Defects", &defects), ("Mutants", &mutants)] {
        page.push_str(&section(title, rows));
    }
    Ok(page)
}

/// What the gallery says of a defect.
fn checked_defect(number: usize, defect: &Defect) -> io::Result<String> {
    let file = format!("counterexamples/{number:03}-{}.json", defect.name);
    let text = fs::read(super::root().join(file))?;
    let trace = Trace::from_json(&text).map_err(io::Error::other)?;
    let (property, steps) = (trace.property().name, trace.depth());
    Ok(format!("`{property}` in `{}`, {steps} steps", defect.scope))
}

fn checked_mutant(outcome: &Outcome) -> String {
    super::table::finding(outcome)
}

fn section(title: &str, rows: &[Row<'_>]) -> String {
    let count = |is_it: &dyn Fn(&Row<'_>) -> bool| rows.iter().filter(|row| is_it(row)).count();
    let both = count(&|row| row.check.is_some() && row.is_found());
    let check_only = count(&|row| row.check.is_some() && !row.is_found());
    let simulation_only = count(&|row| row.check.is_none() && row.is_found());
    let untried = count(&|row| row.simulated.is_none());
    let neither = rows.len() - both - check_only - simulation_only;
    let mut runs: Vec<u64> = rows
        .iter()
        .filter(|row| row.is_found())
        .filter_map(|row| Some(row.simulated?.runs))
        .collect();
    runs.sort_unstable();
    let median = runs.get(runs.len() / 2).copied().unwrap_or(0);
    let mut text = format!(
        "\n## {title}\n\nOf {}, both find {both}, the check alone {check_only}, simulation alone \
         {simulation_only}, and neither {neither}. {untried} were not simulated. Simulation needs \
         a median of {median} runs.\n\n| name | check | simulation |\n|---|---|---|\n",
        rows.len()
    );
    for Row { name, check, simulated } in rows {
        let check = check.as_deref().unwrap_or("not found");
        let simulation = match simulated {
            None => "not tried".to_owned(),
            Some(Simulated { property: None, runs, .. }) => format!("not found in {runs} runs"),
            Some(Simulated { property: Some(property), runs, .. }) if property == "assertion" => {
                format!("assertion, run {runs}")
            }
            Some(Simulated { property: Some(property), runs, .. }) => {
                format!("`{property}`, run {runs}")
            }
        };
        writeln!(text, "| `{name}` | {check} | {simulation} |").expect("a string takes any text");
    }
    text
}
