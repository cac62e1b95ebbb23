use super::*;

fn names(cases: &[Case]) -> Vec<&'static str> {
    cases.iter().map(Case::name).collect()
}

fn told(error: &NameError) -> String {
    error.to_string()
}

#[test]
fn a_case_is_found_by_its_name_its_number_its_page_and_its_trace() {
    for word in [
        "put-elsewhere-is-a-new-put",
        "Put_Elsewhere_Is_A_New_Put",
        "22",
        "022",
        "022-put-elsewhere-is-a-new-put",
        "counterexamples/022-put-elsewhere-is-a-new-put.md",
        "/a/folder/022-put-elsewhere-is-a-new-put.json",
    ] {
        let found = cases(word).expect(word);
        assert_eq!(names(&found), ["put-elsewhere-is-a-new-put"], "{word}");
    }
    assert!(one_case("101").expect("the first known limit").defect().is_none());
}

#[test]
fn a_rule_a_property_an_invariant_and_a_scope_stand_for_their_cases() {
    let of_rule = cases("hint-may-clear").expect("a rule");
    let is_of_rule =
        |case: &Case| case.defect().is_some_and(|defect| defect.rule == "hint_may_clear");
    assert!(of_rule.len() > 1 && of_rule.iter().all(is_of_rule), "{of_rule:?}");
    let by_id = cases("i8").expect("an invariant");
    assert_eq!(names(&by_id), names(&cases("no hint dropped before delivery").expect("its name")));
    assert!(by_id.iter().all(|case| case.invariant().id == "I8"));
    let short = cases("hint-is-kept").expect("a property without its invariant");
    assert_eq!(names(&short), names(&cases("I8.hint-is-kept").expect("a property")));
    assert!(short.iter().all(|case| case.properties()[0].name == "I8.hint-is-kept"));
    assert!(names(&cases("read-repair").expect("a scope")).contains(&"repair-skipped"));
}

#[test]
fn every_name_is_found_by_itself() {
    for meaning in Meaning::all() {
        for name in meaning.names() {
            let found = meanings(&name);
            let is_it = |other: &Meaning| {
                other.kind() == meaning.kind() && other.names() == meaning.names()
            };
            assert!(found.iter().any(is_it), "{name} is no {}", meaning.kind());
        }
    }
}

#[test]
fn one_place_is_explored_and_several_are_listed() {
    let Place { scope, defect } = place("hint-dropped-when-sent").expect("a defect");
    assert_eq!(
        (scope.name, defect.map(|defect| defect.name)),
        ("stand-in", Some("hint-dropped-when-sent"))
    );
    // A rule has nearly the name of this scope.
    assert!(place("stand-in").expect("a scope").defect.is_none());
    let limit = place("one-disk-is-lost-with-w1").expect("a known limit");
    assert!(limit.defect.is_none());
    let error = told(&place("I8").expect_err("several"));
    assert!(error.contains("choose one of them:\n  063  hint-dropped-when-sent"), "{error}");
    assert_eq!(error.lines().count(), 1 + cases("I8").expect("an invariant").len());
}

#[test]
fn an_unknown_word_is_refused_with_the_most_similar_names() {
    let error = told(&cases("hint-droped-when-sent").expect_err("a mistyped name"));
    let begins =
        "there is no defect \"hint-droped-when-sent\"; did you mean hint-dropped-when-sent";
    assert!(error.starts_with(begins), "{error}");
    assert!(error.ends_with("? dynamo defects --list names them"), "{error}");
    let error = told(&scope("one-cleint").expect_err("a mistyped name"));
    assert!(error.contains("did you mean one-client"), "{error}");
    let error = told(&cases("\u{1b}[31m").expect_err("no name"));
    assert_eq!(error, "there is no defect \"\\u{1b}[31m\"; dynamo defects --list names them");
}

#[test]
fn a_word_of_another_kind_is_refused_with_what_to_do() {
    let error = told(&scopes("ack-one-short").expect_err("a defect"));
    assert!(error.ends_with("use --defect ack-one-short"), "{error}");
    let error = told(&defect("one-disk-is-lost-with-w1").expect_err("a known limit"));
    assert!(error.contains("leave --defect out, and name the scope"), "{error}");
    let error = told(&cases("goal.tombstone").expect_err("a goal"));
    assert!(error.starts_with("the goal \"goal.tombstone\" stands for no defect"), "{error}");
}
