//! `dynamo delete`: deletes what was read.

use super::Failure;
use super::arguments::Session;
use super::put::print_context;
use clap::Args;
use dynamo::context_text;

const EXAMPLES: &str = "\
Examples:
  dynamo delete --node 127.0.0.1:4100 greeting
  dynamo delete --node 127.0.0.1:4100 greeting --context Abs8b1wCAAEBAQA

Deletes exactly what the context covers; without --context, what a read shows just before. What others put meanwhile stays. A
tombstone takes the place of what was deleted, so that a copy that comes late does not bring it back.";

/// Delete a key, as far as it was read; prints the context for the next put
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// The key
    key: String,
    /// The context that an earlier get or put printed: what it covers is deleted
    #[arg(long, value_name = "CTX")]
    context: Option<String>,
    /// How many intended replicas must store it themselves, fallbacks that stand in for others not counted
    #[arg(long, value_name = "N", default_value_t = 0)]
    pw: u8,
    /// Print {"key", "context"}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { session, key, context, pw, json } = arguments;
    let context = context.map(|text| context_text::from_text(&key, &text)).transpose().map_err(Failure::usage)?;
    let client = session.connect()?;
    let context = context.map_or_else(|| client.get(&key).map(|found| found.context), Ok)?;
    if context.is_empty() {
        eprintln!("the key \"{}\" was never put: there is nothing to delete", key.escape_debug());
        return Ok(());
    }
    let context = client.with_in_person(pw).delete(&key, &context)?;
    print_context(&key, &context, json);
    Ok(())
}
