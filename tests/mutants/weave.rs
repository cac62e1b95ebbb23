//! Puts several mutants into one source file, each behind a switch, so that one build has all.

use super::Mutant;
use std::fmt;

/// A mutant with the number that switches it on.
pub type Numbered<'a> = (usize, &'a Mutant);

/// The switch: a module that is added to the copy of the model.
pub const SWITCH: &str = r#"
/// Which mutant is switched on.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod mutant {
    static SWITCHED_ON: std::sync::OnceLock<usize> = std::sync::OnceLock::new();

    pub fn is(number: usize) -> bool {
        let read = || std::env::var("MUTANT").ok().and_then(|text| text.parse().ok());
        *SWITCHED_ON.get_or_init(|| read().unwrap_or(usize::MAX)) == number
    }
}
"#;

/// Why mutants cannot be put into a file.
#[derive(Debug, PartialEq, Eq)]
pub enum WeaveError {
    /// The file does not have the mutant's text exactly once.
    Times {
        /// The mutant.
        mutant: String,
        /// The file.
        file: String,
        /// How often the file has its text.
        times: usize,
    },
    /// The texts of two mutants overlap, and neither contains the other.
    Overlap(String, String),
}

impl fmt::Display for WeaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeaveError::Times { mutant, file, times } => write!(
                f,
                "{mutant}: {file} has the text of `find` {times} times, not once: copy it anew \
                 from the file, with more of its surroundings if there are several"
            ),
            WeaveError::Overlap(one, other) => {
                write!(f, "{one} and {other} overlap: make one of their texts contain the other")
            }
        }
    }
}

impl std::error::Error for WeaveError {}

/// A mutant's place in a file.
struct Spot<'a> {
    start: usize,
    end: usize,
    number: usize,
    mutant: &'a Mutant,
}

/// The source of a file with these mutants of it, each behind its switch.
///
/// # Errors
/// If a mutant's text does not occur exactly once, or overlaps with another's.
pub fn weave(source: &str, mutants: &[Numbered<'_>]) -> Result<String, WeaveError> {
    let mut spots = Vec::new();
    for &(number, mutant) in mutants {
        let found: Vec<usize> =
            source.match_indices(&mutant.find).map(|(index, _)| index).collect();
        let [start] = found[..] else {
            let (name, file) = (mutant.name.clone(), mutant.file.clone());
            return Err(WeaveError::Times { mutant: name, file, times: found.len() });
        };
        spots.push(Spot { start, end: start + mutant.find.len(), number, mutant });
    }
    spots.sort_unstable_by_key(|spot| (spot.start, usize::MAX - spot.end, spot.number));
    woven(source, 0, source.len(), &spots)
}

/// The text from `from` to `to`, with all these spots replaced. Each lies in between.
fn woven(
    source: &str,
    from: usize,
    to: usize,
    mut spots: &[Spot<'_>],
) -> Result<String, WeaveError> {
    let (mut text, mut at) = (String::new(), from);
    while let Some(&Spot { start, end, mutant, .. }) = spots.first() {
        let same = spots.partition_point(|spot| spot.start == start && spot.end == end);
        let (here, others) = spots.split_at(same);
        let (inside, rest) = others.split_at(others.partition_point(|spot| spot.start < end));
        if let Some(across) = inside.iter().find(|spot| spot.end > end) {
            return Err(WeaveError::Overlap(mutant.name.clone(), across.mutant.name.clone()));
        }
        text.push_str(&source[at..start]);
        text.push_str(&switched(here, &woven(source, start, end, inside)?));
        (at, spots) = (end, rest);
    }
    text.push_str(&source[at..to]);
    Ok(text)
}

/// The original text, or what a mutant puts there if it is switched on.
fn switched(here: &[Spot<'_>], original: &str) -> String {
    let branch = |spot: &Spot<'_>| {
        format!("if crate::mutant::is({}) {{ {} }} else ", spot.number, spot.mutant.replace)
    };
    let branches: String = here.iter().map(branch).collect();
    let is_statement = original.ends_with([';', '}']);
    if is_statement {
        format!("{branches}{{ {original} }}")
    } else {
        format!("({branches}{{ {original} }})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(find: &str, replace: &str) -> Mutant {
        let [name, sentence, file, find, replace] =
            ["m", "", "f", find, replace].map(ToOwned::to_owned);
        Mutant { name, sentence, file, find, replace, why: None }
    }

    #[test]
    fn mutants_of_one_text_and_mutants_inside_another_work() {
        let all = [mutant("a + b", "a"), mutant("b", "c"), mutant("a + b", "b")];
        let numbered: Vec<Numbered<'_>> = all.iter().enumerate().collect();
        let expected = "f((if crate::mutant::is(0) { a } else if crate::mutant::is(2) { b } else \
                        { a + (if crate::mutant::is(1) { c } else { b }) }))";
        assert_eq!(weave("f(a + b)", &numbered).unwrap(), expected);
    }

    #[test]
    fn texts_that_occur_twice_or_overlap_are_refused() {
        let twice = [mutant("a", "b")];
        let numbered: Vec<Numbered<'_>> = twice.iter().enumerate().collect();
        assert!(matches!(weave("a + a", &numbered), Err(WeaveError::Times { times: 2, .. })));
        let across = [mutant("a + b", "a"), mutant("b + c", "c")];
        let numbered: Vec<Numbered<'_>> = across.iter().enumerate().collect();
        assert!(matches!(weave("a + b + c", &numbered), Err(WeaveError::Overlap(..))));
    }
}
