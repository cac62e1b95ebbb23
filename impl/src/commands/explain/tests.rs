use super::*;

fn told(word: &str) -> Vec<Value> {
    names::meanings(word).iter().map(as_json).collect()
}

#[test]
fn everything_that_has_a_name_is_explained() {
    for meaning in Meaning::all() {
        let facts = facts::of(&meaning);
        let (kind, names) = (meaning.kind(), meaning.names());
        assert!(!facts.is_empty(), "{kind} {names:?}");
        for Fact { about, lines } in facts {
            let is_plain = |line: &String| !line.contains("[`") && line.trim() == line;
            assert!(!lines.is_empty() && lines.iter().all(is_plain), "{about}: {lines:?}");
        }
    }
}

#[test]
fn a_word_with_several_meanings_has_all_of_them() {
    let kinds: Vec<Value> =
        told("stand-in").iter().map(|meaning| meaning["kind"].clone()).collect();
    assert_eq!(kinds, ["scope", "rule"], "the exact name first");
    let kinds: Vec<Value> = told("3").iter().map(|meaning| meaning["kind"].clone()).collect();
    assert_eq!(kinds, ["defect", "exit code"]);
}

#[test]
fn a_property_tells_what_breaks_it_and_a_rule_what_it_protects() {
    let property = told("I8.hint-is-kept").remove(0);
    let breaks = property["defects"].to_string();
    assert!(breaks.contains("hint-dropped-when-sent replaces hint_may_clear"), "{property}");
    let rule = told("hint_may_clear").remove(0);
    assert!(rule["protects"].to_string().contains("I8 no hint dropped"), "{rule}");
    assert!(rule["decides"][0] == "May the holder drop a hint? (I1, I2, I4, I5, I8)", "{rule}");
    let message = told("storehint").remove(0);
    assert!(message["means"][0].as_str().is_some_and(|text| text.starts_with("Coordinator →")));
}
