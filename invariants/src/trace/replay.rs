//! Replaying traces with the present code.

mod onward;

use crate::check::Finding;
use crate::property::{Kind, Property, goes_on};
use crate::scope::Scope;
use crate::system::{System, SystemState, boundary};
use crate::trace::{Event, StateDigest, Trace, digest};
use dynamo_model::rules::Rules;
use onward::Onward;
use stateright::Model;
use std::collections::BTreeMap;
use thiserror::Error;

/// The most states that [`Run::stay`] visits from one state. Among four nodes that gossip and
/// compare there are many more, and another run of fewer nodes most often violates the property too.
const STAYS_MAX: usize = 4_000;

/// A run: the states of a path, and the events between them.
pub struct Run {
    /// The model of the scope.
    pub model: System,
    /// The events, one for each step.
    pub events: Vec<Event>,
    /// The states, from the initial one on: one more than events.
    pub states: Vec<SystemState>,
}

/// Why a step could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Stopped {
    /// The event is not possible in this state. For example, the message is not in flight, the
    /// timer is not set, or the node to restart is up.
    #[error("the event is not possible in this state")]
    CannotHappen,
    /// The event changes nothing, so it is not a step.
    #[error("the event changes nothing in this state")]
    ChangesNothing,
    /// The next state is outside the scope's boundary.
    #[error("the next state is outside the scope's boundary")]
    OutOfScope,
}

/// How a trace differs from what the present code does. Steps are counted from 1. Step 0 is the
/// initial state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Divergence {
    /// A step cannot be taken.
    #[error("step {step} cannot be taken: {why}")]
    Stopped {
        /// The step.
        step: usize,
        /// The reason.
        why: Stopped,
    },
    /// A step leads to another state.
    #[error("step {step} leads to another state, which differs in {}", parts.join(", ").escape_debug())]
    Differs {
        /// The step.
        step: usize,
        /// The parts of the state that differ.
        parts: Vec<String>,
    },
    /// The trace contradicts itself: the digest of a whole state does not follow from the digests
    /// of its parts.
    #[error(
        "step {step} contradicts itself: its state's digest does not follow from its parts' digests"
    )]
    Inconsistent {
        /// The step.
        step: usize,
    },
    /// Every step leads to the recorded state, but the property is not violated or shown any more.
    #[error("every step leads to the recorded state, but {0}")]
    NotShown(&'static str),
}

impl Divergence {
    /// The step that differs. `None`: every step is as recorded.
    pub fn step(&self) -> Option<usize> {
        match self {
            Divergence::Stopped { step, .. }
            | Divergence::Differs { step, .. }
            | Divergence::Inconsistent { step } => Some(*step),
            Divergence::NotShown(_) => None,
        }
    }
}

impl Run {
    /// A run without steps.
    pub fn begin(model: System) -> Run {
        let first = model.init_states().remove(0);
        Run { model, events: Vec::new(), states: vec![first] }
    }

    /// Takes these steps under these rules, until one cannot be taken. Then also returns why the
    /// step after the last state cannot be taken.
    pub fn of(scope: &Scope, rules: Rules, events: &[Event]) -> (Run, Option<Stopped>) {
        let mut run = Run::begin(scope.model(rules, []));
        for event in events {
            if let Err(stopped) = run.take(event) {
                return (run, Some(stopped));
            }
        }
        (run, None)
    }

    /// The run of a search's finding.
    pub fn found(scope: &Scope, rules: Rules, finding: &Finding) -> Run {
        let path = finding.path.clone().into_vec();
        let events = path.iter().filter_map(|(_, action)| action.as_ref());
        let events = events.map(|action| Event::of(scope.nodes, action)).collect();
        Run {
            model: scope.model(rules, []),
            events,
            states: path.into_iter().map(|(state, _)| state).collect(),
        }
    }

    /// Takes those of these steps that can be taken. Also returns the numbers, from 1, of the steps
    /// that were skipped.
    pub fn of_what_can(scope: &Scope, rules: Rules, events: &[Event]) -> (Run, Vec<usize>) {
        let (mut run, _) = Run::of(scope, rules, &[]);
        let mut skipped = Vec::new();
        for (index, event) in events.iter().enumerate() {
            if run.take(event).is_err() {
                skipped.push(index + 1);
            }
        }
        (run, skipped)
    }

    /// A run of the first so many steps of this one.
    pub(super) fn up_to(&self, steps: usize, scope: &Scope, rules: &Rules) -> Run {
        Run {
            model: scope.model(*rules, []),
            events: self.events[..steps].to_vec(),
            states: self.states[..=steps].to_vec(),
        }
    }

