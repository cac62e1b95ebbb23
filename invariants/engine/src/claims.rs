//! Tests what a model claims of a reduction. A false claim makes states vanish, and verdicts wrong.
//!
//! No test of some states verifies a claim. But one state suffices to refute it, and most false
//! claims are false in many states. So each search with a reduction tests its claims in the first
//! states of the whole graph, before it begins, and then in a sample of the states that it visited.
//! A test compares whole states after stateright's own steps: nothing of it is shared with the
//! search.

mod first;
mod renamed;

use crate::converge::{Condition, Convergence};
use crate::partial_order::First;
use crate::subject::{ActorAction, History, Subject};
use crate::symmetry::Boxed;
use stateright::Model as _;
use stateright::actor::{ActorModel, ActorModelState, Network};
use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use thiserror::Error;

/// In so many states of the whole graph claims are tested before the search begins.
const TESTED_BEFORE: usize = 200;
/// In so many states that were visited claims are tested after the search.
pub(crate) const SAMPLE: usize = 200;

/// How a claim is false in a state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Untrue {
    /// The renamed state has other steps than the state, or they lead elsewhere.
    #[error(
        "if each actor takes the place that {renaming:?} names, the state that results does not \
         have the same steps: {step}"
    )]
    OtherSteps {
        /// What each actor is renamed to.
        renaming: Vec<usize>,
        /// The step that only one of the two states has.
        step: String,
    },
    /// A condition is true in only one of a state and the renamed state.
    #[error(
        "if each actor takes the place that {renaming:?} names, \"{condition}\" is true in only \
         one of the state before and the state that results"
    )]
    TellsApart {
        /// What each actor is renamed to.
        renaming: Vec<usize>,
        /// The name of the condition.
        condition: &'static str,
    },
    /// Deliveries that are taken first lead back to where they began.
    #[error("deliveries that are taken first go on for ever: {first}")]
    Endless {
        /// The delivery.
        first: String,
    },
    /// A delivery that is taken first and another step do not commute.
    #[error("a delivery that is taken first does not commute with another step: {first}; {other}")]
    Depends {
        /// The delivery.
        first: String,
        /// The other step.
        other: String,
    },
    /// A condition is true only before or only after a delivery that is taken first.
    #[error("\"{condition}\" can tell whether a delivery that is taken first was made: {first}")]
    Visible {
        /// The delivery.
        first: String,
        /// The name of the condition.
        condition: &'static str,
    },
}

/// The claims of one check.
pub(crate) struct Claims<'c, 'm, A: Subject, C, H: History> {
    pub(crate) model: &'m ActorModel<A, C, H>,
    pub(crate) renamings: &'c [Boxed<'m, A, H>],
    pub(crate) first: Option<First<A, C>>,
    pub(crate) convergence: Option<&'c Convergence<A, C, H>>,
}

/// A state of the model.
type State<A, H> = ActorModelState<A, H>;

impl<A: Subject, C, H: History> Claims<'_, '_, A, C, H> {
    /// Tests the claims in the first states of the whole graph; in all of them if `all`.
    pub(crate) fn test_whole(&self, all: bool) -> Result<(), Untrue> {
        if self.are_none() {
            return Ok(());
        }
        let is_within = |state: &State<A, H>| self.model.within_boundary(state);
        let mut due: VecDeque<_> = self.model.init_states().into_iter().filter(is_within).collect();
        let mut known: HashSet<_> = due.iter().cloned().map(Whole).collect();
        let mut tested = 0;
        while let Some(state) = due.pop_front() {
            if tested >= TESTED_BEFORE && !all {
                break;
            }
            tested += 1;
            self.test(&state)?;
            for next in self.model.next_states(&state).into_iter().filter(is_within) {
                if known.insert(Whole(next.clone())) {
                    due.push_back(next);
                }
            }
        }
        Ok(())
    }

    /// Tests the claims in these states, if there are claims.
    pub(crate) fn test_sample(
        &self,
        mut states: impl Iterator<Item = State<A, H>>,
    ) -> Result<(), Untrue> {
        if self.are_none() {
            return Ok(());
        }
        states.try_for_each(|state| self.test(&state))
    }

    fn are_none(&self) -> bool {
        self.renamings.is_empty() && self.first.is_none()
    }

    fn test(&self, state: &State<A, H>) -> Result<(), Untrue> {
        self.renamings.iter().try_for_each(|renaming| self.test_renaming(&**renaming, state))?;
        self.first.map_or(Ok(()), |first| self.test_firsts(first, state))
    }

    /// The steps from a state, and where they lead. Steps out of the boundary are none.
    fn steps(&self, state: &State<A, H>) -> Vec<(ActorAction<A>, State<A, H>)> {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        let step = |action: ActorAction<A>| {
            let next = self.model.next_state(state, action.clone())?;
            self.model.within_boundary(&next).then_some((action, next))
        };
        actions.into_iter().filter_map(step).collect()
    }

    /// The first of the model's own conditions that is true in only one of two states.
    fn tells_apart(&self, one: &State<A, H>, other: &State<A, H>) -> Option<&'static str> {
        if self.model.within_boundary(one) != self.model.within_boundary(other) {
            return Some(crate::BOUNDARY);
        }
        let mut properties = self.model.properties.iter();
        let found = properties.find(|property| self.differs(property.condition, one, other));
        found.map(|property| property.name)
    }

    /// The first condition of convergence that is true in only one of two states.
    fn ends_apart(&self, one: &State<A, H>, other: &State<A, H>) -> Option<&'static str> {
        let mut properties = self.convergence?.properties.iter();
        let found = properties.find(|(_, condition)| self.differs(*condition, one, other));
        found.map(|(name, _)| *name)
    }

    fn differs(
        &self,
        condition: Condition<A, C, H>,
        one: &State<A, H>,
        other: &State<A, H>,
    ) -> bool {
        condition(self.model, one) != condition(self.model, other)
    }

    /// Does the step remain for convergence?
    fn goes_on(&self, action: &ActorAction<A>) -> bool {
        self.convergence.is_none_or(|it| (it.goes_on)(&self.model.cfg, action))
    }
}

/// A state as a key of a map.
#[derive(Clone)]
struct Whole<A: Subject, H: History>(State<A, H>);

impl<A: Subject, H: History> PartialEq for Whole<A, H> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

// The search too takes it that a part of a state equals itself.
impl<A: Subject, H: History> Eq for Whole<A, H> {}

impl<A: Subject, H: History> Hash for Whole<A, H> {
    fn hash<S: Hasher>(&self, hasher: &mut S) {
        self.0.hash(hasher);
    }
}

/// The state without what a duplicating network delivered last.
fn without_last<A: Subject, H: History>(mut state: State<A, H>) -> State<A, H> {
    if let Network::UnorderedDuplicating(_, last) = &mut state.network {
        *last = None;
    }
    state
}
