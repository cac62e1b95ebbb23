//! The path to a location, as a space-time diagram.

use super::Location;
use dynamo_invariants::describe::diagram;
use dynamo_invariants::describe::flight::{End, Flight, flights};
use dynamo_invariants::notation::words::brief;
use dynamo_invariants::trace::replay::Run;
use serde_json::{Value, json};

/// Whose lifelines there are; the steps; and each message from the step in which it was sent, 0
/// before the first, to that in which it ended.
pub(super) fn path(location: &Location, run: &Run) -> Value {
    let everyone: Vec<String> = diagram::everyone(run).iter().map(ToString::to_string).collect();
    let rows = diagram::rows(run).into_iter().zip(location.path()).zip(&run.events);
    let rows = rows.map(|((row, code), event)| {
        let down = run.states[row.step].crashed.iter().zip(&everyone).filter(|(is_down, _)| **is_down);
        json!({
            "code": code, "text": row.text, "at": event.at().map(|who| who.to_string()), "is_fault": row.is_fault,
            "down": down.map(|(_, name)| name).collect::<Vec<_>>(),
        })
    });
    let rows: Vec<Value> = rows.collect();
    let flights: Vec<Value> = flights(run).iter().map(flight).collect();
    json!({ "actors": everyone, "rows": rows, "flights": flights })
}

fn flight(flight: &Flight) -> Value {
    let Flight { from, to, message, sent, ended } = flight;
    json!({
        "from": from.to_string(), "to": to.to_string(), "text": brief(message), "sent": sent,
        "ended": ended.map(|(step, _)| step), "is_lost": ended.is_some_and(|(_, end)| end == End::Lost),
    })
}
