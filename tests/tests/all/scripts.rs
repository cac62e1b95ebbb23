//! Scenario scripts are parsed and performed.

use dynamo_invariants::defect::Defect;
use dynamo_invariants::scenario::*;
use dynamo_invariants::tables::Table;
use dynamo_invariants::trace::Trace;

const HANDOFF: &str = include_str!("../../scenarios/8-handoff.txt");
const PUT: &str = include_str!("../../scenarios/6-put.txt");

fn read(script: &str) -> Scenario {
    script.parse().expect("a script")
}

/// Do the scenario's expectations and table hold under a defect's rules?
fn holds_by(script: &str, defect: &str) -> bool {
    let scenario = read(script);
    let rules = Defect::named(defect).expect("a defect").rules;
    match scenario.perform_by(&rules()) {
        Ok(performance) => {
            let table = performance.table(scenario.number.expect("one of the nine"));
            passes(&table.expect("its table").lines, &scenario.rows).is_ok()
        }
        Err(_) => false,
    }
}

#[test]
fn a_broken_rule_does_not_give_the_expected_table() {
    for defect in ["hint-dropped-when-sent", "hint-in-memory-only", "handoff-forgotten"] {
        assert!(!holds_by(HANDOFF, defect), "{defect}");
    }
    for defect in ["ack-one-short", "last-answer-ignored", "forward-to-all"] {
        assert!(!holds_by(PUT, defect), "{defect}");
    }
    assert!(holds_by(HANDOFF, "answer-before-r"), "no get in this script depends on R");
}

fn says(script: &str) -> String {
    script.parse::<Scenario>().expect_err("the script is invalid").to_string()
}

#[test]
fn an_invalid_script_gives_the_line_and_the_reason() {
    let with = |line: &str| format!("scenario 1\nnodes A B C\nquorum n=3 r=2 w=2\n{line}\n");
    assert_eq!(
        says(&with("put D1 through A")),
        "line 4: \"put D1 through A\" is not a line of a script; \
         allowed: put D1 via A by ann; put D3 over D1,D2 via B by ann"
    );
    assert!(says(&with("putt D1")).contains("allowed: nodes; quorum; scenario; put; get; join"));
    let no_such_node =
        |node: &str| format!("line 4: there is no node {node}; the nodes line names: A B C");
    assert_eq!(says(&with("crash D")), no_such_node("D"));
    assert_eq!(
        says(&with("expect put D1 lost")),
        "line 4: a put is acknowledged, failed or pending, not lost"
    );
    assert_eq!(
        says(&with("partition A B")),
        "line 4: a partition has at least two sides: partition A | B C"
    );
    assert_eq!(says(&with("partition A | Z")), no_such_node("Z"));
    assert_eq!(says(&with("expect members A Z at B")), no_such_node("Z"));
    assert!(says(&with("row hint_state")).contains("a row has a name, a colon, and cells"));
    assert!(
        says(&with("put D1 via A by a\nput D1 via B by b")).contains("each version is put once")
    );
    assert!(says("scenario 10\nnodes A B C\nquorum n=3 r=2 w=2").contains("1 to 9"));
    assert!(says("scenario 1\nnodes A C D\nquorum n=3 r=2 w=2").contains("without a gap"));
    assert!(says("scenario 1\nnodes A B C\nquorum n=3 r=4 w=2").starts_with("R is 4"));
    assert!(says("").starts_with("a script begins with its nodes and its quorum"));
    assert!(says("nodes A B C\nquorum n=3 r=2 w=2\nrow a: b").contains("one of the nine"));
    assert!(
        says("nodes A B\nquorum 2 1 1\njoin A via B\njoin B via A").contains("every node joins")
    );
    assert!(says(&with("heal\nnodes A B C")).contains("line 5: the nodes and the quorum stand"));
    assert_eq!(says(&with("expect put D9 failed")), "line 4: no command of the script puts D9");
    assert_eq!(
        says(&with("get via A by ann\nexpect get nothing by bob")),
        "line 5: there is no client bob; the clients: ann"
    );
    let puts: Vec<String> = (1..12).map(|number| format!("put D{number} via A by ann")).collect();
    assert_eq!(says(&with(&puts.join("\n"))), "there are 11 puts and deletes: use at most 10");
    assert!(says(&with(&"heal\n".repeat(301))).contains("at most 300 commands"));
    assert!(says("quorum 3 x 2").contains("n=3 r=2 w=2"));
}

#[test]
fn what_a_script_expects_is_checked() {
    let script = |expectation: &str| {
        format!(
            "scenario 1\nnodes A B C\nquorum n=3 r=2 w=2\n\
             put D1 via A by a\nsettle\nget via B by b\n{expectation}\n"
        )
    };
    for right in [
        "expect put D1 acknowledged",
        "expect get D1 by b",
        "expect no hint at C",
        "expect members A B C at B",
    ] {
        assert!(read(&script(right)).perform().is_ok(), "{right}");
    }
    let wrong = [
        "expect put D1 pending",
        "expect get nothing by b",
        "expect hint at C for A",
        "expect members A B at B",
        "put D2 over D1,D2 via A by a",
        "recover A",
    ];
    for wrong in wrong {
        let error =
            read(&script(wrong)).perform().err().unwrap_or_else(|| panic!("{wrong} passes"));
        assert_eq!(error.line(), Some(7), "{error}");
    }
    let told = |wrong: &str| read(&script(wrong)).perform().err().expect("it fails").to_string();
    assert_eq!(told("expect get nothing by b"), "line 7: expected nothing, but found D1");
    assert_eq!(told("expect hint at C for A"), "line 7: expected a hint for A, but found no hint");
    assert_eq!(told("recover A"), "line 7: A is up already");
}

