//! `dynamo put`: stores a value.

use super::Failure;
use super::arguments::Session;
use clap::Args;
use dynamo::context_text;
use dynamo_model::version::Context;
use serde_json::json;
use std::ffi::OsString;

const EXAMPLES: &str = "\
Examples:
  dynamo put --node 127.0.0.1:4100 greeting hello
  dynamo put --node 127.0.0.1:4100 greeting hi --context Abs8b1wCAAEBAQA

Without --context the put replaces nothing: what others have put stays beside it, as siblings. With the context that a get
or put printed, it replaces exactly what that get showed or that put knew.";

/// Store a value; prints the context for the next put
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// The key: 1 to 256 bytes of text
    key: String,
    /// The value: up to 8192 bytes; after -- if it reads like an option of this command
    #[arg(allow_hyphen_values = true)]
    value: OsString,
    /// The context that an earlier get or put printed: the put replaces what it covers
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
    let Arguments { session, key, value, context, pw, json } = arguments;
    let context = context.map(|text| context_text::from_text(&key, &text)).transpose().map_err(Failure::usage)?;
    let client = session.connect()?.with_in_person(pw);
    let context = client.put(&key, value.as_encoded_bytes(), &context.unwrap_or_default())?;
    print_context(&key, &context, json);
    Ok(())
}

/// What a put or a delete gives back.
pub(super) fn print_context(key: &str, context: &Context, json: bool) {
    let context = context_text::to_text(key, context);
    if json {
        println!("{}", json!({ "key": key, "context": context }));
    } else {
        println!("context {context}");
    }
}
