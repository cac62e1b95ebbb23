//! `dynamo trace show`: prints a trace, one of its states, or a scenario's table.

use super::super::Failure;
use super::super::arguments::table_named;
use super::named;
use crate::output::{self, say};
use anstyle::{AnsiColor, Style};
use anyhow::anyhow;
use clap::Args;
use dynamo_invariants::describe::{self, Change, MESSAGES, diagram};
use dynamo_invariants::tables::{Cast, Table};
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use std::path::PathBuf;

const FAULT: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The trace: a file, or the name or number of a counterexample
    file: PathBuf,
    /// Show the whole state after this step, with what the step changed. 0 is the initial state
    #[arg(long, value_name = "K")]
    step: Option<usize>,
    /// Show the run as the table of one of the nine scenarios, by number or words of its title: 1
    /// quorum, 2 divergent versions, 3 read repair, 4 hint durability, 5 anti-entropy, 6 put, 7
    /// membership, 8 handoff, 9 gossip
    #[arg(long, value_name = "TABLE", conflicts_with = "step")]
    table: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (file, trace) = named(&arguments.file)?;
    let (run, _) = trace.run();
    match (arguments.step, &arguments.table) {
        (Some(step), _) => state(&run, step)?,
        (None, Some(text)) => table(&run, text)?,
        (None, None) => whole(&trace, &run),
    }
    // The output shows what today's code does. If the trace differs, this reports it.
    super::replayed(&trace, &file).map(|_| ())
}

/// The trace's defect and property, on one line.
pub(super) fn title(trace: &Trace) -> String {
    match &trace.defect {
        Some(defect) => format!("{defect} breaks {}", trace.property),
        None => format!("{}, by the protocol's own rules", trace.property),
    }
}

fn whole(trace: &Trace, run: &Run) {
    say!("{STRONG}{}{STRONG:#}", title(trace));
    say!("{}\n\nscope {}: {}", trace.property().statement, trace.scope, trace.scope().aim);
    for line in describe::surroundings(trace.scope()) {
        say!("  {line}");
    }
    say!("\n      {STRONG}{}{STRONG:#}", diagram::head(run));
    let rows = diagram::rows(run);
    for row in &rows {
        if trace.cycle_from == Some(row.step - 1) {
            say!("      {FAINT}{}{FAINT:#}", diagram::AND_THEN);
        }
        let style = if row.is_fault { FAULT } else { Style::new() };
        say!("{FAINT}{:>4}{FAINT:#}  {}  {style}{}{style:#}", row.step, row.lanes, row.text);
    }
    if trace.cycle_from == Some(rows.len()) {
        say!("      {FAINT}{}{FAINT:#}", diagram::NOTHING_MORE);
    }
    say!("\nlast state:");
    for fact in describe::facts(&run.model, run.last()).iter().filter(|fact| fact.of != MESSAGES) {
        say!("  {}: {}: {}", fact.of, fact.about, fact.text);
    }
}

fn table(run: &Run, text: &str) -> Result<(), Failure> {
    let table = Table::of(table_named(text)?, run, &Cast::of(&run.model.cfg));
    let Some(table) = table else { return Ok(()) };
    say!("{STRONG}{}. {}{STRONG:#}, time to the right\n", table.number, table.title);
    output::print(format_args!("{table}"));
    Ok(())
}

fn state(run: &Run, step: usize) -> Result<(), Failure> {
    let last = run.events.len();
    let state = run.states.get(step);
    let state = state
        .ok_or_else(|| Failure::Usage(anyhow!("there is no step {step}: the last is {last}")))?;
    let facts = describe::facts(&run.model, state);
    let changes = match step.checked_sub(1) {
        Some(before) => {
            describe::changes(&describe::facts(&run.model, &run.states[before]), &facts)
        }
        None => Vec::new(),
    };
    match step.checked_sub(1) {
        Some(index) => say!("{STRONG}step {step}: {}{STRONG:#}", run.events[index]),
        None => say!("{STRONG}initial state{STRONG:#}"),
    }
    let mut of = "";
    for fact in &facts {
        if fact.of != of {
            of = &fact.of;
            say!("{of}");
            gone(&changes, of);
        }
        let change =
            changes.iter().find(|change| change.of == fact.of && change.about == fact.about);
        match change {
            None => say!("    {}: {}", fact.about, fact.text),
            Some(Change { before: None, .. }) => {
                say!("  {CHANGED}+ {}: {}{CHANGED:#}", fact.about, fact.text);
            }
            Some(Change { before: Some(before), .. }) => {
                say!("  {CHANGED}* {}: {before} → {}{CHANGED:#}", fact.about, fact.text);
            }
        }
    }
    // Nodes and channels of which no fact is left.
    let told = |change: &Change| facts.iter().any(|fact| fact.of == change.of);
    for change in changes.iter().filter(|change| !told(change)) {
        say!("{}", change.of);
        gone(std::slice::from_ref(change), &change.of);
    }
    Ok(())
}

fn gone(changes: &[Change], of: &str) {
    for change in changes.iter().filter(|change| change.of == of && change.after.is_none()) {
        let before = change.before.as_deref().unwrap_or_default();
        say!("  {FAINT}- {}: {before}{FAINT:#}", change.about);
    }
}
