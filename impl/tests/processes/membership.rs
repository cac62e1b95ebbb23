//! Membership changes with real processes: a cluster grows and shrinks under load.

use crate::cluster::{Cluster, dynamo, run};
use crate::folders::folder;
use crate::handoff::{Stopping, until, until_more};
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use serde_json::Value as Json;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const OPTIONS: &[&str] =
    &["--answer-within", "0.05", "--handoff-after", "0.1", "--gossip-every", "0.1"];

fn status(address: SocketAddr) -> Json {
    let (code, stdout, stderr) = dynamo(&["status", "--node", &address.to_string(), "--json"]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

fn member(arguments: &[&str], node: SocketAddr) -> String {
    let (code, stdout, stderr) =
        dynamo(&[&["member"], arguments, &["--node", &node.to_string()]].concat());
    assert_eq!(code, 0, "{stderr}");
    stdout
}

/// Puts its own keys through any node that clients may ask, and reads them. Returns the
/// acknowledged keys.
fn work(
    writer: usize,
    nodes: &Mutex<Vec<SocketAddr>>,
    stop: &AtomicBool,
    told: &AtomicUsize,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let key = format!("{writer}-{number}");
        let node = {
            let nodes = nodes.lock().unwrap();
            nodes[number % nodes.len()]
        };
        let client = Client::connect(node).unwrap().with_timeout(Duration::from_secs(3));
        if client.put(&key, key.as_bytes(), &StampedContext::new()).is_ok() {
            // While keys move, a read may fail for a moment, but not for long.
            let _ = client.get(&key);
            told.fetch_add(1, Ordering::Relaxed);
            acknowledged.push(key);
        }
    }
    acknowledged
}

/// Works with one session that chooses nodes by its own view. The session's first node leaves.
fn work_by_own_view(node: SocketAddr, stop: &AtomicBool) -> Vec<String> {
    let session = Client::connect(node).unwrap().with_own_view().unwrap();
    let session = session.with_timeout(Duration::from_secs(5));
    let (mut acknowledged, first) = (Vec::new(), session.tip());
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let key = format!("own-{number}");
        if session.put(&key, key.as_bytes(), &StampedContext::new()).is_ok() {
            let _ = session.get(&key);
            acknowledged.push(key);
        }
    }
    assert_ne!(session.tip(), first, "the session has learned changes");
    until("the session still finds nodes with what it has learned", || {
        session.put("own-last", b"", &StampedContext::new()).ok()
    });
    acknowledged
}

