//! `dynamo explain`: tells what a word means.

mod facts;
#[cfg(test)]
mod tests;

use super::names::{self, Meaning, NameError, Wanted};
use super::{Failure, table};
use crate::output::say;
use anstyle::Style;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use facts::Fact;
use serde_json::{Map, Value, json};

const EXAMPLES: &str = "\
Examples:
  dynamo explain                 which kinds of words there are
  dynamo explain hint            a word of the glossary
  dynamo explain hint_may_clear  a rule: what it decides, and the defects that replace it
  dynamo explain I8              an invariant; I8.hint-is-kept is one of its properties
  dynamo explain stand-in        a scope
  dynamo explain StoreHint       a kind of messages
  dynamo explain 63              number 63 of the gallery
  dynamo explain 3               number 3 of the gallery, and exit code 3
  dynamo explain hint --json | jq -r '.meanings[0].means[]'";

/// Tell what a word means: a term, rule, invariant, property, defect, scope, message, exit code
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The word. Without one: the kinds of words that there are, with examples
    #[arg(value_name = "WORD")]
    word: Option<String>,
    /// Print {"word", "meanings": [{"kind", "name", ..}]}; without a word {"kinds": [..]}
    #[arg(long)]
    json: bool,
}

const STRONG: Style = Style::new().bold();

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(word) = &arguments.word else {
        kinds(arguments.json);
        return Ok(());
    };
    let meanings = names::meanings(word);
    if meanings.is_empty() {
        return Err(NameError::unknown(word, Wanted::Anything, |_| true).into());
    }
    if arguments.json {
        let meanings: Vec<Value> = meanings.iter().map(as_json).collect();
        say!("{:#}", json!({ "word": word, "meanings": meanings }));
        return Ok(());
    }
    for (index, meaning) in meanings.iter().enumerate() {
        if index > 0 {
            say!("");
        }
        print(meaning);
    }
    Ok(())
}

/// The kinds of words, how many there are of each, and some of them.
fn kinds(as_json: bool) {
    let mut kinds: Vec<(&'static str, Vec<String>)> = Vec::new();
    for meaning in Meaning::all() {
        let name = meaning.names().swap_remove(0);
        match kinds.iter_mut().find(|(kind, _)| *kind == meaning.kind()) {
            Some((_, names)) => names.push(name),
            None => kinds.push((meaning.kind(), vec![name])),
        }
    }
    if as_json {
        let kinds = kinds.iter().map(|(kind, names)| json!({ "kind": kind, "names": names }));
        say!("{:#}", json!({ "kinds": kinds.collect::<Vec<_>>() }));
        return;
    }
    let mut rows = table::new(&["kind", "how many", "for example"]);
    for (kind, names) in &kinds {
        let some: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        rows.add_row([(*kind).to_owned(), names.len().to_string(), some.join(", ")]);
    }
    say!("{rows}\ndynamo explain WORD tells what a word means. All names: dynamo explain --json");
}

/// A table without lines: it wraps long texts where the terminal ends.
fn print(meaning: &Meaning) {
    say!("{STRONG}{} {}{STRONG:#}", meaning.kind(), meaning.names()[0]);
    let mut rows = Table::new();
    rows.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for Fact { about, lines } in facts::of(meaning) {
        rows.add_row([about.to_owned(), lines.join("\n")]);
    }
    for line in rows.lines() {
        say!(" {}", line.trim_end());
    }
}

fn as_json(meaning: &Meaning) -> Value {
    let mut told = Map::new();
    told.insert("kind".to_owned(), meaning.kind().into());
    told.insert("name".to_owned(), meaning.names().swap_remove(0).into());
    for Fact { about, lines } in facts::of(meaning) {
        told.insert(about.replace(' ', "_"), lines.into());
    }
    told.into()
}
