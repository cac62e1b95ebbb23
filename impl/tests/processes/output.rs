//! Every command that prints, with standard output that nobody reads.

use crate::cluster::{Cluster, dynamo, program, wait};
use crate::handoff::until;
use std::fs::OpenOptions;
use std::io::{PipeWriter, Read, pipe};
use std::net::SocketAddr;
use std::process::Stdio;

const TRACE: &str = "counterexamples/001-word-before-disk.json";

/// Commands that ask no node.
const ALONE: &[&[&str]] = &[
    &["--help"],
    &["node", "--help"],
    &["--version"],
    &["check", "--list"],
    &["check", "--list", "--json"],
    &["check", "one-client"],
    &["check", "one-client", "--json"],
    &["defects", "answer-before-r"],
    &["defects", "answer-before-r", "--json"],
    &["simulate", "--runs", "2", "--seed", "1"],
    &["simulate", "--runs", "2", "--seed", "1", "--json"],
    &["trace", "list"],
    &["trace", "list", "--json"],
    &["trace", "show", TRACE],
    &["trace", "show", TRACE, "--step", "3"],
    &["trace", "show", TRACE, "--table", "6"],
    &["trace", "replay", TRACE],
    &["trace", "replay", TRACE, "--json"],
    &["trace", "export", TRACE, "--format", "html"],
    &["trace", "export", TRACE, "--format", "itf"],
    &["trace", "export", TRACE, "--format", "mermaid"],
    &["trace", "export", TRACE, "--format", "shiviz"],
    &["trace", "export", TRACE, "--format", "svg"],
    &["trace", "shrink", TRACE],
    &["trace", "random", "--defect", "last-write-wins", "--seed", "1"],
];

/// Commands that ask a node; `--node` and its address are appended.
const ASKING: &[&[&str]] = &[
    &["put", "k", "v"],
    &["put", "k", "v", "--json"],
    &["get", "k"],
    &["get", "k", "--json"],
    &["get", "raw", "--raw"],
    &["delete", "k"],
    &["delete", "k", "--json"],
    &["status"],
    &["status", "--json"],
    &["status", "--partitions"],
    &["hints"],
    &["hints", "--json"],
    &["ring"],
    &["ring", "--json"],
    &["ring", "--key", "k"],
    &["member", "list"],
    &["member", "list", "--json"],
    &["member", "add", "A=ADDRESS"],
];

/// A cluster that has something to list: one node is down, and others keep hints for it.
fn with_hints() -> (Cluster, SocketAddr) {
    let mut cluster = Cluster::of(4, &["--answer-within", "0.05"]);
    let node = cluster.addresses[0];
    cluster.kill(3);
    let ask = |arguments: &[&str]| dynamo(&[arguments, &["--node", &node.to_string()]].concat());
    until("a node keeps hints", || {
        (0..20).for_each(|number| drop(ask(&["put", &format!("k{number}"), "v"])));
        ask(&["hints"]).1.contains("STORED").then_some(())
    });
    until("there is a value to print", || (ask(&["put", "raw", "v"]).0 == 0).then_some(()));
    (cluster, node)
}

fn every_command(node: SocketAddr) -> Vec<Vec<String>> {
    let node = node.to_string();
    let word = |word: &&str| word.replace("ADDRESS", &node);
    let asking = ASKING.iter().map(|arguments| {
        let mut words: Vec<String> = arguments.iter().map(word).collect();
        words.extend(["--node".to_owned(), node.clone()]);
        words
    });
    ALONE.iter().map(|arguments| arguments.iter().map(word).collect()).chain(asking).collect()
}

/// The end of a pipe to write to, whose other end is closed.
fn closed_pipe() -> PipeWriter {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer
}

/// Runs a command with this standard output. Returns its exit code and standard error.
fn run_into(arguments: &[String], stdout: Stdio) -> (Option<i32>, String) {
    let mut command = program();
    command
        .args(arguments)
        .current_dir("..")
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The parent must not keep the write end of the pipe open.
    drop(command);
    let (status, mut stderr) = (wait(&mut child, &format!("{arguments:?}")), String::new());
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn every_command_survives_a_closed_pipe_and_reports_incomplete_output() {
    let (_cluster, node) = with_hints();
    for arguments in every_command(node) {
        let (code, stderr) = run_into(&arguments, closed_pipe().into());
        assert!(
            code == Some(0) && !stderr.contains("error"),
            "{arguments:?}, closed pipe: {code:?} {stderr}"
        );
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, stderr) = run_into(&arguments, full.into());
        let told =
            stderr.contains("error: not all output could be written: No space left on device");
        // Every command prints something, so every command fails.
        assert!(code == Some(1) && told, "{arguments:?}, full disk: {code:?} {stderr}");
    }
}

/// Help and errors do no harm either if nobody reads them.
#[test]
fn an_error_that_cannot_be_printed_is_still_in_the_exit_code() {
    for (arguments, expected) in [(&["check", "no-such-scope"][..], 2), (&["no-such-command"], 2)] {
        for stderr in
            [OpenOptions::new().write(true).open("/dev/full").unwrap().into(), closed_pipe().into()]
        {
            let stderr: Stdio = stderr;
            let status = program().args(arguments).stderr(stderr).status().unwrap();
            assert_eq!(status.code(), Some(expected), "{arguments:?}");
        }
    }
}

/// A failed check fails even if nobody reads why.
#[test]
fn a_closed_pipe_hides_no_failure() {
    let arguments = ["check", "one-client", "--time", "0.000001"].map(str::to_owned);
    let (code, _) = run_into(&arguments, closed_pipe().into());
    assert_eq!(code, Some(3));
}
