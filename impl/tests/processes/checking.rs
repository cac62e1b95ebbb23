//! Checking from the command line, as scripts use it.

use crate::cluster::{dynamo, program, wait};
use crate::handoff::until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};

fn json(arguments: &[&str]) -> Json {
    let (code, stdout, stderr) = dynamo(arguments);
    assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {stdout}"))
}

/// Is it of the right type?
type Check = fn(&Json) -> bool;

/// Asserts that an object has these fields, each of this type.
fn has(object: &Json, fields: &[(&str, Check)]) {
    for (name, is_right) in fields {
        let field = object.get(name);
        assert!(field.is_some_and(is_right), "{name} is {field:?} in {object:#}");
    }
}

#[test]
fn the_list_of_scopes_is_data() {
    let listed = json(&["check", "--list", "--json"]);
    let scopes = listed["scopes"].as_array().unwrap();
    assert!(scopes.len() >= 20);
    for scope in scopes {
        has(
            scope,
            &[("name", Json::is_string), ("aim", Json::is_string), ("unique_states", Json::is_u64)],
        );
        has(scope, &[("nodes", Json::is_u64), ("clients", Json::is_u64)]);
        has(scope, &[("n", Json::is_u64), ("r", Json::is_u64), ("w", Json::is_u64)]);
    }
}

#[test]
fn a_check_is_data() {
    let checked = json(&["check", "one-client", "--json"]);
    assert_eq!(checked["holds"], true);
    let [scope] = &checked["scopes"].as_array().unwrap()[..] else { panic!("{checked:#}") };
    has(
        scope,
        &[("name", Json::is_string), ("engine", Json::is_string), ("threads", Json::is_u64)],
    );
    has(
        scope,
        &[
            ("complete", Json::is_boolean),
            ("seconds", Json::is_f64),
            ("peak_memory_bytes", Json::is_u64),
        ],
    );
    has(
        scope,
        &[
            ("unique_states", Json::is_u64),
            ("generated_states", Json::is_u64),
            ("depth", Json::is_u64),
        ],
    );
    let properties = scope["properties"].as_array().unwrap();
    assert!(!properties.is_empty());
    for property in properties {
        has(property, &[("name", Json::is_string), ("holds", Json::is_boolean)]);
    }
    let kinds: BTreeSet<&str> =
        properties.iter().map(|property| property["kind"].as_str().unwrap()).collect();
    assert!(kinds.into_iter().eq(["always", "converges", "reachable"]), "{properties:?}");
}

#[test]
fn a_reduced_check_says_what_it_stands_for() {
    let factor = |scope: &Json| scope["reduction_factor"].as_f64().unwrap();
    let checked = json(&["check", "chained-puts", "one-client", "--symmetry", "--json"]);
    assert_eq!(checked["holds"], true);
    let [symmetric, other] = &checked["scopes"].as_array().unwrap()[..] else {
        panic!("{checked:#}")
    };
    assert!(factor(symmetric) > 1.9 && factor(other) < 1.1, "{checked:#}");
    assert!(
        symmetric["unique_states"].as_u64() < symmetric["orbit_states"].as_u64(),
        "{symmetric:#}"
    );
    let ordered = json(&["check", "one-client", "--partial-order", "--json"]);
    assert_eq!(ordered["holds"], true);
    assert!(factor(&ordered["scopes"][0]) > 2.0, "{ordered:#}");
    for reduction in ["--symmetry", "--partial-order"] {
        let (code, _, stderr) =
            dynamo(&["check", "one-client", reduction, "--engine", "stateright"]);
        assert_eq!(code, 2, "{stderr}");
    }
}

#[test]
fn a_defect_is_data() {
    let tried = json(&["defects", "ack-one-short", "--json"]);
    assert_eq!(tried["limits"].as_array().map(Vec::len), Some(0));
    let [defect] = &tried["defects"].as_array().unwrap()[..] else { panic!("{tried:#}") };
    assert_eq!((&defect["name"], &defect["found"]), (&"ack-one-short".into(), &true.into()));
    has(
        defect,
        &[("rule", Json::is_string), ("invariants", Json::is_array), ("scope", Json::is_string)],
    );
    has(
        defect,
        &[("steps", Json::is_u64), ("unique_states", Json::is_u64), ("seconds", Json::is_f64)],
    );
    assert!(defect.get("trace").is_some(), "{defect:#}");
}

/// For how long a process has computed, in ticks, of which a second has a hundred.
fn ticks(process: &Child) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let after_its_name = stat.rsplit(')').next().unwrap();
    after_its_name.split_whitespace().nth(11).unwrap().parse().unwrap()
}

#[test]
fn ctrl_c_cuts_a_check_off_and_says_so() {
    let mut check = program();
    let mut check = check
        .arg("check")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("it is in the midst of checking", || (ticks(&check) > 10).then_some(()));
    kill_process(Pid::from_child(&check), Signal::INT).unwrap();
    wait(&mut check, "the check");
    let output = check.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("cut off"), "{stderr}");
}
