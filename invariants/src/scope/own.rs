//! Scopes of a reader's own. They come from a file or an address, so they are owned data, can be
//! serialised, and may be anything: each is validated before it becomes a [`Scope`].
//!
//! A [`Scope`] has only static data. So the memory of a scope of one's own is never freed. Each
//! distinct one takes that memory once, and there is a limit on their number.

mod sentence;
mod valid;

use crate::scope::{Ask, Faults, OWN_VIEW, Scope, ScriptLine};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

pub use sentence::{NODES, REQUESTS, SentenceError};
pub use valid::{OwnScopeError, Part};

/// A scope of a reader's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnScope {
    /// Its name: small letters, digits and `-`.
    pub name: String,
    /// What it aims at, in a sentence.
    pub aim: String,
    /// The key that all clients use. It decides which nodes are at which position.
    pub key: String,
    /// How many nodes there are, with those that join later.
    pub nodes: u16,
    /// N, R and W.
    pub quorum: Quorum,
    /// One script for each client.
    pub clients: Vec<Vec<Line>>,
    /// What may go wrong, and what goes on in the background. What is left out does not happen.
    #[serde(default)]
    pub faults: Faults,
}

/// N, R and W.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Replicas of each key.
    pub n: usize,
    /// Nodes that must answer a get.
    pub r: usize,
    /// Nodes that must store a put.
    pub w: usize,
}

/// One line of a client's script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The position of the node that the client asks. `None`: the client chooses a node by its own
    /// view of the members.
    #[serde(default)]
    pub via: Option<usize>,
    /// What it asks.
    pub ask: Ask,
}

impl From<&ScriptLine> for Line {
    fn from((via, ask): &ScriptLine) -> Line {
        Line { via: (*via != OWN_VIEW).then_some(*via), ask: *ask }
    }
}

impl From<&Line> for ScriptLine {
    fn from(Line { via, ask }: &Line) -> ScriptLine {
        (via.unwrap_or(OWN_VIEW), *ask)
    }
}

impl From<&Scope> for OwnScope {
    /// The scope as owned data. It has no place for what was measured: nothing is known of a scope
    /// of one's own.
    fn from(scope: &Scope) -> OwnScope {
        let (n, r, w) = scope.quorum;
        let (name, key) = scope.name_and_key();
        OwnScope {
            name: name.to_owned(),
            aim: scope.aim.to_owned(),
            key: key.to_owned(),
            nodes: scope.nodes,
            quorum: Quorum { n, r, w },
            clients: scope.clients.iter().map(|it| it.iter().map(Line::from).collect()).collect(),
            faults: scope.faults,
        }
    }
}

/// The scopes that were made static, by their content.
static KNOWN: Mutex<Option<HashMap<OwnScope, &'static Scope>>> = Mutex::new(None);

impl OwnScope {
    /// The most scopes of one's own that one program makes static. Each takes some kilobytes.
    pub const KNOWN_MAX: usize = 1_000;

    /// The scope. The same content gives the same scope.
    ///
    /// # Errors
    /// If a value is not valid, or if the program has made too many scopes static.
    pub fn scope(&self) -> Result<&'static Scope, OwnScopeError> {
        self.validate()?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if let Some(scope) = known.get(self) {
            return Ok(scope);
        }
        if known.len() == OwnScope::KNOWN_MAX {
            return Err(OwnScopeError::TooMany);
        }
        let scope: &'static Scope = Box::leak(Box::new(self.leaked()));
        known.insert(self.clone(), scope);
        Ok(scope)
    }

    /// The scope, made static anew: its memory is never freed, and no limit counts it. It is for a
    /// program that makes scopes itself.
    ///
    /// # Errors
    /// If a value is not valid.
    pub fn leak(&self) -> Result<Scope, OwnScopeError> {
        self.validate()?;
        Ok(self.leaked())
    }

    fn leaked(&self) -> Scope {
        let script = |lines: &Vec<Line>| -> &'static [ScriptLine] {
            lines.iter().map(ScriptLine::from).collect::<Vec<_>>().leak()
        };
        let Quorum { n, r, w } = self.quorum;
        Scope {
            name: Scope::name_on(&self.name, &self.key).leak(),
            aim: self.aim.clone().leak(),
            nodes: self.nodes,
            quorum: (n, r, w),
            clients: self.clients.iter().map(script).collect::<Vec<_>>().leak(),
            faults: self.faults,
            unseen: &[],
            unique_states: 0,
        }
    }
}
