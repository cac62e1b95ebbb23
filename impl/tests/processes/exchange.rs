//! Anti-entropy with real processes: a replica that was away gets everything by exchanges alone.

use crate::cluster::{Cluster, dynamo};
use crate::handoff::{Stopping, until};
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use dynamo::store::Store;
use dynamo_model::ids::NodeId;
use serde_json::Value as Json;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

const KEYS: usize = 50_000;
const WRITERS: usize = 16;
const OPTIONS: &[&str] =
    &["--answer-within", "0.05", "--exchange-every", "0.3", "--exchange-rate", "20000"];

fn status(address: SocketAddr) -> Json {
    let (code, stdout, stderr) = dynamo(&["status", "--node", &address.to_string(), "--json"]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// Puts keys in parallel, one thread for each node, until all are put. Returns how many were.
fn put_all(nodes: &[SocketAddr]) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (node, next) = (nodes[writer % nodes.len()], &next);
            scope.spawn(move || {
                let client = Client::connect(node).unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= KEYS {
                        break;
                    }
                    let (key, value) = (format!("key-{number}"), number.to_le_bytes());
                    until("a put is acknowledged", || {
                        client.put(&key, &value, &StampedContext::new()).ok()
                    });
                }
            });
        }
    });
}

/// Reads keys, and puts over what it read, until told to stop. Returns the number of puts.
fn put_over(node: SocketAddr, stop: &AtomicBool) -> usize {
    let client = Client::connect(node).unwrap();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("key-{}", number * 37 % KEYS);
        let found = until("a read is answered", || client.get(&key).ok());
        until("a put is acknowledged", || client.put(&key, b"over", &found.context).ok());
        number += 1;
    }
    number
}

/// There are as many nodes as replicas, so there are no fallbacks and no hints.
#[test]
fn a_replica_that_was_away_gets_fifty_thousand_keys_while_clients_write() {
    let mut cluster = Cluster::of(3, OPTIONS);
    let all = cluster.addresses.clone();
    cluster.kill(2);
    put_all(&all[..2]);
    cluster.start_node(2);
    assert_eq!(status(all[2])["hints"], 0);
    let stop = AtomicBool::new(false);
    let (overwritten, caught_up) = thread::scope(|scope| {
        let stopping = Stopping(&stop);
        let writers: Vec<_> = (0..2)
            .map(|node| {
                scope.spawn({
                    let (node, stop) = (all[node], &stop);
                    move || put_over(node, stop)
                })
            })
            .collect();
        let start = Instant::now();
        let mut keys = 0;
        while keys < KEYS as u64 {
            // However slow the node is, it makes progress.
            keys = until("it has more keys", || {
                let now = status(all[2])["keys"].as_u64().unwrap();
                (now > keys).then_some(now)
            });
        }
        let caught_up = start.elapsed();
        drop(stopping);
        (writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>(), caught_up)
    });
    let stopped = Instant::now();
    println!("{KEYS} keys in {caught_up:?}, amid {overwritten} puts over others");
    assert!(overwritten > 0);
    until("every pair of nodes has compared everything, and agrees", || {
        let agrees = |line: &Json| {
            let last = line["last_exchange_ms"].as_u64().unwrap_or(u64::MAX);
            line["in_agreement"] == true && u128::from(last) < stopped.elapsed().as_millis()
        };
        let agree =
            |node: &SocketAddr| status(*node)["partitions"].as_array().unwrap().iter().all(agrees);
        all.iter().all(agree).then_some(())
    });
    let third = status(all[2]);
    let repaired = third["partitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["keys_repaired"].as_u64().unwrap());
    assert!(repaired.sum::<u64>() > KEYS as u64 / 2, "exchanges repaired most keys");

    let stores = [0, 1, 2].map(|node| {
        assert!(cluster.terminate(node).success());
        let store = Store::open(&cluster.data(node), NodeId(node as u16)).unwrap();
        assert!(store.committed().hints.is_empty());
        store.committed().store.clone()
    });
    assert_eq!(stores[0].len(), KEYS);
    assert!(stores[0] == stores[1] && stores[1] == stores[2], "the stores are identical");
}
