//! Nodes whose data is damaged, incomplete, or deleted.

use crate::cluster::{Cluster, PATIENCE, dynamo, program, run, wait};
use crate::handoff::{Stopping, until};
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use dynamo_model::ids::Value;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const KEYS: usize = 30;
/// This variable sets how often a node is killed just after its first start.
const FIRST_STARTS: &str = "DYNAMO_FIRST_STARTS";
const FIRST_STARTS_DEFAULT: usize = 20;

fn client(address: SocketAddr) -> Client {
    Client::connect(address).unwrap().with_timeout(PATIENCE)
}

fn value(key: usize) -> Vec<u8> {
    vec![key as u8; 1_000]
}

/// Puts keys that all three nodes have on disk.
fn put_keys(cluster: &Cluster) {
    let client = client(cluster.addresses[0]).with_in_person(3);
    for key in 0..KEYS {
        client.put(&key.to_string(), &value(key), &StampedContext::new()).unwrap();
    }
}

fn keys_of(node: SocketAddr) -> u64 {
    let (_, text, _) = dynamo(&["status", "--node", &node.to_string(), "--json"]);
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["keys"].as_u64().unwrap()
}

fn journal(data: &Path) -> PathBuf {
    let files = fs::read_dir(data.join("store")).unwrap().map(|entry| entry.unwrap().path());
    let mut journals =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    journals.next().unwrap()
}

/// Overwrites four kibibytes in the middle of the journal with zeros.
fn zero_the_middle(data: &Path) {
    let journal = journal(data);
    let mut bytes = fs::read(&journal).unwrap();
    let middle = bytes.iter().rposition(|byte| *byte != 0).unwrap() / 2;
    bytes[middle..middle + 4096].fill(0);
    fs::write(journal, bytes).unwrap();
}

/// A node that started with the rest would give dots twice.
#[test]
fn damaged_data_is_refused_and_the_node_gets_its_keys_back_on_an_empty_disk() {
    let damages: [fn(&Path); 4] = [
        zero_the_middle,
        |data| fs::remove_file(journal(data)).unwrap(),
        |data| fs::remove_file(data.join("store/keyspaces/2/current")).unwrap(),
        |data| {
            fs::File::options().write(true).open(journal(data)).unwrap().set_len(10_000).unwrap();
        },
    ];
    let mut cluster = Cluster::of(3, &["--exchange-every", "0.1", "--gossip-every", "0.1"]);
    put_keys(&cluster);
    for (round, damage) in damages.into_iter().enumerate() {
        cluster.kill(0);
        let data = cluster.data(0);
        damage(&data);
        for _ in 0..2 {
            let output = run(&mut cluster.command(0, &data));
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "round {round}: {stderr}");
            assert!(
                stderr.contains("is damaged")
                    && stderr.contains("start this one once with --forget-disk"),
                "{stderr}"
            );
        }
        cluster.start_on_an_empty_disk(0);
        assert!(
            data.join(format!("damaged-{}", round + 1)).join("identity").exists(),
            "the old data stays"
        );
        let node = cluster.addresses[0];
        until("the node has every key again", || (keys_of(node) >= KEYS as u64).then_some(()));
        // The next puts of the node replace nothing that they should not.
        let new = format!("new {round}");
        client(node).put("0", new.as_bytes(), &StampedContext::new()).unwrap();
        let found = client(cluster.addresses[1]).with_in_person(3).get("0").unwrap();
        let values: Vec<&[u8]> =
            found.siblings.iter().map(|version| version.content.bytes()).collect();
        assert!(
            values.len() == round + 2
                && values.contains(&&value(0)[..])
                && values.contains(&new.as_bytes())
        );
    }
    cluster.kill(0);
    cluster.start_node(0);
    assert_eq!(keys_of(cluster.addresses[0]), KEYS as u64);
}

#[test]
fn a_node_killed_during_its_first_start_starts_again() {
    let rounds =
        std::env::var(FIRST_STARTS).map_or(FIRST_STARTS_DEFAULT, |count| count.parse().unwrap());
    let mut cluster = Cluster::prepare(1, &["--n=1", "--r=1", "--w=1"]);
    for _ in 0..rounds {
        let alive_for = Duration::from_micros(rand::random_range(2_000..30_000));
        let mut child = cluster.command(0, &cluster.data(0)).spawn().unwrap();
        thread::sleep(alive_for);
        child.kill().unwrap();
        child.wait().unwrap();
        let left: Vec<_> = fs::read_dir(cluster.data(0)).map_or(Vec::new(), |files| {
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
        });
        println!("killed after {alive_for:?}, left {left:?}");
        cluster.start_node(0);
        client(cluster.addresses[0]).put("k", b"v", &StampedContext::new()).unwrap();
        cluster.kill(0);
        fs::remove_dir_all(cluster.data(0)).unwrap();
    }
}

