//! What has occurred in all runs, and what never has.

use super::series::Tally;
use crate::commands::check::found::Out;
use crate::commands::table;
use dynamo::simulation::{NOTES_RULES_EVERY, Seen};
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::notation::words::counted;
use dynamo_invariants::property::Kind;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Tells what has occurred, and then what never has.
pub(super) fn tell(tally: &Tally, out: Out<'_>) {
    let seen = &tally.seen;
    tell_reached(tally, out);
    out("In how many runs each act or fault occurred:");
    tell_counts(seen.acts().map(|(act, runs)| (act.name().to_owned(), runs)), out);
    out("How often each fault occurred:");
    tell_counts(seen.faults().map(|(name, count)| (name.to_owned(), count)), out);
    let pairs = seen.pairs().filter(|(_, runs)| *runs > 0).count();
    out("What never occurred:");
    list("  kinds of messages:", &unseen(seen.messages()), out);
    let unasked: Vec<String> = seen.rules_never_asked().map(str::to_owned).collect();
    list(&format!("  rules asked, in one run of {NOTES_RULES_EVERY}:"), &unasked, out);
    out(&format!(
        "  pairs of acts and faults in one run: {} of {} (--json lists them)",
        seen.pairs().count() - pairs,
        counted(seen.pairs().count(), "pair"),
    ));
    out("");
}

fn unseen(counts: impl Iterator<Item = (String, u64)>) -> Vec<String> {
    counts.filter(|(_, count)| *count == 0).map(|(name, _)| name).collect()
}

/// Tells counts, some in a line, and which are zero.
fn tell_counts(counts: impl Iterator<Item = (String, u64)>, out: Out<'_>) {
    let (some, none): (Vec<_>, Vec<_>) = counts.partition(|(_, count)| *count > 0);
    let width = some.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for line in some.chunks(IN_A_LINE) {
        let cell = |(name, count): &(String, u64)| {
            format!("  {name:<width$}  {:>11}", table::count(*count as usize))
        };
        out(&line.iter().map(cell).collect::<Vec<_>>().concat());
    }
    if !none.is_empty() {
        list("  never:", &none.into_iter().map(|(name, _)| name).collect::<Vec<String>>(), out);
    }
}

/// Tells these names after some words, in as many lines as they need.
fn list(words: &str, names: &[String], out: Out<'_>) {
    let mut line = words.to_owned();
    if names.is_empty() {
        line.push_str(" none");
    }
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "" };
        if line.len() + name.len() + 2 > COLUMNS_MAX {
            out(&line);
            line = String::from("   ");
        }
        let _ = write!(line, " {name}{comma}");
    }
    out(&line);
}

/// The most columns of a line with names.
const COLUMNS_MAX: usize = 100;
/// How many counts are told in a line.
const IN_A_LINE: usize = 2;

/// Tells how many runs have shown each *reachable* property.
fn tell_reached(tally: &Tally, out: Out<'_>) {
    out("In how many runs each situation occurred:");
    let runs = |name: &str| tally.did.reached.get(name).copied().unwrap_or_default();
    tell_counts(reachable().map(|name| (name.to_owned(), runs(name))), out);
}

pub(super) fn reachable() -> impl Iterator<Item = &'static str> {
    PROPERTIES.iter().filter(|it| it.kind == Kind::Reachable).map(|it| it.name)
}

/// What has occurred, by name.
pub(super) fn as_json(seen: &Seen) -> Value {
    let never_together = seen.pairs().filter(|(_, runs)| *runs == 0);
    let names = never_together.map(|((one, other), _)| json!([one.name(), other.name()]));
    json!({
        "messages": counts(seen.messages()),
        "faults": counts(seen.faults().map(|(name, count)| (name.to_owned(), count))),
        "acts": counts(seen.acts().map(|(act, runs)| (act.name().to_owned(), runs))),
        "pairs": seen.pairs().count(),
        "pairs_never_seen": names.collect::<Vec<Value>>(),
        "rules_never_asked": seen.rules_never_asked().collect::<Vec<&str>>(),
    })
}

fn counts(counts: impl Iterator<Item = (String, u64)>) -> Value {
    Value::Object(counts.map(|(name, count)| (name, json!(count))).collect::<Map<_, _>>())
}
