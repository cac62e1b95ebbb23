//! The drawing and the check of scopes, a whole scope on a thread.

use crate::commands::crew::{Series, do_all};
use dynamo::drawn;
use dynamo_invariants::random::{Examined, examine};
use dynamo_invariants::scope::own::OwnScope;
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

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

/// Draws and checks the scopes of a plan, as [`do_all`] does all work.
pub(super) fn examine_all(
    plan: &Plan,
    stop: &AtomicBool,
    each: impl FnMut(Option<Drawn>) -> ControlFlow<()>,
) {
    let Plan { from, count, threads, .. } = *plan;
    let series = Series { from, count, threads };
    do_all(series, stop, |number, goes_on| draw(plan, number, goes_on), each);
}

fn draw(plan: &Plan, number: u64, goes_on: impl Fn() -> bool) -> Drawn {
    let own = drawn::scope(plan.seed, number);
    let scope = own.leak().expect("only valid scopes are drawn");
    let examined = examine(&scope, plan.rules, plan.states_max, goes_on);
    Drawn { number, own, examined }
}
