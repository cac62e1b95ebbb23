//! Starts of nodes: restarts at once, on their data alone, and with another advertised address.

use crate::cluster::{Cluster, dynamo, program, run, wait};
use crate::folders::folder;
use crate::handoff::until;
use dynamo::trial::addresses::claim;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A node started by the test itself. Dropping it kills it.
pub(crate) struct Started(pub(crate) Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn node(id: &str, listen: &str, data: &Path, more: &[&str]) -> Command {
    let mut command = program();
    command
        .args(["node", "--id", id, "--listen", listen, "--gossip-every", "0.1", "--data"])
        .arg(data)
        .args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts a node, and waits until it is listening.
pub(crate) fn start(mut command: Command) -> Started {
    let mut started = Started(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(started.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if !line.contains("listens on") {
        let mut stderr = String::new();
        started.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        panic!("the node did not start: {stderr}");
    }
    started
}

/// The value of a key, from any node that answers.
fn get(node: SocketAddr, key: &str) -> String {
    until("the key is answered", || {
        let (code, got, _) =
            dynamo(&["get", "--node", &node.to_string(), key, "--raw", "--timeout", "1"]);
        (code == 0).then_some(got)
    })
}

#[test]
fn a_node_restarts_on_its_data_alone() {
    let mut cluster = Cluster::start();
    let all = cluster.addresses.clone();
    assert_eq!(dynamo(&["put", "--node", &all[0].to_string(), "k", "v"]).0, 0);
    for address in 0..3 {
        cluster.kill(address);
    }
    let _nodes: Vec<Started> = (0..3)
        .map(|at| start(node(["A", "B", "C"][at], &all[at].to_string(), &cluster.data(at), &[])))
        .collect();
    assert_eq!(get(all[1], "k"), "v");
}

#[test]
fn an_empty_directory_needs_members_and_nothing_is_made_without_them() {
    let directory = folder();
    for (data, is_there) in
        [(directory.path().join("new"), false), (directory.path().to_owned(), true)]
    {
        let refused = run(&mut node("B", "127.0.0.1:9", &data, &[]));
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains("name the founders of the cluster with --member, or a member to join"),
            "{stderr}"
        );
        assert_eq!(data.exists(), is_there);
        assert!(!data.join("identity").exists());
    }
}

#[test]
fn a_node_waits_for_its_port_and_says_so() {
    let (claims, directory) = (claim(1).unwrap(), folder());
    let address = claims[0].address.to_string();
    let taken = UdpSocket::bind(&address).unwrap();
    let alone = ["--n", "1", "--r", "1", "--w", "1", "--member", &format!("A={address}")];
    let mut child = Started(node("A", &address, directory.path(), &alone).spawn().unwrap());
    let mut said = String::new();
    let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
    // First the node says that it has no secret.
    stderr.read_line(&mut said).unwrap();
    stderr.read_line(&mut said).unwrap();
    assert!(said.contains(&format!("another process uses {address}, or")), "{said}");
    drop(taken);
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, format!("node A listens on {address}\n"));
}

#[test]
fn a_node_waits_for_its_predecessor_to_end() {
    let (claims, directory) = (claim(1).unwrap(), folder());
    let address = claims[0].address.to_string();
    let alone = ["--n", "1", "--r", "1", "--w", "1", "--member", &format!("A={address}")];
    let mut before = start(node("A", &address, directory.path(), &alone));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(500));
            before.0.kill().unwrap();
            before.0.wait().unwrap();
        });
        start(node("A", &address, directory.path(), &alone));
    });
}

#[test]
fn a_port_that_stays_in_use_ends_the_node_with_code_1() {
    let (claims, directory) = (claim(1).unwrap(), folder());
    let address = claims[0].address.to_string();
    let _taken = UdpSocket::bind(&address).unwrap();
    let alone = ["--n", "1", "--r", "1", "--w", "1", "--member", &format!("A={address}")];
    let refused = run(&mut node("A", &address, directory.path(), &alone));
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && stderr.contains("is the port in use"), "{stderr}");
}

/// Each node listens on all addresses. The others use the address that it advertises.
#[test]
fn a_node_may_listen_on_another_address_than_it_advertises() {
    let (claims, directory) = (claim(4).unwrap(), folder());
    let all: Vec<String> = claims.iter().map(|claim| claim.address.to_string()).collect();
    let anywhere: Vec<String> =
        claims.iter().map(|claim| format!("0.0.0.0:{}", claim.address.port())).collect();
    let data = |id: &str| directory.path().join(id);
    let members = format!("A={},B={},C={}", all[0], all[1], all[2]);
    let founder = |at: usize, more: &[&str]| {
        let id = ["A", "B", "C"][at];
        start(node(id, &anywhere[at], &data(id), &[&["--member", &members], more].concat()))
    };
    let a = founder(0, &["--advertise", &all[0]]);
    // The list of members has the address.
    let (_b, _c) = (founder(1, &[]), founder(2, &[]));
    let _d =
        start(node("D", &anywhere[3], &data("D"), &["--join", &all[0], "--advertise", &all[3]]));
    assert_eq!(dynamo(&["put", "--node", &all[3], "k", "v"]).0, 0);
    let listed = || {
        let (_, listed, _) = dynamo(&["member", "list", "--node", &all[1], "--json"]);
        let listed: Json = serde_json::from_str(&listed).unwrap();
        let lines = listed["members"].as_array().unwrap().clone();
        lines.iter().map(|line| line["address"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    until("B knows all addresses", || (listed() == all).then_some(()));
    // The address is in A's data.
    drop(a);
    let _a = start(node("A", &anywhere[0], &data("A"), &[]));
    assert_eq!(get(claims[0].address, "k"), "v");
    assert_eq!(listed(), all);
}

#[test]
fn wrong_addresses_are_refused_with_code_2() {
    let directory = folder();
    let members = "A=127.0.0.1:9,B=127.0.0.1:10,C=127.0.0.1:11";
    let cases: [(&str, &[&str], &str); 4] = [
        ("0.0.0.0:9", &["--join", "127.0.0.1:10"], "with --advertise"),
        ("0.0.0.0:10", &["--member", members], "make the two the same"),
        (
            "0.0.0.0:9",
            &["--member", members, "--advertise", "127.0.0.2:9"],
            "make the two the same",
        ),
        (
            "127.0.0.1:9",
            &["--join", "127.0.0.1:10", "--advertise", "0.0.0.0:9"],
            "cannot be reached at 0.0.0.0:9",
        ),
    ];
    for (listen, more, hint) in cases {
        let refused = run(&mut node("A", listen, &directory.path().join("a"), more));
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && stderr.contains(hint), "{more:?}: {stderr}");
    }
}

#[test]
fn a_cluster_whose_nodes_have_all_ended_fails() {
    let mut cluster = program();
    cluster.args(["cluster", "--nodes", "3"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut cluster = Started(cluster.spawn().unwrap());
    let mut lines = BufReader::new(cluster.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    // A line of output: node A  127.0.0.1:4100  pid 123  data /tmp/…
    let pid = |line: String| line.split_whitespace().nth(4).unwrap().parse().unwrap();
    let pids: Vec<i32> = lines.by_ref().take(3).map(pid).collect();
    for pid in pids {
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }
    assert_eq!(wait(&mut cluster.0, "the cluster").code(), Some(1));
    let rest: Vec<String> = lines.collect();
    assert!(
        rest.iter().any(|line| line.contains("has ended, signal: 9 (SIGKILL); no node is left")),
        "{rest:?}"
    );
    let mut stderr = String::new();
    cluster.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(stderr.contains("error: all nodes have ended"), "{stderr}");
}
