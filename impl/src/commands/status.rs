//! `dynamo status`: how a node is.

use super::Failure;
use super::arguments::Session;
use clap::Args;
use dynamo::inspect::Status;
use dynamo_model::ids::NodeId;
use serde_json::json;

const EXAMPLES: &str = "\
Example:
  dynamo status --node 127.0.0.1:4100

Nodes with the same tip know the same of who is a member. A suspected node did not answer this one in time, and has not been heard from since. Suspicion is each node's own: it changes
whom this node asks, and nothing else.";

/// Show how a node is: whom it knows, whom it suspects, what it holds
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// Print {"id", "tip", "members", "suspected", "keys", "hints"}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Status { id, tip, n: _, members, suspected, keys, hints } = arguments.session.connect()?.status()?;
    let names = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>();
    if arguments.json {
        let status = json!({
            "id": id.to_string(),
            "tip": tip.to_string(),
            "members": names(&members),
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
    println!("suspected  {suspects}");
    println!("keys       {keys}");
    println!("hints      {hints}");
    Ok(())
}
