//! Tests what is claimed of deliveries that are taken first: see [`First`].

use super::{Claims, State, Untrue, Whole, without_last};
use crate::partial_order::First;
use crate::subject::{ActorAction, History, Subject};
use stateright::Model as _;
use stateright::actor::{ActorModelAction, Envelope};
use std::collections::HashSet;

/// So many deliveries that are taken first may follow one another.
const CHAIN_MAX: usize = 1_000;

impl<A: Subject, C, H: History> Claims<'_, '_, A, C, H> {
    pub(super) fn test_firsts(
        &self,
        first: First<A, C>,
        state: &State<A, H>,
    ) -> Result<(), Untrue> {
        let steps = self.steps(state);
        let mut firsts = steps.iter().filter(|step| self.is_first(first, state, step));
        firsts.try_for_each(|(action, next)| {
            self.test_invisible(state, action, next)?;
            self.test_independent(action, next, &steps)?;
            self.test_ending(first, action, next)
        })
    }

    /// Is this step from the state taken first? A step that leads nowhere else never is.
    fn is_first(
        &self,
        first: First<A, C>,
        state: &State<A, H>,
        (action, next): &(ActorAction<A>, State<A, H>),
    ) -> bool {
        let ActorModelAction::Deliver { src, dst, msg } = action else { return false };
        let envelope = Envelope { src: *src, dst: *dst, msg: msg.clone() };
        first(&self.model.cfg, &state.actor_states[usize::from(*dst)], &envelope)
            && without_last(next.clone()) != without_last(state.clone())
    }

    fn test_invisible(
        &self,
        state: &State<A, H>,
        action: &ActorAction<A>,
        next: &State<A, H>,
    ) -> Result<(), Untrue> {
        let told = self.tells_apart(state, next);
        // If the delivery remains, no run ends before it.
        let told = told.or_else(|| self.ends_apart(state, next).filter(|_| !self.goes_on(action)));
        let first = || format!("{action:?}");
        told.map_or(Ok(()), |condition| Err(Untrue::Visible { first: first(), condition }))
    }

    /// The delivery and each other step lead to the same state in either order.
    fn test_independent(
        &self,
        action: &ActorAction<A>,
        next: &State<A, H>,
        steps: &[(ActorAction<A>, State<A, H>)],
    ) -> Result<(), Untrue> {
        let is_loss_of_it = |other: &ActorAction<A>| {
            let ActorModelAction::Drop(Envelope { src, dst, msg }) = other else { return false };
            *action == ActorModelAction::Deliver { src: *src, dst: *dst, msg: msg.clone() }
        };
        let others = steps.iter().filter(|(other, _)| other != action && !is_loss_of_it(other));
        for (other, after_other) in others {
            let one = self.after(after_other, action).map(without_last);
            let two = self.after(next, other).map(without_last);
            if one.is_none() || one != two {
                let told = |action: &ActorAction<A>| format!("{action:?}");
                return Err(Untrue::Depends { first: told(action), other: told(other) });
            }
        }
        Ok(())
    }

    /// The state after a step, which is the same state if the step changes nothing. `None`: the step
    /// is impossible.
    fn after(&self, state: &State<A, H>, action: &ActorAction<A>) -> Option<State<A, H>> {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        let is_lost_recipient = match action {
            ActorModelAction::Deliver { dst, .. } => state.crashed[usize::from(*dst)],
            _ => false,
        };
        if is_lost_recipient || !actions.contains(action) {
            return None;
        }
        let next = self.model.next_state(state, action.clone());
        Some(next.unwrap_or_else(|| state.clone()))
    }

    /// Such deliveries alone do not go on for ever.
    fn test_ending(
        &self,
        first: First<A, C>,
        action: &ActorAction<A>,
        next: &State<A, H>,
    ) -> Result<(), Untrue> {
        let mut state = without_last(next.clone());
        let mut known = HashSet::new();
        while known.insert(Whole(state.clone())) && known.len() <= CHAIN_MAX {
            let mut steps = self.steps(&state).into_iter();
            let Some((_, next)) = steps.find(|step| self.is_first(first, &state, step)) else {
                return Ok(());
            };
            state = without_last(next);
        }
        Err(Untrue::Endless { first: format!("{action:?}") })
    }
}
