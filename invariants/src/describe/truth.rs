//! The ground truth in words: what really happened.

use super::{Fact, TRUTH};
use crate::notation::outcome;
use crate::scope::instance::Instance;
use crate::scope::write_set::WriteSet;
use crate::truth::{Ghost, Outcome};
use dynamo_model::ids::NodeId;

/// The outcome of each put and get, the puts and hints that each node has confirmed, and the reaped
/// tombstones.
pub(super) fn facts(instance: &Instance, ghost: &Ghost) -> Vec<Fact> {
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
    for (request, read) in instance.gets.iter().zip(&ghost.reads) {
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
    for (index, confirmed) in
        ghost.confirmed.iter().enumerate().filter(|(_, confirmed)| !confirmed.is_empty())
    {
        push(format!("{} has confirmed", NodeId(index as u16)), confirmed.to_string());
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
