//! Simulating from the command line, as scripts use it.

use crate::checking::{dynamo_in, json};
use crate::cluster::{dynamo, program, wait};
use crate::folders::folder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

#[test]
fn two_processes_make_the_same_runs_of_a_seed_with_any_number_of_threads() {
    let of = |threads| {
        json(&["simulate", "--seed", "5", "--runs", "24", "--json", "--threads", threads])
    };
    let (one, two) = (of("1"), of("2"));
    assert_eq!(one["digest"], two["digest"]);
    for part in ["did", "measures", "seen"] {
        assert_eq!(one[part], two[part], "{part}");
    }
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
    let trace = saved(directory.path(), ".trace.json");
    let replayed = dynamo_in(directory.path(), &["trace", "replay", &trace]);
    assert_eq!(replayed.0, Some(0), "{replayed:?}");
    let shown = dynamo_in(directory.path(), &["trace", "show", &trace]);
    assert!(shown.0 == Some(0) && shown.1.contains("put"), "{shown:?}");
    let scope = saved(directory.path(), ".toml");
    let under = ["--defect", "plain-vector-clocks"];
    let of_scope = [&["check", "--scope", &scope][..], &under].concat();
    assert_eq!(dynamo_in(directory.path(), &of_scope).0, Some(1));
    // The trace carries the scope and the defect.
    let (code, stdout, _) = dynamo_in(directory.path(), &["check", "--from-trace", &trace]);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("is violated in the scope simulated"), "{stdout}");
}

/// The name of the one file in the folder that ends so.
fn saved(folder: &Path, ending: &str) -> String {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    let [name] = &names[..] else { panic!("one such file is saved: {names:?}") };
    name.clone()
}

#[test]
fn the_scope_of_a_trace_can_be_printed_and_has_only_what_the_trace_needs() {
    let folder = folder();
    let trace = Path::new("../counterexamples/063-hint-dropped-when-sent.json");
    let trace = trace.canonicalize().unwrap();
    let trace = trace.to_str().unwrap();
    let (code, printed, stderr) = dynamo(&["check", "--from-trace", trace, "--print"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(printed.contains("# crashes = 1") && printed.contains("handoffs = 1"), "{printed}");
    fs::write(folder.path().join("mine.toml"), &printed).unwrap();
    let check = ["check", "--scope", "mine.toml", "--defect", "hint-dropped-when-sent"];
    let (code, stdout, _) = dynamo_in(folder.path(), &check);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("I8.hint-is-kept is violated"), "{stdout}");
    let (code, _, stderr) = dynamo(&["check", "--from-trace", "no-such-file.json"]);
    assert_eq!(code, 2, "{stderr}");
}

#[test]
fn measures_and_what_has_occurred_are_in_the_json_and_drawn() {
    let folder = folder();
    let simulate = ["simulate", "--seed", "2", "--runs", "12", "--r", "1", "--w", "1", "--json"];
    let (code, stdout, stderr) =
        dynamo_in(folder.path(), &[&simulate[..], &["--plots", "plots"]].concat());
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let told: Json = serde_json::from_str(&stdout).unwrap();
    for measure in ["put_latency", "get_latency", "staleness", "hints", "request_bytes", "load"] {
        let figures = &told["measures"][measure];
        let figure = |name: &str| figures[name].as_f64().unwrap_or_else(|| panic!("{figures:#}"));
        assert!(figure("count") > 0.0 && figures["unit"].is_string(), "{figures:#}");
        assert!(figure("p50") <= figure("p90") && figure("p90") <= figure("p99"), "{figures:#}");
        assert!(figure("p99") <= figure("max") && figure("mean") <= figure("max"), "{figures:#}");
        let file = folder.path().join("plots").join(measure.replace('_', "-") + ".svg");
        let drawn = fs::read_to_string(&file).unwrap();
        assert!(drawn.starts_with("<svg") && drawn.contains("share of values"), "{drawn}");
    }
    let seen = &told["seen"];
    assert!(seen["messages"]["Store"].as_u64() > Some(0), "{seen:#}");
    assert_eq!(seen["messages"]["Answer PutRefused"], 0);
    assert!(seen["acts"]["old disk"].is_u64(), "{seen:#}");
    assert!(seen["acts"]["get"].as_u64() <= Some(12) && seen["faults"]["crash"].is_u64());
    assert!(!seen["rules_never_asked"].as_array().unwrap().is_empty());
    let never = seen["pairs_never_seen"].as_array().unwrap().len() as u64;
    assert!(never > 0 && never < seen["pairs"].as_u64().unwrap(), "{never}");
}

#[test]
fn the_end_of_the_text_has_the_measures_and_what_never_occurred() {
    let (code, told, _) = dynamo(&["simulate", "--seed", "3", "--runs", "4", "--minutes", "0.2"]);
    assert_eq!(code, 0, "{told}");
    for part in ["p50", "latency of a put, ms", "time to settle, s", "What never occurred:"] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
}

#[test]
fn a_quorum_of_ones_own_is_in_every_run() {
    let of = |r: &str| {
        let fixed = ["--n", "3", "--r", r, "--w", "2", "--profile", "calm"];
        json(&[&["simulate", "--seed", "4", "--runs", "20", "--json"][..], &fixed].concat())
    };
    // The mean depends on the few gets that wait until a node has started.
    let latency = |told: &Json| told["measures"]["get_latency"]["p50"].as_f64().unwrap();
    let (one, three) = (of("1"), of("3"));
    assert!(latency(&one) < latency(&three), "{one:#} {three:#}");
    assert_eq!(of("3")["measures"]["staleness"]["max"].as_f64(), Some(0.0));
}

#[test]
fn nobody_looks_for_a_smaller_run_with_no_shrink() {
    let folder = folder();
    let simulate = ["simulate", "--defect", "plain-vector-clocks", "--seed", "1", "--no-shrink"];
    let (code, stdout, _) = dynamo_in(folder.path(), &[&simulate[..], &["--runs", "400"]].concat());
    assert_eq!(code, Some(1));
    assert!(stdout.contains("The same run again:"), "{stdout}");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "something is saved");
}

