//! `cargo bench -p dynamo-benchmarks --bench simulating`: how many events of a simulated cluster one
//! thread judges in a second, with five nodes and few or many keys.

use anyhow::{Result, ensure};
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use dynamo::simulation::{Plan, Profile, Size, run};
use dynamo_model::rules::Rules;
use serde::Serialize;
use std::time::{Duration, Instant};

const KEYS: [usize; 3] = [1, 2, 20];
const NODES: u16 = 5;
const SEED: u64 = 1;
const PROFILES: [Profile; 4] = [Profile::Hostile, Profile::Churn, Profile::Rough, Profile::Calm];

/// Simulated clusters of five nodes
#[derive(Debug, Parser)]
struct Arguments {
    /// A smoke test: a second for each line
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The option that cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// The result for one number of keys.
#[derive(Debug, Serialize)]
struct Line {
    keys: usize,
    runs: u64,
    events: u64,
    events_per_second: f64,
    /// Virtual time for each second of real time.
    times_as_fast: f64,
}

fn main() -> Result<()> {
    let Arguments { quick, json, .. } = Arguments::parse();
    let least = Duration::from_secs(if quick { 1 } else { 10 });
    let lines: Vec<Line> =
        KEYS.into_iter().map(|keys| measure(keys, least)).collect::<Result<_>>()?;
    if json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        println!("{}", table(&lines));
    }
    Ok(())
}

/// Makes runs of all profiles in turn, for at least this time.
#[expect(clippy::cast_precision_loss, reason = "rates to look at")]
fn measure(keys: usize, least: Duration) -> Result<Line> {
    let unsafe_for = Duration::from_secs(30);
    let size = Size { nodes: Some(NODES), quorum: None, keys, clients: 3, unsafe_for };
    let (mut runs, mut events, mut virtual_time) = (0_u64, 0, Duration::ZERO);
    let begun = Instant::now();
    while begun.elapsed() < least || !runs.is_multiple_of(PROFILES.len() as u64) {
        let profile = PROFILES[(runs % PROFILES.len() as u64) as usize];
        let outcome = run(&Plan::draw(SEED, runs, profile, &size), &Rules::default());
        ensure!(outcome.violation.is_none(), "number {runs} of seed {SEED} violates a property");
        runs += 1;
        events += outcome.tally.events;
        virtual_time += outcome.virtual_time;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let times_as_fast = virtual_time.as_secs_f64() / seconds;
    Ok(Line { keys, runs, events, events_per_second: events as f64 / seconds, times_as_fast })
}

fn table(lines: &[Line]) -> Table {
    let mut rows = Table::new();
    rows.load_style(presets::ASCII_MARKDOWN);
    rows.set_header(["keys", "runs", "events", "events/s", "times as fast as real time"]);
    for column in rows.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in lines {
        rows.add_row([
            line.keys.to_string(),
            line.runs.to_string(),
            line.events.to_string(),
            format!("{:.0}", line.events_per_second),
            format!("{:.0}", line.times_as_fast),
        ]);
    }
    rows
}
