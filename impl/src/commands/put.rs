//! `dynamo put`: stores a value.

use super::Failure;
use super::arguments::{Replacing, Session};
use clap::Args;
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
    #[command(flatten)]
    replacing: Replacing,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { session, key, value, replacing } = arguments;
    let context = replacing.context(key)?.unwrap_or_default();
    let client = session.connect()?.with_in_person(replacing.pw);
    replacing.print(key, &client.put(key, value.as_encoded_bytes(), &context)?);
    Ok(())
}
