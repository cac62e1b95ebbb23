//! Shortening traces, and finding long ones at random.

use crate::catalogue::PROPERTIES;
use crate::notation::Who;
use crate::property::{Kind, Property};
use crate::scope::Scope;
use crate::system::SystemState;
use crate::trace::replay::Run;
use crate::trace::{Event, Trace};
use dynamo_model::message::Message;
use dynamo_model::node::Timer;
use dynamo_model::rules::Rules;
use stateright::Model;
use std::cell::Cell;
use std::mem::{Discriminant, discriminant};

/// The most steps that [`shrink`] tries in all its attempts together. A trace of hundreds of steps
/// needs fewer.
const TRIED_MAX: usize = 300_000;

/// A shorter trace that violates or shows the trace's property. Later steps that are then
/// impossible are left out too. Every single step is needed, except where the trace is so long that
/// the search ends before. `None`: the given trace does not violate or show its property.
///
/// First it leaves out all steps of a class together, such as all gossip or all that one node does:
/// what repeats itself can be left out only as a whole. Then it leaves out parts of the path, down
/// to single steps.
pub fn shrink(trace: &Trace) -> Option<Trace> {
    let goal = Goal { trace, property: trace.property(), tried: Cell::new(0) };
    let (run, stopped) = trace.run();
    let best = goal.reached(run, trace.cycle_from).filter(|_| stopped.is_none())?;
    let best = goal.without_parts(goal.without_classes(best));
    Some(Trace::of(&best.run, trace.defect.clone(), goal.property, best.cycle_from))
}

/// A run that shows the property.
struct Shown {
    run: Run,
    cycle_from: Option<usize>,
}

impl Shown {
    /// The number of steps that might be left out: those before the cycle.
    fn ahead(&self) -> usize {
        self.cycle_from.unwrap_or(self.run.events.len())
    }
}

struct Goal<'a> {
    trace: &'a Trace,
    property: &'static Property,
    /// How many steps were tried.
    tried: Cell<usize>,
}

impl Goal<'_> {
    /// The run, cut off as soon as it violates or shows the property. `None`: it does neither.
    fn reached(&self, mut run: Run, cycle_from: Option<usize>) -> Option<Shown> {
        if let Some(from) = cycle_from {
            self.cut_after_one_cycle(&mut run, from);
        } else {
            let first = run.states.iter().position(|state| self.is_at(&run, state))?;
            run.cut_after(first);
        }
        run.does_not_show(self.property, cycle_from).is_none().then_some(Shown { run, cycle_from })
    }

    /// Does this state violate the *always* property, or show the *reachable* one?
    fn is_at(&self, run: &Run, state: &SystemState) -> bool {
        (self.property.condition)(&run.model, state) == (self.property.kind == Kind::Reachable)
    }

    /// Cuts the run off where the cycle first returns to its beginning after a state that violates
    /// the property.
    fn cut_after_one_cycle(&self, run: &mut Run, from: usize) {
        let fails = |state: &_| !(self.property.condition)(&run.model, state);
        let cycle = || run.states.iter().enumerate().skip(from);
        let Some((first_fails, _)) = cycle().find(|(_, state)| fails(state)) else { return };
        // A path that ends in a state without further steps has a cycle of no steps.
        let back =
            cycle().find(|(index, state)| *index >= first_fails && **state == run.states[from]);
        if let Some((back, _)) = back {
            run.cut_after(back);
        }
    }

    /// The run without each class of steps that it does not need.
    fn without_classes(&self, mut best: Shown) -> Shown {
        let mut classes: Vec<Class> = Vec::new();
        for class in best.run.events.iter().flat_map(Class::of) {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        for class in classes {
            let is_of = |_: usize, event: &Event| Class::of(event).contains(&class);
            best = self.without(&best, is_of).unwrap_or(best);
        }
        best
    }

    /// The run without the parts that it does not need: first large ones, then single steps.
    fn without_parts(&self, mut best: Shown) -> Shown {
        let mut size = best.ahead().max(1);
        loop {
            let mut from = best.ahead();
            let mut is_shorter = false;
            while from > 0 {
                from = from.saturating_sub(size);
                let part = from..from + size;
                if let Some(shorter) = self.without(&best, |index, _| part.contains(&index)) {
                    from = from.min(shorter.ahead());
                    best = shorter;
                    is_shorter = true;
                }
            }
            if size == 1 && !is_shorter {
                return best;
            }
            size = (size / 2).max(1);
        }
    }

    /// The run without some steps, if it still violates or shows the property.
    fn without(&self, shown: &Shown, is_out: impl Fn(usize, &Event) -> bool) -> Option<Shown> {
        let ahead = &shown.run.events[..shown.ahead()];
        let first = (0..ahead.len()).find(|index| is_out(*index, &ahead[*index]))?;
        let mut run = shown.run.up_to(first, self.trace.scope(), &self.trace.rules());
        for (index, event) in ahead.iter().enumerate().skip(first + 1) {
            if self.tried.get() >= TRIED_MAX {
                return None;
            }
            self.tried.set(self.tried.get() + 1);
            let is_taken = !is_out(index, event) && run.take(event).is_ok();
            if is_taken && shown.cycle_from.is_none() && self.is_at(&run, run.last()) {
                return Some(Shown { run, cycle_from: None });
            }
        }
        let from = shown.cycle_from?;
        let cycle_from = Some(run.events.len());
        let returns = *run.last() == shown.run.states[from];
        for event in &shown.run.events[from..] {
            run.take(event).ok()?;
        }
        if returns { Some(Shown { run, cycle_from }) } else { self.reached(run, cycle_from) }
    }
}

/// Steps that have something in common.
#[derive(PartialEq)]
enum Class {
    Kind(Discriminant<Event>),
    At(Who),
    Message(Discriminant<Message>),
    Timer(Discriminant<Timer>),
}

impl Class {
    /// The classes of a step.
    fn of(event: &Event) -> Vec<Class> {
        let mut all = vec![Class::Kind(discriminant(event))];
        all.extend(event.at().map(Class::At));
        match event {
            Event::Deliver { message, .. } | Event::Lose { message, .. } => {
                all.push(Class::Message(discriminant(message.as_undated())));
            }
            Event::TimeOut { timer, .. } => all.push(Class::Timer(discriminant(timer))),
            _ => {}
        }
        all
    }
}

/// Walks through a scope: `choose` picks each step's index among a number of possible ones. The
/// walk ends when the scope's claim of an *always* property is violated, or after `steps` steps.
/// Returns the run, and the property that its last state violates.
pub fn walk(
    scope: &Scope,
    rules: Rules,
    steps: usize,
    mut choose: impl FnMut(usize) -> usize,
) -> (Run, Option<&'static Property>) {
    let (mut run, _) = Run::of(scope, rules, &[]);
    let claimed: Vec<&'static Property> = PROPERTIES
        .iter()
        .filter(|property| property.kind == Kind::Always && scope.excuse(property).is_none())
        .collect();
    loop {
        let violated =
            claimed.iter().find(|property| !(property.condition)(&run.model, run.last()));
        let mut possible = Vec::new();
        run.model.actions(run.last(), &mut possible);
        let mut events: Vec<Event> =
            possible.iter().map(|action| Event::of(scope.nodes, action)).collect();
        if violated.is_some() || run.events.len() == steps {
            return (run, violated.copied());
        }
        loop {
            if events.is_empty() {
                return (run, None);
            }
            let event = events.swap_remove(choose(events.len()));
            if run.take(&event).is_ok() {
                break;
            }
        }
    }
}
