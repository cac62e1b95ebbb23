//! The lines of a history, and the operations that they begin and end.

use super::error::HistoryError;
use super::{Act, Datum, History, Operation, Outcome, edn};
use serde::Deserialize;
use serde::de::Error as _;
use std::collections::HashMap;

/// The begin or the end of an operation.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: Kind,
    f: String,
    process: Datum,
    #[serde(default)]
    key: Datum,
    #[serde(default)]
    value: Datum,
    #[serde(default)]
    over: Option<Vec<Datum>>,
    #[serde(default)]
    context: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

/// The entries of a history: a JSON array, JSON values one after another, or the same as EDN.
///
/// # Errors
/// If the text is neither JSON nor EDN.
pub fn lines(text: &str) -> Result<Vec<Datum>, HistoryError> {
    let inside = text.split_once('{').map_or("", |(_, inside)| inside).trim_start();
    let values = if inside.starts_with([':', ';']) {
        edn::read(text)?
    } else {
        let all = serde_json::Deserializer::from_str(text).into_iter::<Datum>();
        let read: Result<Vec<Datum>, serde_json::Error> = all.collect();
        read.map_err(|error| HistoryError::Syntax {
            line: error.line(),
            why: format!("this is no JSON: {error}"),
        })?
    };
    let nested = |value| if let Datum::Array(all) = value { all } else { vec![value] };
    Ok(values.into_iter().flat_map(nested).collect())
}

/// Reads a history. With `keys_in_values`, every value is a pair of a key and the value proper, as
/// in Jepsen's independent tests.
///
/// # Errors
/// If the text is neither JSON nor EDN, or has no operations in it.
pub fn parse(text: &str, keys_in_values: bool) -> Result<History, HistoryError> {
    let (mut history, mut open) = (History::default(), HashMap::new());
    for (entry, value) in (1..).zip(lines(text)?) {
        let wrong = |why: serde_json::Error| HistoryError::Entry { entry, why: why.to_string() };
        if !value.get("process").is_some_and(Datum::is_number) {
            history.other_lines += 1;
            continue;
        }
        let mut line = Line::deserialize(value).map_err(wrong)?;
        if keys_in_values {
            (line.key, line.value) = pair(line.value).map_err(wrong)?;
        }
        let process = line.process.to_string();
        if line.kind == Kind::Invoke {
            // An operation before it that did not end may still have an effect.
            open.insert(process, history.operations.len());
            history.operations.push(begun(line, entry).map_err(wrong)?);
        } else if let Some(place) = open.remove(&process) {
            end(&mut history.operations[place], line, entry);
        } else {
            let why = format!("process {process} ends an operation that it did not begin");
            return Err(HistoryError::Entry { entry, why });
        }
    }
    Ok(history)
}

fn pair(value: Datum) -> Result<(Datum, Datum), serde_json::Error> {
    <(Datum, Datum)>::deserialize(value)
}

fn begun(line: Line, began: usize) -> Result<Operation, serde_json::Error> {
    let Line { f, key, value, over, context, .. } = line;
    let act = match f.as_str() {
        "put" | "add" | "write" => Act::Put(value),
        "delete" => Act::Delete,
        "get" | "read" => Act::Get(Datum::Null),
        "cas" => {
            let (old, new) = pair(value)?;
            Act::CompareAndSet(old, new)
        }
        other => {
            let known = "put, get, delete, add, read, write or cas";
            return Err(serde_json::Error::custom(format!("{other} is not one of {known}")));
        }
    };
    let (over, ended, new_context) = (over.unwrap_or_default(), None, None);
    let outcome = Outcome::Unknown;
    Ok(Operation { key, act, began, ended, outcome, over, context, new_context })
}

fn end(operation: &mut Operation, line: Line, entry: usize) {
    operation.ended = Some(entry);
    operation.outcome = match line.kind {
        Kind::Ok => Outcome::Done,
        Kind::Fail => Outcome::Failed,
        Kind::Info | Kind::Invoke => Outcome::Unknown,
    };
    operation.new_context = line.context;
    if let Act::Get(read) = &mut operation.act {
        *read = line.value;
    }
}
