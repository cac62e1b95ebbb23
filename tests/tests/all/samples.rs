//! Scopes small enough to be gone through several times, and enough of them that they meet every
//! kind of step.
//!
//! The main command checks every scope. What is compared here is the ways to check one: engines,
//! threads, reductions. A difference shows in the kinds of steps that a scope has, not in how many
//! states it has.

use dynamo_invariants::catalogue::DEFECTS;
use dynamo_invariants::catalogue::SCOPES;
use dynamo_invariants::check::Report;
use dynamo_invariants::check::coverage;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;

/// Every default scope of at most so many states.
pub(crate) fn scopes(states_max: usize) -> impl Iterator<Item = &'static Scope> {
    SCOPES.iter().filter(move |scope| scope.unique_states <= states_max)
}

/// Every defect that is found in a scope of at most so many states.
pub(crate) fn defects(states_max: usize) -> impl Iterator<Item = &'static Defect> {
    DEFECTS.iter().filter(move |defect| defect.scope().unique_states <= states_max)
}

/// Asserts that these checks met every kind of step that any default scope meets.
pub(crate) fn assert_every_kind_of_step_was_met<'a>(reports: impl IntoIterator<Item = &'a Report>) {
    let surprises = coverage::surprises(reports);
    assert!(surprises.is_empty(), "{surprises:#?}");
}
