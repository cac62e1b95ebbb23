//! Space-time diagrams in text. Nodes and clients are columns; time runs downwards.

use super::flight::{Flight, flights};
use crate::notation::Who;
use crate::trace::Event;
use crate::trace::replay::Run;
use stateright::actor::Id;

/// The distance between two lifelines, in characters.
const PITCH: usize = 6;

/// One step, as a drawing and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number of the step, from 1.
    pub step: usize,
    /// The lifelines, with this step's arrow or mark.
    pub lanes: String,
    /// The event in words.
    pub text: String,
    /// Is the event a fault: a lost message, a crash, a lost disk, or a return to an old copy?
    pub is_fault: bool,
}

/// The line with the names above the lifelines.
pub fn head(run: &Run) -> String {
    let names = everyone(run).into_iter().map(|who| format!("{:<PITCH$}", who.to_string()));
    names.collect::<String>().trim_end().to_owned()
}

/// The rows, one for each step. A message's arrow is in the row of the step in which it arrives. If
/// it was sent earlier than in the step before, the text names the step in which it was sent.
pub fn rows(run: &Run) -> Vec<Row> {
    let flights = flights(run);
    run.events
        .iter()
        .enumerate()
        .map(|(index, event)| row(run, &flights, index + 1, event))
        .collect()
}

/// The whole diagram: the names, a line for each step, and a line before the cycle, if there is
/// one.
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

/// The line between the steps that lead to the cycle and those of the cycle.
pub const AND_THEN: &str = "and then, for ever:";
/// The last line of a path that ends in a state without further steps.
pub const NOTHING_MORE: &str = "and then nothing goes on";

/// Every node and client of the run.
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
    for lane in &mut lanes[from.min(to) + 1..from.max(to)] {
        *lane = if *lane == ' ' { '─' } else { '┼' };
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
