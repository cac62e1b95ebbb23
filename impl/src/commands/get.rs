//! `dynamo get`: reads a key.

use super::Failure;
use super::arguments::{Session, in_person};
use super::history_file::{self, Asked, HistoryFile};
use crate::output::{self, note, say};
use anyhow::anyhow;
use clap::Args;
use dynamo::client::{Client, Found};
use dynamo::context_text;
use dynamo_model::ids::Content;
use dynamo_model::siblings::Version;
use serde_json::{Value as Json, json};

const EXAMPLES: &str = "\
Example:
  $ dynamo get --node 127.0.0.1:4100 cart
  milk  [A:1]
  eggs  [B:1]
  context AqN_OEcungto…

Here the key has two siblings: neither put had read the other. To reconcile them, put the merged
value with this context. A sibling shown as (deleted) is a tombstone.
Control characters in a value are escaped. In a value that is not UTF-8, all bytes but printable
ASCII are escaped. --json shows values exactly; --raw prints a value's bytes and nothing else:
  dynamo get --node 127.0.0.1:4100 photo --raw > photo.jpg";

/// Read a key: all its siblings, and the context for a put that replaces them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// The key
    key: String,
    /// PR: how many of the key's N intended replicas must answer themselves. Fallbacks do not count
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = in_person())]
    pr: u8,
    /// Print {"key", "siblings": [{"value", "clock"}], "deleted", "context"}. A value that is not
    /// UTF-8 is {"base64": …}
    #[arg(long)]
    json: bool,
    /// Print the bytes of the value and nothing else. Fails unless there is exactly one sibling
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    #[command(flatten)]
    history: HistoryFile,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { session, key, pr, json, raw, history } = arguments;
    let client = session.connect()?.with_in_person(pr);
    let Found { siblings, context } = get(&client, &key, &history)?;
    if raw {
        return print_raw(&key, &siblings);
    }
    let context = context_text::to_text(&key, &context);
    if json {
        let values: Vec<Json> = siblings.iter().filter_map(sibling_json).collect();
        let deleted = values.len() < siblings.len();
        say!(
            "{}",
            json!({ "key": key, "siblings": values, "deleted": deleted, "context": context })
        );
        return Ok(());
    }
    if siblings.is_empty() {
        note!(
            "the key \"{}\" has no value: it was never put, or was deleted and reaped",
            key.escape_debug()
        );
    }
    for Version { content, clock, .. } in &siblings {
        match content {
            Content::Value(value) => say!("{}  {clock}", text(value.as_bytes())),
            Content::Tombstone(_) => say!("(deleted)  {clock}"),
        }
    }
    say!("context {context}");
    Ok(())
}

/// Gets a key, and writes that down.
pub(super) fn get(client: &Client, key: &str, history: &HistoryFile) -> Result<Found, Failure> {
    let asked = Asked { function: "get", key, fields: Json::Null };
    let answered = |found: &Found| {
        let values = found.siblings.iter().filter_map(|version| version.content.value());
        let values: Vec<Json> = values.map(|it| history_file::value(it.as_bytes())).collect();
        json!({ "value": values, "context": context_text::to_text(key, &found.context) })
    };
    history.request(&asked, || client.get(key), answered)
}

/// Prints the bytes of the only sibling.
fn print_raw(key: &str, siblings: &[Version]) -> Result<(), Failure> {
    let values: Vec<_> = siblings.iter().filter_map(|version| version.content.value()).collect();
    match (&values[..], siblings.len()) {
        ([value], 1) => output::print_bytes(value.as_bytes()),
        ([], _) => {
            return Err(Failure::operation(anyhow!(
                "the key \"{}\" has no value",
                key.escape_debug()
            )));
        }
        (_, siblings) => {
            return Err(Failure::operation(anyhow!(
                "the key \"{}\" has {siblings} siblings: get it without --raw, \
                 and put the merged value with the context",
                key.escape_debug()
            )));
        }
    }
    Ok(())
}

/// The value on one line. Escapes control characters; if the value is not UTF-8, all but printable
/// ASCII.
fn text(value: &[u8]) -> String {
    let shown =
        |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    match str::from_utf8(value) {
        Ok(text) => text.chars().map(shown).collect(),
        Err(_) => value.escape_ascii().to_string(),
    }
}

/// A value; `None` for a tombstone.
fn sibling_json(version: &Version) -> Option<Json> {
    let value = history_file::value(version.content.value()?.as_bytes());
    Some(json!({ "value": value, "clock": version.clock.to_string() }))
}
