//! Nodes that are no longer members, and do not know it yet.

use crate::cluster::{Cluster, dynamo, wait};
use crate::handoff::until;
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Stdio};

const OPTIONS: &[&str] =
    &["--answer-within", "0.05", "--handoff-after", "0.1", "--gossip-every", "0.2"];

fn ask(node: SocketAddr, arguments: &[&str]) -> (i32, String, String) {
    dynamo(&[arguments, &["--node", &node.to_string()]].concat())
}

fn remove_d(cluster: &Cluster, more: &[&str]) {
    let (code, _, stderr) = ask(cluster.addresses[0], &[&["member", "remove", "D"], more].concat());
    assert_eq!(code, 0, "{stderr}");
}

/// Four founders. D, the last, logs to a file.
fn cluster_with_log() -> (Cluster, std::path::PathBuf) {
    let mut cluster = Cluster::prepare(4, OPTIONS);
    cluster.start_nodes(0..3);
    let log = cluster.data(0).join("../log");
    cluster.start_nodes_with([3], |command| {
        command.stderr(File::create(&log).unwrap());
    });
    (cluster, log)
}

/// Restarts D alone on its data.
fn start_d_again(cluster: &Cluster) -> Child {
    let mut command = cluster.command(3, &cluster.data(3));
    command.stderr(Stdio::piped()).spawn().unwrap()
}

fn ending(mut child: Child) -> (Option<i32>, String) {
    let (status, mut stderr) = (wait(&mut child, "the node"), String::new());
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn a_living_node_that_was_removed_tells_its_clients_and_ends_with_code_4() {
    let (mut cluster, log) = cluster_with_log();
    let d = cluster.addresses[3];
    remove_d(&cluster, &["--dead"]);
    until("D tells its clients", || {
        let (code, _, stderr) = ask(d, &["put", "k", "v", "--timeout", "1"]);
        (code == 1 && stderr.contains("is no longer a member. Ask another node")).then_some(())
    });
    let (_, _, stderr) = ask(d, &["member", "add", "E=127.0.0.1:9", "--timeout", "1"]);
    assert!(stderr.contains("is no longer a member"), "{stderr}");
    let (_, status, _) = ask(d, &["status"]);
    assert!(status.contains("A B C, without this node"), "{status}");
    assert_eq!(cluster.wait_for_end(3).code(), Some(4));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("WARN")
            && log.contains("node D was removed from the cluster for good; it ends in"),
        "{log}"
    );
    assert!(
        log.contains(
            "error: node D was removed from the cluster for good: other nodes have replaced it"
        ),
        "{log}"
    );
    // It does not start again either.
    let (code, stderr) = ending(start_d_again(&cluster));
    assert!(
        code == Some(4) && stderr.contains("Start a node under another id"),
        "{code:?} {stderr}"
    );
}

/// The removed node sends the session its membership history. The session then asks a present
/// member.
#[test]
fn a_session_that_chooses_nodes_itself_works_without_a_removed_node() {
    let (mut cluster, _) = cluster_with_log();
    let session = Client::connect(cluster.addresses[3]).unwrap().with_own_view().unwrap();
    let before = session.tip();
    remove_d(&cluster, &["--dead"]);
    for number in 0..40 {
        // D coordinates under its old view until it hears that it was removed. The other nodes no
        // longer answer it, so such a put fails, and the client puts again.
        until("the put is acknowledged", || {
            session.put(&format!("k{number}"), b"v", &StampedContext::new()).ok()
        });
    }
    assert_ne!(session.tip(), before);
    assert_eq!(cluster.wait_for_end(3).code(), Some(4));
    session.put("last", b"v", &StampedContext::new()).unwrap();
}

#[test]
fn a_node_removed_while_it_was_down_ends_when_it_hears_of_it() {
    let (mut cluster, _) = cluster_with_log();
    cluster.kill(3);
    remove_d(&cluster, &["--dead"]);
    let (code, stderr) = ending(start_d_again(&cluster));
    assert!(
        code == Some(4) && stderr.contains("node D was removed from the cluster for good"),
        "{code:?} {stderr}"
    );
}

#[test]
fn a_node_that_has_left_says_so_when_restarted_and_joins_when_told_to() {
    let (mut cluster, _) = cluster_with_log();
    cluster.kill(3);
    remove_d(&cluster, &[]);
    // D hears that it must leave, hands over its data, and ends with success.
    let (code, stderr) = ending(start_d_again(&cluster));
    assert_eq!(code, Some(0), "{stderr}");
    // Restarted once more, it has nothing to do.
    let (code, stderr) = ending(start_d_again(&cluster));
    assert!(code == Some(4) && stderr.contains("start it with --join"), "{code:?} {stderr}");
    cluster.rejoin_through(0);
    cluster.start_node(3);
    until("D is a member again", || {
        ask(cluster.addresses[0], &["status"]).1.contains("A B C D").then_some(())
    });
}

#[test]
fn a_node_that_answers_is_not_removed_as_dead_through_itself() {
    let cluster = Cluster::of(4, OPTIONS);
    let (code, _, stderr) = ask(cluster.addresses[3], &["member", "remove", "D", "--dead"]);
    assert!(
        code == 2 && stderr.contains("node D answers, so it is not dead: leave out --dead"),
        "{code} {stderr}"
    );
}

#[test]
fn a_refusal_is_printed_once() {
    let cluster = Cluster::start();
    let (code, _, stderr) = ask(cluster.addresses[0], &["member", "remove", "D"]);
    assert_eq!(
        (code, stderr.as_str()),
        (1, "error: nothing was changed: node D is not a member\n")
    );
}
