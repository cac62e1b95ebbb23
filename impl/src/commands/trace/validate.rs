//! `dynamo trace validate`: checks recorded runs of real nodes against the model.

mod judgement;
mod live;
mod report;

use super::super::arguments::stop_signal;
use super::super::{Failure, names};
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, ValueHint};
use dynamo::record::{Damage, Join, Judged, Judgement, Reader, Report, Rest};
use dynamo_invariants::notation::words::counted;
use dynamo_model::ids::NodeId;
use dynamo_model::rules::Rules;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

const EXAMPLES: &str = "\
Example:
  dynamo cluster --nodes 3 --record ./record     use the cluster, kill -9 a node, then Ctrl-C
  dynamo trace validate ./record
  dynamo trace validate ./record --follow        while the cluster runs, in another terminal

A fresh actor of the model follows each node's record. It gets the messages that the node received,
its timers and its random choices, and must send the same messages, save in the same batches, and
reach the same states. The records of all nodes are joined: a message must have been sent before it
arrives. No clock is read. The first event that differs is printed with the events around it.

The joined events are also judged by the properties of dynamo check, key by key. The ground truth is
what nodes received from clients and sent to them. A put counts as acknowledged once a node has sent
the acknowledgement. A request counts as begun once the first node has received it. When a property
falls, its evidence is printed, with the events after which it fell.

Judging goes on while members join, leave or are removed, and when a node starts on a new disk. The
properties then allow the exceptions that they have in a scope with such a change or loss: dynamo
explain names them. Each node that has lost a disk lowers W by one for the puts that began before.

Judging ends, and says where and why, when the records do not tell all that happened: a node has no
record, a node differs from the model, or a node was started on an older copy of its disk. A key is
judged no more once more than 64 of its puts are followed. A put is followed until an acknowledged
put has replaced it, and neither the put nor one that it replaced is on a disk. What must be true
eventually is judged only if the run came to rest. After the last request, start and change of the
members, each two nodes that share keys have compared twice more. All nodes were stopped, except
for nodes that were removed. Nodes that know different members have told one another twice.

With --follow, records are read while nodes write them. The command ends within seconds after a node
differs from the model or a property falls, and otherwise when you press Ctrl-C: then it reports what
holds up to there. It follows the nodes that have records when it begins. Start it again after a node
with a new record has joined.

To judge a run in which one node follows another rule, name the rule:
  dynamo trace validate ./record --defect B=ack-one-short

A record that ends amid an entry is no fault: the node was killed amid a write. A record that is
damaged elsewhere is told apart from a fault of the node. What the records do not say, because a
node has no record or its first files were deleted, is counted as \"not seen\".

Exit codes:
  0  every recorded step is a step of the model, and no property is violated, up to the ends that
     are printed
  1  a node did something that the model does not do, or the run violates a property
  2  a record is damaged or missing
  3  stopped by Ctrl-C before it had read what was recorded: nothing is proved";

/// Check recorded runs of real nodes against the model and its properties, step by step
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The records of all nodes: a directory for each node, or one that has these
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    directories: Vec<PathBuf>,
    /// Let the model follow the rules of this defect, at all nodes or at one: B=ack-one-short
    #[arg(long = "defect", value_name = "[NODE=]NAME")]
    defects: Vec<String>,
    /// Go on while nodes write their records, until something is wrong or Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Print {"nodes": [..], "faults": [..], "judged": {..}, "events", "seconds"}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let rules = rules(&arguments.defects)?;
    let records = records(&arguments.directories)?;
    let (stop, begun) = (stop_signal()?, Instant::now());
    let mut judged = Judged::new(records.iter().map(|(node, _)| *node));
    let join = Join::new(records, |node| rules.of(node));
    let report = if arguments.follow {
        live::follow(join, &mut judged, &stop)
    } else {
        join.run(&mut judged, &|| !stop.load(Ordering::Relaxed))
    };
    let report = report.ok_or_else(|| {
        Failure::CutOff(anyhow!("stopped before the records' ends: this proves nothing"))
    })?;
    let (judgement, took) = (judged.finish(), begun.elapsed());
    if arguments.json {
        say!("{:#}", report::as_json(&report, &judgement::as_json(&judgement), took));
    } else {
        report::print(&report, took);
        judgement::print(&judgement);
    }
    verdict(&report, &judgement)
}

/// The rules that the model follows at each node.
#[derive(Default)]
struct RulesOfNodes {
    all: Rules,
    some: BTreeMap<NodeId, Rules>,
}

impl RulesOfNodes {
    fn of(&self, node: NodeId) -> Rules {
        self.some.get(&node).copied().unwrap_or(self.all)
    }
}

/// The rules by these words, each NAME or NODE=NAME.
fn rules(words: &[String]) -> Result<RulesOfNodes, Failure> {
    let mut rules = RulesOfNodes::default();
    for word in words {
        match word.split_once('=') {
            None => rules.all = (names::defect(word)?.rules)(),
            Some((node, name)) => {
                let node: NodeId = node.parse().map_err(Failure::usage)?;
                rules.some.insert(node, (names::defect(name)?.rules)());
            }
        }
    }
    Ok(rules)
}

fn verdict(report: &Report, judgement: &Judgement) -> Result<(), Failure> {
    let damaged = report.nodes.iter().filter(|node| node.damage.is_some()).count();
    let mut wrong = Vec::new();
    if !report.faults.is_empty() {
        let faults = counted(report.faults.len(), "difference");
        wrong.push(format!("{faults} from the model: see the first one above"));
    }
    if let Some(fall) = &judgement.fall {
        let name = fall.violation.violation.property.name;
        wrong.push(format!("the run violates {name}: see the evidence above"));
    }
    if let Rest::Violated(violation) = &judgement.rest {
        let name = violation.violation.property.name;
        wrong.push(format!("the run ends against {name}: see the evidence above"));
    }
    if !wrong.is_empty() {
        return Err(Failure::Operation(anyhow!("{}", wrong.join("; "))));
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
