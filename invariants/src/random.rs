//! Scopes drawn at random: nobody chose them, so nobody left anything out of them.
//!
//! [`draw`] makes a small scope of anything that a scope can have. [`examine`] checks it completely
//! up to a number of states. A violation is a fault of the protocol, of a property, or of its
//! precondition. [`simplify`] then leaves out of the scope what the violation does not need.

mod draw;
mod simplify;

pub use draw::draw;
pub use simplify::simplify;

use crate::check::{Conclusion, Effort, Report, check};
use crate::property::{Kind, Property};
use crate::scope::Scope;
use crate::scope::own::OwnScope;
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;

/// What the check of a drawn scope says.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// Every state was visited, and every property that applies holds.
    Holds,
    /// A property is violated.
    Violates(&'static Property),
    /// The scope has more states than were allowed, and no violation was seen. This proves nothing.
    TooLarge,
    /// The watching function stopped the check.
    Stopped,
}

/// A drawn scope's outcome, and how much was seen of it.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What the check says.
    pub outcome: Outcome,
    /// The number of states visited.
    pub states: usize,
    /// The *always* and *converges* properties that hold although an occasion to violate them
    /// arose, by name. Empty if not every state was visited.
    pub occasions: Vec<&'static str>,
}

/// Checks a scope completely, on one thread, if it has at most `states_max` states. `goes_on` is
/// asked some times a second whether to go on.
///
/// The number of states is compared at these times too, so a larger scope can be visited completely
/// all the same. It does not count as held then: whether a scope holds must not depend on the speed
/// of the machine.
///
/// A scope that holds is checked again with both reductions.
///
/// # Panics
/// If a reduction changes a verdict.
pub fn examine(
    scope: &Scope,
    rules: Rules,
    states_max: usize,
    goes_on: impl Fn() -> bool,
) -> Examined {
    let effort = Effort { stop_when_violated: true, ..Effort::threads(1) };
    let mut is_stopped = false;
    let report = check(scope, rules, &effort, |progress| {
        is_stopped |= !goes_on();
        if is_stopped || progress.unique_states > states_max {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let violated = report.properties.iter().find(|it| it.verdict == Conclusion::Violated);
    let outcome = match violated.and_then(|verdict| Property::named(verdict.name)) {
        Some(property) => Outcome::Violates(property),
        None if report.complete && report.progress.unique_states <= states_max => Outcome::Holds,
        None if is_stopped => Outcome::Stopped,
        None => Outcome::TooLarge,
    };
    if matches!(outcome, Outcome::Holds) {
        assert_reductions_agree(scope, &rules, &report);
    }
    let with_occasion = report
        .properties
        .iter()
        .filter(|it| it.kind != Kind::Reachable && it.verdict == Conclusion::Holds);
    let occasions = with_occasion.map(|it| it.name).collect();
    Examined { outcome, states: report.progress.unique_states, occasions }
}

/// Asserts that this complete check and one with both reductions come to the same verdicts.
fn assert_reductions_agree(scope: &Scope, rules: &Rules, whole: &Report) {
    let effort = Effort { symmetry: true, partial_order: true, ..Effort::threads(1) };
    let reduced = check(scope, *rules, &effort, |_| ControlFlow::Continue(()));
    for (one, other) in whole.properties.iter().zip(&reduced.properties) {
        assert!(
            one.verdict == other.verdict,
            "reductions change the verdict on {} from {:?} to {:?} in the scope {}: {:#?}",
            one.name,
            one.verdict,
            other.verdict,
            scope.name,
            OwnScope::from(scope),
        );
    }
}
