//! Rounds of executions on several threads. A round begins with a fresh target. The seed and the
//! round's number determine its inputs.

use crate::chance::Chance;
use crate::targets::Target;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often a long run prints its progress.
const PROGRESS_EVERY: Duration = Duration::from_mins(1);

/// What to run.
#[derive(Debug)]
pub(crate) struct Order {
    /// The random seed.
    pub(crate) seed: u64,
    /// When to stop.
    pub(crate) limit: Limit,
    /// The number of threads.
    pub(crate) threads: usize,
}

/// When a run stops.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// After this time.
    Time(Duration),
    /// After this many executions.
    Executions(u64),
    /// After this one round.
    Round(u64),
}

/// How executions ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally([u64; 3]);

impl Tally {
    /// The number of executions with this outcome.
    #[cfg(test)]
    pub(crate) fn of(self, outcome: crate::targets::Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// The number of all executions.
    pub(crate) fn executions(self) -> u64 {
        self.0.iter().sum()
    }

    fn add(&mut self, other: Tally) {
        for (mine, others) in self.0.iter_mut().zip(other.0) {
            *mine += others;
        }
    }
}

/// The result of running one target.
#[derive(Debug)]
pub(crate) struct Report {
    /// How executions ended.
    pub(crate) tally: Tally,
    /// How long it took.
    took: Duration,
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.tally.executions();
        let rate = u128::from(all) * 1000 / self.took.as_millis().max(1);
        let [refused, checked, taken] = self.tally.0;
        write!(f, "{all:>12} executions, {rate:>8} a second: {refused} refused, ")?;
        write!(f, "{checked} refused after the first check, {taken} accepted")
    }
}

/// A panic.
#[derive(Debug)]
pub(crate) struct Failure {
    target: &'static str,
    seed: u64,
    round: u64,
    execution: u64,
    input: Vec<u8>,
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { target, seed, round, execution, input } = self;
        writeln!(f, "{target} panicked in execution {execution} of a round; to run it again:")?;
        writeln!(
            f,
            "cargo run --release -p dynamo-fuzz --example fuzz -- \
             {target} --seed {seed} --round {round}"
        )?;
        write!(f, "input: {}", data_encoding::HEXLOWER.encode(input))
    }
}

/// A run in progress, as its threads share it.
struct Running<'a> {
    target: &'static Target,
    order: &'a Order,
    begun: Instant,
    next: AtomicU64,
    executions: AtomicU64,
    has_failed: AtomicBool,
}

/// Runs a target until the limit, or the first panic.
pub(crate) fn run(target: &'static Target, order: &Order) -> Result<Report, Failure> {
    let first = if let Limit::Round(round) = order.limit { round } else { 0 };
    let (next, executions, has_failed) =
        (AtomicU64::new(first), AtomicU64::new(0), AtomicBool::new(false));
    let running = Running { target, order, begun: Instant::now(), next, executions, has_failed };
    let results: Vec<_> = thread::scope(|scope| {
        let running = &running;
        let threads: Vec<_> = (0..order.threads)
            .map(|thread| scope.spawn(move || running.work(thread == 0)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("panics are caught in every round"))
            .collect()
    });
    let mut tally = Tally::default();
    for result in results {
        tally.add(result?);
    }
    Ok(Report { tally, took: running.begun.elapsed() })
}

impl Running<'_> {
    /// The work of one thread.
    fn work(&self, tells_progress: bool) -> Result<Tally, Failure> {
        let (mut tally, mut told) = (Tally::default(), self.begun);
        while let Some(number) = self.next_round() {
            let round = round(self.target, self.order.seed, number);
            let round = round.inspect_err(|_| self.has_failed.store(true, Ordering::Relaxed))?;
            tally.add(round);
            let executions = self.executions.fetch_add(round.executions(), Ordering::Relaxed)
                + round.executions();
            if tells_progress && told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                eprintln!(
                    "{}: {executions} executions in {} s",
                    self.target.name,
                    self.begun.elapsed().as_secs()
                );
            }
        }
        Ok(tally)
    }

    fn next_round(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let is_within = match self.order.limit {
            Limit::Time(time) => self.begun.elapsed() < time,
            Limit::Executions(executions) => number < executions.div_ceil(self.target.round),
            Limit::Round(round) => number == round,
        };
        (is_within && !self.has_failed.load(Ordering::Relaxed)).then_some(number)
    }
}

/// Runs one round.
fn round(target: &'static Target, seed: u64, round: u64) -> Result<Tally, Failure> {
    let (mut tally, mut input) = (Tally::default(), Vec::new());
    let executed = catch_unwind(AssertUnwindSafe(|| {
        let mut chance = Chance::new(seed, target.name, round);
        let mut execute = (target.begin)(&mut chance);
        for _ in 0..target.round {
            tally.0[execute(&mut chance, &mut input) as usize] += 1;
        }
    }));
    let execution = tally.executions() + 1;
    executed.map(|()| tally).map_err(|_| Failure {
        target: target.name,
        seed,
        round,
        execution,
        input,
    })
}