/// The database writes tables and deletes journals while the node is killed. That is not damage.
#[test]
#[ignore = "takes a minute: cargo test -p dynamo --test processes -- --ignored writes_tables"]
fn a_node_killed_while_its_database_writes_tables_restarts_with_everything() {
    const ROUNDS: u64 = 40;
    const CLIENTS: usize = 4;
    let mut cluster = Cluster::prepare(1, &["--n=1", "--r=1", "--w=1"]);
    let address = cluster.addresses[0];
    let acknowledged = AtomicUsize::new(0);
    let large = [7; Value::BYTES_MAX];
    let mut tables = 0;
    for round in 0..ROUNDS {
        cluster.start_node(0);
        let found = keys_of(address);
        assert!(
            found >= acknowledged.load(Ordering::Relaxed) as u64,
            "round {round}: {found} keys"
        );
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let stopping = Stopping(&stop);
            for name in 0..CLIENTS {
                let (stop, acknowledged, large) = (&stop, &acknowledged, &large);
                scope.spawn(move || {
                    let client =
                        Client::connect(address).unwrap().with_timeout(Duration::from_millis(100));
                    for number in (0..).take_while(|_: &u64| !stop.load(Ordering::Relaxed)) {
                        let put = client.put(
                            &format!("{round}.{name}.{number}"),
                            large,
                            &StampedContext::new(),
                        );
                        acknowledged.fetch_add(usize::from(put.is_ok()), Ordering::Relaxed);
                    }
                });
            }
            thread::sleep(Duration::from_millis(rand::random_range(200..1_000)));
            cluster.kill(0);
            drop(stopping);
        });
        tables += fs::read_dir(cluster.data(0).join("store/keyspaces/2/tables")).unwrap().count();
    }
    println!("{} puts, {tables} tables seen", acknowledged.load(Ordering::Relaxed));
    assert!(tables > 0, "no table was written");
}

#[test]
fn a_node_whose_data_is_deleted_or_moved_stops_and_says_so() {
    let mut cluster = Cluster::start();
    let data = cluster.data(0);
    let aside = data.with_extension("aside");
    let harms: [&dyn Fn(); 2] =
        [&|| fs::rename(&data, &aside).unwrap(), &|| fs::remove_dir_all(&data).unwrap()];
    for harm in harms {
        cluster.kill(0);
        let mut node = cluster.command(0, &data).stderr(Stdio::piped()).spawn().unwrap();
        BufReader::new(node.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        harm();
        assert_eq!(wait(&mut node, "the node").code(), Some(1));
        let mut stderr = String::new();
        node.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(stderr.contains("was deleted or replaced while it ran"), "{stderr}");
        client(cluster.addresses[1]).put("k", b"v", &StampedContext::new()).unwrap();
        if aside.exists() {
            fs::rename(&aside, &data).unwrap();
        }
        cluster.start_node(0);
    }
}

/// impl/README.md tells users to restart a node of a local cluster by hand.
#[test]
fn a_cluster_keeps_data_that_a_node_started_by_hand_still_uses() {
    let mut command = program();
    command.args(["cluster", "--nodes", "3"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut cluster = command.spawn().unwrap();
    let lines = BufReader::new(cluster.stdout.take().unwrap()).lines().map(Result::unwrap);
    // A line of output: node A  127.0.0.1:4100  pid 123  data /tmp/…
    let nodes: Vec<Vec<String>> =
        lines.take(3).map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
    let signal = |pid: &str, signal| {
        kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), signal).unwrap();
    };
    signal(&nodes[2][4], Signal::KILL);
    let members: Vec<String> =
        nodes.iter().map(|node| format!("{}={}", node[1], node[2])).collect();
    let start = || {
        let mut node = program();
        node.args([
            "node",
            "--id",
            "C",
            "--listen",
            &nodes[2][2],
            "--data",
            &nodes[2][6],
            "--member",
        ]);
        node.arg(members.join(",")).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut by_hand = until("the killed process has released its port", || {
        let mut node = start();
        let mut line = String::new();
        BufReader::new(node.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let runs = line.starts_with("node C listens");
        if !runs {
            node.wait().unwrap();
        }
        runs.then_some(node)
    });
    signal(&cluster.id().to_string(), Signal::INT);
    assert_eq!(wait(&mut cluster, "the cluster").code(), Some(0));
    let mut stderr = String::new();
    cluster.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(stderr.contains("the cluster's data stays in"), "{stderr}");
    // Longer than a node takes to notice that its data is gone.
    thread::sleep(Duration::from_millis(1_500));
    let (code, ..) = dynamo(&["status", "--node", &nodes[2][2]]);
    by_hand.kill().unwrap();
    by_hand.wait().unwrap();
    assert!(code == 0 && Path::new(&nodes[2][6]).join("identity").exists());
    fs::remove_dir_all(Path::new(&nodes[2][6]).parent().unwrap()).unwrap();
}
