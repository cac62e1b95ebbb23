//! Histories as clients saw them: which requests they made, in which order these began and ended,
//! and what they were answered. A history is checked without any record of a node.
//!
//! The format is that of Jepsen: a line for the begin of each operation and a line for its end, as
//! JSON or EDN. `impl/README.md` has an example.

mod edn;
mod error;
mod parse;
pub mod register;
pub mod siblings;

pub use edn::to_edn;
pub use error::HistoryError;
pub use parse::{lines, parse};

/// A key or a value: JSON, so that a number differs from the same digits as text.
pub type Datum = serde_json::Value;

/// The operations of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The operations, in the order in which they began.
    pub operations: Vec<Operation>,
    /// How many lines are no operation of a client. Jepsen's nemesis writes such lines.
    pub other_lines: usize,
}

/// One operation of a client on one key. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The key; null if the history has only one.
    pub key: Datum,
    /// What the client asked for.
    pub act: Act,
    /// The line on which it began.
    pub began: usize,
    /// The line on which it ended. `None`: it did not.
    pub ended: Option<usize>,
    /// How it ended.
    pub outcome: Outcome,
    /// The values that a put or delete replaces, where the history names them.
    pub over: Vec<Datum>,
    /// The context that the client gave, where the history has contexts.
    pub context: Option<String>,
    /// The context that the client was given.
    pub new_context: Option<String>,
}

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// To store this value: `put`, `add` or `write`.
    Put(Datum),
    /// To delete: `delete`.
    Delete,
    /// To read: `get` or `read`, with what the client was answered. It is null if the key had no
    /// value, or if there was no answer.
    Get(Datum),
    /// To replace the first value by the second one: `cas`.
    CompareAndSet(Datum, Datum),
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded: `ok`.
    Done,
    /// It had no effect: `fail`.
    Failed,
    /// It may have had an effect, or may still have one: `info`, or no end.
    Unknown,
}

impl Operation {
    /// Did it end before the other one began?
    pub fn is_before(&self, other: &Operation) -> bool {
        self.outcome == Outcome::Done && self.ended.is_some_and(|ended| ended < other.began)
    }
}

impl History {
    /// The operations on each key, in the order in which the keys first occur.
    pub fn by_key(&self) -> Vec<(&Datum, Vec<&Operation>)> {
        let mut places = std::collections::HashMap::new();
        let mut keys: Vec<(&Datum, Vec<&Operation>)> = Vec::new();
        for operation in &self.operations {
            let place = *places.entry(&operation.key).or_insert_with(|| {
                keys.push((&operation.key, Vec::new()));
                keys.len() - 1
            });
            keys[place].1.push(operation);
        }
        keys
    }
}

#[cfg(test)]
mod tests;
