//! The command line as people and scripts use it.

use crate::cluster::{Cluster, dynamo, program, run, wait};
use dynamo::trial::addresses::claim;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value as Json, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;

#[test]
fn put_and_get_as_text_and_as_json() {
    let cluster = Cluster::start();
    let [a, b] = [0, 1].map(|node| cluster.addresses[node].to_string());
    let (code, put, _) = dynamo(&["put", "--node", &a, "cart", "milk"]);
    assert_eq!(code, 0);
    assert!(put.starts_with("context "), "{put}");
    let (code, put, _) = dynamo(&["put", "--node", &b, "cart", "eggs", "--json"]);
    let put: Json = serde_json::from_str(&put).unwrap();
    assert_eq!((code, &put["key"]), (0, &json!("cart")));

    let (_, got, _) = dynamo(&["get", "--node", &b, "cart"]);
    let lines: Vec<&str> = got.lines().collect();
    let [milk, eggs, context] = lines[..] else { panic!("{got}") };
    assert_eq!((milk, eggs), ("milk  [A:1]", "eggs  [B:1]"));
    let context = context.strip_prefix("context ").unwrap();

    let (code, ..) = dynamo(&["put", "--node", &a, "cart", "milk and eggs", "--context", context]);
    assert_eq!(code, 0);
    let (_, got, _) = dynamo(&["get", "--node", &a, "cart", "--json"]);
    let got: Json = serde_json::from_str(&got).unwrap();
    assert_eq!(got["siblings"], json!([{ "value": "milk and eggs", "clock": "[A:2,B:1]" }]));
}

#[test]
fn a_value_that_is_not_utf_8_is_shown_escaped_and_as_base64() {
    let cluster = Cluster::start();
    let a = cluster.addresses[0].to_string();
    let bytes = OsStr::from_bytes(b"\xffline\n");
    let put = run(program().args(["put", "--node", &a, "k"]).arg(bytes));
    assert!(put.status.success());
    let (_, got, _) = dynamo(&["get", "--node", &a, "k"]);
    assert!(got.starts_with("\\xffline\\n  [A:1]\n"), "{got}");
    let (_, got, _) = dynamo(&["get", "--node", &a, "k", "--json"]);
    let got: Json = serde_json::from_str(&got).unwrap();
    assert_eq!(got["siblings"][0]["value"], json!({ "base64": "/2xpbmUK" }));
}

#[test]
fn a_value_may_begin_with_a_hyphen() {
    let cluster = Cluster::start();
    let a = cluster.addresses[0].to_string();
    let cases = [
        (&["one", "-5"][..], "-5"),
        (&["two", "--no-such-option"], "--no-such-option"),
        (&["three", "-5", "--json"], "-5"),
        (&["four", "--json", "-5"], "-5"),
        (&["five", "--", "--json"], "--json"),
    ];
    for (arguments, value) in cases {
        let (code, _, stderr) = dynamo(&[&["put", "--node", &a], arguments].concat());
        assert_eq!(code, 0, "{arguments:?}: {stderr}");
        let (_, got, _) = dynamo(&["get", "--node", &a, arguments[0]]);
        assert!(got.starts_with(&format!("{value}  [")), "{arguments:?}: {got}");
    }
}

#[test]
fn a_key_never_put_has_no_siblings_and_that_is_not_an_error() {
    let cluster = Cluster::start();
    let a = cluster.addresses[0].to_string();
    let (code, _, stderr) = dynamo(&["get", "--node", &a, "nothing"]);
    assert_eq!(
        (code, stderr.as_str()),
        (0, "the key \"nothing\" has no value: it was never put, or was deleted and reaped\n")
    );
    let (code, got, _) = dynamo(&["get", "--node", &a, "nothing", "--json"]);
    let got: Json = serde_json::from_str(&got).unwrap();
    assert_eq!((code, &got["siblings"]), (0, &json!([])));
}