/// Three nodes become six, and then three again, none of them the same. One is killed meanwhile,
/// and clients work all the time.
#[test]
fn a_cluster_grows_and_shrinks_under_load_and_loses_nothing() {
    let mut cluster = Cluster::founded_by(3, 3, OPTIONS);
    let all = cluster.addresses.clone();
    let (nodes, stop) = (Mutex::new(all[..3].to_vec()), AtomicBool::new(false));
    let told = AtomicUsize::new(0);
    let acknowledged: Vec<String> = thread::scope(|scope| {
        let stopping = Stopping(&stop);
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                scope.spawn({
                    let (nodes, stop, told) = (&nodes, &stop, &told);
                    move || work(writer, nodes, stop, told)
                })
            })
            .collect();
        let by_own_view = scope.spawn({
            let (node, stop) = (all[0], &stop);
            move || work_by_own_view(node, stop)
        });
        for (node, address) in all.iter().enumerate().skip(3) {
            until_more(&told, 100);
            cluster.start_node(node);
            nodes.lock().unwrap().push(*address);
        }
        until_more(&told, 100);
        cluster.kill(4);
        until_more(&told, 3);
        cluster.start_node(4);
        for node in 0..3 {
            nodes.lock().unwrap().remove(0);
            let name = ["A", "B", "C"][node];
            assert!(member(&["remove", name], all[3]).contains("is leaving"));
            assert!(
                cluster.wait_for_end(node).success(),
                "the node ends by itself when it has handed over everything"
            );
        }
        until_more(&told, 100);
        drop(stopping);
        writers.into_iter().chain([by_own_view]).flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert!(acknowledged.len() > 100, "{} puts were acknowledged", acknowledged.len());

    let left = &all[3..];
    until("the remaining nodes agree, and keep no hints", || {
        let statuses: Vec<Json> = left.iter().map(|address| status(*address)).collect();
        let agree =
            statuses.iter().all(|one| one["tip"] == statuses[0]["tip"] && one["hints"] == 0);
        (agree && statuses[0]["members"] == serde_json::json!(["D", "E", "F"])).then_some(())
    });
    until("each node has heard that the others agree", || {
        let heard = status(left[0])["agreed_ms"].as_object().unwrap().values().all(Json::is_number);
        heard.then_some(())
    });
    // Each of the three nodes is a replica of every key. A read repairs a replica that lacks the
    // key, and finds every key.
    let client = Client::connect(left[0]).unwrap();
    for key in &acknowledged {
        let found = client.get(key).unwrap();
        let values: Vec<&[u8]> =
            found.siblings.iter().map(|version| version.content.bytes()).collect();
        // A client that retransmitted while the ring changed may have put the value twice.
        assert!(
            !values.is_empty() && values.iter().all(|value| *value == key.as_bytes()),
            "{key}: {values:?}"
        );
    }
    // A node that has left joins again with its old directory.
    cluster.rejoin_through(3);
    cluster.start_node(1);
    until("the node is a member again", || {
        (status(all[1])["members"] == serde_json::json!(["B", "D", "E", "F"])).then_some(())
    });
    until("all nodes know that", || {
        let listed: Json = serde_json::from_str(&member(&["list", "--json"], left[1])).unwrap();
        let lines = listed["members"].as_array().unwrap().iter();
        let standings: Vec<&str> = lines.map(|line| line["standing"].as_str().unwrap()).collect();
        (standings == ["gone", "member", "gone", "member", "member", "member"]).then_some(())
    });
    let (_, ring, _) =
        dynamo(&["ring", "--node", &left[2].to_string(), "--key", &acknowledged[0], "--json"]);
    let ring: Json = serde_json::from_str(&ring).unwrap();
    assert_eq!(ring["preference_list"].as_array().unwrap().len(), 3);
}

/// A node that is removed for good never comes back. Hints for it are dropped, and other nodes
/// replace it.
#[test]
fn a_dead_node_is_replaced() {
    let mut cluster = Cluster::founded_by(4, 0, OPTIONS);
    let all = cluster.addresses.clone();
    cluster.kill(3);
    let client = Client::connect(all[0]).unwrap().with_timeout(Duration::from_millis(500));
    for number in 0..30 {
        // Under one id a put goes to one coordinator, which may be the dead node.
        let put = || client.put(&format!("k{number}"), b"v", &StampedContext::new()).ok();
        until("another coordinator is asked", put);
    }
    assert!(member(&["remove", "D", "--dead"], all[1]).contains("removed for good"));
    until("hints for the dead node have gone to other nodes", || {
        let is_settled = |address: &SocketAddr| {
            let status = status(*address);
            status["hints"] == 0
                && status["members"] == serde_json::json!(["A", "B", "C"])
                && status["keys"] == 30
        };
        all[..3].iter().all(is_settled).then_some(())
    });
    let (code, _, stderr) =
        dynamo(&["member", "add", &format!("D={}", all[3]), "--node", &all[0].to_string()]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("node D was removed for good: give the node that is to join another id"),
        "{stderr}"
    );
    let (code, _, stderr) =
        dynamo(&["member", "add", &format!("B={}", all[3]), "--node", &all[0].to_string()]);
    assert_eq!(code, 1);
    assert!(stderr.contains("node B is a member at another address"), "{stderr}");
    // On an empty directory the removed node learns from its contact that its id is used up.
    cluster.rejoin_through(0);
    let empty = folder();
    let refused = run(&mut cluster.command(3, empty.path()));
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("node D was removed from the cluster for good"), "{stderr}");
}
