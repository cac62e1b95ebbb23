//! The words that the page explains: the glossary of `model/README.md` and the gallery's notation.
//! Both are read from the one place where they are written.

use crate::{gallery, markdown};
use serde_json::{Value, json};

const PROTOCOL_PAGE: &str = include_str!("../../../model/README.md");

/// The glossary: each word with its meaning, and the words that its meaning introduces.
pub(super) fn glossary() -> Vec<Value> {
    let (_, from) = PROTOCOL_PAGE.split_once("\n## Glossary\n").unwrap_or_default();
    let (table, _) = from.split_once("\n## ").unwrap_or((from, ""));
    let entry = |(word, meaning): (String, String)| {
        // Every second part lies between two asterisks.
        let introduced: Vec<String> =
            meaning.split('*').skip(1).step_by(2).map(str::to_lowercase).collect();
        json!({ "word": word, "also": introduced, "meaning": meaning.replace('*', "") })
    };
    markdown::rows(table).into_iter().map(entry).collect()
}

/// The tables of the notation.
pub(super) fn notation() -> Value {
    json!(gallery::sections())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glossary_has_each_word_once() {
        let glossary = glossary();
        let mut words: Vec<&str> = glossary
            .iter()
            .flat_map(|entry| {
                let also = entry["also"].as_array().expect("a list");
                std::iter::once(&entry["word"]).chain(also)
            })
            .map(|word| word.as_str().expect("a text"))
            .collect();
        assert!(words.contains(&"hint") && words.contains(&"handoff"), "{words:?}");
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count, "a word has two meanings: {words:?}");
    }

    #[test]
    fn every_table_of_the_notation_is_read() {
        let notation = notation();
        let sections = notation.as_array().expect("a list");
        assert!(sections.len() >= 5, "{notation}");
        for section in sections {
            let rows = section["rows"].as_array().expect("a list");
            assert!(rows.len() > 3, "{section}");
        }
    }
}
