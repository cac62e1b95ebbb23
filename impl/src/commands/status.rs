//! `dynamo status`: how a node is.

use super::Failure;
use super::arguments::Session;
use clap::Args;
use dynamo::inspect::Status;
use dynamo_model::ids::NodeId;
use serde_json::json;
use std::time::Duration;

const EXAMPLES: &str = "\
Example:
  dynamo status --node 127.0.0.1:4100

Nodes with the same tip know the same of who is a member; \"agreed\" says how long ago each other member was heard to have the tip of this one.
A suspected node did not answer this one in time, and has not been heard from since. Suspicion is each node's own: it changes
whom this node asks, and nothing else.";

/// Show how a node is: whom it knows, whom it suspects, what it holds
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    #[expect(clippy::doc_markdown, reason = "shown as it stands")]
    /// Print {"id", "tip", "members", "agreed_ms", "suspected", "keys", "hints"}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Status { id, tip, n: _, members, agreed_ms, suspected, keys, hints } = arguments.session.connect()?.status()?;
    let names = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>();
    let others = || members.iter().copied().filter(|member| *member != id);
    let ago = |member| agreed_ms.iter().find(|(other, _)| *other == member).map(|(_, ms)| *ms);
    if arguments.json {
        let status = json!({
            "id": id.to_string(),
            "tip": tip.to_string(),
            "members": names(&members),
            "agreed_ms": others().map(|member| (member.to_string(), json!(ago(member)))).collect::<serde_json::Map<_, _>>(),
            "suspected": names(&suspected),
            "keys": keys,
            "hints": hints,
        });
        println!("{status}");
        return Ok(());
    }
    let suspects = if suspected.is_empty() { "nobody".to_owned() } else { names(&suspected).join(" ") };
    println!("node       {id}");
    println!("tip        {tip}");
    println!("members    {}", names(&members).join(" "));
    println!("agreed     {}", others().map(|member| agreed(member, ago(member))).collect::<Vec<_>>().join(", "));
    println!("suspected  {suspects}");
    println!("keys       {keys}");
    println!("hints      {hints}");
    Ok(())
}

fn agreed(member: NodeId, ms: Option<u64>) -> String {
    match ms.map(Duration::from_millis) {
        Some(ago) => format!("{member} {:.1} s ago", ago.as_secs_f64()),
        None => format!("{member} not yet"),
    }
}
