//! `dynamo member`: shows and changes the members of the cluster.

use super::arguments::{Session, member};
use super::{Failure, table};
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, Subcommand};
use dynamo::address::{Members, one_family};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing};
use dynamo_model::rules::Rules;
use dynamo_model::wish::Wish;
use serde_json::json;
use std::net::SocketAddr;

const EXAMPLES: &str = "\
Examples:
  dynamo member list --node 127.0.0.1:4100
  dynamo member add D=127.0.0.1:4103 --node 127.0.0.1:4100
      then start D: dynamo node --id D … --join 127.0.0.1:4100
  dynamo member remove D --node 127.0.0.1:4100          D hands over its data, then ends by itself
  dynamo member remove D --dead --node 127.0.0.1:4100   D never comes back: others replace it now

The node that you ask has the change on its disk when the command ends, and gossips it to the
others. You may repeat a change: it is made once.
A node removed as dead never comes back under the same id, because keys that are still on its disk
may have been deleted meanwhile. If it is alive after all, it ends soon after it hears of its
removal.";

/// Show or change the members of the cluster
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Let a node join. A node started with --join asks for this itself
    Add {
        /// The node's id and address
        #[arg(value_name = "ID=ADDR", value_parser = member)]
        member: (NodeId, SocketAddr),
        #[command(flatten)]
        session: Session,
    },
    /// Let a node leave
    Remove {
        /// The node
        id: NodeId,
        /// The node is dead and will never hand over its data: remove it for good
        #[arg(long)]
        dead: bool,
        #[command(flatten)]
        session: Session,
    },
    /// List every node that was ever a member, and its standing
    List {
        #[command(flatten)]
        session: Session,
        /// Print {"tip", "members": [{"id", "address", "standing"}]}
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.what {
        What::Add { member: (id, at), session } => {
            let member = Members::new([(*id, *at)]).map_err(Failure::usage)?;
            let at = member.address(*id).expect("it was just named");
            let client = session.connect()?;
            one_family(&client.history()?, *id, at).map_err(Failure::usage)?;
            let history = client.administer(*id, Wish::Join(Some(at.into())))?;
            say!("node {id} is a member, at {at}; tip {}", history.tip());
        }
        What::Remove { id, dead, session } => {
            let wish = if *dead { Wish::Remove } else { Wish::Leave };
            let client = session.connect()?;
            if *dead && client.status()?.id == *id {
                return Err(Failure::usage(anyhow!(
                    "node {id} answers, so it is not dead: leave out --dead to let it leave, \
                     or ask another node"
                )));
            }
            let history = client.administer(*id, wish)?;
            let what = if *dead {
                "is removed for good"
            } else {
                "is leaving; it ends when it has handed over its data"
            };
            say!("node {id} {what}; tip {}", history.tip());
        }
        What::List { session, json } => list(&session.connect()?.history()?, *json),
    }
    Ok(())
}

fn list(history: &History, as_json: bool) {
    let standings = Rules::default().standings(history);
    let lines = standings.into_iter().map(|(id, standing)| {
        let at = history.address(id).map(|at| at.to_string());
        (id.to_string(), at, word(standing))
    });
    if as_json {
        let members: Vec<_> = lines
            .map(|(id, at, standing)| json!({ "id": id, "address": at, "standing": standing }))
            .collect();
        say!("{}", json!({ "tip": history.tip().to_string(), "members": members }));
        return;
    }
    let mut rows = table::new(&["node", "address", "standing"]);
    for (id, at, standing) in lines {
        rows.add_row([id, at.unwrap_or_else(|| "unknown".to_owned()), standing.to_owned()]);
    }
    say!("{rows}\ntip {}", history.tip());
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Unknown => "unknown",
        Standing::Member => "member",
        Standing::Leaving => "leaving",
        Standing::Gone => "gone",
        Standing::Removed => "removed",
    }
}
