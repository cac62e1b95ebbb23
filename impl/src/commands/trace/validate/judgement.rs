//! What the properties say of a recorded run, in words and as JSON.

use super::report::at;
use crate::output::say;
use dynamo::record::{Fall, Judgement, Limit, Rest, told};
use dynamo_invariants::judge::{KeyViolation, RecordJudge, Tally, Unjudged};
use dynamo_invariants::notation::words::counted;
use dynamo_invariants::property::Kind;
use serde_json::{Value, json};

pub(super) fn print(judgement: &Judgement) {
    let Judgement { events, tally, limit, fall, rest } = judgement;
    if let Some(tally) = tally {
        let (keys, requests) =
            (counted(tally.keys, "key"), counted(tally.requests as usize, "request"));
        let events = counted(*events as usize, "event");
        let properties = RecordJudge::properties(Kind::Always).count();
        say!("\nJudged by {properties} properties: {events}, {keys}, {requests}.");
        for (why, count) in &tally.unjudged {
            say!("  not judged to the end: {}, because {why}", counted(*count, "key"));
        }
        if tally.followed < tally.requests {
            let after = counted((tally.requests - tally.followed) as usize, "request");
            say!("  {after} came after that, and were not judged");
        }
        print_changes(tally);
    }
    if let Some(Limit { node, at, why }) = limit {
        let up_to = if tally.is_some() { "Judged up to" } else { "No property was judged:" };
        say!("{up_to} node {node}, {at}, because {why}.");
    }
    match fall {
        Some(fall) => print_fall(fall),
        None if tally.is_some() => say!("As far as was judged, no property is violated."),
        None => {}
    }
    match rest {
        Rest::NotJudged(_) if limit.is_some() || fall.is_some() => {}
        Rest::NotJudged(why) => {
            say!("What must be true eventually was not judged, because {why}.");
        }
        Rest::Holds => {
            say!("For all keys judged to the end, all that must be true eventually is true there.");
        }
        Rest::Violated(violation) => {
            say!("\nVIOLATED at the records' ends:");
            print_violation(violation);
        }
    }
}

/// What properties except.
fn print_changes(tally: &Tally) {
    if tally.members_changed {
        say!("  members have changed: from then on, the exceptions for a ring that changes apply");
    }
    if tally.disks_lost > 0 {
        let lost = counted(tally.disks_lost, "node");
        say!("  {lost} lost a disk: each of them lowers W by one for the puts that began before");
    }
}

fn print_fall(fall: &Fall) {
    let Fall { node, at, event, batch, violation } = fall;
    say!("\nVIOLATED by events {} of node {node}, {at}:", numbers(*event, batch.events.len()));
    for event in &batch.events {
        say!("  {}", told(event));
    }
    print_violation(violation);
}

fn print_violation(violation: &KeyViolation) {
    let KeyViolation { key, violation, puts } = violation;
    say!("{}, for key {key:?}: {}", violation.property.name, violation.property.statement);
    say!("Evidence:");
    for fact in violation.evidence.iter().chain(puts) {
        say!("  {fact}");
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
    let Judgement { events, tally, limit, fall, rest } = judgement;
    let limit = limit.as_ref().map(|Limit { node, at: place, why }| {
        json!({ "node": node.to_string(), "at": at(place), "why": why })
    });
    let fall = fall.as_ref().map(|fall| {
        let mut shown = violation(&fall.violation);
        shown["node"] = json!(fall.node.to_string());
        shown["at"] = at(&fall.at);
        shown["event"] = json!(fall.event);
        shown["events"] = json!(fall.batch.events.iter().map(told).collect::<Vec<_>>());
        shown
    });
    let judged = tally.as_ref().map(|tally| {
        let Tally { keys, unjudged, requests, followed, members_changed, disks_lost } = tally;
        let reason =
            |(why, keys): (&Unjudged, &usize)| json!({ "why": why.to_string(), "keys": keys });
        json!({
            "always": names(Kind::Always), "events": events, "keys": keys, "requests": requests,
            "requests_judged": followed, "members_changed": members_changed,
            "disks_lost": disks_lost,
            "not_to_the_end": unjudged.iter().map(reason).collect::<Vec<_>>(),
        })
    });
    let (converges, why, violated) = match rest {
        Rest::NotJudged(why) => (Value::Null, Some(why), Value::Null),
        Rest::Holds => (json!(names(Kind::Converges)), None, Value::Null),
        Rest::Violated(it) => (json!(names(Kind::Converges)), None, violation(it)),
    };
    let rest = json!({ "converges": converges, "why_not": why, "violation": violated });
    json!({ "run": judged, "limit": limit, "violation": fall, "at_rest": rest })
}

fn violation(violation: &KeyViolation) -> Value {
    let KeyViolation { key, violation, puts } = violation;
    json!({
        "property": violation.property.name, "key": key.as_str(),
        "evidence": violation.evidence, "puts": puts,
    })
}

fn names(kind: Kind) -> Vec<&'static str> {
    RecordJudge::properties(kind).map(|property| property.name).collect()
}
