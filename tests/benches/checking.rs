//! `cargo bench -p dynamo-tests --bench checking`: how fast each scope is checked, with one thread and with two.

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use dynamo_invariants::check::check;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scopes::{self, SCOPES};
use dynamo_model::rules::Rules;
use serde::Serialize;
use std::ops::ControlFlow;

const THREADS: [usize; 2] = [1, 2];
/// A smoke test leaves larger scopes out.
const QUICK_STATES_MAX: usize = 10_000;

/// States a second of each scope
#[derive(Debug, Parser)]
struct Arguments {
    /// The scopes to check; all if none is named
    scopes: Vec<String>,
    /// A smoke test: small scopes only
    #[arg(long)]
    quick: bool,
    /// Print data
    #[arg(long)]
    json: bool,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// One check of one scope.
#[derive(Debug, Serialize)]
struct Run {
    scope: &'static str,
    engine: &'static str,
    threads: usize,
    unique_states: usize,
    generated_states: usize,
    seconds: f64,
    unique_states_per_second: f64,
    /// The most that the process was seen to use during this check, what earlier checks left behind included.
    peak_memory_bytes: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let named = |name: &String| scopes::named(name).with_context(|| format!("there is no scope \"{name}\""));
    let mut chosen: Vec<&Scope> = arguments.scopes.iter().map(named).collect::<Result<_>>()?;
    if chosen.is_empty() {
        chosen = SCOPES.iter().collect();
    }
    chosen.retain(|scope| !arguments.quick || scope.unique_states <= QUICK_STATES_MAX);
    let pairs = chosen.iter().flat_map(|scope| THREADS.map(|threads| (scope, threads)));
    let runs = pairs.map(|(scope, threads)| run(scope, threads)).collect::<Result<Vec<Run>>>()?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&runs)?);
    } else {
        print(&runs);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
fn run(scope: &Scope, threads: usize) -> Result<Run> {
    let memory = || memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem);
    let mut peak = memory();
    let report = check(scope, Rules::default(), threads, |_| {
        peak = peak.max(memory());
        ControlFlow::Continue(())
    });
    ensure!(report.holds(), "{} does not hold", scope.name);
    let (unique_states, seconds) = (report.progress.unique_states, report.seconds);
    ensure!(unique_states == scope.unique_states, "{} has {unique_states} states", scope.name);
    Ok(Run {
        scope: scope.name,
        engine: report.engine,
        threads,
        unique_states,
        generated_states: report.progress.generated_states,
        seconds,
        unique_states_per_second: unique_states as f64 / seconds,
        peak_memory_bytes: peak,
    })
}

fn print(runs: &[Run]) {
    let mut rows = Table::new();
    rows.load_style(presets::ASCII_MARKDOWN);
    rows.set_header(["scope", "engine", "threads", "unique states", "generated", "seconds", "unique/s", "memory MB"]);
    for column in rows.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for run in runs {
        rows.add_row([
            run.scope.to_owned(),
            run.engine.to_owned(),
            run.threads.to_string(),
            run.unique_states.to_string(),
            run.generated_states.to_string(),
            format!("{:.2}", run.seconds),
            format!("{:.0}", run.unique_states_per_second),
            (run.peak_memory_bytes >> 20).to_string(),
        ]);
    }
    println!("{rows}");
    for threads in THREADS {
        let runs = || runs.iter().filter(|run| run.threads == threads);
        let states: usize = runs().map(|run| run.unique_states).sum();
        let seconds: f64 = runs().map(|run| run.seconds).sum();
        println!("{threads} thread(s): {states} unique states in {seconds:.1} s");
    }
}
