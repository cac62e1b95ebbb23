//! `dynamo trace worlds`: the table of all traces and all worlds.

use super::super::Failure;
use super::super::defects::GALLERY;
use super::drive::{World, names};
use super::{all_read, read, read_or_say};
use crate::output::{note, say};
use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use dynamo_invariants::scenario::Scenario;
use dynamo_invariants::trace::Trace;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the nine scripted scenarios are.
const SCRIPTS: &str = "tests/scenarios";

const EXAMPLES: &str = "\
Examples, in the project's folder:
  dynamo trace worlds > impl/WORLDS.md
  dynamo trace worlds --in model,simulator              without starting a process

Exit codes: 0 the table was printed, whatever is in it; 2 a trace or a script cannot be read.";

const HEAD: &str = "\
# One trace, four worlds

*Made by `dynamo trace worlds > impl/WORLDS.md`; do not edit.*

Each line is a trace: a counterexample of the [gallery](../counterexamples/README.md), or one of the
[nine scripted scenarios](../tests/scenarios/README.md). Each column is a world in which its steps
are taken. [`README.md`](README.md#one-trace-four-worlds) describes the worlds.

\"yes\": after every step, the state of every node and client and the messages in flight are as in
the model. At the end all nodes are killed, and what is on their disks shows the property of the
trace. \"lost\" names the acknowledged puts that no disk has then, nor a put that replaced them. In
the explorer, the address of the trace shows its last state. \"no\": the number leads to the reason
below the table.
";

/// Print a table: which traces of the gallery and the scenarios go as in the model, in which world
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The worlds to drive the traces in. Other columns get a dash
    #[arg(long = "in", value_enum, value_name = "WORLDS", value_delimiter = ',',
        default_values_t = World::value_variants().to_vec())]
    worlds: Vec<World>,
}

struct Row {
    /// What the table calls the trace, with a link.
    name: String,
    trace: Trace,
}

pub(super) fn run(Arguments { worlds }: &Arguments) -> Result<(), Failure> {
    let mut unread = 0;
    let rows: Vec<Row> = gallery(&mut unread)?.into_iter().chain(scenarios()?).collect();
    let mut columns: Vec<Column> =
        World::value_variants().iter().copied().map(Column::of).collect();
    let (mut lines, mut reasons) = (Vec::new(), Vec::new());
    for Row { name, trace } in &rows {
        let driven = columns.iter_mut().map(|column| {
            if worlds.contains(&column.world) { column.cell(trace, &mut reasons) } else { dash() }
        });
        let cells = driven.collect::<Vec<_>>().join(" | ");
        note!("{name}: {cells}");
        lines.push(format!("| {name} | {} | {cells} |", trace.steps.len()));
    }
    let sum = |Column { world, passed, .. }: &Column| {
        if worlds.contains(world) { format!("{passed} of {}", rows.len()) } else { dash() }
    };
    let sums: Vec<String> = columns.iter().map(sum).collect();
    lines.push(format!("| **as in the model** | | {} |", sums.join(" | ")));
    let heads: Vec<&str> = columns.iter().map(|column| column.head.as_str()).collect();
    say!("{HEAD}");
    say!("| trace | steps | {} |", heads.join(" | "));
    say!("|---|---:|{}", "---|".repeat(columns.len()));
    say!("{}", lines.join("\n"));
    if !reasons.is_empty() {
        say!("\n## Why not\n\n{}", reasons.join("\n"));
    }
    all_read(unread)
}

fn dash() -> String {
    "-".to_owned()
}

/// The column of a world.
struct Column {
    world: World,
    head: String,
    /// How many traces went as in the model.
    passed: usize,
}

impl Column {
    fn of(world: World) -> Column {
        Column { world, head: name(world), passed: 0 }
    }

    /// Drives a trace. Returns its cell. If it goes otherwise, notes the reason.
    fn cell(&mut self, trace: &Trace, reasons: &mut Vec<String>) -> String {
        let driven = self.world.drive(trace);
        self.passed += usize::from(driven.is_ok());
        match driven.map(names) {
            Ok(None) => "yes".to_owned(),
            Ok(Some(lost)) => format!("yes; lost: {lost}"),
            Err(error) => {
                let number = reasons.len() + 1;
                reasons.push(format!("{number}. {error:#}"));
                format!("no ({number})")
            }
        }
    }
}

fn name(world: World) -> String {
    let value = world.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn files(folder: &str, ending: &str) -> Result<Vec<PathBuf>, Failure> {
    let hint = || format!("cannot list {folder}: run this command in the project's folder");
    let entries = fs::read_dir(folder).with_context(hint).map_err(Failure::Usage)?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

fn gallery(unread: &mut usize) -> Result<Vec<Row>, Failure> {
    let row = |path: PathBuf| {
        let trace = read_or_say(read(&path), unread)?;
        let stem = stem(&path);
        let (page, ending) = match stem.strip_suffix(".loss") {
            Some(page) => (page, ", what a client loses"),
            None => (stem.as_str(), ""),
        };
        let name = format!("[{}](../{GALLERY}/{page}.md){ending}", page.replacen('-', " ", 1));
        Some(Row { name, trace })
    };
    Ok(files(GALLERY, "json")?.into_iter().filter_map(row).collect())
}

/// The nine scenarios, as traces of the first thing that they show.
fn scenarios() -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for path in files(SCRIPTS, "txt")? {
        let script = fs::read_to_string(&path).context("cannot read a script");
        let scenario: Scenario = script.map_err(Failure::Usage)?.parse().map_err(Failure::usage)?;
        let performance = scenario.perform().map_err(Failure::operation)?;
        let trace = Trace::of_first_shown(&performance.run, None);
        let shows_nothing = || Failure::Operation(anyhow!("{} shows nothing", path.display()));
        let file = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let name = format!("[scenario {}](../{SCRIPTS}/{file})", stem(&path).replacen('-', " ", 1));
        rows.push(Row { name, trace: trace.ok_or_else(shows_nothing)? });
    }
    Ok(rows)
}
