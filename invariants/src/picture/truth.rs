//! Ghost history in words: what really happened, whatever the nodes make of it.

use super::{Fact, TRUTH};
use crate::ghost::{Ghost, Outcome};
use crate::scope::Setting;
use crate::write_set::WriteSet;
use dynamo_model::ids::NodeId;

/// What became of each put and get, and what each node has confirmed.
pub(super) fn facts(setting: &Setting, ghost: &Ghost) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut push =
        |about: String, text: String| facts.push(Fact { of: TRUTH.to_owned(), about, text });
    for (id, write) in ghost.puts() {
        if let Some(outcome) = outcome(write.outcome, "acknowledged") {
            let saw = if write.saw.is_empty() {
                String::new()
            } else {
                format!(", had seen {}", write.saw)
            };
            push(id.to_string(), format!("{outcome}{saw}"));
        }
    }
    for (request, read) in setting.gets.iter().zip(&ghost.reads) {
        if let Some(outcome) = outcome(read.outcome, "answered") {
            let shown = if let Outcome::Answered { .. } = read.outcome {
                format!(": {}", read.shown)
            } else {
                String::new()
            };
            let before = match read.acknowledged_before {
                WriteSet::EMPTY => String::new(),
                before => format!(", acknowledged before it: {before}"),
            };
            push(format!("get {request:?}"), format!("{outcome}{shown}{before}"));
        }
    }
    for (index, vouched) in
        ghost.vouched.iter().enumerate().filter(|(_, vouched)| !vouched.is_empty())
    {
        push(format!("{} has confirmed", NodeId(index as u16)), vouched.to_string());
    }
    for hinted in &ghost.hinted {
        let about =
            format!("{} has confirmed that it keeps for {}", hinted.holder, hinted.recipient);
        push(about, hinted.writes.to_string());
    }
    if !ghost.reaped.is_empty() {
        push("reaped".to_owned(), ghost.reaped.to_string());
    }
    facts
}

/// What a client was told of a put or a get, if it has asked.
pub(crate) fn outcome(outcome: Outcome, done: &str) -> Option<String> {
    match outcome {
        Outcome::Unsent => None,
        Outcome::Running => Some("asked".to_owned()),
        Outcome::Answered { words: 1, .. } => Some(format!("{done} after the reply of 1 node")),
        Outcome::Answered { words, .. } => {
            Some(format!("{done} after the replies of {words} nodes"))
        }
        Outcome::Failed => Some("reported failed".to_owned()),
    }
}
