//! Checking from the command line, as scripts use it.

use crate::cluster::{dynamo, program, wait};
use crate::folders::folder;
use crate::handoff::until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};

pub(crate) fn json(arguments: &[&str]) -> Json {
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
    has(scope, &[("ending", |it| it == "exhausted"), ("stopped", Json::is_null)]);
    for property in properties {
        has(property, &[("verdict", Json::is_string), ("depth", |it| it.is_u64() || it.is_null())]);
    }
    let kept = properties.iter().find(|property| property["name"] == "I8.hint-is-kept").unwrap();
    assert_eq!((&kept["holds"], &kept["verdict"]), (&true.into(), &"no-occasion".into()));
    let invariants = checked["invariants"].as_array().unwrap();
    assert_eq!(invariants.len(), 9);
    for invariant in invariants {
        has(invariant, &[("id", Json::is_string), ("name", Json::is_string)]);
        has(invariant, &[("scopes_with_occasion", Json::is_u64), ("states", Json::is_u64)]);
        has(invariant, &[("scopes_without", Json::is_u64), ("verdict", Json::is_string)]);
    }
    assert_eq!(invariants[5]["verdict"], "holds", "{invariants:#?}");
    assert_eq!(invariants[7]["verdict"], "no-occasion", "{invariants:#?}");
    assert_eq!(checked["unchecked_scopes"].as_array().map(Vec::len), Some(0));
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

/// Runs `dynamo` in a folder.
pub(crate) fn dynamo_in(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program().args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_failing_check_tells_the_path_and_saves_it() {
    let folder = folder();
    let check = ["check", "one-client", "stand-in", "--defect", "ack-one-short"];
    let (code, stdout, stderr) = dynamo_in(folder.path(), &check);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stderr.starts_with("error: I") && stderr.contains("is violated in"), "{stderr}");
    assert!(!stdout.contains('\u{1b}'), "no colours where nobody looks: {stdout}");
    // The commands that it prints work.
    let commands: Vec<&str> =
        stdout.lines().filter_map(|line| line.strip_prefix("  dynamo ")).collect();
    let [step, explore] = &commands[..] else { panic!("{stdout}") };
    let file = step.strip_prefix("trace step ").unwrap();
    assert!(file.starts_with("one-client-I") && file.ends_with(".trace.json"), "{file}");
    assert_eq!(*explore, format!("explore one-client --trace {file}"));
    let (code, replayed, stderr) = dynamo_in(folder.path(), &["trace", "replay", file]);
    assert!(code == Some(0) && replayed.contains("replays"), "{replayed}{stderr}");
    let other = ["explore", "stand-in", "--trace", file, "--listen", "127.0.0.1:0"];
    let (code, _, stderr) = dynamo_in(folder.path(), &other);
    assert!(code == Some(2) && stderr.contains("is a trace of the scope one-client"), "{stderr}");
    // Once more: the file is there already, and stays the only one.
    dynamo_in(folder.path(), &check);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_an_unfinished_check_cannot_tell_is_null() {
    let folder = folder();
    let check = ["check", "five-nodes", "--memory", "0.001", "--json"];
    let (code, stdout, _) = dynamo_in(folder.path(), &check);
    let checked: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &checked["holds"]), (Some(3), &Json::Null));
    let scope = &checked["scopes"][0];
    assert_eq!((&scope["complete"], &scope["ending"]), (&false.into(), &"cut-off".into()));
    let properties = scope["properties"].as_array().unwrap();
    let is_unknown = |it: &&Json| it["verdict"] == "unknown";
    let unknown: Vec<&Json> = properties.iter().filter(is_unknown).collect();
    assert!(!unknown.is_empty() && unknown.iter().all(|it| it["holds"].is_null()), "{scope:#}");
}

