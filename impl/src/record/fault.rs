//! Where a node and the model part.

use super::reader::Position;
use super::replay::{Deed, Difference};
use crate::interpreter::Event;
use dynamo_invariants::notation::words::brief;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::Choice;
use stateright::actor::Id;
use std::fmt;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The node differs from the model.
    Differs(Difference),
    /// The node received a message that its sender has not sent before.
    Unsent {
        /// The sender.
        from: NodeId,
        /// The message.
        message: Box<Message>,
    },
    /// At a start, the disk lacked what the node had committed.
    DiskLacks,
}

/// One thing that is wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The node.
    pub node: NodeId,
    /// Where in its record: the batch.
    pub at: Position,
    /// The number of the event in this life of the node, from 0.
    pub event: u64,
    /// What.
    pub what: Wrong,
    /// Some events of the batch around it.
    pub around: Vec<Event>,
    /// Which of them it is. Beyond the last one: the end of the batch.
    pub index: usize,
}

/// How many events are shown before a wrong one, and after it.
const AROUND: usize = 4;

impl Fault {
    /// With the events around this one of a batch.
    pub(super) fn amid(mut self, events: &[Event], index: usize) -> Self {
        let first = index.saturating_sub(AROUND);
        let end = events.len().min(index + 1 + AROUND);
        self.around = events[first.min(end)..end].to_vec();
        self.index = index - first;
        self
    }
}

/// Who has this id, in words.
fn who(id: Id) -> String {
    match NodeId::from_actor(id) {
        Some(node) => node.to_string(),
        None => format!("client {:x}", usize::from(id)),
    }
}

/// A message in words, with its key.
fn said(message: &Message) -> String {
    match message.key() {
        Some(key) => format!("{}, key {key:?}", brief(message)),
        None => brief(message),
    }
}

/// An event in words.
pub fn told(event: &Event) -> String {
    match event {
        Event::Received(from, message) => {
            format!("receives from {}: {}", who(*from), said(message))
        }
        Event::Ignored(from, message) => {
            format!("receives from {} and ignores: {}", who(*from), said(message))
        }
        Event::Fired(timer) => format!("its timer fires: {timer:?}"),
        Event::Chose(Choice::Gossip(peer)) => format!("chooses to gossip with {peer}"),
        Event::Chose(Choice::Exchange(peer)) => format!("chooses to compare with {peer}"),
        Event::Sent(to, message) => format!("sends to {}: {}", who(*to), said(message)),
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Sends(to, message) => write!(f, "sends to {}: {}", who(*to), said(message)),
            Deed::Chooses(choices) => write!(f, "chooses a peer: {choices:?}"),
            Deed::Nothing => f.write_str("does nothing more before its next input"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |parts: &[super::Part]| {
            parts.iter().map(ToString::to_string).collect::<Vec<String>>().join("; ")
        };
        match self {
            Difference::Deed { model, node } => {
                write!(f, "the model {model}\n  the node {node}")?;
                // Few words may hide the difference.
                let is_hidden = model.to_string() == node.to_string();
                if is_hidden { write!(f, "\n  in full: {model:?}\n  {node:?}") } else { Ok(()) }
            }
            Difference::NotSet(timer) => {
                write!(f, "a timer fires that is not set in the model: {timer:?}")
            }
            Difference::Ignored { by_model: true } => {
                f.write_str("the model ignores this reply; the node did not")
            }
            Difference::Ignored { by_model: false } => {
                f.write_str("the node ignores this reply; the model does not")
            }
            Difference::Saves { in_model: true } => {
                f.write_str("the model saves in this batch, so it commits; the node did not")
            }
            Difference::Saves { in_model: false } => {
                f.write_str("the node saves in this batch; the model does not")
            }
            Difference::State(parts) => write!(
                f,
                "after this batch the node's state is not the model's. It differs in: {}",
                list(parts)
            ),
            Difference::Snapshot(parts) => write!(
                f,
                "the state with which this file begins is not the model's. It differs in: {}",
                list(parts)
            ),
            Difference::Stops(why) => write!(f, "the model cannot take this step: {why}"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Differs(difference) => difference.fmt(f),
            Wrong::Unsent { from, message } => write!(
                f,
                "a message arrives from {from} that {from} has not sent before, by its record: {}",
                said(message)
            ),
            Wrong::DiskLacks => f.write_str(
                "at this start the disk lacks what the node had committed before, by its record",
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { node, at, event, what, around, index } = self;
        writeln!(f, "node {node}, event {event} of its life ({at}):\n  {what}")?;
        for (number, event) in around.iter().enumerate() {
            let mark = if number == *index { "▶" } else { " " };
            writeln!(f, "  {mark} {}", told(event))?;
        }
        Ok(())
    }
}
