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
    let (mut unread, mut reasons) = (0, Vec::new());
    let rows: Vec<Row> = gallery(&mut unread)?.into_iter().chain(scenarios()?).collect();
    let all = World::value_variants();
    let heads: Vec<String> = all.iter().map(|world| name(*world)).collect();
    let mut passed = vec![0; all.len()];
    let mut lines = Vec::new();
    for Row { name, trace } in &rows {
        let cells = all.iter().zip(&mut passed).map(|(world, passed)| {
            if !worlds.contains(world) {
                return "-".to_owned();
            }
            let error = match world.drive(trace) {
                Ok(lost) => {
                    *passed += 1;
                    return names(lost)
                        .map_or("yes".to_owned(), |lost| format!("yes; lost: {lost}"));
                }
                Err(error) => error,
            };
            reasons.push(format!("{error:#}"));
            format!("no ({})", reasons.len())
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        note!("{name}: {cells}");
        lines.push(format!("| {name} | {} | {cells} |", trace.steps.len()));
    }
    say!("{HEAD}");
    say!("| trace | steps | {} |", heads.join(" | "));
    say!("|---|---:|{}", "---|".repeat(all.len()));
    lines.iter().for_each(|line| say!("{line}"));
    let sums = all.iter().zip(&passed).map(|(world, passed)| match worlds.contains(world) {
        true => format!("{passed} of {}", rows.len()),
        false => "-".to_owned(),
    });
    say!("| **as in the model** | | {} |", sums.collect::<Vec<_>>().join(" | "));
    if !reasons.is_empty() {
        say!("\n## Why not\n");
    }
    for (index, reason) in reasons.iter().enumerate() {
        say!("{}. {reason}", index + 1);
    }
    all_read(unread)
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
