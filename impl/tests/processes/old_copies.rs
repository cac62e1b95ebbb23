//! Nodes that start on an older copy of their data. The other nodes tell them, and they begin on an
//! empty disk.

mod damages;

use crate::cluster::{Cluster, PATIENCE, dynamo, run};
use crate::handoff::until;
use dynamo::client::Client;
use dynamo::founding;
use dynamo::stamp::StampedContext;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const OPTIONS: &[&str] =
    &["--exchange-every", "0.1", "--gossip-every", "0.1", "--answer-within", "0.1"];

fn client(cluster: &Cluster, node: usize) -> Client {
    Client::connect(cluster.addresses[node]).unwrap().with_timeout(PATIENCE)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Copies of data directories, to restore later.
struct Backup(TempDir);

impl Backup {
    fn of(data: &Path) -> Self {
        let backup = Backup(crate::folders::folder());
        copy(data, backup.0.path());
        backup
    }

    /// Replaces the directory, or these files in it, with the copy.
    fn restore(&self, data: &Path, names: &[&str]) {
        if names.is_empty() {
            fs::remove_dir_all(data).unwrap();
            return copy(self.0.path(), data);
        }
        for name in names {
            let (from, to) = (self.0.path().join(name), data.join(name));
            if from.is_dir() {
                fs::remove_dir_all(&to).unwrap();
                copy(&from, &to);
            } else {
                fs::copy(from, to).unwrap();
            }
        }
    }
}

/// Why a node has moved its data aside, if it has.
fn found_old(cluster: &Cluster, node: usize) -> Option<String> {
    let (code, text, stderr) =
        dynamo(&["status", "--node", &cluster.addresses[node].to_string(), "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let status: Json = serde_json::from_str(&text).unwrap();
    status["found_old"].as_str().map(str::to_owned)
}

fn aside(cluster: &Cluster) -> PathBuf {
    cluster.data(0).join("damaged-1")
}

/// What all three nodes have of a key.
fn values(cluster: &Cluster, via: usize, key: &str) -> BTreeSet<String> {
    let found = client(cluster, via).with_in_person(3).get(key).unwrap();
    found
        .siblings
        .iter()
        .map(|version| String::from_utf8(version.content.bytes().to_vec()).unwrap())
        .collect()
}

/// Node A puts v1 and is copied. Then v2 replaces v1, through A and on all disks. Returns the copy
/// and the context of v1.
fn after_v2(cluster: &mut Cluster, is_live: bool) -> (Backup, StampedContext) {
    let all = client(cluster, 0).with_in_person(3);
    let v1 = all.put("k", b"v1", &StampedContext::new()).unwrap();
    let backup = if is_live {
        Backup::of(&cluster.data(0))
    } else {
        cluster.kill(0);
        let backup = Backup::of(&cluster.data(0));
        cluster.start_node(0);
        backup
    };
    assert_eq!(found_old(cluster, 0), None, "nothing was restored yet");
    client(cluster, 0).with_in_person(3).put("k", b"v2", &v1).unwrap();
    cluster.kill(0);
    (backup, v1)
}

/// A was started on the copy. A put of v3 with the context of v1 must not replace v2.
fn v3_does_not_replace_v2(cluster: &Cluster, v1: &StampedContext) {
    client(cluster, 0).put("k", b"v3", v1).unwrap();
    assert_eq!(values(cluster, 1, "k"), BTreeSet::from(["v2".to_owned(), "v3".to_owned()]));
}

#[test]
fn a_node_started_on_an_older_copy_of_its_directory_begins_on_an_empty_disk() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let (backup, v1) = after_v2(&mut cluster, false);
    backup.restore(&cluster.data(0), &[]);
    cluster.start_node(0);
    let why = found_old(&cluster, 0).unwrap();
    assert!(
        why.contains("remembers start") && why.contains("and the data ends with start"),
        "{why}"
    );
    assert!(aside(&cluster).join("identity").exists(), "the old data stays");
    let (_, text, _) = dynamo(&["status", "--node", &cluster.addresses[0].to_string()]);
    assert!(text.contains("WARNING    the data was an older copy of itself"), "{text}");
    v3_does_not_replace_v2(&cluster, &v1);
    // From then on, A's data is like that of any other node.
    cluster.kill(0);
    cluster.start_node(0);
    assert_eq!(found_old(&cluster, 0), None);
}

#[test]
fn a_copy_made_while_the_node_ran_is_found() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let (backup, v1) = after_v2(&mut cluster, true);
    backup.restore(&cluster.data(0), &[]);
    cluster.start_node(0);
    assert!(found_old(&cluster, 0).is_some());
    v3_does_not_replace_v2(&cluster, &v1);
}

#[test]
fn an_older_copy_of_the_database_is_found_and_one_of_the_other_files_is_harmless() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let (backup, v1) = after_v2(&mut cluster, false);
    let newest = Backup::of(&cluster.data(0));
    // Without the file of numbers, the end of the database is missing.
    backup.restore(&cluster.data(0), &["store"]);
    let refused = run(&mut cluster.command(0, &cluster.data(0)));
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && stderr.contains("is damaged"), "{stderr}");
    newest.restore(&cluster.data(0), &[]);
    for name in ["cluster", "sequence"] {
        backup.restore(&cluster.data(0), &[name]);
        cluster.start_node(0);
        assert_eq!(found_old(&cluster, 0), None, "{name}");
        cluster.kill(0);
    }
    backup.restore(&cluster.data(0), &["store", "sequence"]);
    cluster.start_node(0);
    let why = found_old(&cluster, 0).unwrap();
    assert!(why.contains("the file \"cluster\" remembers start"), "{why}");
    v3_does_not_replace_v2(&cluster, &v1);
}

