//! `dynamo history`: checks what clients saw.

use super::{Failure, input, table};
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, ValueEnum, ValueHint};
use dynamo::history::register::{self, Verdict};
use dynamo::history::siblings::{self, Findings, Value};
use dynamo::history::{self, Datum, History};
use dynamo_invariants::notation::words::counted;
use serde_json::json;
use std::path::PathBuf;

/// The longest history, in bytes.
const BYTES_MAX: u64 = 1 << 28;
/// The search for an order of a register's operations takes at most so many steps a key.
const STEPS_MAX: u64 = 2_000_000;
/// So many values of each kind are printed.
const SHOWN_MAX: usize = 10;

const EXAMPLES: &str = "\
Example:
  dynamo put --node 127.0.0.1:4100 cart bread --history cart.jsonl
  dynamo put --node 127.0.0.1:4101 cart milk --history cart.jsonl
  dynamo get --node 127.0.0.1:4102 cart --history cart.jsonl
  dynamo history cart.jsonl

A history has a line for the begin and one for the end of each operation, as Jepsen writes them, in
JSON or EDN:
  {\"type\": \"invoke\", \"f\": \"put\", \"process\": 1, \"key\": \"cart\", \"value\": \"bread\"}
  {\"type\": \"ok\",     \"f\": \"put\", \"process\": 1, \"key\": \"cart\", \"context\": \"AqN_…\"}
  {:type :invoke, :f :get, :process 2, :key \"cart\"}
  {:type :ok, :f :get, :process 2, :key \"cart\", :value [\"bread\"], :context \"AqN_…\"}
The type of an end is ok, fail (it had no effect) or info (it may have had one). An operation without
an end may have had an effect. A put or delete names what it replaces: by the context that an earlier
answer gave, or with \"over\": [\"bread\"]. Each put of a key needs a value of its own. The order of the
lines is the order in which operations began and ended.

Let the cluster settle, and read every key once more at the end: what its last get misses is lost. A
history alone cannot tell a loss from a last get that was stale.

Exit codes:
  0  nothing is lost, resurrected, phantom or shown beside what replaced it; linearizable
  1  something is, or a register's history is not linearizable
  2  the file is no history
  3  the search for an order of a register's operations took too many steps: nothing is proved";

/// Check what clients put and read: is an acknowledged value lost, or a deleted one back?
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The history; a hyphen reads it from standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// What the history is of
    #[arg(long = "as", value_enum, default_value = "siblings")]
    kind: Kind,
    /// Every value is a pair of a key and the value, as in Jepsen's independent tests
    #[arg(long)]
    keys_in_values: bool,
    /// Print the history in this format instead of a verdict
    #[arg(long, value_enum)]
    to: Option<Format>,
    /// Print the findings as one object
    #[arg(long, conflicts_with = "to")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Keys with siblings: put, get and delete; or add and read of a set, which replace nothing
    Siblings,
    /// Registers: read, write and cas. Each must be linearizable, which Dynamo does not promise
    Register,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One EDN map a line, as Jepsen has it
    Edn,
    /// One JSON object a line
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { file, kind, keys_in_values, to, json } = arguments;
    let examples = "name the file that clients have written with --history";
    let text = input::long_text(file, "history", examples, BYTES_MAX)?;
    if let Some(format) = to {
        return convert(&text, *format);
    }
    let history = history::parse(&text, *keys_in_values).map_err(Failure::usage)?;
    if history.operations.is_empty() {
        return Err(Failure::Usage(anyhow!("there is no operation in {}", input::shown(file))));
    }
    match kind {
        Kind::Siblings => check_siblings(&history, *json),
        Kind::Register => check_registers(&history, *json),
    }
}

fn convert(text: &str, format: Format) -> Result<(), Failure> {
    for line in history::lines(text).map_err(Failure::usage)? {
        match format {
            Format::Edn => say!("{}", history::to_edn(&line)),
            Format::Json => say!("{line}"),
        }
    }
    Ok(())
}

fn check_siblings(history: &History, as_json: bool) -> Result<(), Failure> {
    let findings = siblings::check(history).map_err(Failure::usage)?;
    if as_json {
        say!("{:#}", json!({ "holds": findings.holds(), "findings": findings }));
    } else {
        print(history, &findings);
    }
    if findings.holds() {
        Ok(())
    } else {
        Err(Failure::Operation(anyhow!("clients saw what must not be: see above")))
    }
}

fn print(history: &History, findings: &Findings) {
    let Findings { keys, acknowledged, gets, unread, stale, unknown_contexts, .. } = findings;
    let operations = counted(history.operations.len(), "operation");
    say!("{operations} on {}", counted(*keys, "key"));
    let counts = [
        (acknowledged, "puts and deletes were acknowledged"),
        (gets, "gets were answered"),
        (stale, "of these were stale: a later get of the key was right"),
        (unread, "acknowledged puts were not read afterwards: nothing is said of them"),
        (unknown_contexts, "contexts are of no answer in the history: earlier puts are not missed"),
        (&history.other_lines, "lines are no operation of a client"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| **count > 0) {
        say!("{:>9}  {what}", table::count(*count));
    }
    let wrong = [
        (&findings.lost, "lost, unless the last get was stale: acknowledged, and not shown by it"),
        (
            &findings.resurrected,
            "resurrected, unless the last get was stale: deleted, and shown by it",
        ),
        (&findings.phantom, "phantom: read, and never put"),
        (&findings.not_replaced, "shown beside a value that replaced it"),
    ];
    for (values, what) in wrong.into_iter().filter(|(values, _)| !values.is_empty()) {
        say!("{:>9}  {what}:", table::count(values.len()));
        for Value { key, value, line } in values.iter().take(SHOWN_MAX) {
            say!("           {value} of {key}: line {line}");
        }
        if values.len() > SHOWN_MAX {
            say!("           … (--json lists all)");
        }
    }
    if !findings.lost.is_empty() || !findings.resurrected.is_empty() {
        say!(
            "A get may be stale before the cluster has settled. To tell, let it settle, read these \
             keys once more with --history, and check again."
        );
    }
    if findings.holds() {
        say!("Nothing that was acknowledged is lost, and nothing that was deleted is back.");
    }
}

fn check_registers(history: &History, as_json: bool) -> Result<(), Failure> {
    let verdicts = register::check(history, STEPS_MAX);
    let holds = verdicts.iter().all(|(_, verdict)| *verdict == Verdict::Linearizable);
    let refuted = verdicts.iter().any(|(_, it)| matches!(it, Verdict::NotLinearizable { .. }));
    if as_json {
        let holds = if holds || refuted { Datum::from(holds) } else { Datum::Null };
        let keys = verdicts.iter().map(|(key, verdict)| json!({ "key": key, "verdict": verdict }));
        say!("{:#}", json!({ "holds": holds, "keys": keys.collect::<Vec<_>>() }));
    } else {
        for (key, verdict) in &verdicts {
            match verdict {
                Verdict::Linearizable => say!("key {key}: linearizable"),
                Verdict::NotLinearizable { line } => say!(
                    "key {key}: not linearizable; no order explains the operation of line {line}"
                ),
                Verdict::Unknown => say!("key {key}: not decided in {STEPS_MAX} steps"),
            }
        }
    }
    match (holds, refuted) {
        (true, _) => Ok(()),
        (_, true) => Err(Failure::Operation(anyhow!("a history is not linearizable"))),
        _ => Err(Failure::CutOff(anyhow!("not every key was decided: this proves nothing"))),
    }
}
