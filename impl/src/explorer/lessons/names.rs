//! The names that a lesson gives to clients and values: readers meet Ann, not `c3`.

use serde_json::Value;
use std::collections::BTreeMap;

/// Fields that programs read: names in them stay.
const KEPT: [&str; 4] = ["code", "scope", "rules", "url"];

/// Puts the names of the cast into every text of a value.
pub(super) fn renamed(value: Value, cast: &BTreeMap<String, String>) -> Value {
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
fn in_text(text: &str, cast: &BTreeMap<String, String>) -> String {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
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
    use super::renamed;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn only_whole_words_in_texts_for_people_are_renamed() {
        let cast = BTreeMap::from([("c3".to_owned(), "Ann".to_owned())]);
        let given = json!({ "code": "c3", "at": ["c3", "c31", "put c3#0: c3-x"], "is_new": true });
        let shown =
            json!({ "code": "c3", "at": ["Ann", "c31", "put Ann#0: c3-x"], "is_new": true });
        assert_eq!(renamed(given, &cast), shown);
    }
}
