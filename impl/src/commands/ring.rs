//! `dynamo ring`: shows the replicas of keys and partitions.

use super::arguments::Session;
use super::{Failure, table};
use crate::output::say;
use clap::Args;
use dynamo::inspect::Status;
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::ring::{Partition, Ring};
use dynamo_model::rules::Rules;
use serde_json::{Value as Json, json};

const EXAMPLES: &str = "\
Examples:
  dynamo ring --node 127.0.0.1:4100 --key greeting
  dynamo ring --node 127.0.0.1:4100

The preference list is the N nodes that store a key, in order. Fallbacks stand in for nodes that do
not answer. A node marked with ? is suspected: it did not answer the node that you ask in time, and
that node has not heard from it since.";

/// Show the replicas of a key, or of every partition
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// Show only the partition of this key
    #[arg(long)]
    key: Option<String>,
    /// Print JSON: the partition, its preference list, its fallbacks, and the suspected nodes.
    /// Without --key, a list of these
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let key =
        arguments.key.as_ref().map(|key| Key::new(key)).transpose().map_err(Failure::usage)?;
    let client = arguments.session.connect()?;
    let (history, status) = (client.history()?, client.status()?);
    let view = Rules::default().view(&history);
    let ring = view.ring();
    let partitions: Vec<Partition> = match &key {
        Some(key) => vec![ring.partition(key)],
        None => ring.partitions().collect(),
    };
    if arguments.json {
        let mut lines: Vec<Json> =
            partitions.iter().map(|partition| line(ring, *partition, &status)).collect();
        let output = if key.is_some() { lines.remove(0) } else { Json::Array(lines) };
        say!("{output}");
        return Ok(());
    }
    let mut rows = table::new(&["partition", "preference list", "fallbacks"]);
    let marked =
        |node: &NodeId| format!("{node}{}", if status.suspected.contains(node) { "?" } else { "" });
    for partition in partitions {
        let (intended, fallbacks) = split(ring, partition, status.cluster.n);
        let words = |nodes: &[NodeId]| nodes.iter().map(marked).collect::<Vec<_>>().join(" ");
        rows.add_row([partition.0.to_string(), words(intended), words(fallbacks)]);
    }
    say!("{rows}");
    Ok(())
}

fn split(ring: &Ring, partition: Partition, n: usize) -> (&[NodeId], &[NodeId]) {
    let owners = ring.owners(partition);
    owners.split_at(n.min(owners.len()))
}

fn line(ring: &Ring, partition: Partition, status: &Status) -> Json {
    let (intended, fallbacks) = split(ring, partition, status.cluster.n);
    let names = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>();
    json!({
        "partition": partition.0,
        "preference_list": names(intended),
        "fallbacks": names(fallbacks),
        "suspected": names(&status.suspected),
    })
}
