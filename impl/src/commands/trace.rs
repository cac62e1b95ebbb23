//! `dynamo trace`: shows, steps through, replays, exports and shortens traces.

mod drive;
mod named;
mod show;
mod step;
mod validate;
mod worlds;

use super::defects::GALLERY;
use super::{Failure, names, own_scopes, table};
use crate::output::{self, note, say};
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand, ValueHint};
use dynamo::export::{self, Format};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::notation::words;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::replay::{Divergence, Run};
use dynamo_invariants::trace::shrink::{shrink, walk};
use dynamo_invariants::trace::{ReadError, Trace};
use dynamo_model::rules::Rules;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(super) use named::named;

const EXAMPLES: &str = "\
Examples:
  dynamo trace list                                     the committed counterexamples
  dynamo trace show counterexamples/001-word-before-disk.json
  dynamo trace show 1                                   the same: number 1 of the gallery
  dynamo trace show FILE --step 3                       the whole state after step 3, changes marked
  dynamo trace show FILE --table 6                      the put as the table of scenario 6
  dynamo trace step FILE                                walk through it: arrow keys, v, q
  dynamo trace replay counterexamples/*.json            does today's code take the same steps?
  dynamo trace drive 1 --in processes                   the same steps by real nodes, over UDP
  dynamo trace export FILE --format html > trace.html   a self-contained page
  dynamo trace random concurrent-puts --defect last-write-wins > long.json
  dynamo trace random --scope mine.toml > long.json     a scope of your own, from a file
  dynamo trace shrink long.json > short.json

A trace records one path through a scope: every event, and a digest of the state after each step. It
shows a property that is violated under a defect's rules. For a known limit, the rules are the
protocol's own.
Exit codes: 0 success, all traces replay; 1 a trace does not replay; 2 a file is no valid trace.";

/// Show, step through, replay, export and shorten traces
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the traces in a folder
    List {
        /// The folder
        #[arg(value_name = "FOLDER", default_value = GALLERY)]
        folder: PathBuf,
        /// Print {"traces": [..]}
        #[arg(long)]
        json: bool,
    },
    /// Show a trace as a space-time diagram, or one state of it
    Show(show::Arguments),
    /// Walk through a trace in the terminal
    Step {
        /// The trace: a file, or the name or number of a counterexample
        file: PathBuf,
    },
    /// Replay traces on today's code, and name the first step that differs
    Replay {
        /// The traces: files, or what dynamo defects takes, such as 22 or I8
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print {"traces": [..]}
        #[arg(long)]
        json: bool,
    },
    Drive(drive::Arguments),
    Worlds(worlds::Arguments),
    /// Print a trace in another format
    Export {
        /// The trace: a file, or the name or number of a counterexample
        file: PathBuf,
        /// The format
        #[arg(long, value_enum)]
        format: Format,
    },
    /// Check recorded runs of real nodes against the model and its properties, step by step
    Validate(validate::Arguments),
    /// Remove the steps that the violation does not need, and print the shorter trace
    Shrink {
        /// The trace: a file, or the name or number of a counterexample
        file: PathBuf,
    },
    /// Take random steps through a scope until a property is violated, and print the trace
    Random {
        /// The scope. If left out: the scope of --defect
        #[arg(value_name = "SCOPE")]
        scope: Option<String>,
        /// Walk through a scope of your own: a TOML file, or - for standard input. dynamo check
        /// --help has an example
        #[arg(long = "scope", value_name = "FILE", value_hint = ValueHint::FilePath,
            conflicts_with = "scope")]
        own: Option<PathBuf>,
        /// Use the rules of this defect
        #[arg(long, value_name = "NAME")]
        defect: Option<String>,
        /// The random seed. If left out, a random one, which is printed
        #[arg(long)]
        seed: Option<u64>,
        /// The most steps in one walk
        #[arg(long, default_value_t = 200,
            value_parser = clap::value_parser!(u16).range(1..=10_000))]
        steps: u16,
        /// The most walks
        #[arg(long, default_value_t = 1_000)]
        walks: u32,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::List { folder, json } => list(folder, *json),
        Command::Show(arguments) => show::run(arguments),
        Command::Step { file } => step::run(&named(file)?.1),
        Command::Replay { files, json } => replay(files, *json),
        Command::Drive(arguments) => drive::run(arguments),
        Command::Worlds(arguments) => worlds::run(arguments),
        Command::Export { file, format } => {
            let (file, trace) = named(file)?;
            let run = replayed(&trace, &file)?;
            output::print(format_args!("{}", export::export(&trace, &run, *format)));
            Ok(())
        }
        Command::Validate(arguments) => validate::run(arguments),
        Command::Shrink { file } => shorten(file),
        Command::Random { scope, own, defect, seed, steps, walks } => {
            let defect = defect.as_deref().map(names::defect).transpose()?;
            let scope = walked(scope.as_deref(), own.as_deref(), defect)?;
            at_random(scope, defect, *seed, usize::from(*steps), *walks)
        }
    }
}

/// Reads a trace file, at most as many bytes as a trace may have.
pub(super) fn read(file: &Path) -> Result<Trace, Failure> {
    let name = || file.display().to_string();
    let mut text = Vec::new();
    let most = Trace::BYTES_MAX as u64 + 1;
    let opened = File::open(file).and_then(|opened| opened.take(most).read_to_end(&mut text));
    opened.with_context(|| format!("cannot read {}", name())).map_err(Failure::Usage)?;
    let trace = Trace::from_json(&text);
    trace.map_err(|error: ReadError| Failure::Usage(anyhow::Error::new(error).context(name())))
}

/// What was read. Prints the error and counts it if nothing was.
fn read_or_say<T>(read: Result<T, Failure>, unread: &mut usize) -> Option<T> {
    match read {
        Ok(read) => Some(read),
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
        unread => {
            Err(Failure::Usage(anyhow!("{} could not be read", words::counted(unread, "file"))))
        }
    }
}

/// Replays a trace, and returns its run.
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
        .filter_map(|path| read_or_say(read(&path), &mut unread).map(|trace| (path, trace)))
        .collect();
    if as_json {
        let shown = traces.iter().map(|(path, trace)| {
            json!({
                "file": path, "defect": trace.defect, "scope": trace.scope,
                "property": trace.property,
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

fn replay(words: &[PathBuf], as_json: bool) -> Result<(), Failure> {
    let mut shown = Vec::new();
    let (mut failed, mut unread) = (0, 0);
    let found = words.iter().filter_map(|word| read_or_say(named::sources(word), &mut unread));
    for source in found.collect::<Vec<_>>().into_iter().flatten() {
        if output::is_closed() {
            break;
        }
        let Some((file, trace)) = read_or_say(source.read(), &mut unread) else { continue };
        let divergence = trace.replay().err();
        failed += usize::from(divergence.is_some());
        let why = divergence.as_ref().map(ToString::to_string);
        if !as_json {
            let steps = words::counted(trace.steps.len(), "step");
            let verdict =
                why.as_ref().map_or("replays".to_owned(), |why| format!("DIFFERS: {why}"));
            say!("{}: {steps}, {verdict}", file.display());
        }
        shown.push(json!({
            "file": file, "replays": divergence.is_none(), "steps": trace.steps.len(),
            "step": divergence.as_ref().and_then(Divergence::step), "why": why,
        }));
    }
    let count = shown.len();
    if as_json {
        say!("{:#}", json!({ "traces": shown }));
    }
    all_read(unread)?;
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::Operation(anyhow!("{failed} of {count} traces do not replay on this code")))
}

fn shorten(file: &Path) -> Result<(), Failure> {
    let (file, trace) = named(file)?;
    replayed(&trace, &file)?;
    let short = shrink(&trace).context("the trace violates nothing").map_err(Failure::Operation)?;
    note!("steps: {}, needed: {}", trace.steps.len(), short.steps.len());
    output::print(format_args!("{}", short.to_json()));
    Ok(())
}

/// The scope that random walks go through.
fn walked(
    scope: Option<&str>,
    own: Option<&Path>,
    defect: Option<&'static Defect>,
) -> Result<&'static Scope, Failure> {
    match (own, scope, defect) {
        (Some(file), ..) => own_scopes::read(file),
        (None, Some(word), _) => Ok(names::scope(word)?),
        (None, None, Some(defect)) => Ok(defect.scope()),
        (None, None, None) => Err(Failure::Usage(anyhow!(
            "name a scope, a file with --scope, or a defect with --defect"
        ))),
    }
}

fn at_random(
    scope: &Scope,
    defect: Option<&Defect>,
    seed: Option<u64>,
    steps: usize,
    walks: u32,
) -> Result<(), Failure> {
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
        "no violation in {walks} walks with seed {seed}; this proves nothing: see dynamo check"
    )))
}