    /// Leaves out all but the first so many steps.
    pub fn cut_after(&mut self, steps: usize) {
        self.states.truncate(steps + 1);
        self.events.truncate(steps);
    }

    /// Takes one more step.
    ///
    /// # Errors
    /// If the step cannot be taken. The run is then unchanged.
    pub fn take(&mut self, event: &Event) -> Result<(), Stopped> {
        let next = self.after(event)?;
        self.states.push(next);
        self.events.push(event.clone());
        Ok(())
    }

    /// The state after one more event.
    fn after(&self, event: &Event) -> Result<SystemState, Stopped> {
        let (action, state) = (event.action(), self.last());
        // A file may name a node as a client, or a client as a node. Both have the same action, but
        // only one name is right.
        if Event::of(self.model.cfg.scope.nodes, &action) != *event {
            return Err(Stopped::CannotHappen);
        }
        let mut possible = Vec::new();
        self.model.actions(state, &mut possible);
        if !possible.contains(&action) {
            return Err(Stopped::CannotHappen);
        }
        let next = self.model.next_state(state, action).ok_or(Stopped::ChangesNothing)?;
        if (self.model.within_boundary)(&self.model.cfg, &next) {
            Ok(next)
        } else {
            Err(Stopped::OutOfScope)
        }
    }

    /// The events that are possible next, also those that change nothing.
    pub fn possible(&self) -> Vec<Event> {
        let mut possible = Vec::new();
        self.model.actions(self.last(), &mut possible);
        possible.iter().map(|action| Event::of(self.model.cfg.scope.nodes, action)).collect()
    }

    /// The steps that can be taken next, each with the state after it.
    pub fn steps(&self) -> Vec<(Event, SystemState)> {
        steps(&self.model, self.last(), |_| true)
    }

    /// The last state.
    pub fn last(&self) -> &SystemState {
        self.states.last().expect("a run has an initial state")
    }

    /// Why this run does not violate the property (always, converges) or show it (reachable).
    /// `None`: it does.
    pub fn does_not_show(
        &self,
        property: &Property,
        cycle_from: Option<usize>,
    ) -> Option<&'static str> {
        let holds = |state: &SystemState| (property.condition)(&self.model, state);
        match (property.kind, cycle_from) {
            (Kind::Always, _) => holds(self.last()).then_some("the property holds at the end"),
            (Kind::Reachable, _) => {
                (!holds(self.last())).then_some("the last state does not show the property")
            }
            (Kind::Converges, None) => Some("the trace does not say where its cycle begins"),
            (Kind::Converges, Some(from)) => self.is_no_lasso(from, holds),
        }
    }

    /// Why the steps from this one on are not a cycle that violates a *converges* property. A cycle
    /// counts only if every state reachable without new faults and new requests leads back to it.
    fn is_no_lasso(
        &self,
        from: usize,
        holds: impl Fn(&SystemState) -> bool,
    ) -> Option<&'static str> {
        let cycle = self.states.get(from..).filter(|states| !states.is_empty());
        let Some(cycle) = cycle else {
            return Some("its cycle begins after the last step");
        };
        if cycle.iter().all(holds) {
            return Some("the property holds in every state of the cycle");
        }
        if !self.events[from..].iter().all(|event| goes_on(&self.model.cfg, &event.action())) {
            return Some(
                "the cycle has a new fault or a new request, which cannot repeat for ever",
            );
        }
        if cycle.first() != cycle.last() {
            return Some("the cycle does not end in the state in which it begins");
        }
        match Onward::of(&self.model, &cycle[0], Onward::STATES_MAX) {
            None => Some("too many states can be reached from the cycle to check them all"),
            Some(onward) if !onward.always_leads_back() => {
                Some("a run can leave the cycle and never return to it")
            }
            Some(onward) => is_cut(&self.model, &onward.states)
                .then_some("only the boundary of the scope keeps a run in the cycle"),
        }
    }

    /// Loses every message in flight that the scope may lose, but for those that arrive in a later
    /// step. Returns whether any was lost.
    pub fn lose_in_flight(&mut self, later: &[Event]) -> bool {
        let before = self.events.len();
        let is_lost = |event: &Event| match event.clone() {
            Event::Lose { from, to, message } => {
                !later.contains(&Event::Deliver { from, to, message })
            }
            _ => false,
        };
        for event in self.possible().into_iter().filter(is_lost) {
            while self.take(&event).is_ok() {}
        }
        self.events.len() > before
    }

    /// Takes steps, without new faults and new requests, to a state that violates a *converges*
    /// property and that every later state leads back to. Returns where that cycle begins. `None`:
    /// no such state was found.
    pub fn stay(&mut self, property: &Property) -> Option<usize> {
        let fails = |state: &SystemState| !(property.condition)(&self.model, state);
        let onward = Onward::of(&self.model, self.last(), STAYS_MAX)?;
        let stuck = onward.terminal().into_iter().find(|index| fails(&onward.states[*index]))?;
        for event in onward.path_to(stuck) {
            self.take(&event).ok()?;
        }
        Some(self.events.len())
    }

    /// Takes the fewest steps, without new faults and new requests, to a state from which on the
    /// property holds for ever. Returns whether there is such a state.
    pub fn settle(&mut self, property: &Property) -> bool {
        let holds = |state: &SystemState| (property.condition)(&self.model, state);
        let states_max = Onward::STATES_MAX;
        let Some(onward) = Onward::of(&self.model, self.last(), states_max) else { return false };
        let settled = (0..onward.states.len()).find(|index| onward.reached_from(*index).all(holds));
        let Some(settled) = settled else { return false };
        for event in onward.path_to(settled) {
            self.take(&event).expect("the search took this step before");
        }
        true
    }
}

