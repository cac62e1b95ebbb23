//! Why a word does not name what a command needs.

use super::{Meaning, plain};
use crate::commands::Failure;
use dynamo::gallery::Case;
use dynamo_invariants::scope::Scope;
use std::fmt;
use thiserror::Error;

/// What a command needs a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Wanted {
    /// A defect or a known limit.
    Case,
    /// A scope.
    Scope,
    /// A scope, with rules to follow in it.
    Place,
    /// Anything.
    Anything,
}

impl Wanted {
    /// The command that lists the names.
    fn list(self) -> &'static str {
        match self {
            Wanted::Case => "dynamo defects --list",
            Wanted::Scope => "dynamo check --list",
            Wanted::Place => "dynamo check --list or dynamo defects --list",
            Wanted::Anything => "dynamo explain",
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wanted::Case => "defect",
            Wanted::Scope => "scope",
            Wanted::Place => "scope or defect",
            Wanted::Anything => "word",
        })
    }
}

/// Why a word does not name what a command needs.
#[derive(Clone, Debug, Error)]
pub(in crate::commands) enum NameError {
    /// Nothing has this name.
    #[error("there is no {wanted} {word:?}; {}{} names them", did_you_mean(nearest), wanted.list())]
    Unknown {
        word: String,
        wanted: Wanted,
        /// The most similar names.
        nearest: Vec<String>,
    },
    /// Something has this name, but it stands for nothing of the kind.
    #[error(
        "the {} {word:?} stands for no {wanted}; {}",
        meaning.kind(),
        instead(meaning, *wanted, nearest)
    )]
    Other { word: String, wanted: Wanted, meaning: Meaning, nearest: Vec<String> },
    /// The word stands for several things, and the command needs one.
    #[error(
        "{word:?} stands for {} {kind}; choose one of them:\n{}",
        choices.len(),
        choices.join("\n")
    )]
    Several {
        word: String,
        kind: &'static str,
        /// What it stands for, a line each.
        choices: Vec<String>,
    },
    /// The word names a known limit, and the command needs a defect.
    #[error(
        "{word:?} is a known limit, which the protocol's own rules show: \
         leave --defect out, and name the scope {scope}"
    )]
    Limit { word: String, scope: &'static str },
}

impl NameError {
    pub(in crate::commands) fn unknown(
        word: &str,
        wanted: Wanted,
        is_wanted: impl Fn(&Meaning) -> bool,
    ) -> NameError {
        NameError::Unknown { word: word.to_owned(), wanted, nearest: nearest(word, is_wanted) }
    }

    pub(super) fn other(
        word: &str,
        wanted: Wanted,
        meaning: Meaning,
        is_wanted: impl Fn(&Meaning) -> bool,
    ) -> NameError {
        NameError::Other {
            word: word.to_owned(),
            wanted,
            meaning,
            nearest: nearest(word, is_wanted),
        }
    }

    pub(super) fn several(word: &str, cases: &[Case]) -> NameError {
        let width = cases.iter().map(|case| case.name().len()).max().unwrap_or_default();
        let line = |case: &Case| {
            let rule = case.defect().map_or("a known limit", |defect| defect.rule);
            let (name, breaks) = (case.name(), case.properties()[0].name);
            format!("  {:03}  {name:width$}  {rule} → {breaks}", case.number)
        };
        let kind = "defects and known limits";
        NameError::Several {
            word: word.to_owned(),
            kind,
            choices: cases.iter().map(line).collect(),
        }
    }

    pub(super) fn several_scopes(word: &str, scopes: &[&Scope]) -> NameError {
        let width = scopes.iter().map(|scope| scope.name.len()).max().unwrap_or_default();
        let line = |scope: &&Scope| format!("  {:width$}  {}", scope.name, scope.aim);
        let choices = scopes.iter().map(line).collect();
        NameError::Several { word: word.to_owned(), kind: "scopes", choices }
    }

    pub(super) fn limit(word: &str, case: Case) -> NameError {
        NameError::Limit { word: word.to_owned(), scope: case.scope().name }
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Failure {
        Failure::usage(error)
    }
}

/// How many similar names an error suggests.
const SUGGESTIONS: usize = 4;
/// How similar a name must be, from 0 to 1. Below this, people did not see why it was suggested.
const SIMILAR: f64 = 0.6;

/// The wanted names that are most similar to a word.
fn nearest(word: &str, is_wanted: impl Fn(&Meaning) -> bool) -> Vec<String> {
    let wanted = Meaning::all().filter(is_wanted);
    let mut scored: Vec<(f64, String)> = wanted
        .filter_map(|meaning| {
            let names = meaning.names();
            let score = names.iter().map(|name| similarity(word, name)).fold(0.0, f64::max);
            (score >= SIMILAR).then(|| (score, names[0].clone()))
        })
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut names: Vec<String> = Vec::new();
    for (_, name) in scored {
        if !names.contains(&name) && names.len() < SUGGESTIONS {
            names.push(name);
        }
    }
    names
}

/// How similar a name is to a word, from 0 to 1. A part of a name is more similar than a name with
/// as many wrong letters.
fn similarity(word: &str, name: &str) -> f64 {
    let (word, name) = (plain(word), plain(name));
    let is_part = word.len() > 2 && name.contains(&word);
    let part = if is_part { 0.8 } else { 0.0 };
    strsim::normalized_damerau_levenshtein(&word, &name).max(part)
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!("did you mean {one}? "),
        [others @ .., last] => format!("did you mean {} or {last}? ", others.join(", ")),
    }
}

/// What to do with a word that names something else.
fn instead(meaning: &Meaning, wanted: Wanted, nearest: &[String]) -> String {
    match (meaning, wanted) {
        (Meaning::Case(case), Wanted::Scope) => format!("use --defect {}", case.name()),
        _ => format!("{}{} names them", did_you_mean(nearest), wanted.list()),
    }
}
