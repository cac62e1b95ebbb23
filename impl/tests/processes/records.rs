//! Recorded runs of node processes that are killed while they work, and their validation.

use crate::cluster::{Cluster, dynamo, program, wait};
use crate::folders::folder;
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const NODES: usize = 5;
const KILLS: usize = 8;
/// Replicas compare often, so that the run is soon at rest.
const OPTIONS: &[&str] = &["--gossip-every", "0.2", "--exchange-every", "0.5"];
/// So long after its last request, a run has most likely come to rest.
const REST: Duration = Duration::from_secs(30);

/// Records the node that this command starts.
pub(crate) fn record_below(records: &Path) -> impl Fn(&mut Command) {
    move |command| {
        let node = command.get_args().nth(2).unwrap().to_owned();
        command.arg("--record").arg(records.join(node));
    }
}

/// Puts and gets a few keys until `is_over`. Requests fail while nodes are down.
pub(crate) fn work(node: SocketAddr, number: usize, is_over: &AtomicBool) {
    let client = Client::connect(node).unwrap().with_timeout(Duration::from_millis(500));
    for round in (0u64..).take_while(|_| !is_over.load(Ordering::Relaxed)) {
        let key = format!("key {}", (round + number as u64) % 20);
        let known = client.get(&key).map(|found| found.context);
        let context = known.unwrap_or_else(|_| StampedContext::new());
        let _ = client.put(&key, round.to_string().as_bytes(), &context);
        // In a short run, a key then has fewer puts than the judge can follow.
        thread::sleep(Duration::from_millis(40));
    }
}

pub(crate) fn validate(arguments: &[&str]) -> (i32, Value) {
    let (code, out, errors) = dynamo(&[&["trace", "validate", "--json"], arguments].concat());
    let parsed = serde_json::from_str(&out);
    (code, parsed.unwrap_or_else(|error| panic!("{error}: {out}{errors}")))
}

/// No property is violated as far as the run was judged.
fn nothing_violated(told: &Value) {
    let judged = &told["judged"];
    assert!(judged["violation"].is_null() && judged["limit"].is_null(), "{judged:#}");
    assert!(judged["at_rest"]["violation"].is_null(), "{judged:#}");
    assert!(judged["run"]["keys"].as_u64().unwrap() >= 20, "{judged:#}");
    assert!(judged["run"]["always"].as_array().unwrap().len() >= 19, "{judged:#}");
}

/// All properties judged the whole run, and none is violated.
pub(crate) fn judged_to_its_end(told: &Value) {
    nothing_violated(told);
    let run = &told["judged"]["run"];
    assert_eq!(run["not_to_the_end"].as_array().unwrap().len(), 0, "{run:#}");
}

