//! `--history FILE`: a client writes down its requests and their answers, for `dynamo history`.

use super::Failure;
use crate::output::note;
use anyhow::Context as _;
use clap::{Args, ValueHint};
use data_encoding::BASE64;
use dynamo::client::ClientError;
use serde_json::{Value as Json, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whether requests are written down.
#[derive(Clone, Debug, Args)]
pub(super) struct HistoryFile {
    /// Append the begin and the end of the request to this file, for dynamo history. Several
    /// clients on one machine may share a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    history: Option<PathBuf>,
}

/// A request, as a history has it.
pub(super) struct Asked<'a> {
    /// `put`, `get` or `delete`.
    pub(super) function: &'static str,
    /// The key.
    pub(super) key: &'a str,
    /// The value and the context, if there are any.
    pub(super) fields: Json,
}

impl HistoryFile {
    /// Makes a request. `answered` is what the history has of the answer.
    ///
    /// The begin is in the file before the request is sent, and the end after the answer has
    /// arrived. So the lines of all clients are in an order in which it could have happened.
    pub(super) fn request<T>(
        &self,
        asked: &Asked<'_>,
        ask: impl FnOnce() -> Result<T, ClientError>,
        answered: impl FnOnce(&T) -> Json,
    ) -> Result<T, Failure> {
        let Some(path) = &self.history else { return Ok(ask()?) };
        let why = || format!("cannot write the history {}", path.display());
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let mut file = opened.with_context(why).map_err(Failure::Usage)?;
        write(&mut file, asked, "invoke", &asked.fields)
            .with_context(why)
            .map_err(Failure::Usage)?;
        let answer = ask();
        let ended = match &answer {
            Ok(answer) => write(&mut file, asked, "ok", &answered(answer)),
            Err(error) => {
                let kind = if error.may_have_effect() { "info" } else { "fail" };
                write(&mut file, asked, kind, &json!({ "error": error.to_string() }))
            }
        };
        if let Err(error) = ended {
            // The request itself must not seem to have failed.
            note!("{}: {error}. The end of this request is missing there", why());
        }
        Ok(answer?)
    }
}

/// Writes a line with one call, so that the lines of several clients do not mix.
fn write(file: &mut File, asked: &Asked<'_>, kind: &str, fields: &Json) -> io::Result<()> {
    let Asked { function, key, .. } = asked;
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let process = std::process::id();
    let mut line =
        json!({ "type": kind, "f": function, "process": process, "key": key, "time": time });
    if let (Some(line), Some(fields)) = (line.as_object_mut(), fields.as_object()) {
        line.extend(fields.clone());
    }
    file.write_all(format!("{line}\n").as_bytes())
}

/// The bytes of a value: as text, if they are UTF-8.
pub(super) fn value(bytes: &[u8]) -> Json {
    str::from_utf8(bytes).map_or_else(|_| json!({ "base64": BASE64.encode(bytes) }), Json::from)
}
