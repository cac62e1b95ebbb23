//! Histories in both notations, and what the checks find in them.

use super::register::{self, Verdict};
use super::siblings::{self, Findings};
use super::{Datum, HistoryError, Outcome, lines, parse, to_edn};
use serde_json::json;

/// A history of one key. Each operation is a process, what happens, the function and its fields.
fn history(steps: &[(u32, &str, &str, Datum)]) -> String {
    let line = |(process, kind, f, fields): &(u32, &str, &str, Datum)| {
        let mut line = json!({ "type": kind, "f": f, "process": process, "key": "cart" });
        let fields = fields.as_object().cloned().unwrap_or_default();
        line.as_object_mut().expect("it is an object").extend(fields);
        line.to_string()
    };
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn put(value: &str, over: &[&str]) -> [(u32, &'static str, &'static str, Datum); 2] {
    let fields = json!({ "value": value, "over": over });
    [(1, "invoke", "put", fields), (1, "ok", "put", Datum::Null)]
}

fn get(values: &[&str]) -> [(u32, &'static str, &'static str, Datum); 2] {
    [(2, "invoke", "get", Datum::Null), (2, "ok", "get", json!({ "value": values }))]
}

fn delete(over: &[&str]) -> [(u32, &'static str, &'static str, Datum); 2] {
    [(3, "invoke", "delete", json!({ "over": over })), (3, "ok", "delete", Datum::Null)]
}

fn findings(steps: &[[(u32, &str, &str, Datum); 2]]) -> Findings {
    let parsed = parse(&history(&steps.concat()), false).expect("it is a history");
    siblings::check(&parsed).expect("all values differ")
}

fn values(found: &[siblings::Value]) -> Vec<&str> {
    found.iter().filter_map(|it| it.value.as_str()).collect()
}

#[test]
fn a_put_that_is_read_or_replaced_is_not_lost() {
    let found = findings(&[
        put("bread", &[]),
        put("milk", &[]),
        get(&["bread", "milk"]),
        put("both", &["bread", "milk"]),
        get(&["both"]),
    ]);
    assert!(found.holds(), "{found:?}");
    assert_eq!((found.acknowledged, found.gets, found.stale, found.unread), (3, 2, 0, 0));
}

#[test]
fn a_put_that_the_last_get_misses_is_lost() {
    let found = findings(&[put("bread", &[]), put("milk", &[]), get(&["bread"])]);
    assert_eq!(values(&found.lost), ["milk"]);
    assert!(!found.holds());
}

#[test]
fn a_put_that_only_an_earlier_get_misses_is_stale() {
    let found = findings(&[put("bread", &[]), get(&[]), get(&["bread"])]);
    assert!(found.holds());
    assert_eq!(found.stale, 1);
}

#[test]
fn a_value_that_was_replaced_through_others_is_not_missed() {
    let found = findings(&[put("a", &[]), put("b", &["a"]), put("c", &["b"]), get(&["c"])]);
    assert!(found.holds(), "{found:?}");
    let found = findings(&[put("a", &[]), put("b", &["a"]), put("c", &["b"]), get(&["a"])]);
    assert_eq!(values(&found.lost), ["b", "c"]);
}

#[test]
fn a_deleted_value_that_comes_back_is_resurrected() {
    let found = findings(&[put("a", &[]), delete(&["a"]), get(&[])]);
    assert!(found.holds(), "{found:?}");
    let found = findings(&[put("a", &[]), delete(&["a"]), get(&[]), get(&["a"])]);
    assert_eq!(values(&found.resurrected), ["a"]);
    let found = findings(&[put("a", &[]), delete(&["a"]), get(&["a"]), get(&[])]);
    assert!(found.holds() && found.stale == 1, "{found:?}");
}

#[test]
fn a_value_that_nobody_put_is_a_phantom() {
    let found = findings(&[get(&["ghost"])]);
    assert_eq!(values(&found.phantom), ["ghost"]);
    // The put begins only after the get has ended.
    let found = findings(&[get(&["late"]), put("late", &[]), get(&["late"])]);
    assert_eq!(values(&found.phantom), ["late"]);
}

#[test]
fn a_value_beside_the_one_that_replaced_it_is_told() {
    let found = findings(&[put("a", &[]), put("b", &["a"]), get(&["a", "b"])]);
    assert_eq!(values(&found.not_replaced), ["a"]);
}

#[test]
fn a_failed_put_may_not_be_read_and_an_unknown_one_may() {
    for (kind, holds) in [("fail", false), ("info", true)] {
        let put = [(1, "invoke", "put", json!({ "value": "a" })), (1, kind, "put", Datum::Null)];
        assert_eq!(findings(&[put.clone(), get(&["a"])]).holds(), holds, "{kind}");
        assert!(findings(&[put, get(&[])]).holds(), "{kind}");
    }
}

#[test]
fn a_context_stands_for_what_its_answer_showed() {
    let read = [
        (2, "invoke", "get", Datum::Null),
        (2, "ok", "get", json!({ "value": ["a"], "context": "one" })),
    ];
    let over = [
        (1, "invoke", "put", json!({ "value": "b", "context": "one" })),
        (1, "ok", "put", json!({ "context": "two" })),
    ];
    let over_that = [
        (1, "invoke", "put", json!({ "value": "c", "context": "two" })),
        (1, "ok", "put", Datum::Null),
    ];
    let found = findings(&[put("a", &[]), read, over, over_that, get(&["c"])]);
    assert!(found.holds() && found.unknown_contexts == 0, "{found:?}");
    let unknown = [
        (1, "invoke", "put", json!({ "value": "b", "context": "from elsewhere" })),
        (1, "ok", "put", Datum::Null),
    ];
    let found = findings(&[put("a", &[]), unknown, get(&["b"])]);
    assert!(found.holds() && found.unknown_contexts == 1, "{found:?}");
}

#[test]
fn two_puts_of_one_value_are_refused() {
    let text = history(&[put("a", &[]), put("a", &[])].concat());
    let refused = siblings::check(&parse(&text, false).expect("it is a history"));
    assert!(matches!(refused, Err(HistoryError::SameValue { .. })), "{refused:?}");
}

const OF_JEPSEN: &str = "\
; a set, with a nemesis
{:type :info, :f :start, :process :nemesis, :time 1}
#jepsen.history.Op{:index 0, :type :invoke, :f :add, :process 0, :value [1 \"x\"]}
{:index 1, :type :ok, :f :add, :process 0, :value [1 \"x\"]}
{:index 2, :type :invoke, :f :read, :process 1, :value [1 nil]}
{:index 3, :type :ok, :f :read, :process 1, :value [1 #{\"x\"}]}
";

#[test]
fn a_history_of_jepsen_is_read_from_edn() {
    let read = parse(OF_JEPSEN, true).expect("it is a history");
    assert_eq!((read.other_lines, read.operations.len()), (1, 2));
    assert_eq!(read.operations[0].key, json!(1));
    assert!(siblings::check(&read).expect("all values differ").holds());
    let in_json: Vec<String> =
        lines(OF_JEPSEN).expect("it is EDN").iter().map(ToString::to_string).collect();
    assert_eq!(parse(&in_json.join("\n"), true), Ok(read.clone()));
    let in_edn: Vec<String> = lines(OF_JEPSEN).expect("it is EDN").iter().map(to_edn).collect();
    assert_eq!(parse(&in_edn.join("\n"), true), Ok(read));
}

#[test]
fn what_is_no_history_is_refused_with_its_line() {
    let line = |text| match parse(text, false) {
        Err(HistoryError::Syntax { line, .. }) => line,
        other => panic!("it was read: {other:?}"),
    };
    assert_eq!(line("{\"type\": \"invoke\"}\n{\"type\" oh}"), 2);
    assert_eq!(line("{:type :invoke}\n{:type"), 2);
    let entry = |text| match parse(text, false) {
        Err(HistoryError::Entry { entry, .. }) => entry,
        other => panic!("it was read: {other:?}"),
    };
    assert_eq!(entry("{\"process\": 1, \"type\": \"ok\", \"f\": \"put\"}"), 1);
    assert_eq!(entry("{\"process\": 1, \"type\": \"invoke\", \"f\": \"dance\"}"), 1);
}

#[test]
fn an_operation_without_an_end_may_have_had_an_effect() {
    let text = history(&[(1, "invoke", "put", json!({ "value": "a" })), get(&[])[0].clone()]);
    let read = parse(&text, false).expect("it is a history");
    assert!(read.operations.iter().all(|operation| operation.outcome == Outcome::Unknown));
}

fn verdict(steps: &[(u32, &str, &str, Datum)]) -> Verdict {
    let parsed = parse(&history(steps), false).expect("it is a history");
    register::check(&parsed, 10_000).pop().expect("there is one key").1
}

fn write(value: u32) -> [(u32, &'static str, &'static str, Datum); 2] {
    [(1, "invoke", "write", json!({ "value": value })), (1, "ok", "write", Datum::Null)]
}

fn read(value: u32) -> [(u32, &'static str, &'static str, Datum); 2] {
    [(2, "invoke", "read", Datum::Null), (2, "ok", "read", json!({ "value": value }))]
}

#[test]
fn a_register_is_linearizable_if_some_order_explains_it() {
    assert_eq!(verdict(&[write(1), read(1), write(2), read(2)].concat()), Verdict::Linearizable);
    // The second read is older than the first one.
    let stale = verdict(&[write(1), write(2), read(2), read(1)].concat());
    assert_eq!(stale, Verdict::NotLinearizable { line: 7 });
    // While a write is under way, a read may show it or not, but no later read may go back.
    let [begin, end] = write(2);
    let amid = |first, second| {
        let (begin, end) = (std::slice::from_ref(&begin), std::slice::from_ref(&end));
        verdict(&[&write(1)[..], begin, &read(first), &read(second), end].concat())
    };
    assert_eq!(amid(1, 2), Verdict::Linearizable);
    assert!(matches!(amid(2, 1), Verdict::NotLinearizable { .. }));
}

#[test]
fn compare_and_set_takes_effect_only_at_its_old_value() {
    let cas = |old, new| {
        let fields = json!({ "value": [old, new] });
        [(1, "invoke", "cas", fields), (1, "ok", "cas", Datum::Null)]
    };
    assert_eq!(verdict(&[write(1), cas(1, 2), read(2)].concat()), Verdict::Linearizable);
    let wrong = verdict(&[write(1), cas(3, 2), read(2)].concat());
    assert!(matches!(wrong, Verdict::NotLinearizable { .. }));
}

#[test]
fn a_search_that_takes_too_long_is_no_verdict() {
    let text = history(&[write(1), read(1), read(1)].concat());
    let parsed = parse(&text, false).expect("it is a history");
    assert_eq!(register::check(&parsed, 1), [(json!("cart"), Verdict::Unknown)]);
}
