//! `dynamo trace`: shows, steps through, replays, exports and shortens traces.

mod show;
mod step;

use super::arguments::defect_named;
use super::check::scope_named;
use super::{Failure, table};
use crate::output::{self, note, say};
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use dynamo::export::{self, Format};
use dynamo_invariants::describe;
use dynamo_invariants::notation::words;
use dynamo_invariants::trace::ReadError;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Divergence;
use dynamo_invariants::trace::replay::Run;
use dynamo_invariants::trace::shrink::shrink;
use dynamo_invariants::trace::shrink::walk;
use dynamo_model::rules::Rules;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  dynamo trace list                                     the committed counterexamples
  dynamo trace show counterexamples/004-word-before-disk.json
  dynamo trace show FILE --step 3                       all of the state after step 3, what changed marked
  dynamo trace show FILE --table 6                      how the put goes on: the lines of trace 6, time to the right
  dynamo trace step FILE                                walk through it: arrows, v to the violation, q to quit
  dynamo trace replay counterexamples/*.json            does today's code still do the same?
  dynamo trace export FILE --format html > trace.html   a page that needs no server
  dynamo trace random concurrent-puts --defect last-write-wins > long.json
  dynamo trace shrink long.json > short.json

A trace is a run of a scope, event by event, written down by content, with a digest of what each step leads to. It shows that a
property does not hold under a defect's rules, or, for known limits, under the protocol's own.
Exit codes: 0 done, all replay; 1 a trace comes out otherwise than it says; 2 a file is no trace that can be read.";

/// Show, step through, replay, export and shorten traces
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the traces of a folder
    List {
        /// The folder
        #[arg(value_name = "FOLDER", default_value = "counterexamples")]
        folder: PathBuf,
        /// Print {"traces": [..]}
        #[arg(long)]
        json: bool,
    },
    /// Show a trace as a space-time diagram, or one of its states
    Show(show::Arguments),
    /// Walk through a trace in the terminal
    Step {
        /// The trace
        file: PathBuf,
    },
    /// Replay traces on today's code: which step first comes out otherwise, if one does?
    Replay {
        /// The traces
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print {"traces": [..]}
        #[arg(long)]
        json: bool,
    },
    /// Print a trace in another format
    Export {
        /// The trace
        file: PathBuf,
        /// The format
        #[arg(long, value_enum)]
        format: Format,
    },
    /// Leave out of a trace what its violation does not need, and print the rest
    Shrink {
        /// The trace
        file: PathBuf,
    },
    /// Go through a scope at random until something that is to hold does not, and print the trace
    Random {
        /// The scope; the defect's if left out
        scope: Option<String>,
        /// Break a rule
        #[arg(long, value_name = "NAME")]
        defect: Option<String>,
        /// Where chance begins; chance itself chooses if left out, and says so
        #[arg(long)]
        seed: Option<u64>,
        /// How long to go on at most
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        steps: u16,
        /// How often to begin anew
        #[arg(long, default_value_t = 1_000)]
        walks: u32,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::List { folder, json } => list(folder, *json),
        Command::Show(arguments) => show::run(arguments),
        Command::Step { file } => step::run(&read(file)?),
        Command::Replay { files, json } => replay(files, *json),
        Command::Export { file, format } => {
            let trace = read(file)?;
            let run = replayed(&trace, file)?;
            output::print(format_args!("{}", export::export(&trace, &run, *format)));
            Ok(())
        }
        Command::Shrink { file } => shorten(file),
        Command::Random { scope, defect, seed, steps, walks } => {
            at_random(scope.as_deref(), defect.as_deref(), *seed, usize::from(*steps), *walks)
        }
    }
}

/// Reads a file that may be anything.
pub(super) fn read(file: &Path) -> Result<Trace, Failure> {
    let name = || file.display().to_string();
    let mut text = Vec::new();
    let most = Trace::BYTES_MAX as u64 + 1;
    let opened = File::open(file).and_then(|opened| opened.take(most).read_to_end(&mut text));
    opened.with_context(|| format!("cannot read {}", name())).map_err(Failure::Usage)?;
    let trace = Trace::from_json(&text);
    trace.map_err(|error: ReadError| Failure::Usage(anyhow::Error::new(error).context(name())))
}

/// The same where there are others to be read: says why one cannot be, and counts it.
fn read_or_say(file: &Path, unread: &mut usize) -> Option<Trace> {
    match read(file) {
        Ok(trace) => Some(trace),
        Err(failure) => {
            note!("{failure}");
            *unread += 1;
            None
        }
    }
}

fn all_read(unread: usize) -> Result<(), Failure> {
    match unread {
        0 => Ok(()),
        unread => Err(Failure::Usage(anyhow!(
            "{} cannot be read as traces",
            words::counted(unread, "file")
        ))),
    }
}

/// The run that a trace tells of.
pub(super) fn replayed(trace: &Trace, file: &Path) -> Result<Run, Failure> {
    let differs =
        |divergence: Divergence| anyhow::Error::new(divergence).context(file.display().to_string());
    trace.replay().map_err(|divergence| Failure::Operation(differs(divergence)))
}

fn list(folder: &Path, as_json: bool) -> Result<(), Failure> {
    let hint = || format!("cannot list {}: name the folder that has the traces", folder.display());
    let entries = std::fs::read_dir(folder).with_context(hint).map_err(Failure::Usage)?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    let mut unread = 0;
    let traces: Vec<(PathBuf, Trace)> = paths
        .into_iter()
        .filter_map(|path| read_or_say(&path, &mut unread).map(|trace| (path, trace)))
        .collect();
    if as_json {
        let shown = traces.iter().map(|(path, trace)| {
            json!({
                "file": path, "defect": trace.defect, "scope": trace.scope, "property": trace.property,
                "steps": trace.steps.len(), "cycle_from": trace.cycle_from,
            })
        });
        say!("{:#}", json!({ "traces": shown.collect::<Vec<_>>() }));
        return all_read(unread);
    }
    let mut rows = table::new(&["file", "rules", "scope", "violates", "steps"]);
    for (path, trace) in &traces {
        rows.add_row([
            path.display().to_string(),
            trace.defect.clone().unwrap_or_else(|| "the protocol's own".to_owned()),
            trace.scope.clone(),
            trace.property.clone(),
            trace.steps.len().to_string(),
        ]);
    }
    say!("{rows}");
    all_read(unread)
}

fn replay(files: &[PathBuf], as_json: bool) -> Result<(), Failure> {
    let mut shown = Vec::new();
    let (mut failed, mut unread) = (0, 0);
    for file in files {
        if output::is_closed() {
            break;
        }
        let Some(trace) = read_or_say(file, &mut unread) else { continue };
        let divergence = trace.replay().err();
        failed += usize::from(divergence.is_some());
        if as_json {
            let why = divergence.as_ref().map(ToString::to_string);
            shown.push(json!({
                "file": file, "replays": divergence.is_none(), "steps": trace.steps.len(),
                "step": divergence.as_ref().and_then(Divergence::step), "why": why,
            }));
        } else {
            let verdict = divergence
                .map_or("replays".to_owned(), |divergence| format!("DIFFERS: {divergence}"));
            say!("{}: {}, {verdict}", file.display(), words::counted(trace.steps.len(), "step"));
        }
    }
    if as_json {
        say!("{:#}", json!({ "traces": shown }));
    }
    all_read(unread)?;
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::Operation(anyhow!(
        "{failed} of {} traces come out otherwise on this code",
        files.len()
    )))
}

fn shorten(file: &Path) -> Result<(), Failure> {
    let trace = read(file)?;
    replayed(&trace, file)?;
    let short =
        shrink(&trace).context("it shows nothing to begin with").map_err(Failure::Operation)?;
    note!("steps: {}, of which needed: {}", trace.steps.len(), short.steps.len());
    output::print(format_args!("{}", short.to_json()));
    Ok(())
}

fn at_random(
    scope: Option<&str>,
    defect: Option<&str>,
    seed: Option<u64>,
    steps: usize,
    walks: u32,
) -> Result<(), Failure> {
    let defect = defect.map(defect_named).transpose()?;
    let scope = match (scope, defect) {
        (Some(name), _) => scope_named(name)?,
        (None, Some(defect)) => defect.scope(),
        (None, None) => {
            return Err(Failure::Usage(anyhow!("name a scope, or a defect with --defect")));
        }
    };
    let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
    let seed = seed.unwrap_or_else(rand::random);
    let mut chance = StdRng::seed_from_u64(seed);
    for number in 1..=walks {
        let (run, violated) = walk(scope, rules, steps, |count| chance.random_range(0..count));
        let Some(property) = violated else { continue };
        note!(
            "walk {number} of seed {seed} violates {} in step {}",
            property.name,
            run.events.len()
        );
        output::print(format_args!(
            "{}",
            Trace::of(&run, defect.map(|defect| defect.name.to_owned()), property, None).to_json()
        ));
        return Ok(());
    }
    Err(Failure::CutOff(anyhow!(
        "nothing is violated in walks of seed {seed}, {walks} in all; that proves nothing: see dynamo check"
    )))
}
