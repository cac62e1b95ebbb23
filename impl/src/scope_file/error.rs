//! Why a file is no scope.

use super::{FAULTS, WORDS};
use dynamo_invariants::scope::own::{OwnScopeError, SentenceError};
use std::fmt;
use thiserror::Error;

/// Why a file is no scope, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ScopeFileError {
    /// The number of the line, and the line. `None`: something is missing.
    pub line: Option<(usize, String)>,
    /// What is wrong. The message has it in full, so it is no source.
    pub wrong: Wrong,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Wrong {
    /// It is not TOML.
    #[error("this is not TOML: {0}")]
    Syntax(String),
    /// A word that is nearly right.
    #[error("there is no {found:?}: write {word}")]
    Nearly {
        /// The word.
        found: String,
        /// The right one.
        word: &'static str,
    },
    /// A word that no scope has.
    #[error("a scope has no {0:?}: use {words}", words = WORDS.join(", "))]
    NoWord(String),
    /// A word that is no fault.
    #[error("there is no fault {0:?}: use {faults}", faults = FAULTS.map(|(word, ..)| word).join(", "))]
    NoFault(String),
    /// A fault that is not below `[faults]`.
    #[error("{0} is a fault: move it below a line [faults]")]
    IsFault(String),
    /// A word below `[faults]` that belongs above.
    #[error("{0} is no fault: move it above the line [faults]")]
    IsNoFault(String),
    /// A word that every scope needs.
    #[error("{word} is missing: add a line such as {example}")]
    Missing {
        /// The word.
        word: &'static str,
        /// A line with it.
        example: &'static str,
    },
    /// A value of another type.
    #[error("{what} is {found}: use {wanted}")]
    Type {
        /// What has the value.
        what: String,
        /// The type that it has.
        found: &'static str,
        /// What is wanted.
        wanted: String,
    },
    /// A number that is too small or too large.
    #[error("{word} is {found}: use {least} to {most}")]
    Range {
        /// The word.
        word: &'static str,
        /// The number.
        found: String,
        /// The least allowed number.
        least: u16,
        /// The largest allowed number.
        most: u16,
    },
    /// A sentence that is no request.
    #[error("request {request} of client {client}: {error}")]
    Sentence {
        /// The number of the client, from 1.
        client: usize,
        /// The number of its request, from 1.
        request: usize,
        /// Why.
        error: SentenceError,
    },
    /// The scope is not valid.
    #[error("{}", in_full(.0))]
    Scope(OwnScopeError),
}

/// The error, or its cause if that alone says everything.
fn in_full(error: &OwnScopeError) -> String {
    match error {
        OwnScopeError::Quorum(cause) => cause.to_string(),
        _ => error.to_string(),
    }
}

impl ScopeFileError {
    /// The error as a message that begins with what the file is called.
    pub fn in_file(&self, file: &str) -> String {
        let separator = if self.line.is_some() { ", " } else { ": " };
        format!("{file}{separator}{self}")
    }
}

impl fmt::Display for ScopeFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.line {
            Some((number, text)) => write!(f, "line {number}: {}\n  {text}", self.wrong),
            None => write!(f, "{}", self.wrong),
        }
    }
}
