//! What the properties say of a recorded run, in words and as JSON.

use crate::output::say;
use dynamo::record::{Fall, Judgement, Limit, Position, told};
use dynamo_invariants::judge::{RecordJudge, Tally};
use dynamo_invariants::notation::words::counted;
use serde_json::{Value, json};

pub(super) fn print(judgement: &Judgement) {
    let Judgement { events, tally, limit, fall } = judgement;
    if let Some(tally) = tally {
        let (keys, requests) =
            (counted(tally.keys, "key"), counted(tally.requests as usize, "request"));
        let events = counted(*events as usize, "event");
        let properties = counted(RecordJudge::properties().count(), "property");
        say!("\nJudged by {properties}: {events}, {keys}, {requests}.");
        for (why, count) in &tally.unjudged {
            say!("  not judged to the end: {}, because {why}", counted(*count, "key"));
        }
    }
    if let Some(Limit { node, at, why }) = limit {
        let up_to = if tally.is_some() { "Judged up to" } else { "No property was judged:" };
        say!("{up_to} node {node}, {at}, because {why}.");
    }
    match fall {
        Some(fall) => print_fall(fall),
        None if tally.is_some() => say!("No property is violated up to there."),
        None => {}
    }
}

fn print_fall(fall: &Fall) {
    let Fall { node, at, event, batch, violation } = fall;
    let property = violation.violation.property;
    say!("\nVIOLATED: {}, for key {:?}", property.name, violation.key);
    say!("  {}", property.statement);
    say!("  It falls with events {} of node {node}, at {at}:", numbers(*event, batch.events.len()));
    for event in &batch.events {
        say!("    {}", told(event));
    }
    say!("  Evidence:");
    for fact in violation.violation.evidence.iter().chain(&violation.puts) {
        say!("    {fact}");
    }
}

/// The numbers of so many events, from the first one on.
fn numbers(first: u64, count: usize) -> String {
    match count {
        0 | 1 => first.to_string(),
        _ => format!("{first} to {}", first + count as u64 - 1),
    }
}

/// `null`: nothing was judged.
pub(super) fn as_json(judgement: &Judgement) -> Value {
    let Judgement { events, tally, limit, fall } = judgement;
    let at = |at: &Position| json!({ "file": at.file, "byte": at.offset });
    let limit = limit.as_ref().map(|Limit { node, at: place, why }| {
        json!({ "node": node.to_string(), "at": at(place), "why": why })
    });
    let fall = fall.as_ref().map(|fall| {
        let violation = &fall.violation;
        json!({
            "property": violation.violation.property.name, "key": violation.key.as_str(),
            "evidence": violation.violation.evidence, "puts": violation.puts,
            "node": fall.node.to_string(), "at": at(&fall.at), "event": fall.event,
            "events": fall.batch.events.iter().map(told).collect::<Vec<_>>(),
        })
    });
    let always: Vec<&str> = RecordJudge::properties().map(|it| it.name).collect();
    let judged = tally.as_ref().map(|Tally { keys, unjudged, requests }| {
        let reason = |(why, count): (&_, &usize)| json!({ "why": format!("{why}"), "keys": count });
        let unjudged: Vec<Value> =
            unjudged.iter().map(|(why, count)| reason((&why.to_string(), count))).collect();
        json!({
            "always": always, "events": events, "keys": keys, "requests": requests,
            "not_to_the_end": unjudged,
        })
    });
    json!({ "run": judged, "limit": limit, "violation": fall })
}
