//! `dynamo put`: stores a value.

use super::Failure;
use super::arguments::{Replacing, Session};
use super::history_file::{self, Asked, HistoryFile};
use anyhow::{Context as _, anyhow};
use clap::Args;
use dynamo::context_text;
use dynamo_model::ids::Value;
use serde_json::json;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  dynamo put --node 127.0.0.1:4100 greeting hello
  dynamo put --node 127.0.0.1:4100 greeting hi --context AqN_OEcungto…
  dynamo put --node 127.0.0.1:4100 photo --file photo.jpg
  date | dynamo put --node 127.0.0.1:4100 today -

A value is any bytes. dynamo get --raw prints them unchanged.
Without --context the put replaces nothing: versions of other clients stay beside it, as siblings.
With a context that a get or put printed, the put replaces exactly the versions in that context.";

/// Store a value, and print the context for the next put
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    session: Session,
    /// The key: 1 to 256 bytes of text
    key: String,
    /// The value: up to 8192 bytes. Put it after -- if it looks like an option of this command. A
    /// single hyphen reads the value from standard input
    #[arg(allow_hyphen_values = true, required_unless_present = "file")]
    value: Option<OsString>,
    /// Take the value from this file
    #[arg(long, value_name = "PATH", conflicts_with = "value")]
    file: Option<PathBuf>,
    #[command(flatten)]
    replacing: Replacing,
    #[command(flatten)]
    history: HistoryFile,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { session, key, value, file, replacing, history } = arguments;
    let given = replacing.context(key)?;
    let value = read(value.as_ref(), file.as_deref())?;
    let client = session.connect()?.with_in_person(replacing.pw);
    let mut fields = json!({ "value": history_file::value(&value) });
    if let Some(given) = &given {
        fields["context"] = context_text::to_text(key, given).into();
    }
    let asked = Asked { function: "put", key, fields };
    let context = history.request(
        &asked,
        || client.put(key, &value, &given.unwrap_or_default()),
        |context| json!({ "context": context_text::to_text(key, context) }),
    )?;
    replacing.print(key, &context);
    Ok(())
}

/// The value from the argument, the file or standard input.
fn read(value: Option<&OsString>, file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    match (value, file) {
        (_, Some(path)) => {
            let name = path.display().to_string();
            let opened =
                File::open(path).with_context(|| format!("cannot read the value from {name}"));
            read_all(opened.map_err(Failure::Usage)?, &name)
        }
        (Some(value), None) if value == "-" => read_all(std::io::stdin().lock(), "standard input"),
        (value, None) => {
            Ok(value.map(|value| value.as_encoded_bytes().to_owned()).unwrap_or_default())
        }
    }
}

/// Reads to the end, but at most one byte more than a value may have.
fn read_all(from: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut value = Vec::new();
    let read = from.take(Value::BYTES_MAX as u64 + 1).read_to_end(&mut value);
    read.with_context(|| format!("cannot read the value from {name}")).map_err(Failure::Usage)?;
    if value.len() > Value::BYTES_MAX {
        let most = Value::BYTES_MAX;
        return Err(Failure::usage(anyhow!(
            "the value from {name} has more than {most} bytes, which is the limit"
        )));
    }
    Ok(value)
}
