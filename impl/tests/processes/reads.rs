//! Gets while keys move: a put acknowledged before the ring changed is found at every moment.

use crate::cluster::Cluster;
use crate::handoff::until;
use dynamo::client::{Client, Found};
use dynamo::stamp::StampedContext;
use dynamo_model::ids::NodeId;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const FOUNDERS: usize = 3;
const JOINING: usize = 2;
const KEYS: usize = 40;
/// Hints and exchanges wait long enough that the first gets come before the new nodes have the
/// keys.
const OPTIONS: &[&str] = &[
    "--n=3",
    "--r=2",
    "--w=2",
    "--handoff-after=3",
    "--exchange-every=100",
    "--gossip-every=0.05",
];
/// How long clients read, from the start of the first new node.
const READING: Duration = Duration::from_secs(3);

fn key(index: usize) -> String {
    format!("k{index}")
}

/// Reads all keys through a node. Returns how many gets were answered. Each answer shows the value
/// that was put.
fn read_all(node: SocketAddr) -> usize {
    let client = Client::connect(node).unwrap();
    let answers = (0..KEYS).map(|index| (index, client.get(&key(index)).unwrap()));
    let shows = |(index, Found { siblings, .. }): (usize, Found)| {
        let values: Vec<&[u8]> = siblings.iter().map(|version| version.content.bytes()).collect();
        assert_eq!(values, [key(index).as_bytes()], "{} is read through {node}", key(index));
    };
    answers.map(shows).count()
}

#[test]
fn gets_find_acknowledged_puts_while_two_nodes_join() {
    let mut cluster = Cluster::founded_by(FOUNDERS, JOINING, OPTIONS);
    let all = cluster.addresses.clone();
    let first = Client::connect(all[0]).unwrap();
    for index in 0..KEYS {
        first.put(&key(index), key(index).as_bytes(), &StampedContext::new()).unwrap();
    }
    let start = Instant::now();
    let mut read = [0; FOUNDERS + JOINING];
    for joiner in FOUNDERS..all.len() {
        cluster.join_through(joiner - FOUNDERS);
        cluster.start_node(joiner);
    }
    // Until then no client reads: read repair would bring the new nodes the keys.
    until("every node knows the new ones", || {
        let knows = |node: &SocketAddr| {
            let status = Client::connect(*node).unwrap().status();
            status.is_ok_and(|status| status.members.len() == all.len())
        };
        all.iter().all(knows).then_some(())
    });
    while start.elapsed() < READING {
        for (read, node) in read.iter_mut().zip(&all).rev() {
            *read += read_all(*node);
        }
    }
    assert!(read.iter().all(|read| *read >= KEYS), "every node has answered gets: {read:?}");
    let moved = until("keys have been handed to the new nodes", || {
        let holds = |joiner: &usize| {
            let status = Client::connect(all[*joiner]).unwrap().status().unwrap();
            (status.members.contains(&NodeId(*joiner as u16)) && status.keys > 0)
                .then_some(status.keys)
        };
        (FOUNDERS..FOUNDERS + JOINING).map(|joiner| holds(&joiner)).collect::<Option<Vec<_>>>()
    });
    println!("{read:?} gets were answered; the new nodes hold {moved:?} keys");
}