#[test]
fn a_check_that_stopped_at_a_violation_is_data() {
    let folder = folder();
    let check = ["check", "one-client", "stand-in", "--defect", "ack-one-short", "--json"];
    let (code, stdout, _) = dynamo_in(folder.path(), &check);
    let checked: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &checked["holds"]), (Some(1), &false.into()));
    let [scope] = &checked["scopes"].as_array().unwrap()[..] else { panic!("{checked:#}") };
    assert_eq!((&scope["complete"], &scope["ending"]), (&false.into(), &"violated".into()));
    assert_eq!(scope["stopped"], "violation");
    assert_eq!(checked["unchecked_scopes"], serde_json::json!(["stand-in"]));
    assert_eq!(checked["invariants"][5]["verdict"], "violated", "{checked:#}");
    let (code, stdout, _) = dynamo_in(folder.path(), &[&check[..], &["--keep-going"]].concat());
    let checked: Json = serde_json::from_str(&stdout).unwrap();
    let scopes = checked["scopes"].as_array().unwrap();
    assert!(code == Some(1) && scopes.len() == 2, "{checked:#}");
    assert!(scopes.iter().all(|scope| scope["complete"] == true), "{checked:#}");
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
    assert!(stderr.contains("cut off") && stderr.contains("nothing is proved"), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("cut off: interrupted"), "{stdout}");
}

#[test]
fn a_scope_that_was_printed_can_be_changed_and_checked() {
    let folder = folder();
    let (code, printed, stderr) = dynamo(&["check", "--print", "forwarding"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    fs::write(folder.path().join("mine.toml"), &printed).unwrap();
    let check = ["check", "--scope", "mine.toml", "--threads", "1", "--json"];
    let (code, stdout, stderr) = dynamo_in(folder.path(), &check);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let checked: Json = serde_json::from_str(&stdout).unwrap();
    let scope = &checked["scopes"][0];
    assert_eq!((&scope["name"], &scope["unique_states"]), (&"my-forwarding".into(), &27.into()));
    assert_eq!(scope["own_scope"]["nodes"], 3, "{scope:#}");
    // The file comes back, in the order and with the words of the first.
    let again = dynamo_in(folder.path(), &["check", "--scope", "mine.toml", "--print"]);
    assert_eq!(again, (Some(0), printed.clone(), String::new()));
    let (code, _, stderr) = dynamo(&["check", "--print"]);
    assert!(code == 2 && stderr.contains("dynamo check --list names them"), "{stderr}");
    let twice = ["check", "--scope", "mine.toml", "--scope", "other.toml"];
    fs::write(folder.path().join("other.toml"), printed.replace("w = 2", "w = 1")).unwrap();
    let (code, _, stderr) = dynamo_in(folder.path(), &twice);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("mine.toml and other.toml both have a scope named"), "{stderr}");
}

#[test]
fn a_wrong_scope_is_refused_with_its_file_and_line() {
    let folder = folder();
    let text = "nodes = 3\nn = 3\nr = 4\nw = 2\nclients = [[\"put via 0\"]]\n";
    fs::write(folder.path().join("wrong.toml"), text).unwrap();
    let error = "error: wrong.toml, line 3: R is 4; it must be 1 to N, which is 3\n  r = 4\n";
    for command in ["check", "explore"] {
        let arguments = [command, "--scope", "wrong.toml"];
        let expected = (Some(2), String::new(), error.to_owned());
        assert_eq!(dynamo_in(folder.path(), &arguments), expected, "{command}");
        let (code, _, stderr) = dynamo_in(folder.path(), &[command, "--scope", "missing.toml"]);
        assert_eq!(code, Some(2));
        assert!(stderr.contains("such as dynamo check --print stand-in prints"), "{stderr}");
    }
}

#[test]
fn a_scope_of_ones_own_that_is_cut_off_proves_nothing() {
    let mut check = program();
    let mut check = check
        .args(["check", "--scope", "-", "--memory", "0.001", "--threads", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = "nodes = 3\nn = 3\nr = 2\nw = 2\nclients = [[\"put via 0\", \"get via 1\"]]\n\
                [faults]\nendless = true\nexchange = true\n";
    check.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    wait(&mut check, "the check");
    let output = check.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("nothing is proved about it"), "{stderr}");
}
