//! `dynamo status`: the state of one node.

use super::arguments::Session;
use super::{Failure, table};
use crate::output::say;
use clap::Args;
use dynamo::admission::Overload;
use dynamo::doorkeeper::{Refusals, Twin};
use dynamo::founding::Founding;
use dynamo::inspect::{ExchangeLine, Status};
use dynamo::recording::Recording;
use dynamo_invariants::notation::words::counted;
use dynamo_model::ids::NodeId;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  dynamo status --node 127.0.0.1:4100
  dynamo status --node 127.0.0.1:4100 --partitions

Nodes with the same tip know the same membership changes. \"agreed\" shows, for each other member,
how long ago it last reported this node's tip.
\"suspected\" lists nodes that did not answer this node in time, and that it has not heard from
since. Each node has its own suspects. Suspicion changes only which nodes this node asks.
\"in sync\" shows, for each peer, in how many of their shared partitions both held the same data
when they were last compared, how long ago that was, and how many keys this node has repaired from
that peer. What happened to the peer since then, such as the loss of its disk, does not show.
\"dropped\" counts what the node could not decode, send or complete since its start. A few of these
do no harm: messages are retransmitted. If \"unfinished\" or \"refused by system\" keep growing, the
network or the operating system's socket buffers are too small for the traffic.
\"refused\" counts rejected datagrams by reason, with the source address of the last one: from
another cluster (or from nodes with another list of founders, or other N, R or W), for another node,
from a node with this node's id, or from an earlier start of a node.
If the node says that two living processes have one id, stop one of them. Other nodes ignore the one
that was started first.
\"busy\" counts the requests that the node refused for lack of capacity since its start, and what
else it dropped. It tells refused clients when to ask again. dynamo node --help names the limits.";

/// Show a node's members, suspects, keys, hints, and how far its replicas agree
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// Also show each partition's last exchange with each peer
    #[arg(long, conflicts_with = "json")]
    partitions: bool,
    #[expect(clippy::doc_markdown, reason = "shown as it stands")]
    /// Print {"id", "cluster", "tip", "members", "agreed_ms", "suspected", "keys", "hints",
    /// "dropped": {..}, "refused": [..], "busy": {..}, "used_twice": [..], "found_old",
    /// "recording": "Off", "On" or "Stopped",
    /// "partitions": [{"partition", "peer", "in_agreement", ..}]}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let status = arguments.session.connect()?.status()?;
    if arguments.json {
        say!("{}", to_json(&status));
        return Ok(());
    }
    let agreed: Vec<String> = others(&status)
        .map(|member| format!("{member} {}", ago(agreed_ms(&status, member))))
        .collect();
    say!("node       {}", status.id);
    let Founding { cluster, n, r, w } = status.cluster;
    say!("cluster    {cluster}, N={n}, R={r}, W={w}");
    say!("tip        {}", status.tip);
    let is_member = status.members.contains(&status.id);
    let outside = if is_member {
        ""
    } else {
        ", without this node: it has not joined, was removed, or has left"
    };
    say!("members    {}{outside}", names(&status.members).join(" "));
    say!(
        "agreed     {}",
        if agreed.is_empty() { "with nobody".to_owned() } else { agreed.join(", ") }
    );
    let suspected = names(&status.suspected);
    say!(
        "suspected  {}",
        if suspected.is_empty() { "nobody".to_owned() } else { suspected.join(" ") }
    );
    say!("keys       {}", status.keys);
    say!("hints      {}", status.hints);
    say!(
        "in sync    {}",
        if status.planting {
            "not yet: building the Merkle trees".to_owned()
        } else {
            in_sync(&status.exchanges)
        }
    );
    say!("dropped    {}", dropped(&status));
    say!("refused    {}", refused(&status));
    say!("busy       {}", busy(&status.overload));
    for twin in &status.twins {
        say!("WARNING    {}", two_live(&status, twin));
    }
    if let Some(why) = &status.found_old {
        say!(
            "WARNING    the data was an older copy of itself; the node moved it aside \
             and began on an empty disk: {why}"
        );
    }
    match status.recording {
        Recording::Off => {}
        Recording::On => say!("record     is being written"),
        Recording::Stopped => say!(
            "WARNING    the record could not be written any more; the node goes on without it. \
             Its log says why"
        ),
    }
    if arguments.partitions {
        say!("{}", by_partition(&status.exchanges));
    }
    Ok(())
}

fn names(nodes: &[NodeId]) -> Vec<String> {
    nodes.iter().map(NodeId::to_string).collect()
}

fn others(status: &Status) -> impl Iterator<Item = NodeId> + '_ {
    status.members.iter().copied().filter(|member| *member != status.id)
}

fn agreed_ms(status: &Status, member: NodeId) -> Option<u64> {
    status.agreed_ms.iter().find(|(other, _)| *other == member).map(|(_, ms)| *ms)
}

