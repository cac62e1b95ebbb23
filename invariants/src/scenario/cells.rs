//! Does a row pass through the document's cells, in their order?

use std::collections::BTreeMap;
use std::fmt;

/// The document calls digests `h100`, histories `m40`, times `t1`, coordinators `x`, `y`, `z` and
/// `Sx`. Each stands for something of the run, the same wherever it is named, and different ones
/// for different things.
type Meanings = BTreeMap<String, String>;

/// A row that does not pass through its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub row: String,
    /// What it is to pass through.
    pub expected: Vec<String>,
    /// What it has; nothing: the table has no such row.
    pub actual: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { row, expected, actual } = self;
        write!(f, "{row}: {} is not passed through by {}", expected.join(" → "), actual.join(" → "))
    }
}

/// Do these rows pass through these cells? The first that does not, however names are given a
/// meaning, is returned.
///
/// # Errors
/// Where one does not.
pub fn passes(
    rows: &[(&str, Vec<String>)],
    expected: &[(String, Vec<String>)],
) -> Result<(), Missing> {
    let row = |name: &str| {
        rows.iter()
            .find(|(other, _)| *other == name)
            .map_or(Vec::new(), |(_, cells)| distinct(cells))
    };
    let wanted: Vec<(Vec<String>, Vec<String>)> =
        expected.iter().map(|(name, cells)| (distinct(cells), row(name))).collect();
    let mut furthest = 0;
    if all_pass(&wanted, 0, &Meanings::new(), &mut furthest) {
        return Ok(());
    }
    let (expected_cells, actual) = wanted[furthest].clone();
    Err(Missing { row: expected[furthest].0.clone(), expected: expected_cells, actual })
}

/// The cells without those that repeat the one before.
fn distinct(cells: &[String]) -> Vec<String> {
    let mut cells = cells.to_vec();
    cells.dedup();
    cells
}

fn all_pass(
    rows: &[(Vec<String>, Vec<String>)],
    index: usize,
    meanings: &Meanings,
    furthest: &mut usize,
) -> bool {
    let Some((expected, actual)) = rows.get(index) else { return true };
    *furthest = index.max(*furthest);
    row_passes(expected, actual, meanings, &mut |meanings| {
        all_pass(rows, index + 1, meanings, furthest)
    })
}

/// Tries every way in which the expected cells are among the actual ones, in their order.
fn row_passes(
    expected: &[String],
    actual: &[String],
    meanings: &Meanings,
    then: &mut dyn FnMut(&Meanings) -> bool,
) -> bool {
    let Some((first, rest)) = expected.split_first() else { return then(meanings) };
    for (index, cell) in actual.iter().enumerate() {
        let meanings = same(first, cell, meanings);
        if meanings.is_some_and(|meanings| row_passes(rest, &actual[index + 1..], &meanings, then))
        {
            return true;
        }
    }
    false
}

/// The cell says the same as the expected one, if names mean this.
fn same(expected: &str, actual: &str, meanings: &Meanings) -> Option<Meanings> {
    let (expected, actual) = (words(expected), words(actual));
    if expected.len() != actual.len() {
        return None;
    }
    let mut meanings = meanings.clone();
    for (expected, actual) in expected.into_iter().zip(actual) {
        if !is_name(&expected) {
            if expected != actual {
                return None;
            }
            continue;
        }
        match meanings.get(&expected) {
            Some(meaning) if *meaning == actual => {}
            None if is_alike(&expected, &actual)
                && meanings.values().all(|other| *other != actual) =>
            {
                meanings.insert(expected, actual);
            }
            _ => return None,
        }
    }
    Some(meanings)
}

/// Words, and everything between them one by one.
fn words(cell: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_in_word = false;
    for letter in cell.chars() {
        if is_in_word && letter.is_alphanumeric() {
            words.last_mut().expect("there is one").push(letter);
        } else {
            words.push(letter.to_string());
        }
        is_in_word = letter.is_alphanumeric();
    }
    words
}

/// Does this word stand for something of the run?
fn is_name(word: &str) -> bool {
    let (head, tail) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    let is_numbered = !tail.is_empty() && tail.bytes().all(|digit| digit.is_ascii_digit());
    matches!(word, "x" | "y" | "z" | "Sx") || matches!(head, "h" | "m" | "t") && is_numbered
}

/// A digest for a digest, a node for a node.
fn is_alike(expected: &str, actual: &str) -> bool {
    let first = |word: &str| word.chars().next();
    if matches!(expected, "x" | "y" | "z" | "Sx") {
        actual.len() == 1 && first(actual).is_some_and(|letter| letter.is_ascii_uppercase())
    } else {
        first(expected) == first(actual)
    }
}
