//! `dynamo simulate`: runs whole clusters in virtual time, while things go wrong.

mod ending;
mod measured;
mod options;
mod seen;
mod series;
mod story;

use super::arguments::{seconds, stop_signal};
use super::{Failure, check, names, progress};
use crate::output::say;
use clap::{Args, ValueHint};
use dynamo::simulation::{Profile, Size};
use dynamo_invariants::defect::Defect;
use options::{Quorum, minutes};
use series::{Series, Tally};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  dynamo simulate                                     100 runs of all profiles, with a new seed
  dynamo simulate --profile churn --time 60           a minute of runs in which the ring changes
  dynamo simulate --seed 3 --from 17 --runs 1         one run again, on any machine
  dynamo simulate --defect plain-vector-clocks        how soon does simulation find this defect?
  dynamo simulate --nodes 5 --minutes 10              ten minutes of faults among five nodes
  dynamo simulate --profile churn --seed 1 --r 1      what does R=1 cost? Compare with --r 2
  dynamo simulate --plots plots                       draw a plot of each measure
  dynamo simulate --json | jq .measures               all measures, for programs
  dynamo simulate --json | jq .did.reached            how many runs have shown each situation

A run is a cluster: the nodes that dynamo node runs, with a simulated network and simulated disks,
in virtual time. Everything follows from the seed and the number of the run. First, faults happen
while clients ask. Then faults stop, and what must be so eventually must be so within 15 virtual
minutes, or later where reaping and comparing take longer. The properties are those of dynamo
check. They judge the run after every event.

After a violation, the command looks for a smaller run that violates the same property: with one
key, few clients and few kinds of faults. It then leaves out every step that the violation does not
need, and saves the path as a trace. dynamo check --from-trace FILE checks all orders of its events.

A run without a violation proves nothing. dynamo check visits every order of events, but only in
small scopes. A run sees one order, in a larger cluster and over a longer time.";

/// The most nodes of a run.
const NODES_MAX: i64 = 1_000;

/// Run clusters in virtual time while things go wrong, judged by the properties of dynamo check
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "time",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    runs: u64,
    /// Run for this time instead, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time: Option<Duration>,
    /// The seed: it draws the same runs on every machine. Drawn and printed if left out
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// The number of the first run
    #[arg(long, value_name = "NUMBER", default_value_t,
        value_parser = clap::value_parser!(u64).range(0..=1_000_000_000_000))]
    from: u64,
    /// What goes wrong. Without it, each run has one of all
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// How many nodes. Without it, each run has 2 to 5
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(2..=NODES_MAX))]
    nodes: Option<u16>,
    /// How many keys
    #[arg(long, value_name = "COUNT", default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..=100))]
    keys: u16,
    /// The most clients of a key. In some runs most clients use few keys, up to 24 of them one key
    #[arg(long, value_name = "COUNT", default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(1..=6))]
    clients: u8,
    #[command(flatten)]
    quorum: Quorum,
    /// The longest virtual time in which clients begin and faults happen, in minutes. In some runs
    /// that delete, faults go on until tombstones are reaped
    #[arg(long, value_name = "MINUTES", default_value = "0.5", value_parser = minutes)]
    minutes: Duration,
    /// Let the nodes follow the rules of this defect
    #[arg(long, value_name = "NAME")]
    defect: Option<String>,
    /// How many threads, each with a run. Without it, as many as there are cores
    #[arg(long, value_name = "COUNT")]
    threads: Option<NonZeroUsize>,
    /// Go on after a violation
    #[arg(long)]
    keep_going: bool,
    /// Do not look for a smaller run after a violation
    #[arg(long)]
    no_shrink: bool,
    /// Draw a plot of each measure as an SVG file in this folder
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    plots: Option<PathBuf>,
    /// Print one object with what the runs did, in numbers
    #[arg(long)]
    json: bool,
}

/// A profile's name on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ProfileName {
    /// Nothing goes wrong
    Calm,
    /// Messages are lost, late or doubled now and then, and nodes crash
    Rough,
    /// The same, ten times as often. In some runs, a node loses its disk
    Hostile,
    /// As rough, and nodes join, leave and are removed
    Churn,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Profile {
        match name {
            ProfileName::Calm => Profile::Calm,
            ProfileName::Rough => Profile::Rough,
            ProfileName::Hostile => Profile::Hostile,
            ProfileName::Churn => Profile::Churn,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let defect = arguments.defect.as_deref().map(names::defect).transpose()?;
    let stop = stop_signal()?;
    let series = Series {
        // A short seed is easy to type again.
        seed: arguments.seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
        from: arguments.from,
        count: if arguments.time.is_some() { u64::MAX - arguments.from } else { arguments.runs },
        until: arguments.time.map(|time| Instant::now() + time),
        profile: arguments.profile.map(Profile::from),
        size: Size {
            nodes: arguments.nodes,
            keys: usize::from(arguments.keys),
            clients: usize::from(arguments.clients),
            quorum: arguments.quorum.drawn_for(arguments.nodes)?,
            unsafe_for: arguments.minutes,
        },
        rules: defect.map(|defect: &Defect| (defect.rules)()).unwrap_or_default(),
        defect,
        threads: arguments.threads.map_or_else(check::cores, usize::from),
        keep_going: arguments.keep_going,
        shrinks: !arguments.no_shrink,
        stop: &stop,
    };
    let bar = progress::runs(if arguments.time.is_some() { 0 } else { arguments.runs });
    let is_quiet = arguments.json;
    let mut out = |line: &str| {
        if !is_quiet {
            bar.suspend(|| say!("{line}"));
        }
    };
    let tally: Tally = series.run(&bar, &mut out);
    bar.finish_and_clear();
    if arguments.json {
        say!("{:#}", series.as_json(&tally));
    } else {
        ending::conclude(&tally, &mut out);
    }
    if let Some(folder) = &arguments.plots {
        measured::save_plots(&tally.measures, folder)?;
        out(&format!("The plots are in {}.", folder.display()));
    }
    series.outcome(&tally)
}
