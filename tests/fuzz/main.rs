//! Fuzzing: every function that reads bytes or text from other programs gets mutated input. None
//! may panic.
//!
//! ```text
//! cargo run --release -p dynamo-fuzz --example fuzz -- --seconds 60
//! cargo run --release -p dynamo-fuzz --example fuzz -- sessions --executions 1000000
//! cargo run --release -p dynamo-fuzz --example fuzz -- sessions --seed 7 --round 12
//! ```
//!
//! * A [target](targets) mutates valid input ([`mutate`]) and passes it to one function. If a
//!   checksum guards the input, most executions correct the checksum after the mutation, so that
//!   the code behind the checksum runs too.
//! * A target also checks what it decodes: encoded again, the value is no longer than its input,
//!   and decodes to an equal value.
//! * Executions come in [rounds](run). A seed and the number of a round determine all inputs of the
//!   round. Two targets are exceptions: the sessions generate their own keys, and the journal's
//!   files contain times and random names. A failure of these shows only the input.
//! * There is no coverage feedback, because that needs a nightly compiler, and so there is no
//!   corpus: [`seeds`] builds the valid inputs.
//! * `cargo test` runs every target briefly, and checks that each has accepted and refused inputs.

mod chance;
mod mutate;
mod run;
mod seeds;
mod targets;
#[cfg(test)]
mod tests;

use clap::Parser;
use run::{Limit, Order};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use targets::{TARGETS, Target};

/// Pass mutated input to everything that reads what other programs wrote
#[derive(Debug, Parser)]
struct Arguments {
    /// The targets. If left out: all
    #[arg(value_name = "TARGET", value_parser = target_named)]
    targets: Vec<&'static Target>,
    /// How long to run each target [default: 10]
    #[arg(long, conflicts_with_all = ["executions", "round"])]
    seconds: Option<u64>,
    /// How often to execute each target, rounded up to whole rounds
    #[arg(long, conflicts_with = "round")]
    executions: Option<u64>,
    /// Run only the round with this number
    #[arg(long)]
    round: Option<u64>,
    /// The random seed. If left out, a random one, which is printed
    #[arg(long)]
    seed: Option<u64>,
    /// The number of threads. If left out: one for each core
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

fn target_named(name: &str) -> Result<&'static Target, String> {
    let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .ok_or_else(|| format!("the targets are {}", names()))
}

impl Arguments {
    fn order(&self) -> Order {
        let limit = match (self.round, self.executions) {
            (Some(round), _) => Limit::Round(round),
            (None, Some(executions)) => Limit::Executions(executions),
            (None, None) => Limit::Time(Duration::from_secs(self.seconds.unwrap_or(10))),
        };
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.map_or_else(cores, usize::from);
        Order { seed: self.seed.unwrap_or_else(rand::random), limit, threads }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let order = arguments.order();
    let all: Vec<_> = TARGETS.iter().collect();
    let chosen = if arguments.targets.is_empty() { &all } else { &arguments.targets };
    println!("seed {}", order.seed);
    let mut executions = 0;
    for target in chosen {
        match run::run(target, &order) {
            Ok(report) => {
                executions += report.tally.executions();
                println!("{:<12} {report}", target.name);
            }
            Err(failure) => {
                println!("{failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{executions} executions in all, no panic");
    ExitCode::SUCCESS
}
