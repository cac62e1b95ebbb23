//! Which kinds of steps were taken: a check in which no message is ever lost proves nothing about
//! loss.

use crate::marks::Marks;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// How many distinct local steps of each kind were computed (`deliver Store`, `lose Store`, `time
/// out Put`, `crash`, `recover`, `choose`), and how many set each mark. A local step is what one
/// actor in one state does with one envelope, timer or choice. A delivery that changes nothing is
/// no step.
#[derive(Debug, Default)]
pub(crate) struct Coverage(Mutex<BTreeMap<String, usize>>);

impl Coverage {
    pub(crate) fn count(&self, action: &str, what: Option<&dyn Debug>) {
        let what = what.map_or(String::new(), |what| format!(" {}", variant(&format!("{what:?}"))));
        *self.0.lock().entry(format!("{action}{what}")).or_default() += 1;
    }

    pub(crate) fn count_marks(&self, marks: &Marks) {
        for mark in marks {
            self.count(mark, None);
        }
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        self.0.lock().clone()
    }
}

/// The names of nested variants at the beginning of a `Debug` output: `Answer(PutFailed { … })`
/// gives `Answer PutFailed`.
fn variant(shown: &str) -> String {
    let mut names = Vec::new();
    let mut rest = shown;
    while rest.starts_with(|first: char| first.is_ascii_uppercase()) {
        let end =
            rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        // A bare word in parentheses is a value, such as a node's name, and not a variant with
        // contents.
        if names.is_empty() || after.starts_with(['(', ' ']) {
            names.push(name);
        }
        rest = after.strip_prefix('(').unwrap_or("");
    }
    if names.is_empty() { shown.to_owned() } else { names.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::variant;

    #[test]
    fn variants_are_named() {
        let known = [
            ("Store { request: c3#0, key: k }", "Store"),
            ("Answer(PutFailed { request: c3#0 })", "Answer PutFailed"),
            ("Put(A, c3#0)", "Put"),
            ("Ping", "Ping"),
            ("Request(Get)", "Request"),
            ("7", "7"),
        ];
        for (shown, expected) in known {
            assert_eq!(variant(shown), expected);
        }
    }
}
