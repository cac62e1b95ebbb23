//! Scenario scripts are parsed and performed.

use dynamo_invariants::defect::Defect;
use dynamo_invariants::scenario::*;
use dynamo_invariants::tables::Table;

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
        Ok(performance) => passes(&performance.table(&scenario).lines, &scenario.rows).is_ok(),
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
    assert_eq!(says(&with("put D1 through A")), "line 4: \"put D1 through A\" is not a command");
    assert_eq!(says(&with("crash D")), "line 4: the nodes line does not name D");
    assert_eq!(
        says(&with("expect put D1 lost")),
        "line 4: a put is acknowledged, failed or pending, not lost"
    );
    assert_eq!(
        says(&with("partition A B")),
        "line 4: a partition has at least two sides: partition A | B C"
    );
    assert_eq!(says(&with("partition A | Z")), "line 4: the nodes line does not name Z");
    assert_eq!(says(&with("expect members A Z at B")), "line 4: the nodes line does not name Z");
    assert!(says(&with("row hint_state")).contains("a row has a name, a colon, and cells"));
    assert!(
        says(&with("put D1 via A by a\nput D1 via B by b")).contains("each version is put once")
    );
    assert!(says("scenario 10\nnodes A B C\nquorum n=3 r=2 w=2").contains("1 to 9"));
    assert!(says("scenario 1\nnodes A C D\nquorum n=3 r=2 w=2").contains("without a gap"));
    assert!(says("scenario 1\nnodes A B C\nquorum n=3 r=4 w=2").starts_with("line 0: "));
    assert!(says("").contains("line 0: "));
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
        "put D2 over D3 via A by a",
        "recover A",
    ];
    for wrong in wrong {
        let error =
            read(&script(wrong)).perform().err().unwrap_or_else(|| panic!("{wrong} passes"));
        assert_eq!(error.line, 7, "{error}");
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
