//! The fields of a TOML table, each with the line that it is in.

use super::error::{ScopeFileError, Wrong};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The most letters of a line that an error shows.
const SHOWN_MAX: usize = 120;

/// A value, and where it begins in the text.
pub(super) type Value<'a> = &'a Spanned<DeValue<'a>>;

/// A table of a file.
pub(super) struct Fields<'a> {
    pub(super) table: &'a DeTable<'a>,
    pub(super) text: &'a str,
}

impl<'a> Fields<'a> {
    /// Refuses the first word that is not among these.
    pub(super) fn refuse_others(
        &self,
        known: &[&'static str],
        wrong: impl FnOnce(String) -> Wrong,
    ) -> Result<(), ScopeFileError> {
        let unknown = self.table.keys().filter(|word| !known.contains(&word.get_ref().as_ref()));
        let Some(first) = unknown.min_by_key(|word| word.span().start) else { return Ok(()) };
        let found = first.get_ref().to_string();
        let plain = found.to_lowercase().replace('_', "-");
        let wrong = match known.iter().find(|word| **word == plain) {
            Some(word) => Wrong::Nearly { found, word },
            None => wrong(found),
        };
        Err(at(self.text, first.span().start, wrong))
    }

    /// The value of a word.
    pub(super) fn value(&self, word: &str) -> Option<Value<'a>> {
        self.table.iter().find(|(name, _)| name.get_ref() == word).map(|(_, value)| value)
    }

    /// The value of a word, and the word's line.
    pub(super) fn line(&self, word: &str) -> Option<usize> {
        self.value(word).map(|value| number(self.text, value.span().start))
    }

    /// A text.
    pub(super) fn text_of(&self, word: &'static str) -> Result<Option<String>, ScopeFileError> {
        let Some(value) = self.value(word) else { return Ok(None) };
        match value.get_ref().as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(self.other_type(word, value, "a text between quotation marks")),
        }
    }

    /// True or false. False if left out.
    pub(super) fn flag(&self, word: &'static str) -> Result<bool, ScopeFileError> {
        let Some(value) = self.value(word) else { return Ok(false) };
        let wanted = "true or false";
        value.get_ref().as_bool().ok_or_else(|| self.other_type(word, value, wanted))
    }

    /// A number that a byte has room for. The scope says later whether it makes sense.
    pub(super) fn number(
        &self,
        word: &'static str,
        least: u16,
        most: u16,
    ) -> Result<Option<u8>, ScopeFileError> {
        let Some(value) = self.value(word) else { return Ok(None) };
        let Some(digits) = value.get_ref().as_integer() else {
            return Err(self.other_type(word, value, &format!("a number, {least} to {most}")));
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
        if let Some(number) = number.and_then(|number| u8::try_from(number).ok()) {
            return Ok(Some(number));
        }
        let found = number.map_or_else(|| digits.to_string(), |number| number.to_string());
        Err(self.wrong(value, Wrong::Range { word, found, least, most }))
    }

    /// The items of a list.
    pub(super) fn list(
        &self,
        what: &str,
        value: Value<'a>,
        wanted: &str,
    ) -> Result<&'a DeArray<'a>, ScopeFileError> {
        value.get_ref().as_array().ok_or_else(|| self.other_type(what, value, wanted))
    }

    pub(super) fn other_type(&self, what: &str, value: Value<'_>, wanted: &str) -> ScopeFileError {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a number with a decimal point",
            DeValue::Boolean(true) => "true",
            DeValue::Boolean(false) => "false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let (what, wanted) = (what.to_owned(), wanted.to_owned());
        self.wrong(value, Wrong::Type { what, found, wanted })
    }

    pub(super) fn wrong(&self, value: Value<'_>, wrong: Wrong) -> ScopeFileError {
        at(self.text, value.span().start, wrong)
    }
}

/// The error at this place of the text.
pub(super) fn at(text: &str, start: usize, wrong: Wrong) -> ScopeFileError {
    in_line(text, Some(number(text, start)), wrong)
}

/// The error in the line with this number.
pub(super) fn in_line(text: &str, number: Option<usize>, wrong: Wrong) -> ScopeFileError {
    let shown = |number: usize| {
        let line = text.lines().nth(number - 1).unwrap_or_default().trim();
        line.chars().filter(|letter| !letter.is_control()).take(SHOWN_MAX).collect()
    };
    ScopeFileError { line: number.map(|number| (number, shown(number))), wrong }
}

/// The number of the line that this place of the text is in.
pub(super) fn number(text: &str, start: usize) -> usize {
    let ends = text.match_indices('\n');
    1 + ends.take_while(|(end, _)| *end < start).count()
}