#[test]
fn ctrl_c_ends_a_simulation_with_what_it_has_done() {
    let mut simulation = program();
    let mut simulation = simulation
        .args(["simulate", "--seed", "7", "--time", "600", "--threads", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line says that Ctrl-C is handled from now on.
    let mut stdout = simulation.stdout.take().unwrap();
    let mut first = [0; 7];
    stdout.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"seed 7:");
    thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&simulation), Signal::INT).unwrap();
    wait(&mut simulation, "the simulation");
    let mut told = String::new();
    stdout.read_to_string(&mut told).unwrap();
    let output = simulation.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}\n{stderr}");
    assert!(stderr.contains("cut off after") && stderr.contains("without a violation"), "{stderr}");
    assert!(told.contains("No property was violated. That is no proof"), "{told}");
    // The summary counts the runs that were made, and the error the same ones.
    let runs = |text: &str, before: &str| {
        let number = text.split(before).nth(1).unwrap_or_else(|| panic!("{before}: {text}"));
        number.split_whitespace().next().unwrap().to_owned()
    };
    let summary = told.lines().find(|line| line.contains("requests answered")).unwrap();
    assert!(summary.starts_with(&runs(&stderr, "cut off after ")), "{summary} {stderr}");
}

#[test]
fn arguments_that_no_cluster_can_have_are_refused() {
    for wrong in [
        ["--nodes", "1"],
        ["--keys", "0"],
        ["--profile", "sunny"],
        ["--runs", "0"],
        ["--minutes", "0"],
        ["--minutes", "soon"],
        ["--n", "0"],
        ["--n", "6"],
        ["--r", "4"],
        ["--w", "0"],
    ] {
        assert_eq!(dynamo(&["simulate", wrong[0], wrong[1]]).0, 2, "{wrong:?}");
    }
    assert_eq!(dynamo(&["simulate", "--defect", "no-such-defect"]).0, 2);
}
