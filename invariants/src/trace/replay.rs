//! Traces on the code of today.

mod onward;

use crate::check::Finding;
use crate::property::{Kind, Property, goes_on};
use crate::scope::Scope;
use crate::system::{System, SystemState};
use crate::trace::{Event, StateDigest, Trace, digest};
use dynamo_model::rules::Rules;
use onward::Onward;
use stateright::Model;
use std::collections::BTreeMap;
use thiserror::Error;

/// Every state of a run, and what happened between.
pub struct Run {
    /// What ran.
    pub model: System,
    /// What happened.
    pub events: Vec<Event>,
    /// The states: one more than there are events.
    pub states: Vec<SystemState>,
}

/// Why a step could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Stopped {
    /// It is not among what may happen then: the message is not on its way, the timer is not set,
    /// the node is up already.
    #[error("it cannot happen there")]
    CannotHappen,
    /// It changes nothing, which counts as no step.
    #[error("it changes nothing there")]
    ChangesNothing,
    /// The scope leaves it out.
    #[error("it leaves the scope")]
    OutOfScope,
}

/// How a trace differs from what today's code does. Steps are counted from 1; 0 is the state before
/// the first.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Divergence {
    /// A step cannot be taken.
    #[error("step {step} cannot be taken: {why}")]
    Stopped {
        /// Which.
        step: usize,
        /// Why not.
        why: Stopped,
    },
    /// A step leads to another state.
    #[error("step {step} leads to another state, which differs in {}", parts.join(", ").escape_debug())]
    Differs {
        /// Which.
        step: usize,
        /// The parts of the state that differ.
        parts: Vec<String>,
    },
    /// The trace contradicts itself: the digest of a whole state does not follow from those of its
    /// parts.
    #[error(
        "step {step} has a digest of the whole state that does not belong to those of its parts"
    )]
    Inconsistent {
        /// Which.
        step: usize,
    },
    /// Everything is the same, but that the property says otherwise of it.
    #[error("every step leads where it did, and yet {0}")]
    NotShown(&'static str),
}

impl Divergence {
    /// At which step, if at one.
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
    /// Nothing has happened yet.
    pub fn begin(model: System) -> Run {
        let first = model.init_states().remove(0);
        Run { model, events: Vec::new(), states: vec![first] }
    }

    /// Takes these steps under these rules, as far as they can be taken. If that is not to the end,
    /// the step after the last state was stopped by this.
    pub fn of(scope: &Scope, rules: Rules, events: &[Event]) -> (Run, Option<Stopped>) {
        let mut run = Run::begin(scope.model(rules, []));
        for event in events {
            if let Err(stopped) = run.take(event) {
                return (run, Some(stopped));
            }
        }
        (run, None)
    }

    /// What a search found.
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

    /// Takes those of these steps that can be taken. The others, by their numbers from 1, are
    /// passed over.
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

    /// Takes one step more.
    ///
    /// # Errors
    /// Where it cannot be taken; nothing has changed then.
    pub fn take(&mut self, event: &Event) -> Result<(), Stopped> {
        let next = self.after(event)?;
        self.states.push(next);
        self.events.push(event.clone());
        Ok(())
    }

    /// The state after one event more.
    fn after(&self, event: &Event) -> Result<SystemState, Stopped> {
        let (action, state) = (event.action(), self.last());
        // A node's number may be written as a client's, and the other way round; only one of the
        // two is what happened.
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

    /// What may happen next, whether it changes anything or not.
    pub fn possible(&self) -> Vec<Event> {
        let mut possible = Vec::new();
        self.model.actions(self.last(), &mut possible);
        possible.iter().map(|action| Event::of(self.model.cfg.scope.nodes, action)).collect()
    }

    /// The steps that may be taken next, and where each leads.
    pub fn steps(&self) -> Vec<(Event, SystemState)> {
        steps(&self.model, self.last(), |_| true)
    }

    /// The last state.
    pub fn last(&self) -> &SystemState {
        self.states.last().expect("there is one at least")
    }

    /// Why this run does not violate the property, or show it if it is one that is to be reachable.
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
                (!holds(self.last())).then_some("the property does not show at the end")
            }
            (Kind::Converges, None) => Some("it does not say from where on it goes round"),
            (Kind::Converges, Some(from)) => self.does_not_go_round(from, holds),
        }
    }

    fn does_not_go_round(
        &self,
        from: usize,
        holds: impl Fn(&SystemState) -> bool,
    ) -> Option<&'static str> {
        let round = self.states.get(from..).filter(|states| !states.is_empty());
        let Some(round) = round else {
            return Some("it goes round from a step that it has not got");
        };
        if round.iter().all(holds) {
            return Some("the property holds all the way round");
        }
        if !self.events[from..].iter().all(|event| goes_on(&self.model.cfg, &event.action())) {
            return Some("something happens on the way round that is not to happen for ever");
        }
        if round.first() != round.last() {
            return Some("it does not come back to where the way round began");
        }
        match Onward::of(&self.model, &round[0]) {
            None => Some("from where it goes round it may go on to more states than are looked at"),
            Some(onward) => (!onward.always_leads_back())
                .then_some("it may go on from the way round to where nothing leads back"),
        }
    }

    /// Takes the fewest steps, of those that go on once nothing new goes wrong and nothing new is
    /// asked, to where the property holds and will hold for ever. Returns whether there is such a
    /// state.
    pub fn settle(&mut self, property: &Property) -> bool {
        let holds = |state: &SystemState| (property.condition)(&self.model, state);
        let Some(onward) = Onward::of(&self.model, self.last()) else { return false };
        let settled = (0..onward.states.len()).find(|place| onward.reached_from(*place).all(holds));
        let Some(settled) = settled else { return false };
        for event in onward.way_to(settled) {
            self.take(&event).expect("it went on so before");
        }
        true
    }
}

/// Those of the steps from a state that are chosen, change something and stay in the scope, and
/// where each leads.
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

impl Trace {
    /// What happened.
    pub fn events(&self) -> Vec<Event> {
        self.steps.iter().map(|step| step.event.clone()).collect()
    }

    /// Takes the trace's steps under its rules, without a look at its digests, as far as they can
    /// be taken.
    pub fn run(&self) -> (Run, Option<Stopped>) {
        Run::of(self.scope(), self.rules(), &self.events())
    }

    /// Takes the trace's steps with the code of today.
    ///
    /// # Errors
    /// Where that comes out otherwise: the first step at which it does.
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