#[test]
fn every_order_of_nodes_and_every_set_of_joining_nodes_has_a_stage() {
    for count in 1..=6_u32 {
        let names: Vec<String> = ('A'..).take(count as usize).map(String::from).collect();
        // All sets of joining nodes but that of all nodes.
        for joins in 0..(1_u32 << count) - 1 {
            let stays = (0..count as usize).find(|node| joins & 1 << node == 0).expect("one stays");
            let joining = (0..count as usize).filter(|node| joins & 1 << node != 0);
            let join = |node: usize| format!("join {} via {}", names[node], names[stays]);
            let lines: Vec<String> = joining.map(join).collect();
            let (nodes, lines) = (names.join(" "), lines.join("\n"));
            let script = format!("nodes {nodes}\nquorum n=1 r=1 w=1\n{lines}");
            let scenario = read(&script);
            let (_, mut nodes) = scenario.stage();
            nodes.sort_unstable();
            assert!(nodes.iter().map(|node| u32::from(node.0)).eq(0..count), "{script}: {nodes:?}");
        }
    }
}

#[test]
fn a_performance_tells_the_answers_and_a_run_that_can_be_saved() {
    let scenario = read(HANDOFF);
    let performance = scenario.perform().expect("its expectations hold");
    let told: Vec<(String, String)> = scenario
        .answers(&performance)
        .into_iter()
        .map(|answered| (answered.request, answered.answer))
        .collect();
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(
        told,
        [pair("writer puts D1 through B", "acknowledged"), pair("reader gets through A", "D1")]
    );
    for name in ["1-quorum", "2-divergence", "5-anti-entropy", "7-membership", "9-gossip"] {
        let file = format!("{}/scenarios/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let scenario = read(&std::fs::read_to_string(file).expect("a script"));
        let performance = scenario.perform().expect("its expectations hold");
        let trace = Trace::of_first_shown(&performance.run, None).expect("it shows something");
        let text = trace.to_json();
        let again = Trace::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(again, trace);
        let replayed = again.replay().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(replayed.states, performance.run.states, "{name}");
    }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn pass(expected: &[&[&str]], actual: &[&[&str]]) -> bool {
    let names = ["one", "other"];
    let actual: Vec<(&str, Vec<String>)> =
        names.into_iter().zip(actual.iter().map(|cells| row(cells))).collect();
    let expected: Vec<(String, Vec<String>)> =
        names.into_iter().map(str::to_owned).zip(expected.iter().map(|cells| row(cells))).collect();
    passes(&actual, &expected).is_ok()
}

#[test]
fn cells_must_appear_in_order() {
    let actual: &[&[&str]] = &[&["0/2", "1/2", "1/2", "2/2", "2/2 + hint"]];
    assert!(pass(&[&["0/2", "1/2", "2/2", "2/2 + hint"]], actual));
    assert!(pass(&[&["0/2", "2/2"]], actual), "other cells may be between");
    assert!(!pass(&[&["1/2", "0/2"]], actual));
    assert!(!pass(&[&["0/2", "3/2"]], actual));
    assert!(!pass(&[&["0/2"], &["ACKED"]], actual), "the other row is missing");
}

#[test]
fn a_name_means_the_same_in_all_cells_and_two_names_differ() {
    assert!(pass(
        &[&["h100", "h101"], &["h100", "h095 mismatch", "h101"]],
        &[&["h1", "h7"], &["h1", "h2 mismatch", "h7"]]
    ));
    assert!(!pass(&[&["h100", "h101"], &["h100", "h101"]], &[&["h1", "h7"], &["h1", "h8"]]));
    assert!(!pass(&[&["h100"], &["h101"]], &[&["h1"], &["h1"]]));
    assert!(pass(&[&["[x:2] || [y:1]"]], &[&["[A:2] || [B:1]"]]));
    assert!(!pass(&[&["[x:2] || [y:1]"]], &[&["[A:2] || [A:1]"]]));
    assert!(!pass(&[&["m40"]], &[&["t1"]]), "a history is not a time");
    assert!(
        pass(&[&["h1", "h2"], &["h2"]], &[&["h3", "h4", "h5"], &["h5"]]),
        "the first choice need not be the right one"
    );
}

#[test]
fn every_table_can_be_made_from_every_run() {
    for script in [HANDOFF, PUT] {
        let performance = read(script).perform().expect("its expectations hold");
        for number in 1..=Table::COUNT {
            let table = Table::of(number, &performance.run, &performance.cast)
                .expect("there is such a table");
            assert!(
                table.lines.iter().all(|(_, cells)| cells.len() == table.lines[0].1.len()),
                "{table}"
            );
        }
        assert_eq!(Table::of(0, &performance.run, &performance.cast), None);
        assert_eq!(Table::of(10, &performance.run, &performance.cast), None);
    }
}
