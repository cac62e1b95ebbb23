//! `dynamo delete`: deletes the versions of a key that a client has read.

use super::Failure;
use super::arguments::{Replacing, Session};
use super::get::get;
use super::history_file::{Asked, HistoryFile};
use crate::output::note;
use clap::Args;
use dynamo::context_text;
use dynamo::stamp::StampedContext;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  dynamo delete --node 127.0.0.1:4100 greeting
  dynamo delete --node 127.0.0.1:4100 greeting --context AqN_OEcungto…

Deletes exactly the versions in the context. Without --context, reads the key first and deletes what
it read. What another client puts meanwhile stays. A tombstone replaces the deleted versions, so
that a late copy does not bring them back.";

/// Delete the versions of a key that were read, and print the context for the next put
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// The key
    key: String,
    #[command(flatten)]
    replacing: Replacing,
    #[command(flatten)]
    history: HistoryFile,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { session, key, replacing, history } = arguments;
    let given = replacing.context(key)?;
    let client = session.connect()?;
    let read = || get(&client, key, history).map(|found| found.context);
    let context = given.map_or_else(read, Ok)?;
    if context.is_empty() {
        note!("the key \"{}\" has no value: there is nothing to delete", key.escape_debug());
        return Ok(());
    }
    let client = client.with_in_person(replacing.pw);
    let told = |context: &StampedContext| json!({ "context": context_text::to_text(key, context) });
    let asked = Asked { function: "delete", key, fields: told(&context) };
    let context = history.request(&asked, || client.delete(key, &context), told)?;
    replacing.print(key, &context);
    Ok(())
}
