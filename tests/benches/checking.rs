//! `cargo bench -p dynamo-benchmarks --bench checking`: how fast scopes are checked and in how much
//! memory, by our engine and by stateright's two, with one and two threads, each in its own
//! process.

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use comfy_table::{CellAlignment, Table, presets};
use dynamo_invariants::catalogue::{self, PROPERTIES};
use dynamo_invariants::check::{Effort, check};
use dynamo_invariants::scope::Scope;
use dynamo_model::rules::Rules;
use serde::{Deserialize, Serialize};
use stateright::{Checker, Model};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::process::Command;
use std::time::{Duration, Instant};

/// The default scopes: two tiny ones, where only the start counts, and four with 10^5 to 10^7
/// states.
const SCOPES: [&str; 6] =
    ["forwarding", "read-repair", "impatience", "crash-amid-puts", "r1-w1", "loss-and-retries"];
/// The largest scope of a smoke test, in states.
const QUICK_STATES_MAX: usize = 10_000;
/// A scope is checked repeatedly for this time at least, so that a tiny one can be timed.
const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// States a second and bytes a state of three engines
#[derive(Debug, Parser)]
struct Arguments {
    /// The scopes to check. If left out: six of all sizes
    scopes: Vec<String>,
    /// A smoke test: small scopes only
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Check one scope with this engine and print the run: for the processes of the benchmark
    #[arg(long, hide = true, requires = "threads")]
    way: Option<Way>,
    #[arg(long, hide = true)]
    threads: Option<usize>,
    /// The option that cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Way {
    /// Ours.
    Interned,
    /// stateright's breadth-first checker, which finds shortest paths.
    Breadth,
    /// stateright's depth-first checker, which needs the least memory. It does not find shortest
    /// paths.
    Depth,
}

const WAYS: [Way; 3] = [Way::Interned, Way::Breadth, Way::Depth];

/// One scope checked by one engine.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    scope: String,
    way: Way,
    threads: usize,
    unique_states: usize,
    seconds: f64,
    unique_states_per_second: f64,
    /// The highest memory use of the process.
    peak_memory_bytes: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let wanted = if arguments.scopes.is_empty() {
        SCOPES.map(str::to_owned).to_vec()
    } else {
        arguments.scopes.clone()
    };
    let named = |name: &String| {
        catalogue::scope_named(name).with_context(|| format!("there is no scope \"{name}\""))
    };
    let mut chosen: Vec<&Scope> = wanted.iter().map(named).collect::<Result<_>>()?;
    chosen.retain(|scope| !arguments.quick || scope.unique_states <= QUICK_STATES_MAX);
    if let (Some(way), Some(threads)) = (arguments.way, arguments.threads) {
        println!("{}", serde_json::to_string(&run(chosen[0], way, threads)?)?);
        return Ok(());
    }
    let two_threads_gain = two_threads_gain();
    let mut runs = Vec::new();
    for scope in &chosen {
        for way in WAYS {
            for threads in [1, 2] {
                runs.push(in_process(scope, way, threads)?);
            }
        }
    }
    if arguments.json {
        let report = serde_json::json!({
            "two_threads_gain_of_a_pure_loop": two_threads_gain,
            "runs": runs,
        });
        println!("{report:#}");
    } else {
        print(&runs, two_threads_gain);
    }
    Ok(())
}

