//! `dynamo hints`: the hints that a node keeps for other nodes.

use super::arguments::Session;
use super::{Failure, table};
use crate::output::{note, say};
use clap::Args;
use dynamo::inspect::HintLine;
use serde_json::{Value as Json, json};
use std::time::Duration;

const EXAMPLES: &str = "\
Example:
  dynamo hints --node 127.0.0.1:4103

A hint is data that a node keeps for another node, which did not answer in time. The node sends it
to that recipient, at longer and longer intervals, until the recipient has it on disk.
  CREATED        this node has asked another node to keep the hint, and has no answer yet
  STORED         on this node's disk, waiting to be sent
  IN_TRANSFER    sent; the recipient has not yet confirmed that all of it is on its disk
  UNDELIVERABLE  the recipient is no longer a member; the hint stays until an operator decides";

/// List the hints that a node keeps for other nodes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// Print the hints as JSON: recipient, key, bytes, state, age in ms, attempts
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let hints = arguments.session.connect()?.hints()?;
    if arguments.json {
        let hints: Vec<Json> = hints.iter().map(hint_json).collect();
        say!("{}", json!({ "hints": hints }));
        return Ok(());
    }
    if hints.is_empty() {
        note!("no hints: the node keeps nothing for other nodes");
        return Ok(());
    }
    let mut rows = table::new(&["recipient", "key", "bytes", "state", "age", "attempts"]);
    for HintLine { recipient, key, bytes, state, age_ms, attempts } in &hints {
        let age = Duration::from_millis(*age_ms).as_secs_f64();
        rows.add_row([
            recipient.to_string(),
            key.as_str().escape_debug().to_string(),
            bytes.to_string(),
            name(state),
            format!("{age:.1} s"),
            attempts.to_string(),
        ]);
    }
    say!("{rows}");
    Ok(())
}

fn hint_json(hint: &HintLine) -> Json {
    let HintLine { recipient, key, bytes, state, age_ms, attempts } = hint;
    json!({
        "recipient": recipient.to_string(),
        "key": key.as_str(),
        "bytes": bytes,
        "state": name(state),
        "age_ms": age_ms,
        "attempts": attempts,
    })
}

fn name(state: &impl serde::Serialize) -> String {
    let name = serde_json::to_value(state).expect("a state is a name");
    name.as_str().expect("a state is a name").to_owned()
}
