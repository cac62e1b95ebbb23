//! Finds the shortest path to a deciding state, and a cycle in a terminal component. The search
//! stores nothing for this: the layers are enough.
//!
//! With symmetry, the deciding state and the states in the layers are representatives. The actual
//! states are found forwards from an initial state: if a step leads from one representative to
//! another, a step leads from each state of the first orbit to a state of the second.

use crate::converge::Condition;
use crate::explorer::Explorer;
use crate::judge::Found;
use crate::parts::unpair;
use crate::search::{Share, location_of};
use crate::space::{Space, initial_states};
use crate::subject::{ActorAction, Filter, History, Subject};
use crate::symmetry::Orbits;
use stateright::actor::ActorModelState;
use stateright::{Model, Path};
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

/// A path through an actor model's states.
pub type ActorPath<A, H> = Path<ActorModelState<A, H>, ActorAction<A>>;

/// The shortest path to a deciding state.
pub(crate) fn shortest<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    shares: &[Share],
    found: Found,
) -> ActorPath<A, H> {
    along(space, &states_to(space, shares, found), |_, _| true)
}

/// The shortest path to a terminal component, then through one of its states that violates the
/// condition, and back to the entry. The first part has the depth of `found`. The second is empty
/// if the component has no steps.
pub(crate) fn lasso<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    shares: &[Share],
    found: Found,
    (goes_on, condition): (Filter<A, C>, Condition<A, C, H>),
) -> ActorPath<A, H> {
    let mut states = states_to(space, shares, found);
    let model = space.steps.model;
    let mut cycle = Cycle::new(space, shares, goes_on);
    let entry = *states.last().expect("there is one");
    let violates = |state: u64| !condition(model, &whole(space, state));
    if !violates(entry) {
        let there = cycle.to(entry, violates);
        states.extend(there.expect("a state of the component violates the condition"));
    }
    let last = *states.last().expect("there is one");
    states.extend(cycle.to(last, |state| state == entry).into_iter().flatten());
    along(space, &states, |index, action| index < found.depth || goes_on(&model.cfg, action))
}

/// The states of a shortest path: layer by layer backwards, some state of the layer before leads to
/// it.
fn states_to<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    shares: &[Share],
    found: Found,
) -> Vec<u64> {
    let mut explorer = Explorer::new(space);
    let mut states = vec![found.state];
    for depth in (0..found.depth).rev() {
        let target = *states.last().expect("there is one");
        let mut leads = |state: &u64| {
            let mut leads = false;
            explorer.successors(*state, |next| {
                leads = next == target;
                if leads { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            leads
        };
        let before = shares.iter().flat_map(|share| share.layer(depth)).find(|state| leads(state));
        states.push(before.expect("a state of each layer leads to one of the next"));
    }
    states.reverse();
    match Orbits::new(&space.parts, &space.renamings) {
        Some(orbits) => themselves(space, orbits, &states),
        None => states,
    }
}

/// A path of actual states that these representatives stand for.
fn themselves<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    mut orbits: Orbits<'_, '_, A, H>,
    representatives: &[u64],
) -> Vec<u64> {
    let mut explorer = Explorer::new(space).without_reductions();
    let mut states: Vec<u64> = Vec::with_capacity(representatives.len());
    for representative in representatives {
        let nexts = match states.last() {
            None => initial_states(space),
            Some(before) => {
                let mut nexts = Vec::new();
                explorer.successors(*before, |next| {
                    nexts.push(next);
                    ControlFlow::Continue(())
                });
                nexts
            }
        };
        let next = nexts.into_iter().find(|next| orbits.representative(*next) == *representative);
        states.push(next.expect("the renamings leave the model what it is"));
    }
    states
}

/// Finds a cycle in a terminal component.
///
/// It searches the actual states: a cycle of representatives may end in a renamed copy of its first
/// state. Repeated often enough with renamed steps, it returns to the first state itself, so there
/// is a cycle.
struct Cycle<'s, 'm, A: Subject, C, H: History> {
    explorer: Explorer<'s, 'm, A, C, H>,
    orbits: Option<Orbits<'s, 'm, A, H>>,
    shares: &'s [Share],
}

impl<'s, 'm, A: Subject, C, H: History> Cycle<'s, 'm, A, C, H> {
    fn new(space: &'s Space<'m, A, C, H>, shares: &'s [Share], goes_on: Filter<A, C>) -> Self {
        Cycle {
            explorer: Explorer::new(space).looking_only_at(goes_on).without_reductions(),
            orbits: Orbits::new(&space.parts, &space.renamings),
            shares,
        }
    }

    /// The states after `from` on a shortest path of at least one step to a state that is sought,
    /// if there is one.
    fn to(&mut self, from: u64, sought: impl Fn(u64) -> bool) -> Option<Vec<u64>> {
        let Cycle { explorer, orbits, shares } = self;
        let (mut before, mut queue, mut end) = (HashMap::new(), VecDeque::from([from]), None);
        while let (None, Some(state)) = (end, queue.pop_front()) {
            explorer.successors(state, |next| {
                let representative =
                    orbits.as_mut().map_or(next, |orbits| orbits.representative(next));
                if location_of(shares, representative).is_none() {
                    return ControlFlow::Continue(());
                }
                before.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    state
                });
                end = end.or_else(|| sought(next).then_some(next));
                if end.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        let mut states = vec![end?];
        while let Some(state) =
            states.last().and_then(|last| before.get(last)).filter(|state| **state != from)
        {
            states.push(*state);
        }
        states.reverse();
        Some(states)
    }
}

fn whole<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    state: u64,
) -> ActorModelState<A, H> {
    let (configuration, network) = unpair(state);
    space.parts.put_together(configuration, space.parts.network(Some(network)))
}

/// Makes stateright's path along these states, by steps that `allowed` accepts at their index.
fn along<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    states: &[u64],
    allowed: impl Fn(usize, &ActorAction<A>) -> bool,
) -> ActorPath<A, H> {
    let states: Vec<_> = states.iter().map(|state| whole(space, *state)).collect();
    let model = space.steps.model;
    let mut actions = Vec::new();
    for (index, pair) in states.windows(2).enumerate() {
        let mut steps = model.next_steps(&pair[0]).into_iter();
        let step = steps.find(|(action, next)| *next == pair[1] && allowed(index, action));
        actions.push(step.expect("stateright takes the same steps").0);
    }
    let initial = states.into_iter().next().expect("a path has an initial state");
    Path::from_actions(model, initial, &actions).expect("stateright replays the path")
}
