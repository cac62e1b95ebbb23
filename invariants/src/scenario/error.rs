//! Why a scenario does not go as its script says.

use super::Scenario;
use super::stage::Trouble;
use crate::scope::own::OwnScopeError;
use thiserror::Error;

/// Why a scenario cannot be performed, or an expectation in it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StageError {
    /// An expectation does not hold.
    #[error("line {line}: expected {expected}, but found {actual}")]
    Unexpected {
        /// The number of the line in the script.
        line: usize,
        /// What the script expects.
        expected: String,
        /// What is so.
        actual: String,
    },
    /// A command cannot be performed.
    #[error("line {line}: {why}")]
    Impossible {
        /// The number of the line in the script.
        line: usize,
        /// The reason.
        why: String,
    },
    /// More and more messages follow.
    #[error(
        "line {line}: the run has more than {max} steps, and messages still follow",
        max = Scenario::STEPS_MAX
    )]
    TooLong {
        /// The number of the line in the script.
        line: usize,
    },
    /// The program cannot make the scope.
    #[error("the scenario has no scope")]
    Scope(#[source] OwnScopeError),
}

impl StageError {
    pub(super) fn at(line: usize, trouble: Trouble) -> StageError {
        match trouble {
            Trouble::Unexpected { expected, actual } => {
                StageError::Unexpected { line, expected, actual }
            }
            Trouble::Impossible(why) => StageError::Impossible { line, why },
            Trouble::TooLong => StageError::TooLong { line },
        }
    }

    /// The number of the line in the script. `None`: it is the script as a whole.
    pub fn line(&self) -> Option<usize> {
        match self {
            StageError::Unexpected { line, .. }
            | StageError::Impossible { line, .. }
            | StageError::TooLong { line } => Some(*line),
            StageError::Scope(_) => None,
        }
    }
}
