//! A series of runs, and what they did together.

use crate::commands::check::found::Out;
use crate::commands::crew::{self, do_all};
use crate::commands::table;
use dynamo::simulation::measures::Measures;
use dynamo::simulation::{self, Outcome, Plan, Profile, Seen, Size};
use dynamo_invariants::defect::Defect;
use dynamo_model::rules::Rules;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Which runs to make, and when to stop.
pub(super) struct Series<'a> {
    pub(super) seed: u64,
    pub(super) from: u64,
    pub(super) count: u64,
    /// When no further run begins.
    pub(super) until: Option<Instant>,
    /// `None`: one of all for each run.
    pub(super) profile: Option<Profile>,
    pub(super) size: Size,
    pub(super) rules: Rules,
    /// The defect that the rules are of. `None`: the protocol's own rules.
    pub(super) defect: Option<&'static Defect>,
    pub(super) threads: usize,
    pub(super) keep_going: bool,
    /// Look for a smaller run after a violation?
    pub(super) shrinks: bool,
    pub(super) stop: &'a AtomicBool,
}

/// What the runs did.
pub(super) struct Tally {
    pub(super) runs: u64,
    pub(super) did: simulation::Tally,
    pub(super) measures: Measures,
    pub(super) seen: Seen,
    pub(super) virtual_time: Duration,
    pub(super) began: Instant,
    /// The digest of the runs' digests, in the order of their numbers.
    pub(super) digest: u64,
    /// How many runs violate each property, and the number of the first one.
    pub(super) violated: BTreeMap<&'static str, (u64, u64)>,
}

impl Series<'_> {
    /// Makes the runs, and tells of violations in the order of the runs' numbers.
    pub(super) fn run(&self, bar: &ProgressBar, out: Out<'_>) -> Tally {
        let Series { seed, from, count, threads, .. } = *self;
        out(&format!("seed {seed}: the same seed draws the same runs"));
        let mut tally = Tally {
            runs: 0,
            did: simulation::Tally::default(),
            measures: Measures::default(),
            seen: Seen::default(),
            virtual_time: Duration::ZERO,
            began: Instant::now(),
            digest: 0,
            violated: BTreeMap::new(),
        };
        let numbers = crew::Series { from, count, threads };
        let work = |number, goes_on: &dyn Fn() -> bool| {
            let plan = self.plan(number);
            let outcome = simulation::run_while(&plan, &self.rules, goes_on);
            (plan, outcome)
        };
        do_all(numbers, self.stop, work, |made| {
            if let Some((plan, Some(outcome))) = made {
                tally.count(&outcome, plan.number);
                if outcome.violation.is_some() {
                    self.tell(&plan, &outcome, &tally, bar, out);
                    if !self.keep_going {
                        return ControlFlow::Break(());
                    }
                }
            }
            bar.set_position(tally.runs);
            bar.set_message(tally.in_short());
            if self.goes_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        tally
    }

    /// The plan of the run with this number.
    fn plan(&self, number: u64) -> Plan {
        const ALL: [Profile; 4] = [Profile::Hostile, Profile::Churn, Profile::Rough, Profile::Calm];
        let profile = self.profile.unwrap_or(ALL[(number % 4) as usize]);
        Plan::draw(self.seed, number, profile, &self.size)
    }

    pub(super) fn goes_on(&self) -> bool {
        !self.is_stopped() && self.until.is_none_or(|until| Instant::now() < until)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Tally {
    fn count(&mut self, outcome: &Outcome, number: u64) {
        self.runs += 1;
        self.did.add(&outcome.tally);
        self.measures.add(&outcome.measures);
        self.seen.add(&outcome.seen);
        self.virtual_time += outcome.virtual_time;
        self.digest = self.digest.rotate_left(7) ^ outcome.digest;
        if let Some(violation) = &outcome.violation {
            self.violated.entry(violation.property.name).or_insert((0, number)).0 += 1;
        }
    }

    /// The counts in a line of progress.
    fn in_short(&self) -> String {
        let violations: u64 = self.violated.values().map(|(runs, _)| runs).sum();
        format!(
            "{} events, {} virtual hours, {violations} violations",
            table::count(self.did.events as usize),
            self.virtual_time.as_secs() / 3_600
        )
    }
}