/// For each peer, how many of the shared partitions were in agreement at the last exchange, and when
/// that was.
fn in_sync(exchanges: &[ExchangeLine]) -> String {
    let mut peers: Vec<NodeId> = exchanges.iter().map(|line| line.peer).collect();
    peers.sort_unstable();
    peers.dedup();
    let one = |peer: &NodeId| {
        let lines = || exchanges.iter().filter(|line| line.peer == *peer);
        let (all, agree) =
            (lines().count(), lines().filter(|line| line.agreed_ms.is_some()).count());
        let Some(last_ms) = lines().filter_map(|line| line.last_ms).min() else {
            return format!("{peer} not compared yet");
        };
        let repaired: u64 = lines().map(|line| line.repaired).sum();
        let (when, repaired) = (ago(Some(last_ms)), counted(repaired as usize, "key"));
        format!("{peer} {agree} of {all} {when} ({repaired} repaired)")
    };
    if peers.is_empty() {
        "with nobody".to_owned()
    } else {
        peers.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// The drop counters that are not zero.
fn dropped(status: &Status) -> String {
    let counts = json!(status.dropped);
    let counts = counts.as_object().into_iter().flatten().filter(|(_, count)| **count != json!(0));
    let lines: Vec<String> =
        counts.map(|(reason, count)| format!("{} {count}", reason.replace('_', " "))).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}

/// For each reason, how many datagrams were refused, and the source address of the last.
fn refused(status: &Status) -> String {
    let line = |refusals: &Refusals| {
        let Refusals { why, count, last_from } = refusals;
        format!("{count} {} (the last from {last_from})", why.words())
    };
    let lines: Vec<String> = status.refusals.iter().map(line).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}

/// The overload counters that are not zero.
fn busy(overload: &Overload) -> String {
    let counts = [
        (overload.outstanding, "requests outstanding now"),
        (overload.busy_address, "refused: too many from one address"),
        (overload.busy_all, "refused: too many from all clients"),
        (overload.busy_under_way, "refused: too many in the coordinator"),
        (overload.untold, "refused without notice"),
        (overload.repeated, "retransmitted too soon"),
        (overload.datagrams, "datagrams dropped unread"),
        (overload.others, "other messages dropped"),
        (overload.questions, "status requests dropped"),
    ];
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let lines: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
    if lines.is_empty() { "not at all".to_owned() } else { lines.join(", ") }
}

fn two_live(status: &Status, Twin { node, heard_at, ago_ms }: &Twin) -> String {
    let ago = ago(Some(*ago_ms));
    if *node == status.id {
        format!(
            "another living process has this node's id {node}; {heard_at} reported it {ago}: \
             stop one of the two"
        )
    } else {
        format!(
            "two living processes have the id {node}; the first started was at {heard_at} {ago}: \
             stop one of the two"
        )
    }
}

fn by_partition(exchanges: &[ExchangeLine]) -> comfy_table::Table {
    let mut rows =
        table::new(&["partition", "peer", "last compared", "in agreement since", "keys repaired"]);
    for line in exchanges {
        rows.add_row([
            line.partition.0.to_string(),
            line.peer.to_string(),
            ago(line.last_ms),
            ago(line.agreed_ms),
            line.repaired.to_string(),
        ]);
    }
    rows
}

fn to_json(status: &Status) -> Json {
    let agreed: Map<String, Json> = others(status)
        .map(|member| (member.to_string(), json!(agreed_ms(status, member))))
        .collect();
    let partition = |line: &ExchangeLine| {
        json!({
            "partition": line.partition.0,
            "peer": line.peer.to_string(),
            "in_agreement": line.agreed_ms.is_some(),
            "in_agreement_ms": line.agreed_ms,
            "last_exchange_ms": line.last_ms,
            "keys_repaired": line.repaired,
        })
    };
    let refusals = |refusals: &Refusals| {
        let Refusals { why, count, last_from } = refusals;
        json!({ "why": why.words(), "count": count, "last_from": last_from.to_string() })
    };
    let twin = |Twin { node, heard_at, ago_ms }: &Twin| {
        let (node, heard_at) = (node.to_string(), heard_at.to_string());
        json!({ "id": node, "heard_at": heard_at, "ago_ms": ago_ms })
    };
    let Founding { cluster, n, r, w } = &status.cluster;
    json!({
        "id": status.id.to_string(),
        "cluster": { "id": cluster.to_string(), "n": n, "r": r, "w": w },
        "tip": status.tip.to_string(),
        "members": names(&status.members),
        "agreed_ms": agreed,
        "suspected": names(&status.suspected),
        "keys": status.keys,
        "hints": status.hints,
        "planting": status.planting,
        "dropped": status.dropped,
        "busy": status.overload,
        "refused": status.refusals.iter().map(refusals).collect::<Vec<_>>(),
        "found_old": status.found_old,
        "recording": status.recording,
        "used_twice": status.twins.iter().map(twin).collect::<Vec<_>>(),
        "partitions": status.exchanges.iter().map(partition).collect::<Vec<_>>(),
    })
}

fn ago(ms: Option<u64>) -> String {
    ms.map_or("not yet".to_owned(), |ms| {
        format!("{:.1} s ago", Duration::from_millis(ms).as_secs_f64())
    })
}
