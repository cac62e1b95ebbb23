//! Writes a scope as a file's text.

use super::{FAULTS, KEY};
use dynamo_invariants::scope::Faults;
use dynamo_invariants::scope::own::{Line, OwnScope, Quorum};
use std::fmt::Write as _;

/// The most columns of a client's line. A longer script has a line for each request.
const COLUMNS_MAX: usize = 100;

/// The text of a scope's file. Faults that do not happen are comments in it, so that a reader sees
/// what else there is.
pub fn text(own: &OwnScope) -> String {
    let OwnScope { name, aim, key, nodes, quorum: Quorum { n, r, w }, clients, faults } = own;
    let mut text = format!("name = {}\naim = {}\n", quoted(name), quoted(aim));
    if key != KEY {
        let _ = writeln!(text, "key = {}", quoted(key));
    }
    let _ = writeln!(text, "nodes = {nodes}\nn = {n}\nr = {r}\nw = {w}\n");
    text.push_str(
        "# A list for each client. \"via 0\" is the first node clockwise from the key:\n",
    );
    text.push_str("# positions 0 to n-1 are the preference list, once all nodes have joined.\n");
    text.push_str("clients = [\n");
    for script in clients {
        text.push_str(&client(script));
    }
    text.push_str("]\n\n[faults]\n");
    for (word, example, meaning) in FAULTS {
        let line = match value(faults, word) {
            Some(value) => format!("{word} = {value}"),
            None => format!("# {word} = {example}"),
        };
        let _ = writeln!(text, "{line:<22} # {meaning}");
    }
    text
}

fn client(script: &[Line]) -> String {
    let requests: Vec<String> = script.iter().map(|line| quoted(&line.to_string())).collect();
    let line = format!("  [{}],\n", requests.join(", "));
    if line.len() <= COLUMNS_MAX {
        return line;
    }
    format!("  [\n    {},\n  ],\n", requests.join(",\n    "))
}

/// The value of a fault. `None`: it does not happen.
fn value(faults: &Faults, word: &str) -> Option<String> {
    let flag = |really: bool| really.then(|| "true".to_owned());
    let times = |count: usize| (count > 0).then(|| count.to_string());
    match word {
        "loss" => flag(faults.loss),
        "duplication" => flag(faults.duplication),
        "crashes" => times(faults.crashes),
        "timeouts" => faults.timeouts.map(|count| count.to_string()),
        "client-retries" => times(faults.client_retries.into()),
        "handoffs" => times(faults.handoffs.into()),
        "lost-disk" => faults.lost_disk.map(|position| position.to_string()),
        "old-disk" => faults.old_disk.map(|position| position.to_string()),
        "reaps" => times(faults.reaps.into()),
        "gossip" => flag(faults.gossip),
        "exchange" => flag(faults.exchange),
        "second-key" => flag(faults.second_key),
        "small-exchanges" => flag(faults.small_exchanges),
        "moved" => faults.moved.map(|position| position.to_string()),
        "more-histories" => times(faults.more_histories.into()),
        "endless" => flag(faults.endless),
        _ => unreachable!("{word} is none of the faults"),
    }
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