#[test]
fn an_older_copy_is_found_while_all_nodes_start_at_once() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let (backup, v1) = after_v2(&mut cluster, false);
    cluster.kill(1);
    cluster.kill(2);
    backup.restore(&cluster.data(0), &[]);
    cluster.start_nodes(0..3);
    until("A has found it", || found_old(&cluster, 0));
    assert!(found_old(&cluster, 1).is_none() && found_old(&cluster, 2).is_none());
    v3_does_not_replace_v2(&cluster, &v1);
}

#[test]
fn an_older_copy_is_found_while_one_of_the_others_is_down() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let (backup, v1) = after_v2(&mut cluster, false);
    cluster.kill(2);
    backup.restore(&cluster.data(0), &[]);
    cluster.start_node(0);
    assert!(found_old(&cluster, 0).is_some());
    client(&cluster, 0).put("k", b"v3", &v1).unwrap();
    cluster.start_node(2);
    assert_eq!(values(&cluster, 1, "k"), BTreeSet::from(["v2".to_owned(), "v3".to_owned()]));
    assert_eq!(found_old(&cluster, 2), None);
}

#[test]
fn an_older_copy_is_found_when_its_only_witness_comes_back() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let v1 = client(&cluster, 0).with_in_person(3).put("k", b"v1", &StampedContext::new()).unwrap();
    cluster.kill(0);
    let backup = Backup::of(&cluster.data(0));
    cluster.start_node(0);
    // C never hears of A's next start. B has v2.
    cluster.kill(2);
    cluster.kill(0);
    cluster.start_node(0);
    client(&cluster, 0).put("k", b"v2", &v1).unwrap();
    cluster.kill(0);
    cluster.kill(1);
    backup.restore(&cluster.data(0), &[]);
    cluster.start_nodes([0, 2]);
    let other = client(&cluster, 0).put("other", b"put on the copy", &StampedContext::new());
    assert!(other.is_ok(), "no running node knows more of A's disk");
    cluster.start_node(1);
    until("A has found it", || found_old(&cluster, 0));
    assert!(aside(&cluster).join("identity").exists());
    v3_does_not_replace_v2(&cluster, &v1);
    assert_eq!(values(&cluster, 1, "other").len(), 1, "C has it");
}

/// Before its disk was lost, the node's starts were numbered by a clock that was days ahead. So its
/// first start on the new disk is earlier than the one that the others remember.
#[test]
fn a_node_that_lost_its_disk_while_its_clock_is_behind_is_no_second_process() {
    let mut cluster = Cluster::of(3, OPTIONS);
    client(&cluster, 0).with_in_person(3).put("k", b"v", &StampedContext::new()).unwrap();
    cluster.kill(0);
    let (founding, last) = founding::read(&cluster.data(0)).unwrap().unwrap();
    founding::begin(&cluster.data(0), &founding, last + last / 1_000).unwrap();
    cluster.start_node(0);
    let put = |cluster: &Cluster, key: &str| {
        client(cluster, 0).with_in_person(3).put(key, b"v", &StampedContext::new()).unwrap();
    };
    put(&cluster, "ahead");
    for key in ["through the founders", "through a contact"] {
        cluster.kill(0);
        fs::remove_dir_all(cluster.data(0)).unwrap();
        cluster.start_node(0);
        put(&cluster, key);
        assert_eq!(found_old(&cluster, 0), None, "the data was new, and no copy");
        assert_eq!(values(&cluster, 0, "k"), BTreeSet::from(["v".to_owned()]));
        // The second time, the node is started with --join.
        cluster.rejoin_through(1);
    }
}

/// Prints how long starts take. Asserts only that none is slow.
#[test]
fn starts_are_fast() {
    let mut cluster = Cluster::prepare(3, OPTIONS);
    let mut timed = |what: &str, at_most_ms: u128, act: &mut dyn FnMut(&mut Cluster)| {
        let begun = Instant::now();
        act(&mut cluster);
        let took = begun.elapsed();
        println!("{what}: {took:?}");
        assert!(took.as_millis() < at_most_ms, "{what}: {took:?}");
    };
    let long = Duration::from_secs(5).as_millis();
    timed("a first start of three", long, &mut |cluster| cluster.start_nodes(0..3));
    timed("killed, and started while the others are up", long, &mut |cluster| {
        cluster.kill(0);
        cluster.start_node(0);
    });
    timed("killed, and started while one is down", long, &mut |cluster| {
        cluster.kill(1);
        cluster.kill(0);
        cluster.start_node(0);
    });
    timed("all killed, and started at once", long, &mut |cluster| {
        cluster.kill(0);
        cluster.kill(2);
        cluster.start_nodes(0..3);
    });
}
