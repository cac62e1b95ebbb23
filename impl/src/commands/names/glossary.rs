//! The glossary: the table in `model/README.md`.

use std::sync::LazyLock;

const README: &str = include_str!("../../../../model/README.md");

/// A word of the glossary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Word {
    pub(in crate::commands) word: &'static str,
    /// What it means, in one or more sentences.
    pub(in crate::commands) means: &'static str,
}

impl Word {
    /// The word, and the words that its meaning defines: those in italics.
    pub(super) fn names(&self) -> Vec<String> {
        let defined = self.means.split('*').skip(1).step_by(2);
        [self.word].into_iter().chain(defined).map(str::to_owned).collect()
    }
}

/// Every word of the glossary.
pub(super) static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| words_of(README));

/// The rows of the table below the heading `Glossary`, but for its head.
fn words_of(readme: &'static str) -> Vec<Word> {
    let section = readme.split("\n## ").find(|section| section.starts_with("Glossary\n"));
    let rows = section.unwrap_or_default().lines().filter_map(row);
    rows.filter(|word| word.word != "word" && !word.word.starts_with("--")).collect()
}

/// `| word | meaning |`.
fn row(line: &'static str) -> Option<Word> {
    let (word, means) = line.strip_prefix('|')?.strip_suffix('|')?.split_once('|')?;
    Some(Word { word: word.trim(), means: means.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let lines = README.split("\n## Glossary\n").nth(1).expect("a glossary").lines();
        let table = lines.skip_while(|line| !line.starts_with('|'));
        let rows = table.take_while(|line| line.starts_with('|')).count();
        assert_eq!(WORDS.len(), rows - 2, "all rows but the head");
        let hint = WORDS.iter().find(|word| word.word == "hint").expect("a word");
        assert!(hint.means.starts_with("What a node keeps on disk for another node"), "{hint:?}");
        let history = WORDS.iter().find(|word| word.word == "history").expect("a word");
        assert_eq!(history.names(), ["history", "tip"], "its meaning defines the second");
        for Word { word, means } in WORDS.iter() {
            assert!(!word.is_empty() && means.ends_with('.'), "{word}: {means}");
        }
    }
}
