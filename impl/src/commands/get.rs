//! `dynamo get`: reads a key.

use super::Failure;
use super::arguments::{Session, in_person};
use clap::Args;
use data_encoding::BASE64;
use dynamo::client::Found;
use dynamo::context_text;
use dynamo_model::ids::Content;
use dynamo_model::siblings::Version;
use serde_json::{Value as Json, json};

const EXAMPLES: &str = "\
Example:
  $ dynamo get --node 127.0.0.1:4100 cart
  milk  [A:1]
  eggs  [B:1]
  context Abs8b1wCAAEBAQA

A sibling shown as (deleted) is a tombstone. Here are two siblings: neither put had seen the other. To settle them, put the value they should have together, with this context.";

/// Read a key: all its siblings, and the context to put in their place
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// The key
    key: String,
    /// How many intended replicas must answer themselves, fallbacks that stand in for others not counted
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = in_person())]
    pr: u8,
    /// Print {"key", "siblings": [{"value", "clock"}], "deleted", "context"}; a value that is not UTF-8 as {"base64": …}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { session, key, pr, json } = arguments;
    let Found { siblings, context } = session.connect()?.with_in_person(pr).get(&key)?;
    let context = context_text::to_text(&key, &context);
    if json {
        let values: Vec<Json> = siblings.iter().filter_map(sibling_json).collect();
        let deleted = values.len() < siblings.len();
        println!("{}", json!({ "key": key, "siblings": values, "deleted": deleted, "context": context }));
        return Ok(());
    }
    if siblings.is_empty() {
        eprintln!("the key \"{}\" holds nothing: it was never put, or is deleted and forgotten", key.escape_debug());
    }
    for Version { content, clock, .. } in &siblings {
        match content {
            Content::Value(value) => println!("{}  {clock}", text(value.as_bytes())),
            Content::Tombstone(_) => println!("(deleted)  {clock}"),
        }
    }
    println!("context {context}");
    Ok(())
}

/// As it is where that is one line of text, escaped where it is not.
fn text(value: &[u8]) -> String {
    match str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => value.escape_ascii().to_string(),
    }
}

/// A value; nothing for a tombstone.
fn sibling_json(version: &Version) -> Option<Json> {
    let bytes = version.content.value()?.as_bytes();
    let value = str::from_utf8(bytes).map_or_else(|_| json!({ "base64": BASE64.encode(bytes) }), Json::from);
    Some(json!({ "value": value, "clock": version.clock.to_string() }))
}
