//! A node's log goes to standard error. Whatever happens to the log, the node serves.

use crate::cluster::{Cluster, dynamo, program, run};
use crate::handoff::until;
use std::fs::{File, OpenOptions};
use std::io::pipe;
use std::net::{SocketAddr, UdpSocket};
use std::process::Stdio;

/// Makes each node log, puts and gets, and stops the nodes. None may have ended by itself.
fn serves_with(log: impl Fn() -> Stdio) {
    let mut cluster = Cluster::prepare(3, &[]);
    cluster.start_nodes_with(0..3, |command| {
        command.env("RUST_LOG", "debug").stderr(log());
    });
    let all = cluster.addresses.clone();
    for round in 0..20 {
        let (node, value) = (all[round % 3].to_string(), round.to_string());
        make_it_log(all[round % 3]);
        let (code, _, stderr) = dynamo(&["put", "--node", &node, "k", &value]);
        assert_eq!(code, 0, "{stderr}");
        let (code, got, stderr) = dynamo(&["get", "--node", &node, "k"]);
        assert!(code == 0 && got.contains(&format!("{value}  [")), "{got}{stderr}");
    }
    for node in 0..3 {
        assert_eq!(cluster.terminate(node).code(), Some(0), "node {node}");
    }
}

/// Sends datagrams that are not messages. The node logs a line for each.
fn make_it_log(node: SocketAddr) {
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    for _ in 0..200 {
        noise.send_to(b"GET / HTTP/1.1 and more", node).unwrap();
    }
}

#[test]
fn a_node_whose_log_is_on_a_full_disk_keeps_serving() {
    serves_with(|| OpenOptions::new().write(true).open("/dev/full").unwrap().into());
}

#[test]
fn a_node_whose_log_has_no_reader_keeps_serving() {
    serves_with(|| pipe().unwrap().1.into());
}

/// The pipe holds 64 KiB and then no more, because its reader reads nothing.
#[test]
fn a_node_whose_logs_reader_is_stuck_keeps_serving() {
    let (reader, writer) = pipe().unwrap();
    serves_with(|| writer.try_clone().unwrap().into());
    drop(reader);
}

#[test]
fn a_log_in_a_file_has_no_colour_codes() {
    let directory = crate::folders::folder();
    let path = directory.path().join("log");
    let mut cluster = Cluster::prepare(1, &["--n", "1", "--r", "1", "--w", "1"]);
    cluster.start_nodes_with([0], |command| {
        command.env("RUST_LOG", "debug").stderr(File::create(&path).unwrap());
    });
    make_it_log(cluster.addresses[0]);
    let text = || std::fs::read_to_string(&path).unwrap();
    until("something is logged", || text().contains("dropped a datagram").then_some(()));
    cluster.terminate(0);
    assert!(text().contains("stopped: received"), "{}", text());
    assert!(!text().contains('\x1b'), "{}", text());
}

#[test]
fn an_invalid_rust_log_is_reported_and_ignored() {
    let told =
        run(program().args(["trace", "list"]).env("RUST_LOG", "dynamo=loud").current_dir(".."));
    let stderr = String::from_utf8(told.stderr).unwrap();
    assert!(
        told.status.success() && stderr.contains("RUST_LOG=\"dynamo=loud\" is ignored"),
        "{stderr}"
    );
}

/// The node's last log lines are lost, but not its exit code.
#[test]
fn a_node_that_must_end_does_so_even_if_its_logs_reader_is_stuck() {
    let mut cluster = Cluster::prepare(4, &["--gossip-every", "0.2"]);
    let (reader, writer) = pipe().unwrap();
    cluster.start_nodes(0..3);
    cluster.start_nodes_with([3], |command| {
        command.env("RUST_LOG", "debug").stderr(writer.try_clone().unwrap());
    });
    (0..20).for_each(|_| make_it_log(cluster.addresses[3]));
    let node = cluster.addresses[0].to_string();
    let (code, _, stderr) = dynamo(&["member", "remove", "D", "--dead", "--node", &node]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(cluster.wait_for_end(3).code(), Some(4));
    drop(reader);
}
