//! `dynamo trace` as scripts use it.

use crate::cluster::dynamo;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn committed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples").join(name);
    path.to_str().unwrap().to_owned()
}

fn word_before_disk() -> String {
    committed("001-word-before-disk.json")
}

fn written(folder: &TempDir, text: &str) -> String {
    let path: PathBuf = folder.path().join("trace.json");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_trace_that_replays_ends_with_code_0() {
    let (code, stdout, _) = dynamo(&[
        "trace",
        "replay",
        &word_before_disk(),
        &committed("056-exchange-never-ends.json"),
    ]);
    assert_eq!((code, stdout.matches("replays").count()), (0, 2), "{stdout}");
}

#[test]
fn a_trace_that_does_not_replay_ends_with_code_1_and_names_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(word_before_disk()).unwrap();
    let mut trace: Json = serde_json::from_str(&text).unwrap();
    for digest in trace["steps"][1]["changed"].as_object_mut().unwrap().values_mut() {
        *digest = Json::from("0123456789abcdef");
    }
    let file = written(&folder, &trace.to_string());
    let (code, stdout, stderr) = dynamo(&["trace", "replay", &word_before_disk(), &file, "--json"]);
    assert_eq!(code, 1, "{stderr}");
    let told: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!(told["traces"][0]["replays"], true);
    assert_eq!(
        (&told["traces"][1]["replays"], &told["traces"][1]["step"]),
        (&Json::from(false), &Json::from(2))
    );
    assert!(stderr.contains("1 of 2 traces do not replay"), "{stderr}");
    for command in [
        vec!["trace", "show", &file],
        vec!["trace", "shrink", &file],
        vec!["trace", "export", &file, "--format", "svg"],
    ] {
        let (code, _, stderr) = dynamo(&command);
        assert_eq!(code, 1, "{command:?}");
        assert!(stderr.contains("step 2 leads to another state"), "{stderr}");
    }
}

#[test]
fn an_invalid_trace_ends_with_code_2_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    for (text, why) in [
        ("{}", "missing field"),
        ("[[[[", "format 1"),
        ("{\"format\": 9}", "the field format says 9"),
        ("\u{0}", "format 1"),
    ] {
        let file = written(&folder, text);
        for command in ["replay", "show", "step", "shrink"] {
            let (code, _, stderr) = dynamo(&["trace", command, &file]);
            assert_eq!(code, 2, "{command} {text}: {stderr}");
            assert!(
                stderr.contains(why) && stderr.contains("trace.json"),
                "{command} {text}: {stderr}"
            );
        }
    }
    let (code, _, stderr) = dynamo(&["trace", "replay", "no-such-file.json"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot read no-such-file.json"), "{stderr}");
}

#[test]
fn a_trace_is_shown_without_colours_in_a_pipe() {
    let (code, stdout, stderr) = dynamo(&["trace", "show", &word_before_disk()]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(!stdout.contains('\u{1b}'), "no colours, because this is not a terminal");
    assert!(stdout.contains("●◀────┼─────┼─────┤  c3 → A: put w0"), "{stdout}");
    let (code, stdout, _) = dynamo(&["trace", "show", &word_before_disk(), "--step", "1"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("+ stores k: w0 [A:1], not on disk"), "{stdout}");
    let (code, _, stderr) = dynamo(&["trace", "show", &word_before_disk(), "--step", "99"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no step 99: the last is 3"), "{stderr}");
    let (code, stdout, _) = dynamo(&["trace", "show", &word_before_disk(), "--table", "6"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("write_ack_progress          none -- 1/2 --"), "{stdout}");
    let page = committed("001-word-before-disk.md");
    assert_eq!(dynamo(&["trace", "show", &page, "--table", "put coordination"]).1, stdout);
    assert_eq!(dynamo(&["trace", "show", &word_before_disk(), "--table", "10"]).0, 2);
}

#[test]
fn a_random_violation_is_shrunk_to_the_steps_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let random =
        ["trace", "random", "concurrent-puts", "--defect", "last-write-wins", "--seed", "7"];
    let (code, long, stderr) = dynamo(&random);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(dynamo(&random).1, long, "the same seed is the same walk");
    let file = written(&folder, &long);
    let (code, short, stderr) = dynamo(&["trace", "shrink", &file]);
    assert_eq!(code, 0, "{stderr}");
    let steps =
        |text: &str| serde_json::from_str::<Json>(text).unwrap()["steps"].as_array().unwrap().len();
    assert!(steps(&short) < steps(&long), "{stderr}");
    let file = written(&folder, &short);
    assert_eq!(dynamo(&["trace", "replay", &file]).0, 0);
    // The protocol's own rules violate nothing, and that proves nothing.
    let (code, _, stderr) =
        dynamo(&["trace", "random", "one-client", "--walks", "3", "--seed", "1"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("proves nothing"), "{stderr}");
}

#[test]
fn random_walks_go_through_a_scope_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let (_, text, _) = dynamo(&["check", "--print", "concurrent-puts"]);
    fs::write(&file, text).unwrap();
    let random = ["trace", "random", "--scope", file.to_str().unwrap(), "--seed", "7"];
    let broken = [&random[..], &["--defect", "last-write-wins"]].concat();
    let (code, long, stderr) = dynamo(&broken);
    assert_eq!(code, 0, "{stderr}");
    let trace: Json = serde_json::from_str(&long).unwrap();
    assert_eq!(trace["own_scope"]["name"], "my-concurrent-puts", "the trace carries its scope");
    assert_eq!(dynamo(&["trace", "replay", &written(&folder, &long)]).0, 0);
    assert_eq!(dynamo(&[&random[..], &["--walks", "2"]].concat()).0, 3);
    let (code, _, stderr) = dynamo(&[&random[..], &["one-client"]].concat());
    assert_eq!(code, 2, "one scope at a time: {stderr}");
    assert_eq!(dynamo(&["trace", "random"]).0, 2);
}

#[test]
fn every_format_is_exported() {
    for (format, begins) in [
        ("itf", "{"),
        ("shiviz", "(?<host>"),
        ("mermaid", "sequenceDiagram"),
        ("svg", "<svg"),
        ("html", "<!doctype html>"),
    ] {
        let (code, stdout, stderr) =
            dynamo(&["trace", "export", &word_before_disk(), "--format", format]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{format}");
        assert!(stdout.starts_with(begins), "{format}: {stdout}");
    }
}

#[test]
fn the_gallery_is_listed() {
    let folder = committed("");
    let (code, stdout, _) = dynamo(&["trace", "list", &folder, "--json"]);
    let listed: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, 0);
    assert!(listed["traces"].as_array().unwrap().len() > 60);
    assert_eq!(dynamo(&["trace", "list", "no-such-folder"]).0, 2);
}
