//! Space-time diagrams in text: nodes and clients from left to right, time downwards.

use super::flight::{Flight, flights};
use crate::notation::Who;
use crate::trace::Event;
use crate::trace::replay::Run;
use stateright::actor::Id;

/// How far lifelines are from one another, in characters.
const PITCH: usize = 6;

/// One step, drawn and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which step, from 1.
    pub step: usize,
    /// The lifelines, and what goes from one to another in this step.
    pub lanes: String,
    /// What happens.
    pub text: String,
    /// Does anything go wrong: is a message lost, a node down, a disk gone?
    pub is_fault: bool,
}

/// The names above the lifelines.
pub fn head(run: &Run) -> String {
    let names = everyone(run).into_iter().map(|who| format!("{:<PITCH$}", who.to_string()));
    names.collect::<String>().trim_end().to_owned()
}

/// The rows, one a step. A message's arrow is drawn where it arrives; the text says in which step
/// it was sent, if not in the one before.
pub fn rows(run: &Run) -> Vec<Row> {
    let flights = flights(run);
    run.events
        .iter()
        .enumerate()
        .map(|(index, event)| row(run, &flights, index + 1, event))
        .collect()
}

/// The whole diagram: names, a line a step, and what goes on for ever from where on.
pub fn lines(run: &Run, cycle_from: Option<usize>) -> Vec<String> {
    let mut lines = vec![format!("      {}", head(run))];
    let rows = rows(run);
    for row in &rows {
        if cycle_from == Some(row.step - 1) {
            lines.push(format!("      {AND_THEN}"));
        }
        lines.push(format!("{:>4}  {}  {}", row.step, row.lanes, row.text));
    }
    if cycle_from == Some(rows.len()) {
        lines.push(format!("      {NOTHING_MORE}"));
    }
    lines
}

/// Between what leads to where it goes round, and what goes round.
pub const AND_THEN: &str = "and then, for ever:";
/// At the end of what leads to where nothing goes on.
pub const NOTHING_MORE: &str = "and then nothing goes on";

/// Every node and client.
pub fn everyone(run: &Run) -> Vec<Who> {
    let states = run.states[0].actor_states.iter().enumerate();
    states.map(|(index, state)| Who::of(Id::from(index), state)).collect()
}

fn row(run: &Run, flights: &[Flight], step: usize, event: &Event) -> Row {
    let crashed = &run.states[step].crashed;
    let count = run.states[step].actor_states.len();
    let mut lanes = vec![' '; PITCH * (count - 1) + 1];
    for (index, is_down) in crashed.iter().enumerate() {
        lanes[index * PITCH] = if *is_down { '┊' } else { '│' };
    }
    match event {
        Event::Deliver { from, to, .. } => arrow(&mut lanes, *from, *to, false),
        Event::Lose { from, to, .. } => arrow(&mut lanes, *from, *to, true),
        Event::Crash { at } => lanes[column(*at)] = '✕',
        _ => lanes[event.at().map_or(0, column)] = '●',
    }
    let is_fault = matches!(
        event,
        Event::Lose { .. }
            | Event::Crash { .. }
            | Event::LoseDisk { .. }
            | Event::ReturnToCopy { .. }
    );
    let ends_here = |flight: &&Flight| flight.ended.is_some_and(|(ended, _)| ended == step);
    let sent = flights.iter().find(ends_here).map(|flight| flight.sent);
    let since = match sent {
        Some(sent) if sent > 0 && sent + 1 < step => format!(" (sent in step {sent})"),
        _ => String::new(),
    };
    Row { step, lanes: lanes.into_iter().collect(), text: format!("{event}{since}"), is_fault }
}

fn column(who: Who) -> usize {
    usize::from(who.id()) * PITCH
}

fn arrow(lanes: &mut [char], from: Who, to: Who, is_lost: bool) {
    let (from, to) = (column(from), column(to));
    if from == to {
        lanes[to] = '●';
        return;
    }
    for place in &mut lanes[from.min(to) + 1..from.max(to)] {
        *place = if *place == ' ' { '─' } else { '┼' };
    }
    let before = if from < to { to - 1 } else { to + 1 };
    lanes[before] = match (is_lost, from < to) {
        (true, _) => '✕',
        (false, true) => '▶',
        (false, false) => '◀',
    };
    lanes[from] = if from < to { '├' } else { '┤' };
    if !is_lost {
        lanes[to] = '●';
    }
}
