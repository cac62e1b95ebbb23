//! Searches and checks, which take long: one at a time, so that neither memory nor threads grow
//! with the requests.

use super::Refusal;
use super::location::{Location, Named};
use dynamo_invariants::catalogue::property_named;
use dynamo_invariants::check::{Effort, Progress, Report, check, find_within};
use dynamo_invariants::property::{Kind, Property};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What a job may take, in bytes.
const MEMORY_MAX: usize = 4 << 30;

/// What is wanted of a job.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Wanted {
    /// The shortest path to where a property is shown (reachable, goals) or violated.
    Find {
        /// The scope.
        scope: String,
        /// The rules.
        rules: String,
        /// A property or a goal, by name.
        goal: String,
    },
    /// Every property in every state.
    Check {
        /// The scope.
        scope: String,
        /// The rules.
        rules: String,
    },
}

/// How far a job is.
struct Job {
    number: u64,
    location: Location,
    /// Where to; `None`: everywhere, to check it.
    goal: Option<&'static Property>,
    is_ended: AtomicBool,
    state: Mutex<Value>,
}

/// The last job, running or done.
#[derive(Default)]
pub(super) struct Jobs {
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    /// Jobs are numbered from 1.
    number: u64,
    job: Option<Arc<Job>>,
    /// Is a thread at it, or at one before that was told to end?
    is_working: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a job that panicked has left behind is still what it had told.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Job {
    fn run(&self) {
        let done = catch_unwind(AssertUnwindSafe(|| match self.goal {
            Some(goal) => search(self, &self.location, goal),
            None => check_all(self, &self.location),
        }));
        if done.is_err() {
            // What went wrong is on the program's standard error.
            self.tell(json!({ "state": "broken", "unique_states": 0 }));
        }
    }

    fn tell(&self, state: Value) {
        *locked(&self.state) = state;
    }

    /// Tells how far it is, of so many states; breaks when it is to end.
    fn watch(&self, begun: Instant, expected: usize) -> impl FnMut(Progress) -> ControlFlow<()> {
        move |progress: Progress| {
            self.tell(json!({
                "state": "running", "unique_states": progress.unique_states, "expected_states": expected,
                "depth": progress.depth, "seconds": begun.elapsed().as_secs_f64(),
            }));
            if self.is_ended.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }
}

impl Jobs {
    /// Begins a job, and ends the one before. Returns its number.
    pub(super) fn begin(self: &Arc<Self>, wanted: &Wanted) -> Result<u64, Refusal> {
        let (Wanted::Find { scope, rules, .. } | Wanted::Check { scope, rules }) = wanted;
        let location = Location::named(&Named {
            scope: scope.clone(),
            rules: rules.clone(),
            path: String::new(),
        })?;
        let goal = match wanted {
            Wanted::Find { goal, .. } => {
                let unknown =
                    || Refusal::not_found(format!("there is no property, harm or goal {goal:?}"));
                Some(property_named(goal).ok_or_else(unknown)?)
            }
            Wanted::Check { .. } => None,
        };
        self.end();
        let mut last = locked(&self.last);
        last.number += 1;
        let expected = location.scope().unique_states;
        let state = Mutex::new(
            json!({ "state": "running", "unique_states": 0, "expected_states": expected }),
        );
        last.job = Some(Arc::new(Job {
            number: last.number,
            location,
            goal,
            is_ended: AtomicBool::default(),
            state,
        }));
        if !std::mem::replace(&mut last.is_working, true) {
            let jobs = Arc::clone(self);
            std::thread::spawn(move || jobs.work());
        }
        Ok(last.number)
    }

    /// Does the last job; and again if there is another by then, whose turn came only now that the
    /// memory is free again.
    fn work(&self) {
        let mut done = 0;
        loop {
            let job = {
                let mut last = locked(&self.last);
                let next = last.job.clone().filter(|job| job.number > done);
                last.is_working = next.is_some();
                next
            };
            let Some(job) = job else { return };
            job.run();
            done = job.number;
        }
    }

    /// Ends the running job, if there is one.
    pub(super) fn end(&self) {
        if let Some(job) = &locked(&self.last).job {
            job.is_ended.store(true, Ordering::Relaxed);
        }
    }

    /// How far the job with this number is.
    pub(super) fn look(&self, id: &str) -> Result<Value, Refusal> {
        let last = locked(&self.last);
        let job = last.job.as_ref().filter(|job| id.parse() == Ok(job.number));
        let gone = || {
            Refusal::not_found(format!("there is no job {id:?} any more: there is one at a time"))
        };
        let job = job.ok_or_else(gone)?;
        Ok(locked(&job.state).clone())
    }
}

fn search(job: &Job, location: &Location, goal: &'static Property) {
    let begun = Instant::now();
    let (finding, complete, unique_states) = hunt(job, location, goal, begun);
    let state = match (&finding, complete) {
        (Some(_), _) => "found",
        (None, true) => "nowhere",
        (None, false) => "given up",
    };
    job.tell(json!({
        "state": state, "goal": goal.name, "unique_states": unique_states, "seconds": begun.elapsed().as_secs_f64(),
        "url": finding.map(|found| found.url()),
    }));
}

fn hunt(
    job: &Job,
    location: &Location,
    goal: &'static Property,
    begun: Instant,
) -> (Option<Location>, bool, usize) {
    let expected = location.scope().unique_states;
    let hunt = find_within(
        location.scope(),
        location.rules(),
        goal,
        Some(MEMORY_MAX),
        job.watch(begun, expected),
    );
    (
        hunt.finding.map(|finding| location.found(&finding)),
        hunt.complete,
        hunt.progress.unique_states,
    )
}

fn check_all(job: &Job, location: &Location) {
    let begun = Instant::now();
    let effort = Effort { memory_bytes: Some(MEMORY_MAX), ..Effort::threads(1) };
    let report = check(
        location.scope(),
        location.rules(),
        &effort,
        job.watch(begun, location.scope().unique_states),
    );
    // A counterexample says more than a list of names: the shortest path to the first thing that
    // does not hold.
    let failed = report
        .properties
        .iter()
        .find(|verdict| !verdict.is_as_claimed() && verdict.kind != Kind::Reachable);
    let violated = failed.and_then(|verdict| Property::named(verdict.name));
    let path = violated.and_then(|property| hunt(job, location, property, begun).0);
    let url = path.map(|location| location.url());
    job.tell(told(&report, begun, url.as_deref()));
}

fn told(report: &Report, begun: Instant, url: Option<&str>) -> Value {
    let failed: Vec<&str> = report
        .properties
        .iter()
        .filter(|verdict| !verdict.is_as_claimed())
        .map(|verdict| verdict.name)
        .collect();
    let state = match (report.complete, report.holds()) {
        (true, true) => "holds",
        (true, false) => "fails",
        (false, _) => "given up",
    };
    json!({
        "state": state, "failed": failed, "unique_states": report.progress.unique_states,
        "seconds": begun.elapsed().as_secs_f64(), "url": url,
    })
}
