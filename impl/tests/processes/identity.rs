//! A node has its own id in its own cluster, whatever processes are started.

use crate::cluster::{Cluster, dynamo, program, run, wait};
use crate::folders::folder;
use crate::handoff::until;
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use dynamo::trial::addresses::claim;
use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A node outside the cluster. Dropping it kills it.
struct Stray(Child);

impl Stray {
    /// Starts a node with these arguments, and waits until it is listening.
    fn start(arguments: &[&str], data: &Path) -> Self {
        let mut command = node(arguments, data);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("listens on"), "{arguments:?}: {line}");
        Stray(child)
    }
}

impl Drop for Stray {
    fn drop(&mut self) {
        let _ = self.0.kill();
        wait(&mut self.0, "a node that was killed");
    }
}

fn node(arguments: &[&str], data: &Path) -> Command {
    let mut command = program();
    command.arg("node").args(arguments).arg("--data").arg(data).stdin(Stdio::null());
    command
}

/// Runs a node that does not start, and returns its error.
fn refused(arguments: &[&str], data: &Path) -> String {
    let Output { status, stderr, .. } = run(&mut node(arguments, data));
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{arguments:?}: {stderr}");
    stderr
}

fn status(address: SocketAddr) -> Json {
    let (code, stdout, stderr) = dynamo(&["status", "--node", &address.to_string(), "--json"]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// Has a node refused anything for this reason?
fn has_refused(address: SocketAddr, why: &str) -> bool {
    status(address)["refused"].as_array().unwrap().iter().any(|refusals| refusals["why"] == why)
}

/// Does a node report that two living processes have this id?
fn is_used_twice(address: SocketAddr, id: &str) -> bool {
    status(address)["used_twice"].as_array().unwrap().iter().any(|twin| twin["id"] == id)
}

#[test]
fn a_node_is_not_started_at_the_address_of_another_member() {
    let mut cluster = Cluster::start();
    until("all nodes know each other", || {
        let agreed = status(cluster.addresses[0])["agreed_ms"].clone();
        agreed.as_object()?.values().all(|ms| !ms.is_null()).then_some(())
    });
    cluster.kill(0);
    cluster.kill(2);
    let [b, c] = [1, 2].map(|node| cluster.addresses[node].to_string());
    let members = format!("A={c},B={b},D=127.0.0.1:9");
    let error = refused(&["--id", "A", "--listen", &c, "--member", &members], &cluster.data(0));
    assert!(
        error.contains(&format!("node A cannot use {c}: node C is a member at this address")),
        "{error}"
    );
}

#[test]
fn a_node_does_not_join_at_the_address_of_another() {
    let cluster = Cluster::start();
    let [a, b] = [0, 1].map(|node| cluster.addresses[node].to_string());
    let (code, _, stderr) = dynamo(&["member", "add", &format!("D={a}"), "--node", &b]);
    assert_eq!(code, 1);
    assert!(stderr.contains("node A is a member at this address"), "{stderr}");
    assert_eq!(status(cluster.addresses[1])["members"], serde_json::json!(["A", "B", "C"]));
}

#[test]
fn founders_with_a_wrong_address_do_not_merge_two_clusters() {
    let (cluster, others, data) = (Cluster::start(), claim(2).unwrap(), folder());
    let client = Client::connect(cluster.addresses[0]).unwrap();
    let keys: Vec<String> = (0..30).map(|number| format!("k{number}")).collect();
    for key in &keys {
        client.put(key, b"v", &StampedContext::new()).unwrap();
    }
    // The other cluster's second founder has an address of this cluster.
    let [a, c] = [0, 1].map(|other| others[other].address.to_string());
    let members = format!("A={a},B={},C={c}", cluster.addresses[1]);
    let options = |id, listen| {
        ["--id", id, "--listen", listen, "--member", &members, "--gossip-every", "0.1"]
    };
    let _strays = [("A", &a), ("C", &c)]
        .map(|(id, at)| Stray::start(&options(id, at), &data.path().join(id)));
    until("the node at the wrong address refuses them", || {
        has_refused(cluster.addresses[1], "from another cluster").then_some(())
    });
    let last = status(cluster.addresses[1])["refused"][0]["last_from"].as_str().unwrap().to_owned();
    assert!([a, c].contains(&last), "the last source is one of the founders: {last}");
    for address in &cluster.addresses {
        let client = Client::connect(*address).unwrap();
        assert!(keys.iter().all(|key| client.get(key).unwrap().siblings.len() == 1));
    }
}

#[test]
fn two_living_processes_with_one_id_are_reported_and_the_earlier_one_is_ignored() {
    let mut cluster = Cluster::of(3, &["--gossip-every", "0.1", "--answer-within", "0.05"]);
    let (claims, data) = (claim(1).unwrap(), folder());
    // Copies A's disk. Then A is restarted, and after that a second A is started on the copy.
    cluster.terminate(0);
    copy(&cluster.data(0), data.path());
    cluster.start_node(0);
    let at = claims[0].address;
    let members = format!("A={at},B={},C={}", cluster.addresses[1], cluster.addresses[2]);
    let listen = at.to_string();
    let arguments = [
        "--id",
        "A",
        "--listen",
        &listen,
        "--member",
        &members,
        "--gossip-every",
        "0.1",
        "--answer-within",
        "0.05",
    ];
    let _second = Stray::start(&arguments, data.path());
    for address in [cluster.addresses[0], cluster.addresses[1], cluster.addresses[2], at] {
        until("A's id is reported twice", || is_used_twice(address, "A").then_some(()));
    }
    // The first A reaches no other node: with W=2 it acknowledges nothing.
    let client = Client::connect(cluster.addresses[0]).unwrap();
    assert!(client.put("k", b"v", &StampedContext::new()).is_err());
    Client::connect(at).unwrap().put("k", b"w", &StampedContext::new()).unwrap();
    let (_, shown, _) = dynamo(&["status", "--node", &cluster.addresses[1].to_string()]);
    assert!(shown.contains("WARNING    two living processes have the id A"), "{shown}");
}

#[test]
fn a_node_starts_only_with_the_quorums_and_in_the_cluster_that_it_belongs_to() {
    let mut cluster = Cluster::founded_by(3, 1, &[]);
    cluster.start_node(3);
    until("B has heard that D has joined", || {
        (status(cluster.addresses[1])["members"].as_array()?.len() == 4).then_some(())
    });
    cluster.terminate(0);
    cluster.terminate(3);
    let listen = cluster.addresses[0].to_string();
    let list: Vec<String> =
        (0..3).map(|node| format!("{node}={}", cluster.addresses[node])).collect();
    let members = list.join(",");
    let error = refused(
        &["--id", "A", "--listen", &listen, "--member", &members, "--r", "1"],
        &cluster.data(0),
    );
    assert!(
        error.contains(
            "the cluster has N=3, R=2 and W=2, and this node was started with N=3, R=1 and W=2"
        ),
        "{error}"
    );
    // A joining node asks for the cluster's quorums first.
    let (contact, data) = (cluster.addresses[1].to_string(), folder());
    let error = refused(
        &["--id", "E", "--listen", "127.0.0.1:9999", "--join", &contact, "--w", "3"],
        data.path(),
    );
    assert!(error.contains("the cluster has N=3, R=2 and W=2"), "{error}");
    assert_eq!(status(cluster.addresses[1])["members"], serde_json::json!(["A", "B", "C", "D"]));
    cluster.start_node(0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
