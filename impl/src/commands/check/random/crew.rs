//! The threads that draw and check scopes, a whole scope each.

use dynamo::drawn;
use dynamo_invariants::random::{Examined, Outcome, examine};
use dynamo_invariants::scope::own::OwnScope;
use dynamo_model::rules::Rules;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// How long to wait for a scope before the progress is shown again.
const SHOW_EVERY: Duration = Duration::from_millis(100);

/// Which scopes to draw, and how to check each.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// The number of the first scope.
    pub(super) from: u64,
    pub(super) count: u64,
    pub(super) states_max: usize,
    pub(super) rules: Rules,
    pub(super) threads: usize,
}

/// A scope that was drawn and checked.
pub(super) struct Drawn {
    pub(super) number: u64,
    pub(super) own: OwnScope,
    pub(super) examined: Examined,
}

/// Draws and checks the scopes of a plan. Calls `each` on this thread with every scope, in the order
/// of their numbers, and with `None` when none was ready for a while. The scopes under way are
/// dropped when `each` breaks or somebody sets `stop`.
pub(super) fn examine_all(
    plan: &Plan,
    stop: &AtomicBool,
    mut each: impl FnMut(Option<Drawn>) -> ControlFlow<()>,
) {
    let (next, is_enough) = (AtomicU64::new(plan.from), AtomicBool::new(false));
    let goes_on = || !stop.load(Ordering::Relaxed) && !is_enough.load(Ordering::Relaxed);
    let (ready, received) = mpsc::channel();
    thread::scope(|threads| {
        for _ in 0..plan.threads {
            let (ready, next) = (ready.clone(), &next);
            threads.spawn(move || work(plan, next, goes_on, &ready));
        }
        drop(ready);
        in_order(plan.from, &received, &mut each);
        is_enough.store(true, Ordering::Relaxed);
    });
}

/// What each thread does: it takes the next number until none is left.
fn work(plan: &Plan, next: &AtomicU64, goes_on: impl Fn() -> bool, ready: &Sender<Drawn>) {
    while goes_on() {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= plan.from + plan.count {
            return;
        }
        let drawn = draw(plan, number, &goes_on);
        let is_stopped = matches!(drawn.examined.outcome, Outcome::Stopped);
        // Nobody receives it if enough is known.
        if ready.send(drawn).is_err() || is_stopped {
            return;
        }
    }
}

fn draw(plan: &Plan, number: u64, goes_on: impl Fn() -> bool) -> Drawn {
    let own = drawn::scope(plan.seed, number);
    let scope = own.leak().expect("only valid scopes are drawn");
    let examined = examine(&scope, plan.rules, plan.states_max, goes_on);
    Drawn { number, own, examined }
}

/// Passes on the scopes in the order of their numbers, until the threads have ended.
fn in_order(
    from: u64,
    received: &Receiver<Drawn>,
    each: &mut impl FnMut(Option<Drawn>) -> ControlFlow<()>,
) {
    let mut waiting: BTreeMap<u64, Drawn> = BTreeMap::new();
    let mut due = from;
    loop {
        match received.recv_timeout(SHOW_EVERY) {
            Ok(drawn) => drop(waiting.insert(drawn.number, drawn)),
            Err(RecvTimeoutError::Timeout) if each(None).is_break() => return,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(drawn) = waiting.remove(&due) {
            due += 1;
            if each(Some(drawn)).is_break() {
                return;
            }
        }
    }
}
