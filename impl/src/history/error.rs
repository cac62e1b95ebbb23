//! Why a text is no history that can be checked.

/// Why a text is no history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// It is neither JSON nor EDN.
    #[error("line {line} of the history: {why}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// An entry has no form of an operation.
    #[error("entry {entry} of the history: {why}")]
    Entry {
        /// The entry, counted from 1.
        entry: usize,
        /// What is wrong.
        why: String,
    },
    /// A check needs to tell values apart.
    #[error(
        "two puts of the value {value} to the key {key}: this check cannot tell them apart. Let \
         every put have a value of its own"
    )]
    SameValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
}
