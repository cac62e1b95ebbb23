//! `dynamo scenario`: performs a script of the scenario language.

mod told;
mod udp;

use super::arguments::table_named;
use super::input::{self, shown};
use super::{Failure, explore, names};
use crate::output::{self, note, say};
use anstyle::Style;
use anyhow::{Context as _, anyhow};
use clap::Args;
use dynamo::explorer::Location;
use dynamo_invariants::catalogue;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::notation::words;
use dynamo_invariants::scenario::{FORMS, Performance, Scenario, StageError, passes};
use dynamo_invariants::trace::Trace;
use dynamo_model::rules::Rules;
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use told::Told;
use udp::Checked;

const STRONG: Style = Style::new().bold();

/// Where to find a script.
const SCRIPTS: &str = "name a text file, such as those in tests/scenarios/";

const LANGUAGE: &str = "\
A script has one command a line. After each command, every message that follows arrives at once,
except across a partition or at a node that is down. No timer fires before settle. What follows #
is a comment.
";

const EXIT_CODES: &str = "\
Exit codes:
  0  every command was performed, and every expectation holds
  1  an expectation does not hold, or a command cannot be performed
  2  the script cannot be read";

/// A complete script, and how to run it.
const EXAMPLE: &str = "\
Example: while A is down, D keeps its put. Save this as hint.txt:

  nodes A B C D
  quorum n=3 r=2 w=2
  crash A
  put D1 via B by ann
  settle
  expect hint at D for A
  recover A
  settle
  expect no hint at D
  get via A by bob
  expect get D1 by bob

  dynamo scenario hint.txt                           the steps, and the answers
  dynamo scenario hint.txt --defect hint-dropped-when-sent
                                                     the same under broken rules
  dynamo scenario hint.txt --table 8                 the table of scenario 8
  dynamo scenario hint.txt --on-udp                  on real nodes: which expectations hold?
  dynamo scenario hint.txt --explore                 its last state, in a browser
  dynamo scenario hint.txt --save hint.json          a trace: dynamo trace step hint.json
  dynamo scenario - < tests/scenarios/2-divergence.txt";

/// The language in brief, and an example.
fn help() -> String {
    let width = FORMS.iter().map(|(form, _)| form.chars().count()).max().unwrap_or_default();
    let lines = FORMS.iter().map(|(form, means)| format!("  {form:width$}  {means}\n"));
    let lines: String = lines.collect();
    format!("{LANGUAGE}\n{lines}\n{EXAMPLE}\n\n{EXIT_CODES}")
}

/// Perform a script: puts, gets, crashes and partitions, and what you expect of them
#[derive(Debug, Args)]
#[command(after_help = help())]
pub(super) struct Arguments {
    /// The script; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Perform it under the rules of a defect: a name, a number of the gallery, or a rule, property
    /// or invariant that stands for one defect
    #[arg(long, value_name = "NAME")]
    defect: Option<String>,
    /// Print the run as a table instead of a diagram: the number or words of the title of one of
    /// the nine scenarios, such as 8 or "gossip"
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Write the run to a trace file, for dynamo trace and dynamo explore --trace. The file carries
    /// the scope of the script. As its property it names the first one that the last state
    /// violates, else the first one that it shows
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Explore the last state in a browser
    #[arg(long, conflicts_with = "json")]
    explore: bool,
    /// Perform it on real nodes instead: processes on this machine, over UDP. Prints which
    /// expectations hold. Real nodes gossip and compare by themselves, so an expectation that waits
    /// for `gossip` or `compare` in the model may hold earlier there
    #[arg(long, conflicts_with_all = ["defect", "table", "save", "explore"])]
    on_udp: bool,
    /// Where --explore serves the page; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3000",
        value_parser = super::arguments::address)]
    listen: SocketAddr,
    /// Print {"holds", "error", "answers": [..], "steps": [..], "violated": [..], "table"}; with
    /// --on-udp {"holds", "expectations": [..]}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let defect = arguments.defect.as_deref().map(names::defect).transpose()?;
    let table = arguments.table.as_deref().map(table_named).transpose()?;
    let script = input::text(&arguments.file, "script", SCRIPTS)?;
    arguments.save.as_deref().map_or(Ok(()), |save| refuse_the_script(save, &arguments.file))?;
    let name = || shown(&arguments.file);
    let scenario: Scenario = script.parse().with_context(name).map_err(Failure::Usage)?;
    if arguments.on_udp {
        return on_udp(&scenario, arguments.json);
    }
    let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
    let (performance, failed) = scenario.play(&rules).map_err(Failure::operation)?;
    let outcome = match &failed {
        None => check_rows(&scenario, &performance).with_context(name),
        Some(error) => Err(anyhow!(in_script(error, &arguments.file, &script))),
    };
    let told = Told { scenario: &scenario, performance: &performance, defect };
    if arguments.json {
        say!("{:#}", told.as_json(table, failed.as_ref(), &outcome));
    } else {
        print(&told, table);
    }
    if let Some(file) = &arguments.save {
        save(file, &performance, defect)?;
    }
    if arguments.explore {
        if let Err(error) = &outcome {
            note!("{error:#}");
        }
        open(arguments.listen, &scenario, &performance, defect)?;
    }
    outcome.map_err(Failure::Operation)
}

