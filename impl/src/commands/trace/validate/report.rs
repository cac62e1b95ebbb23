//! What a validation found out about each node, in words and as JSON.

use crate::output::say;
use dynamo::interpreter::Event;
use dynamo::record::{Ending, Fault, Gap, NodeReport, Position, Report, told};
use dynamo_invariants::notation::words::counted;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn print(report: &Report, took: Duration) {
    for node in &report.nodes {
        print_node(node, report.first_fault_of(node.node));
    }
    let events: u64 = report.nodes.iter().map(|node| node.counts.events).sum();
    let rate = u128::from(events) * 1_000_000 / took.as_micros().max(1);
    say!("\n{events} events in {:.2} s: {rate} a second", took.as_secs_f64());
    match report.faults.first() {
        Some(first) => say!("\nThe first difference from the model:\n{first}"),
        None => say!("Every step up to there is a step of the model."),
    }
}

fn print_node(node: &NodeReport, fault: Option<&Fault>) {
    let counts = &node.counts;
    let (starts, events) =
        (counted(counts.lives as usize, "start"), counted(counts.events as usize, "event"));
    let verdict = match fault {
        Some(Fault { at, .. }) => format!("DIFFERS from the model at {at}"),
        None => format!("validated up to {} ({})", node.up_to, ending(node.ending)),
    };
    say!("node {}: {starts}, {} batches, {events}; {verdict}", node.node, counts.batches);
    for (at, gap) in &node.gaps {
        say!("  {}: {}", gap.told(), at);
    }
    for (from, count) in &node.unseen {
        let messages = counted(*count as usize, "message");
        say!("  not seen: {messages} from {from}, whose record is missing or ends before");
    }
    if let Some(damage) = &node.damage {
        say!("  {damage}");
    }
}

fn ending(ending: Option<Ending>) -> &'static str {
    match ending {
        Some(Ending::Stopped) => "the node was stopped",
        Some(Ending::Open) => "the node was killed here, or runs still",
        Some(Ending::Torn) => "the node was killed here, amid a write",
        Some(Ending::Cut) => "the node could not write its record any more, and went on",
        None => "the record is not read to its end",
    }
}

/// The report as JSON. `judged` is what the properties say.
pub(super) fn as_json(report: &Report, judged: &Value, took: Duration) -> Value {
    let node = |node: &NodeReport| {
        let gap = |(place, gap): &(Position, Gap)| json!({ "what": gap.told(), "at": at(place) });
        let gaps: Vec<Value> = node.gaps.iter().map(gap).collect();
        let unseen = node.unseen.iter().map(|(from, count)| (from.to_string(), json!(count)));
        let (counts, fault) = (&node.counts, report.first_fault_of(node.node));
        json!({
            "node": node.node.to_string(), "starts": counts.lives,
            "starts_on_new_disks": counts.new_disks, "batches": counts.batches,
            "events": counts.events, "received": counts.received, "sent": counts.sent,
            "validated_up_to": at(fault.map_or(&node.up_to, |fault| &fault.at)),
            "ending": ending(node.ending),
            "gaps": gaps, "not_seen_from": unseen.collect::<serde_json::Map<String, Value>>(),
            "damage": node.damage.as_ref().map(ToString::to_string),
        })
    };
    let fault = |fault: &Fault| {
        json!({
            "node": fault.node.to_string(), "event": fault.event, "at": at(&fault.at),
            "what": fault.what.to_string(),
            "around": fault.around.iter().map(|event: &Event| told(event)).collect::<Vec<_>>(),
            "index": fault.index,
        })
    };
    json!({
        "nodes": report.nodes.iter().map(node).collect::<Vec<_>>(),
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
        "judged": judged,
        "events": report.nodes.iter().map(|node| node.counts.events).sum::<u64>(),
        "seconds": took.as_secs_f64(),
    })
}

/// A place in a record, as JSON.
pub(super) fn at(at: &Position) -> Value {
    json!({ "file": at.file, "byte": at.offset })
}
