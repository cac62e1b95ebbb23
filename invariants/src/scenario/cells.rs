//! Compares a table's rows with the cells that a script names: a row must have these cells in this
//! order, and may have others between them.

use std::collections::BTreeMap;
use std::fmt;

/// What the scripts' variables stand for in a run. Scripts write `h100` for a digest, `m40` for a
/// history, `t1` for a time, and `x`, `y`, `z` or `Sx` for a coordinator. A variable stands for one
/// thing in all rows, and two variables stand for two things.
type Meanings = BTreeMap<String, String>;

/// A row that lacks the cells that its script names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The row's name.
    pub row: String,
    /// The cells that the script names.
    pub expected: Vec<String>,
    /// The cells that the row has. Empty: the table has no such row.
    pub actual: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { row, expected, actual } = self;
        write!(f, "{row}: expected {}, found {}", expected.join(" → "), actual.join(" → "))
    }
}

/// Checks that each row has its expected cells in this order, for some meaning of the variables.
///
/// # Errors
/// If no meaning satisfies all rows. The error names the row at which the longest attempt failed.
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

/// The cells without repetitions of the cell before.
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

/// Tries every choice of actual cells that match the expected ones in order.
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

/// The meanings under which the actual cell is the expected one; `None`: there are none.
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

/// Splits a cell into words, and into each character between words.
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

/// Is this word a variable?
fn is_name(word: &str) -> bool {
    let (head, tail) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    let is_numbered = !tail.is_empty() && tail.bytes().all(|digit| digit.is_ascii_digit());
    matches!(word, "x" | "y" | "z" | "Sx") || matches!(head, "h" | "m" | "t") && is_numbered
}

/// Is the actual word of the variable's kind: a digest, a history, a time or a node?
fn is_alike(expected: &str, actual: &str) -> bool {
    let first = |word: &str| word.chars().next();
    if matches!(expected, "x" | "y" | "z" | "Sx") {
        actual.len() == 1 && first(actual).is_some_and(|letter| letter.is_ascii_uppercase())
    } else {
        first(expected) == first(actual)
    }
}
