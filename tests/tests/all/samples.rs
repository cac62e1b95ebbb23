//! Scopes that are small enough to check several times, and together have every kind of step.
//!
//! The main command checks every scope. The tests here compare ways of checking one scope: engines,
//! threads, reductions. A difference shows in the kinds of steps of a scope, not in its number of
//! states.

use dynamo_invariants::catalogue::{DEFECTS, SCOPES};
use dynamo_invariants::check::{Report, coverage};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;

/// Every default scope of at most `states_max` states.
pub(crate) fn scopes(states_max: usize) -> impl Iterator<Item = &'static Scope> {
    SCOPES.iter().filter(move |scope| scope.unique_states <= states_max)
}

/// Every defect that is found in a scope of at most `states_max` states.
pub(crate) fn defects(states_max: usize) -> impl Iterator<Item = &'static Defect> {
    DEFECTS.iter().filter(move |defect| defect.scope().unique_states <= states_max)
}

/// Asserts that these checks had every kind of step that any default scope has.
pub(crate) fn assert_every_kind_of_step_was_met<'a>(reports: impl IntoIterator<Item = &'a Report>) {
    let surprises = coverage::surprises(reports);
    assert!(surprises.is_empty(), "{surprises:#?}");
}
