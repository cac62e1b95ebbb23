//! Names that a reader gives on the command line: one place that finds what a word means.
//!
//! A word may be the name of anything that has one: a defect, a rule, a property, a scope, … It may
//! also be a number, a page or a trace file of the gallery. Capital letters do not matter, and `_`
//! is as good as `-`.

mod error;
mod glossary;
mod meaning;
#[cfg(test)]
mod tests;

use dynamo::gallery::Case;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use std::path::Path;

pub(super) use error::{NameError, Wanted};
pub(super) use meaning::Meaning;

/// A scope, and the rules to follow in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) scope: &'static Scope,
    /// `None`: the protocol's own rules.
    pub(super) defect: Option<&'static Defect>,
}

impl Place {
    /// Where a defect or known limit is found.
    pub(super) fn of(case: Case) -> Place {
        Place { scope: case.scope(), defect: case.defect() }
    }
}

/// Everything that the word means, what it names exactly first. Empty: it means nothing.
pub(super) fn meanings(word: &str) -> Vec<Meaning> {
    let (mut exact, loose): (Vec<Meaning>, Vec<Meaning>) = Meaning::all()
        .filter(|meaning| meaning.names().iter().any(|name| plain(name) == plain(word)))
        .partition(|meaning| meaning.names().iter().any(|name| name == word));
    exact.extend(loose);
    exact
}

/// The defects and known limits that the word stands for: itself, or those of a rule, a property,
/// an invariant or a scope.
pub(super) fn cases(word: &str) -> Result<Vec<Case>, NameError> {
    chosen(word, Wanted::Case, Meaning::cases)
}

/// The one defect or known limit that the word stands for.
pub(super) fn one_case(word: &str) -> Result<Case, NameError> {
    match cases(word)?.as_slice() {
        [case] => Ok(*case),
        several => Err(NameError::several(word, several)),
    }
}

/// The one defect that the word stands for.
pub(super) fn defect(word: &str) -> Result<&'static Defect, NameError> {
    let defects: Vec<Case> =
        cases(word)?.into_iter().filter(|case| case.defect().is_some()).collect();
    match defects.as_slice() {
        [] => Err(NameError::limit(word, one_case(word)?)),
        [case] => Ok(case.defect().expect("only defects were kept")),
        several => Err(NameError::several(word, several)),
    }
}

/// The scopes that the word stands for: itself, those aimed at an invariant, or that of a known
/// limit.
pub(super) fn scopes(word: &str) -> Result<Vec<&'static Scope>, NameError> {
    chosen(word, Wanted::Scope, Meaning::scopes)
}

/// The one scope that the word stands for.
pub(super) fn scope(word: &str) -> Result<&'static Scope, NameError> {
    match scopes(word)?.as_slice() {
        [scope] => Ok(scope),
        several => Err(NameError::several_scopes(word, several)),
    }
}

/// The one place to explore that the word stands for: a scope, or the scope and the rules of a
/// defect or known limit.
pub(super) fn place(word: &str) -> Result<Place, NameError> {
    let named = meanings(word).into_iter().find_map(|meaning| match meaning {
        Meaning::Scope(scope) => Some(Place { scope, defect: None }),
        Meaning::Case(case) => Some(Place::of(case)),
        _ => None,
    });
    match named {
        Some(place) => Ok(place),
        None => match chosen(word, Wanted::Place, Meaning::cases)?.as_slice() {
            [case] => Ok(Place::of(*case)),
            several => Err(NameError::several(word, several)),
        },
    }
}

/// What the word's exact meanings stand for; if they stand for nothing, what the others do.
fn chosen<T>(
    word: &str,
    wanted: Wanted,
    stands_for: fn(&Meaning) -> Vec<T>,
) -> Result<Vec<T>, NameError> {
    let meanings = meanings(word);
    let found = meanings.iter().map(stands_for).find(|found| !found.is_empty());
    let is_wanted = |meaning: &Meaning| !stands_for(meaning).is_empty();
    found.ok_or_else(|| match meanings.first() {
        Some(meaning) => NameError::other(word, wanted, *meaning, is_wanted),
        None => NameError::unknown(word, wanted, is_wanted),
    })
}

/// A name without what does not matter: the folder and the ending of a file, capital letters, `_`
/// for `-`, and zeros before a number.
fn plain(name: &str) -> String {
    let is_page = |ending: &str| ending == "md" || ending == "json";
    let path = Path::new(name);
    let stem = path.extension().and_then(|ending| ending.to_str()).filter(|end| is_page(end));
    let name = match (stem, path.file_stem().and_then(|stem| stem.to_str())) {
        (Some(_), Some(stem)) => stem,
        _ => name,
    };
    let plain: String = name.trim().to_lowercase().replace(['_', ' '], "-");
    match plain.parse::<u32>() {
        Ok(number) => number.to_string(),
        Err(_) => plain,
    }
}
