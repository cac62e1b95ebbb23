//! Which steps of a run lead to its violation, and which of them is decisive.

use dynamo_invariants::describe::flight::{Flight, flights};
use dynamo_invariants::property::Kind;
use dynamo_invariants::trace::replay::Run;
use dynamo_invariants::trace::{Event, Trace};
use dynamo_model::rules::Rules;
use std::collections::BTreeSet;

/// What the pages say of [`causes`].
pub(super) const DEFINITION: &str = "\
A step is folded away when no message, and no order of steps at one node, leads from it to one of \
these: the violation, the decisive step, a fault, or a step that a fact of the verdict rests on.";

/// The steps, counted from 1, that are in the causal past of what a trace shows. What it shows are
/// these steps: the last one, or the whole cycle; the decisive one; every fault; and each step that
/// brought about a fact on which the property's verdict rests.
pub(super) fn causes(trace: &Trace, run: &Run) -> BTreeSet<usize> {
    let flights = flights(run);
    let mut causes: BTreeSet<usize> = shown(trace, run);
    for step in (1..=run.events.len()).rev() {
        if causes.contains(&step) {
            causes.extend(needed(run, &flights, step));
        }
    }
    causes
}

/// The steps that another one needs directly: the one before it at the same node or client, and the
/// one that sent the message which it receives or loses.
fn needed(run: &Run, flights: &[Flight], step: usize) -> Vec<usize> {
    let event = &run.events[step - 1];
    let before = 1..step;
    if matches!(event, Event::ReturnToCopy { .. } | Event::HearOfLaterCommit { .. }) {
        // What other nodes remember decides about these.
        return before.collect();
    }
    let at = |earlier: &usize| run.events[earlier - 1].at();
    let here =
        before.clone().rev().find(|earlier| event.at().is_some() && at(earlier) == event.at());
    let ends_here = |flight: &&Flight| flight.ended.is_some_and(|(ended, _)| ended == step);
    let sent = flights.iter().filter(ends_here).map(|flight| flight.sent).filter(|sent| *sent > 0);
    // Scopes bound how many nodes are down at a time: a node may have to come back first.
    let is_recovery = |earlier: &usize| matches!(run.events[earlier - 1], Event::Recover { .. });
    let is_crash = matches!(event, Event::Crash { .. });
    let recoveries = before.filter(|earlier| is_crash && is_recovery(earlier));
    here.into_iter().chain(sent).chain(recoveries).collect()
}

fn shown(trace: &Trace, run: &Run) -> BTreeSet<usize> {
    let steps = run.events.len();
    let end = match trace.cycle_from {
        Some(from) if from < steps => from + 1..=steps,
        _ => steps..=steps,
    };
    let is_fault = |step: &usize| {
        matches!(
            run.events[step - 1],
            Event::Lose { .. }
                | Event::Crash { .. }
                | Event::LoseDisk { .. }
                | Event::CopyDisk { .. }
                | Event::ReturnToCopy { .. }
        )
    };
    let faults = (1..=steps).filter(is_fault);
    let facts = facts_made(trace, run).into_iter();
    end.filter(|step| *step > 0).chain(faults).chain(decisive(trace, run)).chain(facts).collect()
}

/// For each fact on which the verdict rests, the last step that brought it about.
fn facts_made(trace: &Trace, run: &Run) -> Vec<usize> {
    let property = trace.property();
    let told: Vec<Vec<String>> =
        run.states.iter().map(|state| property.evidence(&run.model, state)).collect();
    let verdict = &told[violated(trace, run)];
    let made = |fact: &String| {
        let is_made = |step: &usize| told[*step].contains(fact) && !told[step - 1].contains(fact);
        (1..told.len()).rev().find(is_made)
    };
    verdict.iter().filter_map(made).collect()
}

/// The number of the last state in which the property does not hold.
pub(super) fn violated(trace: &Trace, run: &Run) -> usize {
    let property = trace.property();
    let holds = |state| (property.condition)(&run.model, state);
    let last = run.states.len() - 1;
    match property.kind {
        Kind::Always | Kind::Reachable => last,
        Kind::Converges => run.states.iter().rposition(|state| !holds(state)).unwrap_or(last),
    }
}

/// The first step after which the protocol and the defect differ, or that the protocol cannot take.
/// `None`: there is no defect, or they differ only in what can happen next.
pub(super) fn decisive(trace: &Trace, run: &Run) -> Option<usize> {
    trace.defect.as_ref()?;
    let (mut protocol, _) = Run::of(trace.scope(), Rules::default(), &[]);
    let differs =
        |(event, state): (&Event, _)| protocol.take(event).is_err() || protocol.last() != state;
    run.events.iter().zip(&run.states[1..]).position(differs).map(|index| index + 1)
}
