//! `dynamo trace validate`: checks recorded runs of real nodes against the model.

use super::super::arguments::stop_signal;
use super::super::{Failure, names};
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, ValueHint};
use dynamo::interpreter::Event;
use dynamo::record::{
    Batch, Damage, Ending, Fault, Gap, Join, Listener, NodeReport, Position, Reader, Report, told,
};
use dynamo_invariants::notation::words::counted;
use dynamo_model::ids::NodeId;
use dynamo_model::node::{Durable, State};
use dynamo_model::rules::Rules;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Example:
  dynamo cluster --nodes 3 --record ./record     use the cluster, kill -9 a node, then Ctrl-C
  dynamo trace validate ./record

A fresh actor of the model follows each node's record. It gets the messages that the node received,
its timers and its random choices, and must send the same messages, save in the same batches, and
reach the same states. The records of all nodes are joined: a message must have been sent before it
arrives. No clock is read. The first event that differs is printed with the events around it.

A record that ends amid an entry is no fault: the node was killed amid a write. A record that is
damaged elsewhere is told apart from a fault of the node. What the records do not say, because a node
has no record or its first files were deleted, is counted as \"not seen\".

Exit codes:
  0  every recorded step is a step of the model, up to the ends that are printed
  1  a node did something that the model does not do
  2  a record is damaged or missing
  3  stopped by Ctrl-C: nothing is proved";

/// Check recorded runs of real nodes against the model, step by step
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The records of all nodes: a directory for each node, or one that has these
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    directories: Vec<PathBuf>,
    /// Let the model follow the rules of this defect
    #[arg(long, value_name = "NAME")]
    defect: Option<String>,
    /// Print {"nodes": [..], "faults": [..], "events", "seconds"}
    #[arg(long)]
    json: bool,
}

/// Nobody listens.
struct Nobody;

impl Listener for Nobody {
    fn started(&mut self, _: NodeId, _: &State, _: &Durable) {}
    fn stepped(&mut self, _: NodeId, _: &Position, _: &Batch, _: &State) {}
    fn ended(&mut self, _: NodeId) {}
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let defect = arguments.defect.as_deref().map(names::defect).transpose()?;
    let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
    let records = records(&arguments.directories)?;
    let (stop, begun) = (stop_signal()?, Instant::now());
    let report = Join::new(records, rules).run(&mut Nobody, &|| !stop.load(Ordering::Relaxed));
    let report = report.ok_or_else(|| {
        Failure::CutOff(anyhow!("stopped before the records' ends: this proves nothing"))
    })?;
    let took = begun.elapsed();
    if arguments.json {
        say!("{:#}", as_json(&report, took));
    } else {
        print(&report, took);
    }
    verdict(&report)
}

fn verdict(report: &Report) -> Result<(), Failure> {
    let damaged = report.nodes.iter().filter(|node| node.damage.is_some()).count();
    if !report.faults.is_empty() {
        let faults = counted(report.faults.len(), "difference");
        return Err(Failure::Operation(anyhow!(
            "{faults} from the model: see the first one above"
        )));
    }
    if damaged > 0 {
        let records = counted(damaged, "record");
        return Err(Failure::Usage(anyhow!(
            "{records} damaged; up to there, every step is one of the model"
        )));
    }
    Ok(())
}

/// The records in these directories, each with its node.
fn records(directories: &[PathBuf]) -> Result<Vec<(NodeId, Reader)>, Failure> {
    let mut found: BTreeMap<NodeId, (PathBuf, Reader)> = BTreeMap::new();
    for directory in directories {
        let before = found.len();
        for path in std::iter::once(directory.clone()).chain(below(directory)?) {
            let Some(reader) = Reader::open(&path).map_err(Failure::usage)? else { continue };
            let node = reader.owner().map_err(Failure::usage)?;
            if let Some((other, _)) = found.insert(node, (path.clone(), reader)) {
                return Err(Failure::Usage(anyhow!(
                    "both {} and {} have the record of node {node}: name one of them",
                    other.display(),
                    path.display()
                )));
            }
        }
        if found.len() == before {
            return Err(Failure::Usage(anyhow!(
                "{} has no record: make one with dynamo node --record",
                directory.display()
            )));
        }
    }
    Ok(found.into_iter().map(|(node, (_, reader))| (node, reader)).collect())
}

/// The directories in a directory.
fn below(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| Damage::Unreadable {
        file: directory.to_owned(),
        what: error.to_string(),
    };
    let entries = fs::read_dir(directory).map_err(|error| Failure::usage(unreadable(error)))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    paths.sort();
    Ok(paths)
}

fn print(report: &Report, took: Duration) {
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
        say!("  {}: {}", gap_told(gap), at);
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

fn gap_told(gap: &Gap) -> &'static str {
    match gap {
        Gap::BeginsLate => "the record begins after the node's first start",
        Gap::Unrecorded => "the node ran without a record before this start",
        Gap::DiskIsAhead => "at this start the disk knew more than the record",
        Gap::Cut => "the node went on without its record",
        Gap::Open => "what the node did after this is not known",
        Gap::Damaged => "what comes after this is not read",
    }
}

fn as_json(report: &Report, took: Duration) -> Value {
    let at = |at: &Position| json!({ "file": at.file, "byte": at.offset });
    let node = |node: &NodeReport| {
        let gap =
            |(place, gap): &(Position, Gap)| json!({ "what": gap_told(gap), "at": at(place) });
        let gaps: Vec<Value> = node.gaps.iter().map(gap).collect();
        let unseen = node.unseen.iter().map(|(from, count)| (from.to_string(), json!(count)));
        let (counts, fault) = (&node.counts, report.first_fault_of(node.node));
        json!({
            "node": node.node.to_string(), "starts": counts.lives,
            "starts_on_new_disks": counts.new_disks, "batches": counts.batches,
            "events": counts.events, "received": counts.received, "sent": counts.sent,
            "validated_up_to": at(fault.map_or(&node.up_to, |fault| &fault.at)), "ending": ending(node.ending),
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
        "events": report.nodes.iter().map(|node| node.counts.events).sum::<u64>(),
        "seconds": took.as_secs_f64(),
    })
}
