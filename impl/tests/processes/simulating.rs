//! Simulating from the command line, as scripts use it.

use crate::checking::json;
use crate::cluster::{dynamo, program};
use crate::folders::folder;
use serde_json::Value as Json;
use std::fs;

#[test]
fn two_processes_make_the_same_runs_of_a_seed_with_any_number_of_threads() {
    let of = |threads| {
        json(&["simulate", "--seed", "5", "--runs", "24", "--json", "--threads", threads])
    };
    let (one, two) = (of("1"), of("2"));
    assert_eq!(one["digest"], two["digest"]);
    assert_eq!(one["did"], two["did"]);
    assert_eq!((&one["runs"], &one["violated"]), (&24.into(), &Json::Array(Vec::new())));
    assert!(one["did"]["events"].as_u64().unwrap() > 10_000);
    let other = json(&["simulate", "--seed", "6", "--runs", "24", "--json"]);
    assert_ne!(one["digest"], other["digest"]);
}

#[test]
fn a_violation_is_told_saved_as_a_trace_and_made_again() {
    let directory = folder();
    let simulate = |arguments: &[&str]| {
        let output = program()
            .current_dir(directory.path())
            .args(["simulate", "--defect", "plain-vector-clocks"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let told = simulate(&["--seed", "1", "--runs", "400"]);
    let again = told.lines().find_map(|line| line.trim().strip_prefix("dynamo simulate "));
    let again: Vec<&str> = again.expect("the command").split(' ').collect();
    let violated = |told: &str| {
        let of_run = |line: &&str| line.starts_with("run ");
        told.lines().find(of_run).expect("a violation").to_owned()
    };
    let again: Vec<&str> = again
        .into_iter()
        .filter(|word| !["--defect", "plain-vector-clocks"].contains(word))
        .collect();
    assert_eq!(violated(&simulate(&again)), violated(&told));
    let traces: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap()).collect();
    let [trace] = &traces[..] else { panic!("one trace is saved: {traces:?}") };
    let (code, stdout, _) = dynamo(&["trace", "replay", trace.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn arguments_that_no_cluster_can_have_are_refused() {
    for wrong in [["--nodes", "2"], ["--keys", "0"], ["--profile", "sunny"], ["--runs", "0"]] {
        assert_eq!(dynamo(&["simulate", wrong[0], wrong[1]]).0, 2, "{wrong:?}");
    }
    assert_eq!(dynamo(&["simulate", "--defect", "no-such-defect"]).0, 2);
}