/// The chosen steps from a state that change something and stay within the scope's boundary, each
/// with the state after it.
fn steps(
    model: &System,
    state: &SystemState,
    is_chosen: impl Fn(&<System as Model>::Action) -> bool,
) -> Vec<(Event, SystemState)> {
    let mut possible = Vec::new();
    model.actions(state, &mut possible);
    let steps = possible.into_iter().filter(is_chosen).filter_map(|action| {
        let event = Event::of(model.cfg.scope.nodes, &action);
        Some((event, model.next_state(state, action)?))
    });
    steps.filter(|(_, next)| next != state && (model.within_boundary)(&model.cfg, next)).collect()
}

/// Does only the scope's boundary keep a run in these states, which all lead to each other? Then it
/// keeps the run from a step that is taken in none of them, and needs no new fault or request.
fn is_cut(model: &System, states: &[SystemState]) -> bool {
    let (mut cut, mut taken) = (Vec::new(), Vec::new());
    for (action, next) in states.iter().flat_map(|state| model.next_steps(state)) {
        if !goes_on(&model.cfg, &action) {
            continue;
        }
        if (model.within_boundary)(&model.cfg, &next) {
            taken.push(action);
        } else if boundary::is_cut(&model.cfg, &next) {
            cut.push(action);
        }
    }
    cut.iter().any(|action| !taken.contains(action))
}

impl Trace {
    /// The events of the steps.
    pub fn events(&self) -> Vec<Event> {
        self.steps.iter().map(|step| step.event.clone()).collect()
    }

    /// Takes the trace's steps under its rules, until one cannot be taken. Does not compare
    /// digests.
    pub fn run(&self) -> (Run, Option<Stopped>) {
        Run::of(self.scope(), self.rules(), &self.events())
    }

    /// Takes the trace's steps with the present code, and compares every state with its digests.
    ///
    /// # Errors
    /// If the present code behaves differently. The error names the first step that differs.
    pub fn replay(&self) -> Result<Run, Divergence> {
        let (run, stopped) = self.run();
        let mut expected = self.initial.clone();
        for (step, state) in run.states.iter().enumerate() {
            if let Some(step) = step.checked_sub(1).map(|index| &self.steps[index]) {
                expected.extend(step.changed.clone());
            }
            compare(step, &digest::parts(state), &expected)?;
            let said = step.checked_sub(1).map(|index| self.steps[index].state);
            if said.is_some_and(|said| said != digest::whole(&expected)) {
                return Err(Divergence::Inconsistent { step });
            }
        }
        if let Some(why) = stopped {
            return Err(Divergence::Stopped { step: run.states.len(), why });
        }
        match run.does_not_show(self.property(), self.cycle_from) {
            Some(why) => Err(Divergence::NotShown(why)),
            None => Ok(run),
        }
    }
}

fn compare(
    step: usize,
    found: &BTreeMap<String, StateDigest>,
    expected: &BTreeMap<String, StateDigest>,
) -> Result<(), Divergence> {
    let names = found.keys().chain(expected.keys().filter(|part| !found.contains_key(*part)));
    let parts: Vec<String> =
        names.filter(|part| found.get(*part) != expected.get(*part)).cloned().collect();
    if parts.is_empty() { Ok(()) } else { Err(Divergence::Differs { step, parts }) }
}
