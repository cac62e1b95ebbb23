//! `dynamo scenario`: in the model, and on real nodes, where every client reads what it reads in
//! the model.

use crate::cluster::{dynamo, program, run};
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
}

fn perform(name: &str) {
    let file = folder().join(name);
    let output = run(program().arg("scenario").arg(&file).arg("--on-udp"));
    let stdout = String::from_utf8(output.stdout).unwrap();
    println!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{name}");
    let script = fs::read_to_string(&file).unwrap();
    let expected = script.lines().filter(|line| line.starts_with("expect ")).count();
    assert_eq!(stdout.lines().filter(|line| line.contains("  holds  ")).count(), expected);
}

/// Makes a test for each script.
macro_rules! scenarios {
    ($($test:ident: $script:literal,)*) => {
        $(#[test] fn $test() { perform($script); })*

        #[test]
        fn every_script_has_a_test() {
            let folder = folder();
            let entries = std::fs::read_dir(folder).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut scripts: Vec<String> = names.filter(|name| name.ends_with(".txt")).collect();
            scripts.sort();
            assert_eq!(scripts, [$($script),*]);
        }
    };
}

scenarios! {
    a_put_reaches_its_quorum: "1-quorum.txt",
    versions_diverge_and_are_reconciled: "2-divergence.txt",
    a_read_repairs: "3-read-repair.txt",
    a_hint_is_durable: "4-hint-durability.txt",
    replicas_compare_what_they_hold: "5-anti-entropy.txt",
    a_put_is_coordinated: "6-put.txt",
    a_view_is_refreshed: "7-membership.txt",
    a_hint_is_handed_over: "8-handoff.txt",
    histories_are_reconciled: "9-gossip.txt",
}

/// A script in a file of its own.
fn scenario(script: &str, more: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.txt");
    fs::write(&file, script).unwrap();
    dynamo(&[&["scenario", file.to_str().unwrap()], more].concat())
}

/// The example of `dynamo scenario --help`.
fn example() -> String {
    let help = dynamo(&["scenario", "--help"]).1;
    let example = help.split("Save this as hint.txt:\n\n").nth(1).unwrap();
    let lines = example.lines().take_while(|line| !line.is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_of_the_help_holds_and_shows_steps_answers_and_tables() {
    let (code, stdout, stderr) = scenario(&example(), &[]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.contains("A: crashes"), "{stdout}");
    let answered = |line: &str| line.contains("bob gets through A") && line.ends_with("  D1");
    assert!(stdout.lines().any(answered), "{stdout}");
    let (code, stdout, _) = scenario(&example(), &["--table", "handoff workflow"]);
    assert!(code == 0 && stdout.contains("hint_state "), "{stdout}");
    let (code, _, stderr) = scenario(&example(), &["--table", "handoff"]);
    assert!(code == 2 && stderr.contains("8  Hinted Handoff Workflow"), "{stderr}");
    let (_, stdout, _) = scenario(&example(), &["--json"]);
    let told: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&told["holds"], &told["answers"][1]["answer"]), (&true.into(), &"D1".into()));
}

#[test]
fn a_failed_expectation_ends_with_code_1_the_line_and_what_is_so() {
    let (code, stdout, stderr) = scenario(&example(), &["--defect", "hint-dropped-when-sent"]);
    assert_eq!(code, 1, "{stderr}");
    let told = "line 6: expected a hint for A, but found no hint\n  expect hint at D for A";
    assert!(stderr.contains(told), "{stderr}");
    assert!(stdout.contains("I8.hint-is-kept is violated"), "{stdout}");
}

#[test]
fn a_row_that_the_table_lacks_is_a_failure_too() {
    let (code, stdout, _) = dynamo(&["scenario", &path_of("6-put.txt"), "--json"]);
    let told: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &told["holds"], &told["error"]), (0, &true.into(), &Json::Null));
    let broken = ["scenario", &path_of("6-put.txt"), "--json", "--defect", "forward-to-all"];
    let (code, stdout, _) = dynamo(&broken);
    let told: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &told["holds"]), (1, &false.into()));
    let why = told["error"]["why"].as_str().unwrap();
    assert!(why.contains("row reachable_preference_nodes: expected"), "{why}");
}

#[test]
fn a_script_that_cannot_be_read_ends_with_code_2_and_what_is_allowed() {
    let (code, _, stderr) = scenario("nodes A B\nquorum n=2 r=1 w=1\nput D1 via A\n", &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("mine.txt: line 3: \"put D1 via A\" is not a line"), "{stderr}");
    assert!(stderr.contains("allowed: put D1 via A by ann"), "{stderr}");
    let (code, _, stderr) = dynamo(&["scenario", "no-such-file.txt"]);
    assert!(code == 2 && stderr.contains("cannot read the script no-such-file.txt"), "{stderr}");
}

#[test]
fn a_saved_scenario_is_a_trace_that_replays() {
    let folder = tempfile::tempdir().unwrap();
    for (script, defect) in
        [("7-membership.txt", None), ("8-handoff.txt", Some("handoff-forgotten"))]
    {
        let (script, saved) = (path_of(script), folder.path().join("saved.json"));
        let saved = saved.to_str().unwrap();
        let mut arguments = vec!["scenario", &script, "--save", saved];
        arguments.extend(defect.iter().flat_map(|defect| ["--defect", defect]));
        let (_, _, stderr) = dynamo(&arguments);
        assert!(stderr.contains("saved as a trace of I"), "{stderr}");
        let (code, stdout, stderr) = dynamo(&["trace", "replay", saved]);
        assert!(code == 0 && stdout.contains("replays"), "{stdout}{stderr}");
        let (code, stdout, stderr) = dynamo(&["trace", "show", saved]);
        assert!(code == 0 && stdout.contains("A scripted scenario."), "{stdout}{stderr}");
    }
}

/// The path of one of the nine scripts.
fn path_of(script: &str) -> String {
    folder().join(script).to_str().unwrap().to_owned()
}