/// Kills nodes while clients work. Returns the directory of the records.
fn killed_cluster(below: &Path) -> PathBuf {
    let records = below.join("record");
    let mut cluster = Cluster::prepare(NODES, OPTIONS);
    cluster.start_nodes_with(0..NODES, record_below(&records));
    let (is_over, addresses) = (AtomicBool::new(false), cluster.addresses.clone());
    thread::scope(|scope| {
        for (number, address) in addresses.iter().enumerate() {
            let is_over = &is_over;
            scope.spawn(move || work(*address, number, is_over));
        }
        for kill in 0..KILLS {
            thread::sleep(Duration::from_millis(300 + 37 * kill as u64));
            cluster.kill(kill % NODES);
            thread::sleep(Duration::from_millis(200));
            cluster.start_nodes_with([kill % NODES], record_below(&records));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    for node in 0..NODES {
        assert!(cluster.terminate(node).success());
    }
    records
}

#[test]
fn a_run_in_which_nodes_are_killed_is_one_of_the_model() {
    let directory = folder();
    let records = killed_cluster(directory.path());
    let (code, told) = validate(&[records.to_str().unwrap()]);
    assert_eq!(code, 0, "{told:#}");
    let nodes = told["nodes"].as_array().unwrap();
    let starts: u64 = nodes.iter().map(|node| node["starts"].as_u64().unwrap()).sum();
    assert_eq!(starts, (NODES + KILLS) as u64);
    for node in nodes {
        assert_eq!(node["gaps"].as_array().unwrap().len(), 0, "{node:#}");
    }
    assert!(told["events"].as_u64().unwrap() > 2_000, "{told:#}");
    judged_to_its_end(&told);

    let (code, told) = validate(&[records.to_str().unwrap(), "--defect", "ack-one-short"]);
    assert_eq!(code, 1, "the nodes do not follow a defect's rules");
    let (_, text, _) =
        dynamo(&["trace", "validate", records.to_str().unwrap(), "--defect", "ack-one-short"]);
    assert!(text.contains("DIFFERS from the model at"), "{text}");
    assert!(told["faults"][0]["what"].as_str().unwrap().contains("the model"), "{told:#}");

    let file = fs::read_dir(records.join("0")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (code, told) = validate(&[records.to_str().unwrap()]);
    assert_eq!(code, 2, "{told:#}");
    let damaged = |node: &&Value| node["damage"].as_str().is_some_and(|it| it.contains("byte"));
    assert_eq!(told["nodes"].as_array().unwrap().iter().filter(damaged).count(), 1);
    assert_eq!(told["faults"].as_array().unwrap().len(), 0, "{told:#}");
}

/// `DYNAMO_SOAK_SECONDS=300 cargo test -p dynamo --test processes -- --ignored --nocapture soak`
#[test]
#[ignore = "takes minutes: DYNAMO_SOAK_SECONDS says how many seconds nodes are killed and paused"]
fn a_soak_violates_no_property() {
    let seconds = std::env::var("DYNAMO_SOAK_SECONDS").map(|it| it.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(60));
    let directory = std::env::var("DYNAMO_SOAK_DIRECTORY").map(PathBuf::from);
    let below = folder();
    let records = directory.unwrap_or_else(|_| below.path().join("record"));
    let mut cluster = Cluster::prepare(NODES, OPTIONS);
    cluster.start_nodes_with(0..NODES, record_below(&records));
    let (is_over, addresses) = (AtomicBool::new(false), cluster.addresses.clone());
    let (mut kills, mut pauses) = (0, 0);
    thread::scope(|scope| {
        for (number, address) in addresses.iter().enumerate() {
            let is_over = &is_over;
            scope.spawn(move || work(*address, number, is_over));
        }
        let mut chance = StdRng::seed_from_u64(1);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(chance.random_range(500..4_000)));
            let (node, time) = (chance.random_range(0..NODES), chance.random_range(100..4_000));
            if chance.random() {
                cluster.kill(node);
                thread::sleep(Duration::from_millis(time));
                cluster.start_nodes_with([node], record_below(&records));
                kills += 1;
            } else {
                cluster.freeze(node, true);
                thread::sleep(Duration::from_millis(time));
                cluster.freeze(node, false);
                pauses += 1;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    thread::sleep(REST);
    (0..NODES).for_each(|node| assert!(cluster.terminate(node).success()));
    // This may take longer than other commands.
    let output = program().args(["trace", "validate", "--json"]).arg(&records).output().unwrap();
    let mut told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told["nodes"].take();
    println!("{kills} kills, {pauses} pauses: {told:#}");
    assert_eq!(output.status.code(), Some(0));
    nothing_violated(&told);
}

#[test]
fn a_recorded_cluster_keeps_a_record_for_each_node() {
    let directory = folder();
    let records = directory.path().join("record");
    let mut child = program()
        .args(["cluster", "--nodes", "2", "--n", "2", "--record", records.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Ctrl-C")));
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    wait(&mut child, "the cluster");
    let (code, told) = validate(&[records.to_str().unwrap()]);
    assert_eq!((code, told["nodes"].as_array().unwrap().len()), (0, 2), "{told:#}");
}

#[test]
fn a_directory_without_a_record_is_refused() {
    let directory = folder();
    let (code, _, errors) = dynamo(&["trace", "validate", directory.path().to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(errors.contains("dynamo node --record"), "{errors}");
}
