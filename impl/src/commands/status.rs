//! `dynamo status`: how a node is.

use super::arguments::Session;
use super::{Failure, table};
use crate::output::say;
use clap::Args;
use dynamo::admission::Overload;
use dynamo::doorkeeper::{Refusals, Twin};
use dynamo::founding::Founding;
use dynamo::inspect::{ExchangeLine, Status};
use dynamo_invariants::notation::words::counted;
use dynamo_model::ids::NodeId;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  dynamo status --node 127.0.0.1:4100
  dynamo status --node 127.0.0.1:4100 --partitions

Nodes with the same tip know the same of who is a member; \"agreed\" says how long ago each other member was heard to have the tip of this one.
A suspected node did not answer this one in time, and has not been heard from since. Suspicion is each node's own: it changes
whom this node asks, and nothing else.
\"dropped\" says what the node could not accept, send or complete since its start. A few of these do no harm: messages are
sent again. If \"unfinished\" or \"refused by system\" keep growing, the network, or the operating system's socket buffers,
cannot take what the nodes send.
\"refused\" says what the node did not let in, and where the last of it came from: datagrams from another cluster (or from nodes founded with
another list of members, or other N, R or W), for another node, from a node with this one's id, or from an earlier start of a node. If the node
says that two living processes have one id, stop one of them: the one that was started first does not count.
\"busy\" says how many requests the node refused since its start because it had too much to do, and what else it dropped for
that. Clients that are refused are told when to ask again. dynamo node --help tells the limits.
\"in sync\" says in how many of the partitions that both are responsible for this node held the same as the other when that
last compared.";

/// Show how a node is: whom it knows, whom it suspects, what it holds, and whether others hold the
/// same
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// Show for each partition how far comparing it with others has come
    #[arg(long, conflicts_with = "json")]
    partitions: bool,
    #[expect(clippy::doc_markdown, reason = "shown as it stands")]
    /// Print {"id", "cluster", "tip", "members", "agreed_ms", "suspected", "keys", "hints",
    /// "dropped": {..}, "refused": [..], "busy": {..}, "used_twice": [..], "found_old",
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
        ", without this node: it has joined no cluster, or was removed, or has left"
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
            "trees are being planted".to_owned()
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
            "WARNING    the data was an older copy of itself, was put aside, and the node began on an empty disk: {why}"
        );
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

/// Peer by peer in how many partitions.
fn in_sync(exchanges: &[ExchangeLine]) -> String {
    let mut peers: Vec<NodeId> = exchanges.iter().map(|line| line.peer).collect();
    peers.sort_unstable();
    peers.dedup();
    let one = |peer: &NodeId| {
        let lines = || exchanges.iter().filter(|line| line.peer == *peer);
        let (all, agree) =
            (lines().count(), lines().filter(|line| line.agreed_ms.is_some()).count());
        if lines().all(|line| line.last_ms.is_none()) {
            return format!("{peer} not compared yet");
        }
        let repaired: u64 = lines().map(|line| line.repaired).sum();
        format!("{peer} {agree} of {all} ({} from there)", counted(repaired as usize, "key"))
    };
    if peers.is_empty() {
        "with nobody".to_owned()
    } else {
        peers.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// What was dropped, each reason that occurred with its count.
fn dropped(status: &Status) -> String {
    let counts = json!(status.dropped);
    let counts = counts.as_object().into_iter().flatten().filter(|(_, count)| **count != json!(0));
    let lines: Vec<String> =
        counts.map(|(reason, count)| format!("{} {count}", reason.replace('_', " "))).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}

/// What was not let in, each reason that occurred with its count and where the last came from.
fn refused(status: &Status) -> String {
    let line = |refusals: &Refusals| {
        let Refusals { why, count, last_from } = refusals;
        format!("{count} {} (the last from {last_from})", why.words())
    };
    let lines: Vec<String> = status.refusals.iter().map(line).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}

/// What it refused and dropped because it had too much to do, as far as there is any.
fn busy(overload: &Overload) -> String {
    let counts = [
        (overload.outstanding, "requests outstanding now"),
        (overload.busy_address, "refused: too many of one address"),
        (overload.busy_all, "refused: too many of all clients"),
        (overload.busy_under_way, "refused: too many in the coordinator"),
        (overload.untold, "of them not told so"),
        (overload.repeated, "asked again too soon"),
        (overload.datagrams, "datagrams dropped unread"),
        (overload.others, "other messages dropped"),
        (overload.questions, "questions dropped"),
    ];
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let lines: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
    if lines.is_empty() { "not at all".to_owned() } else { lines.join(", ") }
}

fn two_live(status: &Status, Twin { node, heard_at, ago_ms }: &Twin) -> String {
    let ago = ago(Some(*ago_ms));
    if *node == status.id {
        format!(
            "another living process has the id {node} of this node; {heard_at} said so {ago}: stop one of the two"
        )
    } else {
        format!(
            "two living processes have the id {node}; the one started first was heard at {heard_at} {ago}: stop one of the two"
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
    let refusals = |refusals: &Refusals| json!({ "why": refusals.why.words(), "count": refusals.count, "last_from": refusals.last_from.to_string() });
    let twin = |twin: &Twin| json!({ "id": twin.node.to_string(), "heard_at": twin.heard_at.to_string(), "ago_ms": twin.ago_ms });
    json!({
        "id": status.id.to_string(),
        "cluster": { "id": status.cluster.cluster.to_string(), "n": status.cluster.n, "r": status.cluster.r, "w": status.cluster.w },
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
        "used_twice": status.twins.iter().map(twin).collect::<Vec<_>>(),
        "partitions": status.exchanges.iter().map(partition).collect::<Vec<_>>(),
    })
}

fn ago(ms: Option<u64>) -> String {
    ms.map_or("not yet".to_owned(), |ms| {
        format!("{:.1} s ago", Duration::from_millis(ms).as_secs_f64())
    })
}
