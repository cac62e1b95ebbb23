//! What the check of one mutant found, and the record of all.

use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// How the check of a mutant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// A property failed, or the protocol's own assertion.
    Found,
    /// Every property held in every scope that was checked.
    Survived,
    /// No property failed, but a limit cut the check, or one of its scopes, off.
    Unfinished,
}

/// What the check of one mutant found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The mutant.
    pub name: String,
    /// How its check ended.
    pub end: End,
    /// How the property failed: `violated`, `not shown`, `shown after all`, or `assertion`.
    pub how: String,
    /// The property that failed.
    pub property: String,
    /// The scope in which it failed.
    pub scope: String,
    /// The steps to the failure. `None`: it has no path.
    pub steps: Option<usize>,
    /// The states visited in all scopes.
    pub states: usize,
    /// How long it took.
    pub seconds: u64,
    /// The scopes whose properties hold, but whose number of states is not the pinned one.
    pub counts_changed: Vec<String>,
    /// The scopes that were cut off, because they grew far beyond the pinned number of states.
    pub cut_off: Vec<String>,
    /// How many scopes of the default check were left out.
    pub left_out: usize,
    /// The test of the model that fails. Empty: none fails. `None`: they were not run.
    #[serde(default)]
    pub test: Option<String>,
    /// The day of the check.
    pub date: String,
}

impl Outcome {
    /// The outcome of a check that has said nothing yet.
    pub fn unfinished(name: &str) -> Self {
        Outcome {
            name: name.to_owned(),
            end: End::Unfinished,
            how: String::new(),
            property: String::new(),
            scope: String::new(),
            steps: None,
            states: 0,
            seconds: 0,
            counts_changed: Vec::new(),
            cut_off: Vec::new(),
            left_out: 0,
            test: None,
            date: today(),
        }
    }

    /// This outcome of the tests with what a check has found before, or this outcome of a check
    /// with what tests have found before.
    #[must_use]
    pub fn with_the_rest_of(self, known: Option<Outcome>) -> Self {
        match known {
            Some(known) if self.test.is_some() => Outcome { test: self.test, ..known },
            Some(known) => Outcome { test: known.test, ..self },
            None => self,
        }
    }

    /// Adds what a line of the program `first_failure` says. Other lines say nothing.
    pub fn read(&mut self, line: &str) {
        let mut states = |text: &str| self.states += text.parse().unwrap_or(0);
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["left-out", many] => self.left_out = many.parse().unwrap_or(0),
            ["begun", scope] => scope.clone_into(&mut self.scope),
            ["held", _, many] => states(many),
            ["counted", scope, many] => {
                states(many);
                self.counts_changed.push(scope.to_owned());
            }
            ["cut-off", scope, many] => {
                states(many);
                self.cut_off.push(scope.to_owned());
            }
            ["failed", _, how, property, steps, many] => {
                states(many);
                self.steps = steps.parse().ok();
                [self.how, self.property] = [how, property].map(ToOwned::to_owned);
                self.end = End::Found;
            }
            ["done"] if self.cut_off.is_empty() => self.end = End::Survived,
            _ => {}
        }
    }
}

fn path() -> PathBuf {
    super::folder().join("outcomes.json")
}

/// The record: the latest outcome of each mutant.
///
/// # Errors
/// If the record exists and cannot be read.
pub fn recorded() -> io::Result<Vec<Outcome>> {
    match fs::read_to_string(path()) {
        Ok(text) => Ok(serde_json::from_str(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Replaces the record. It is never half written.
///
/// # Errors
/// If the record cannot be written.
pub fn record(outcomes: &[Outcome]) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(outcomes)?;
    text.push('\n');
    replace(&path(), &text)
}

/// Writes a file beside this one, and puts it in its place.
pub(crate) fn replace(path: &std::path::Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}

/// Today's date, such as 2026-11-29, in UTC.
pub fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The date this many days after 1970-01-01 (Howard Hinnant's algorithm: a year begins in March).
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let known = [(0, "1970-01-01"), (11_016, "2000-02-29"), (20_786, "2026-11-29")];
        for (days, expected) in known {
            assert_eq!(date(days), expected);
        }
    }
}
