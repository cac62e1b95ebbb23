//! Shortening traces, and finding long ones at random.

use crate::catalogue::PROPERTIES;
use crate::property::{Kind, Property};
use crate::scope::Scope;
use crate::trace::replay::Run;
use crate::trace::{Event, Trace};
use dynamo_model::rules::Rules;
use stateright::Model;

/// A shorter trace that violates or shows the trace's property, in which every single step is
/// needed. Later steps that are then impossible are left out too. `None`: the given trace does not
/// violate or show its property.
pub fn shrink(trace: &Trace) -> Option<Trace> {
    let goal = Goal { trace, property: trace.property() };
    let (run, stopped) = trace.run();
    let mut best = goal.reached(run, trace.cycle_from).filter(|_| stopped.is_none())?;
    let mut size = best.ahead().max(1);
    loop {
        let mut from = best.ahead();
        let mut is_shorter = false;
        while from > 0 {
            from = from.saturating_sub(size);
            if let Some(shorter) = goal.without(&best, from, size) {
                from = from.min(shorter.ahead());
                best = shorter;
                is_shorter = true;
            }
        }
        if size == 1 && !is_shorter {
            break;
        }
        size = (size / 2).max(1);
    }
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
}

impl Goal<'_> {
    /// The run, cut off as soon as it violates or shows the property. `None`: it does neither.
    fn reached(&self, mut run: Run, cycle_from: Option<usize>) -> Option<Shown> {
        if let Some(from) = cycle_from {
            self.cut_after_one_cycle(&mut run, from);
        }
        if self.property.kind != Kind::Converges {
            let is_goal = |state: &_| {
                (self.property.condition)(&run.model, state)
                    == (self.property.kind == Kind::Reachable)
            };
            let first = run.states.iter().position(is_goal)?;
            run.states.truncate(first + 1);
            run.events.truncate(first);
        }
        run.does_not_show(self.property, cycle_from).is_none().then_some(Shown { run, cycle_from })
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
            run.states.truncate(back + 1);
            run.events.truncate(back);
        }
    }

    /// The run without some steps, if it still violates or shows the property.
    fn without(&self, shown: &Shown, from: usize, count: usize) -> Option<Shown> {
        let ahead = &shown.run.events[..shown.ahead()];
        let to = (from + count).min(ahead.len());
        let rest: Vec<Event> = ahead[..from].iter().chain(&ahead[to..]).cloned().collect();
        let (mut run, _) = Run::of_what_can(self.trace.scope(), self.trace.rules(), &rest);
        let cycle_from = shown.cycle_from.map(|_| run.events.len());
        for event in &shown.run.events[shown.ahead()..] {
            run.take(event).ok()?;
        }
        self.reached(run, cycle_from)
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
