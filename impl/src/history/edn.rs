//! EDN, the notation of Clojure and of Jepsen's histories, to and from JSON.

use super::Datum;
use super::error::HistoryError;
use clojure_reader::edn::{self, Edn};

/// How deep a value may be nested: as deep as JSON.
const DEPTH_MAX: u8 = 127;

/// All values in the text. Keywords become strings without their colon, sets and lists become
/// arrays, and tags are left out.
pub(super) fn read(text: &str) -> Result<Vec<Datum>, HistoryError> {
    let (mut rest, mut values) = (text, Vec::new());
    while !is_blank(rest) {
        let (value, after) = edn::read(rest).map_err(|error| {
            let before = text.len() - rest.len();
            let line = text[..before].matches('\n').count() + error.line.unwrap_or(1);
            HistoryError::Syntax { line, why: format!("this is no EDN: {:?}", error.code) }
        })?;
        let json = to_json(&value, DEPTH_MAX).ok_or_else(|| HistoryError::Entry {
            entry: values.len() + 1,
            why: format!("it is nested more than {DEPTH_MAX} deep"),
        })?;
        values.push(json);
        rest = after;
    }
    Ok(values)
}

/// Is there nothing but blanks and comments?
fn is_blank(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || c == ',';
    let mut lines = text.lines().map(|line| line.trim_start_matches(is_blank));
    lines.all(|line| line.is_empty() || line.starts_with(';'))
}

/// The value as JSON; `None` if it is nested too deeply.
fn to_json(value: &Edn<'_>, depth: u8) -> Option<Datum> {
    let inner = depth.checked_sub(1)?;
    let inside = |value| to_json(value, inner);
    Some(match value {
        Edn::Nil => Datum::Null,
        Edn::Bool(it) => (*it).into(),
        Edn::Int(it) => (*it).into(),
        Edn::Double(it) => it.into_inner().into(),
        Edn::Vector(all) | Edn::List(all) => all.iter().map(inside).collect::<Option<Datum>>()?,
        Edn::Set(all) => all.iter().map(inside).collect::<Option<Datum>>()?,
        Edn::Map(all) => {
            let field = |(key, value)| Some((name(&inside(key)?), inside(value)?));
            Datum::Object(all.iter().map(field).collect::<Option<_>>()?)
        }
        Edn::Tagged(_, value) => inside(value)?,
        Edn::Key(it) => it.trim_start_matches(':').into(),
        Edn::Str(it) | Edn::Symbol(it) => it.as_ref().into(),
        Edn::Char(it) => it.to_string().into(),
        other => other.to_string().into(),
    })
}

/// The name of a field.
fn name(key: &Datum) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

/// A value as EDN. The names of fields become keywords, and so do the type and the function of an
/// operation.
pub fn to_edn(value: &Datum) -> String {
    match value {
        Datum::Null => "nil".to_owned(),
        Datum::Bool(_) | Datum::Number(_) => value.to_string(),
        Datum::String(text) => Edn::string(text.as_str()).to_string(),
        Datum::Array(all) => {
            let all: Vec<String> = all.iter().map(to_edn).collect();
            format!("[{}]", all.join(" "))
        }
        Datum::Object(fields) => {
            let field = |(name, value): (&String, &Datum)| match (name.as_str(), value) {
                ("type" | "f", Datum::String(keyword)) => format!(":{name} :{keyword}"),
                _ => format!(":{name} {}", to_edn(value)),
            };
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}
