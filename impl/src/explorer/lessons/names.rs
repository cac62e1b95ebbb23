//! The names that a lesson gives to clients, requests and values. Readers meet Ann and Ann's put,
//! not `c3` and `c3#0`.

use dynamo_invariants::scope::{Ask, Scope};
use serde_json::Value;
use std::collections::BTreeMap;

/// What each code is called.
pub(super) type Cast = BTreeMap<String, String>;

/// Fields that programs read: names in them stay.
const KEPT: [&str; 4] = ["code", "scope", "rules", "url"];

/// The cast, and each request of its clients in a scope: `c3#1` may be Ann's get.
pub(super) fn with_requests(cast: &Cast, scope: &Scope) -> Cast {
    let mut all = cast.clone();
    for (index, script) in scope.clients.iter().enumerate() {
        let code = format!("c{}", usize::from(scope.nodes) + index);
        let Some(name) = cast.get(&code) else { continue };
        for (number, (_, ask)) in script.iter().enumerate() {
            let before = script[..number].iter().filter(|(_, other)| kind(*other) == kind(*ask));
            let which = match before.count() {
                0 => String::new(),
                count => format!(" {}", count + 1),
            };
            all.insert(format!("{code}#{number}"), format!("{name}'s {}{which}", kind(*ask)));
        }
    }
    all
}

fn kind(ask: Ask) -> &'static str {
    match ask {
        Ask::Get | Ask::GetInPerson => "get",
        Ask::Delete => "delete",
        Ask::Put | Ask::PutInPerson | Ask::PutOver => "put",
        Ask::Join(_) | Ask::Leave(_) | Ask::Remove(_) => "change",
    }
}

/// Puts the names of the cast into every text of a value.
pub(super) fn renamed(value: Value, cast: &Cast) -> Value {
    match value {
        Value::String(text) => Value::String(in_text(&text, cast)),
        Value::Array(values) => values.into_iter().map(|value| renamed(value, cast)).collect(),
        Value::Object(fields) => {
            let rename = |(name, value): (String, Value)| {
                let value =
                    if KEPT.contains(&name.as_str()) { value } else { renamed(value, cast) };
                (name, value)
            };
            Value::Object(fields.into_iter().map(rename).collect())
        }
        other => other,
    }
}

/// Replaces whole words only.
fn in_text(text: &str, cast: &Cast) -> String {
    let is_of_word = |letter: char| letter.is_alphanumeric() || "_-#".contains(letter);
    let name = |word: &str| cast.get(word).cloned().unwrap_or_else(|| word.to_owned());
    let (mut shown, mut word) = (String::new(), String::new());
    for letter in text.chars() {
        if is_of_word(letter) {
            word.push(letter);
        } else {
            shown.push_str(&name(&std::mem::take(&mut word)));
            shown.push(letter);
        }
    }
    shown.push_str(&name(&word));
    shown
}

#[cfg(test)]
mod tests {
    use super::{Cast, renamed, with_requests};
    use dynamo_invariants::catalogue::scope_named;
    use serde_json::json;

    #[test]
    fn only_whole_words_in_texts_for_people_are_renamed() {
        let cast = Cast::from([("c3".to_owned(), "Ann".to_owned())]);
        let cast = with_requests(&cast, scope_named("one-client").expect("a scope"));
        let given = json!({
            "code": "c3", "at": ["c3", "c31", "stored c3#0: c3-x", "c3#2, c3#3"], "is_new": true,
        });
        let shown = json!({
            "code": "c3", "is_new": true,
            "at": ["Ann", "c31", "stored Ann's put: c3-x", "Ann's put 2, Ann's get 2"],
        });
        assert_eq!(renamed(given, &cast), shown);
    }
}