/// Checks the scope in its own process, so that memory left by one check does not count for
/// another.
fn in_process(scope: &Scope, way: Way, threads: usize) -> Result<Run> {
    let name = way.to_possible_value().expect("no way is hidden");
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(scope.name).args(["--way", name.get_name(), "--threads", &threads.to_string()]);
    let output = command.output()?;
    ensure!(output.status.success(), "{}: {}", scope.name, String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[expect(clippy::cast_precision_loss, reason = "rates to look at")]
fn run(scope: &Scope, way: Way, threads: usize) -> Result<Run> {
    let (begun, mut times) = (Instant::now(), 0);
    while times == 0 || begun.elapsed() < LONG_ENOUGH {
        let found = match way {
            Way::Interned => {
                let report = check(scope, Rules::default(), &Effort::threads(threads), |_| {
                    ControlFlow::Continue(())
                });
                ensure!(report.holds(), "{} does not hold", scope.name);
                report.progress.unique_states
            }
            Way::Breadth => checker(scope, threads).spawn_bfs().join().unique_state_count(),
            Way::Depth => checker(scope, threads).spawn_dfs().join().unique_state_count(),
        };
        ensure!(found == scope.unique_states, "{} has {found} states", scope.name);
        times += 1;
    }
    let seconds = begun.elapsed().as_secs_f64() / f64::from(times);
    Ok(Run {
        scope: scope.name.to_owned(),
        way,
        threads,
        unique_states: scope.unique_states,
        seconds,
        unique_states_per_second: scope.unique_states as f64 / seconds,
        peak_memory_bytes: peak_memory()?,
    })
}

fn checker(
    scope: &Scope,
    threads: usize,
) -> stateright::CheckerBuilder<dynamo_invariants::system::System> {
    scope.model(Rules::default(), PROPERTIES).checker().threads(threads)
}

/// The highest memory use of this process, in bytes.
fn peak_memory() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status").context("needs Linux")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? << 10)
}

/// How much faster two threads do pure arithmetic than one. Two threads of a check cannot gain
/// more.
fn two_threads_gain() -> f64 {
    let spin = || {
        (0..400_000_000_u64)
            .fold(1, |mixed, number| black_box(mixed ^ number).wrapping_mul(0x9e37_79b9))
    };
    let time = |threads: usize| {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            (0..threads).for_each(|_| drop(scope.spawn(|| black_box(spin()))));
        });
        begun.elapsed().as_secs_f64()
    };
    2.0 * time(1) / time(2)
}

#[expect(clippy::cast_precision_loss, reason = "ratios to look at")]
fn print(runs: &[Run], two_threads_gain: f64) {
    let mut rows = Table::new();
    rows.load_style(presets::ASCII_MARKDOWN);
    rows.set_header([
        "scope",
        "states",
        "threads",
        "ours/s",
        "×BFS",
        "×DFS",
        "of 2 threads",
        "B/state",
        "BFS",
        "DFS",
    ]);
    for column in rows.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for ours in runs.iter().filter(|run| run.way == Way::Interned) {
        let other = |way, threads| {
            let found = runs
                .iter()
                .find(|run| (&run.scope, run.way, run.threads) == (&ours.scope, way, threads));
            found.expect("every scope is checked every way")
        };
        let ratio =
            |way| ours.unique_states_per_second / other(way, ours.threads).unique_states_per_second;
        let bytes =
            |run: &Run| format!("{:.0}", run.peak_memory_bytes as f64 / run.unique_states as f64);
        let gain = ours.unique_states_per_second / other(Way::Interned, 1).unique_states_per_second;
        rows.add_row([
            ours.scope.clone(),
            ours.unique_states.to_string(),
            ours.threads.to_string(),
            format!("{:.0}", ours.unique_states_per_second),
            format!("{:.1}", ratio(Way::Breadth)),
            format!("{:.1}", ratio(Way::Depth)),
            if ours.threads == 1 {
                String::new()
            } else {
                format!("{:.0} %", 100.0 * gain / two_threads_gain)
            },
            bytes(ours),
            bytes(other(Way::Breadth, ours.threads)),
            bytes(other(Way::Depth, ours.threads)),
        ]);
    }
    println!("{rows}");
    println!(
        "ours/s: unique states a second. Ours also checks what must hold in every end state, \
         which stateright does not."
    );
    println!(
        "×BFS, ×DFS: our rate relative to stateright's checkers. B/state: peak memory of the \
         whole process."
    );
    println!(
        "of 2 threads: what two gain over one, relative to the {two_threads_gain:.2} that two \
         threads of pure arithmetic gain."
    );
}
