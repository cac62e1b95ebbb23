//! `cargo bench -p dynamo-tests --bench checking`: how fast each scope is checked, by either engine, with one thread and with two.

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use dynamo_invariants::check::{Effort, Engine, check};
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scopes::{self, SCOPES};
use dynamo_model::rules::Rules;
use serde::Serialize;
use std::ops::ControlFlow;

/// The largest scope of a smoke test, in states.
const QUICK_STATES_MAX: usize = 10_000;
/// The largest scope that stateright's engine is put to, in states: the largest would take it many minutes, and gigabytes.
const STATERIGHT_STATES_MAX: usize = 400_000;
/// Every engine with every number of threads.
const WAYS: [(Engine, usize); 4] =
    [(Engine::Interned, 1), (Engine::Interned, 2), (Engine::Stateright, 1), (Engine::Stateright, 2)];

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
    engine: Engine,
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
    let ways = chosen.iter().flat_map(|scope| WAYS.map(|(engine, threads)| (*scope, engine, threads)));
    let bounded =
        ways.filter(|(scope, engine, _)| *engine == Engine::Interned || scope.unique_states <= STATERIGHT_STATES_MAX);
    let runs = bounded.map(|(scope, engine, threads)| run(scope, engine, threads)).collect::<Result<Vec<Run>>>()?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&runs)?);
    } else {
        print(&runs);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
fn run(scope: &Scope, engine: Engine, threads: usize) -> Result<Run> {
    let memory = || memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem);
    let mut peak = memory();
    let report = check(scope, Rules::default(), &Effort { engine, ..Effort::threads(threads) }, |_| {
        peak = peak.max(memory());
        ControlFlow::Continue(())
    });
    ensure!(report.holds(), "{} does not hold", scope.name);
    let (unique_states, seconds) = (report.progress.unique_states, report.seconds);
    ensure!(unique_states == scope.unique_states, "{} has {unique_states} states", scope.name);
    Ok(Run {
        scope: scope.name,
        engine,
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
            format!("{:?}", run.engine).to_lowercase(),
            run.threads.to_string(),
            run.unique_states.to_string(),
            run.generated_states.to_string(),
            format!("{:.2}", run.seconds),
            format!("{:.0}", run.unique_states_per_second),
            (run.peak_memory_bytes >> 20).to_string(),
        ]);
    }
    println!("{rows}");
    for (engine, threads) in WAYS {
        let shared =
            |run: &&Run| (run.engine, run.threads) == (engine, threads) && run.unique_states <= STATERIGHT_STATES_MAX;
        let states: usize = runs.iter().filter(shared).map(|run| run.unique_states).sum();
        let seconds: f64 = runs.iter().filter(shared).map(|run| run.seconds).sum();
        println!(
            "{engine:?}, {threads} thread(s): {states} unique states in {seconds:.1} s, in scopes that both checked"
        );
    }
}
