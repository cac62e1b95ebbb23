//! `dynamo check --random`: draws small scopes at random, and checks each completely.

mod crew;
mod ending;
mod story;
mod tally;
#[cfg(test)]
mod tests;

use super::super::arguments::stop_signal;
use super::super::{Failure, progress};
use super::cores;
use super::found::Out;
use crate::output::say;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use crew::{Drawn, Plan};
use dynamo::drawn::NUMBER_MAX;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::property::Property;
use dynamo_invariants::random::Outcome;
use dynamo_model::rules::Rules;
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tally::{Tally, Violation};

/// The most scopes of one command. All of them are static data: a thousand take about a megabyte.
const COUNT_MAX: u64 = 1_000_000_000;
/// The most states of a drawn scope, if the command does not say.
const STATES_MAX: usize = 50_000;
/// How many violations of one property are told in full. A violated property is found again and
/// again.
const TOLD_MAX: usize = 3;

/// What `--random` needs to know.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Scopes drawn at random")]
pub(super) struct Options {
    /// Draw this many small scopes at random, and check each completely. If a scope violates a
    /// property, the check reduces it to what the violation needs, and saves it and the path
    #[arg(long = "random", value_name = "N", value_parser = number(1, COUNT_MAX),
        conflicts_with_all = ["scopes", "own", "print", "list", "deep", "engine", "symmetry",
            "partial_order", "memory", "time", "verbose"])]
    pub(super) count: Option<u64>,
    /// The seed: it draws the same scopes on every machine. Drawn and printed if left out
    #[arg(long, value_name = "SEED", requires = "count")]
    seed: Option<u64>,
    /// The number of the first scope: go on where another check of this seed has stopped
    #[arg(long, value_name = "NUMBER", requires = "count", default_value_t,
        value_parser = number(0, NUMBER_MAX - COUNT_MAX))]
    from: u64,
    /// The most states of a scope. A larger one is skipped, and counted apart [default: 50000]
    #[arg(long, value_name = "STATES", requires = "count",
        value_parser = clap::value_parser!(u32).range(1..))]
    states_max: Option<u32>,
}

fn number(least: u64, most: u64) -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(least..=most)
}

/// What to draw, and when to stop.
struct Session<'a> {
    plan: Plan,
    /// The defect that the rules are of. `None`: the protocol's own rules.
    defect: Option<&'static Defect>,
    /// Go on after a violation?
    keep_going: bool,
    /// Where scopes and traces are saved. Empty: the current folder.
    folder: PathBuf,
    stop: &'a AtomicBool,
}

pub(super) fn run(
    count: u64,
    arguments: &super::Arguments,
    defect: Option<&'static Defect>,
) -> Result<(), Failure> {
    let Options { seed, from, states_max, .. } = arguments.random;
    let stop = stop_signal()?;
    let session = Session {
        plan: Plan {
            // A short seed is easy to type again.
            seed: seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
            from,
            count,
            states_max: states_max.map_or(STATES_MAX, |states| states as usize),
            rules: defect.map_or_else(Rules::default, |defect| (defect.rules)()),
            threads: arguments.threads.map_or_else(cores, usize::from),
        },
        defect,
        // A planted defect is violated again and again: the first time says all.
        keep_going: arguments.keep_going || defect.is_none(),
        folder: PathBuf::new(),
        stop: &stop,
    };
    let json = arguments.json;
    let bar = progress::drawn(count);
    let mut out = |line: &str| {
        if !json {
            bar.suspend(|| say!("{line}"));
        }
    };
    let tally = session.check(&bar, &mut out);
    bar.finish_and_clear();
    if json {
        say!("{:#}", session.as_json(&tally));
    } else {
        session.conclude(&tally, &mut out);
    }
    session.outcome(&tally)
}

impl Session<'_> {
    /// Draws and checks the scopes. Violations are told in the order of the scopes' numbers, so
    /// that the number of threads makes no difference.
    fn check(&self, bar: &ProgressBar, out: Out<'_>) -> Tally {
        out(&format!("seed {}: the same seed draws the same scopes", self.plan.seed));
        let mut tally = Tally::new(self.plan.from);
        crew::examine_all(&self.plan, self.stop, |drawn| {
            let goes_on = drawn.is_none_or(|drawn| self.on(&drawn, &mut tally, bar, out));
            bar.set_position(tally.done(&self.plan));
            bar.set_message(tally.in_short());
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        tally
    }

    /// Counts an examined scope. Returns whether to go on.
    fn on(&self, drawn: &Drawn, tally: &mut Tally, bar: &ProgressBar, out: Out<'_>) -> bool {
        tally.count(drawn);
        match drawn.examined.outcome {
            Outcome::Stopped => false,
            Outcome::Holds | Outcome::TooLarge => true,
            Outcome::Violates(property) => {
                let violation = self.violation(drawn, property, tally, bar, out);
                tally.violations.push(violation);
                self.keep_going && !self.is_stopped()
            }
        }
    }

    fn violation(
        &self,
        drawn: &Drawn,
        property: &'static Property,
        tally: &Tally,
        bar: &ProgressBar,
        out: Out<'_>,
    ) -> Violation {
        let before = tally.violations_of(property.name).count();
        if before >= TOLD_MAX {
            return Violation::untold(drawn, property);
        }
        bar.set_message(format!("simplifying number {}: {}", drawn.number, property.name));
        let told = self.tell(drawn, property, bar, out);
        if before + 1 == TOLD_MAX {
            out(&format!("\nFurther violations of {} are only counted.", property.name));
        }
        told
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