fn print(told: &Told<'_>, table: Option<usize>) {
    match table {
        Some(number) => print_table(told.performance, number),
        None => told.print_steps(),
    }
    told.print_answers();
    told.print_violated();
}

/// Performs the script on real nodes.
fn on_udp(scenario: &Scenario, as_json: bool) -> Result<(), Failure> {
    let tell = |checked: &Checked| {
        let Checked { line, expectation, found } = checked;
        match found {
            _ if as_json => {}
            None => say!("line {line:>3}  holds  {expectation}"),
            Some(found) => say!("line {line:>3}  FAILS  {expectation}: found {found}"),
        }
    };
    let checked = udp::perform(scenario, tell).map_err(Failure::Operation)?;
    let failed = checked.iter().filter(|checked| checked.found.is_some()).count();
    if as_json {
        let shown = checked.iter().map(|Checked { line, expectation, found }| {
            json!({ "line": line, "expectation": expectation, "holds": found.is_none(),
                "found": found })
        });
        let shown: Vec<Value> = shown.collect();
        say!("{:#}", json!({ "holds": failed == 0, "expectations": shown }));
    }
    let count = words::counted(checked.len(), "expectation");
    match failed {
        0 => {
            note!("on real nodes, {count}: each holds");
            Ok(())
        }
        failed => Err(Failure::Operation(anyhow!("on real nodes, {failed} of {count} fail"))),
    }
}

/// The error with the file, and the line of the script.
fn in_script(error: &StageError, file: &Path, script: &str) -> String {
    let line = error.line().and_then(|line| script.lines().nth(line - 1));
    let line = line.map(|line| line.split('#').next().unwrap_or_default().trim());
    let line = line.map_or_else(String::new, |line| format!("\n  {line}"));
    format!("{}, {error}{line}", shown(file))
}

fn print_table(performance: &Performance, number: usize) {
    let Some(table) = performance.table(number) else { return };
    say!("{STRONG}{}. {}{STRONG:#}, time to the right\n", table.number, table.title);
    output::print(format_args!("{table}"));
}

/// The table has the cells that the script's `row` lines name.
fn check_rows(scenario: &Scenario, performance: &Performance) -> anyhow::Result<()> {
    let Some(table) = scenario.number.and_then(|number| performance.table(number)) else {
        return Ok(());
    };
    passes(&table.lines, &scenario.rows).map_err(|missing| anyhow!("row {missing}"))
}

/// A trace must not replace the script that it comes from.
fn refuse_the_script(save: &Path, script: &Path) -> Result<(), Failure> {
    let same = fs::canonicalize(save).ok().zip(fs::canonicalize(script).ok());
    if same.is_some_and(|(save, script)| save == script) {
        return Err(Failure::Usage(anyhow!(
            "--save names the script itself, {}: name another file",
            script.display()
        )));
    }
    Ok(())
}

fn save(
    file: &Path,
    performance: &Performance,
    defect: Option<&'static Defect>,
) -> Result<(), Failure> {
    let nothing = || {
        anyhow!(
            "a trace shows a property, and this run shows none, so that nothing was saved; \
             --explore shows the run"
        )
    };
    let trace = Trace::of_first_shown(&performance.run, defect)
        .ok_or_else(|| Failure::Operation(nothing()))?;
    fs::write(file, trace.to_json())
        .with_context(|| format!("cannot write {}", file.display()))
        .map_err(Failure::Operation)?;
    note!("saved as a trace of {}; next: dynamo trace step {}", trace.property, file.display());
    Ok(())
}

fn open(
    listen: SocketAddr,
    scenario: &Scenario,
    performance: &Performance,
    defect: Option<&'static Defect>,
) -> Result<(), Failure> {
    let scope = catalogue::own_scope(&scenario.own_scope()).map_err(Failure::operation)?;
    explore::serve_at(listen, Location::at_end_of(&performance.run, scope, defect))
}