#[test]
fn bad_input_is_refused_with_code_2_and_advice() {
    let large = "x".repeat(8193);
    let long = "k".repeat(257);
    let put = |more: &[&'static str]| [&["put", "--node", "127.0.0.1:9"], more].concat();
    let cases: [(Vec<&str>, &str); 18] = [
        (put(&["", "v"]), "a key may not be empty"),
        (
            vec!["put", "--node", "127.0.0.1:9", &long, "v"],
            "the key has 257 bytes; at most 256 are allowed",
        ),
        (
            vec!["put", "--node", "127.0.0.1:9", "k", &large],
            "the value has 8193 bytes; at most 8192 are allowed",
        ),
        (put(&["k", "v", "--context", ""]), "leave it out for a put that replaces nothing"),
        (put(&["k", "v", "--context", "rubbish"]), "exactly as the get or put printed it"),
        (put(&["k", "v", "--timeout", "0"]), "a time must be more than 0 seconds"),
        (vec!["get", "--node", "nowhere", "k"], "use HOST:PORT, such as 127.0.0.1:4100"),
        (vec!["get", "--node", "[fe80::1]:9", "k"], "is a link-local address"),
        (vec!["cluster", "--nodes", "2"], "N is 3, but there are 2 nodes"),
        (vec!["cluster", "--w", "4"], "W is 4; it must be 1 to N, which is 3"),
        (vec!["cluster", "--base-port", "65534"], "choose a smaller base port"),
        (node(&["--id", "Å"]), "use a letter A to Z"),
        (node(&["--id", "A", "--reap-after", "1e19"]), "at most a century"),
        (
            vec!["check", "no-such-scope"],
            "there is no scope \"no-such-scope\"; dynamo check --list names them",
        ),
        (vec!["explore", "no-such-scope"], "dynamo check --list or dynamo defects --list"),
        (
            vec!["defects", "no-such-defect"],
            "there is no defect \"no-such-defect\"; dynamo defects --list names them",
        ),
        (node(&["--id", "D"]), "node D is not among the members [A]"),
        (node(&["--id", "A"]), "N is 3, but the number of members is 1"),
    ];
    for (arguments, hint) in cases {
        let (code, _, stderr) = dynamo(&arguments);
        assert!(code == 2 && stderr.contains(hint), "{arguments:?} ended with {code}: {stderr}");
    }
}

#[test]
fn a_word_is_explained_and_an_unknown_one_is_refused_with_similar_ones() {
    let (code, stdout, _) = dynamo(&["explain", "hint_may_clear"]);
    assert_eq!(code, 0);
    for part in ["rule hint_may_clear", "hint-dropped-when-sent breaks I8.hint-is-kept"] {
        assert!(stdout.contains(part), "{stdout}");
    }
    let (_, stdout, _) = dynamo(&["explain", "3", "--json"]);
    let told: Json = serde_json::from_str(&stdout).unwrap();
    let means = "a check was incomplete, and proves nothing";
    let is_it = |meaning: &Json| meaning["kind"] == "exit code" && meaning["means"][0] == means;
    assert!(told["meanings"].as_array().unwrap().iter().any(is_it), "{stdout}");
    assert!(dynamo(&["explain"]).1.contains("word of the glossary"));
    let (code, _, stderr) = dynamo(&["explain", "quorumm"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no word \"quorumm\"; did you mean quorum?"), "{stderr}");
}

#[test]
fn names_of_many_kinds_are_understood() {
    let (code, stdout, _) = dynamo(&["defects", "hint_may_clear", "I9", "22", "--list", "--json"]);
    let listed: Json = serde_json::from_str(&stdout).unwrap();
    let names: Vec<&str> = listed["defects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(code, 0);
    for name in ["hint-dropped-on-timeout", "longer-history-wins", "put-elsewhere-is-a-new-put"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let page = "../counterexamples/022-put-elsewhere-is-a-new-put.md";
    let (code, stdout, _) = dynamo(&["trace", "replay", page]);
    assert!(code == 0 && stdout.contains("replays"), "{stdout}");
    let (code, stdout, stderr) = dynamo(&["trace", "show", "57"]);
    assert!(code == 0 && stdout.contains("ack-one-short breaks"), "{stdout}{stderr}");
    let (code, _, stderr) = dynamo(&["trace", "show", "I9"]);
    assert!(code == 2 && stderr.contains("choose one of them:"), "{stderr}");
}

fn node(more: &[&'static str]) -> Vec<&'static str> {
    [
        &[
            "node",
            "--listen",
            "127.0.0.1:9",
            "--data",
            "/nonexistent/x",
            "--member",
            "A=127.0.0.1:9",
        ],
        more,
    ]
    .concat()
}

#[test]
fn a_failed_operation_ends_with_code_1() {
    let (code, _, stderr) = dynamo(&["get", "--node", "127.0.0.1:9", "k", "--timeout", "0.3"]);
    assert!(
        code == 1 && stderr.contains("no answer from 127.0.0.1:9 within 0.3 s; is it running"),
        "{stderr}"
    );

    let mut single = node(&["--id", "A", "--n", "1", "--r", "1", "--w", "1"]);
    single[2] = "127.0.0.1:0";
    let (code, _, stderr) = dynamo(&single);
    assert!(code == 2 && stderr.contains("make the two the same"), "{stderr}");
}

#[test]
fn a_local_cluster_survives_the_loss_of_a_node_and_leaves_nothing_behind() {
    let claims = claim(3).unwrap();
    let base_port = claims[0].address.port().to_string();
    let mut cluster = program();
    cluster.args(["cluster", "--nodes", "3", "--base-port", &base_port]);
    let mut cluster = cluster.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(cluster.stdout.take().unwrap()).lines().map(Result::unwrap);
    // A line of output: node A  127.0.0.1:4100  pid 123  data /tmp/…
    let nodes: Vec<Vec<String>> = lines
        .by_ref()
        .take(3)
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect();
    assert!(nodes.iter().all(|node| node.len() == 7), "{nodes:?}");
    let signal = |pid: &str, signal| {
        kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), signal).unwrap();
    };
    signal(&nodes[2][4], Signal::KILL);
    let told = lines
        .find_map(|line| Some(line.strip_prefix("In another terminal: export ")?.to_owned()))
        .unwrap();
    let (variable, secret) = told.split_once('=').unwrap();
    let put = ["put", "--node", &nodes[0][2], "k", "v"];
    let (code, _, stderr) = dynamo(&put);
    assert!(
        code == 1 && stderr.contains("its cluster has another secret"),
        "without its secret: {code} {stderr}"
    );
    let put = run(program().args(put).env(variable, secret));
    assert!(put.status.success(), "{put:?}");
    assert!(
        lines
            .any(|line| line.starts_with("node C")
                && line.contains("the cluster goes on without it"))
    );
    signal(&cluster.id().to_string(), Signal::INT);
    assert_eq!(wait(&mut cluster, "the cluster").code(), Some(0));
    assert!(!Path::new(secret).exists());
    for node in &nodes {
        assert!(!Path::new(&node[6]).exists(), "{node:?}");
        assert!(
            test_kill_process(Pid::from_raw(node[4].parse().unwrap()).unwrap()).is_err(),
            "{node:?}"
        );
    }
}
