//! A scope has only static data. Equal scripts and names are kept once.

use dynamo_invariants::scope::ScriptLine;
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{LazyLock, Mutex, PoisonError};

type Interned<T> = LazyLock<Mutex<HashSet<&'static T>>>;

static NAMES: Interned<str> = LazyLock::new(Mutex::default);
static SCRIPTS: Interned<[ScriptLine]> = LazyLock::new(Mutex::default);
static CLIENTS: Interned<[&'static [ScriptLine]]> = LazyLock::new(Mutex::default);

/// A scope's name.
pub(super) fn name(text: String) -> &'static str {
    let mut known = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(text.as_str()).copied().unwrap_or_else(|| {
        let text: &'static str = text.leak();
        known.insert(text);
        text
    })
}

/// A scope's clients.
pub(super) fn clients(scripts: Vec<Vec<ScriptLine>>) -> &'static [&'static [ScriptLine]] {
    let scripts = scripts.into_iter().map(|script| slice(&SCRIPTS, script)).collect();
    slice(&CLIENTS, scripts)
}

fn slice<T: Eq + Hash>(known: &Interned<[T]>, items: Vec<T>) -> &'static [T] {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(items.as_slice()).copied().unwrap_or_else(|| {
        let items: &'static [T] = items.leak();
        known.insert(items);
        items
    })
}
