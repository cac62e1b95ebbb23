//! While some nodes are dead, every put and get through another node succeeds after a short wait.

use crate::cluster::Cluster;
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use std::fmt::Display;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

const NODES: usize = 5;
/// Clients that ask each node at the same time.
const CLIENTS: usize = 4;
/// Puts through each node, and as many gets.
const REQUESTS_SHORT: usize = 100;
const REQUESTS_LONG: usize = 1000;
/// The longest that a request may take: a coordinator suspects a silent node after one second, and
/// the rest is for the work itself.
const SLOWEST: Duration = Duration::from_millis(1500);
/// A failure names this many requests, and counts the others.
const FAILURES_TOLD: usize = 12;
const OPTIONS: &[&str] = &["--n", "3", "--r", "2", "--w", "2"];

/// The number of requests, the failures, and the time of the slowest.
#[derive(Default)]
struct Outcome {
    requests: usize,
    failures: Vec<String>,
    slowest: Duration,
}

impl Outcome {
    /// Makes a request, and records how long it took and whether it failed.
    fn time<T, E: Display>(&mut self, what: &str, request: impl FnOnce() -> Result<T, E>) {
        let start = Instant::now();
        let answer = request();
        self.slowest = self.slowest.max(start.elapsed());
        self.requests += 1;
        self.failures.extend(answer.err().map(|error| format!("{what}: {error}")));
    }

    fn with(mut self, other: Self) -> Self {
        self.requests += other.requests;
        self.failures.extend(other.failures);
        self.slowest = self.slowest.max(other.slowest);
        self
    }
}

/// Puts and gets keys that no other client uses.
fn ask(node: SocketAddr, keys: impl Iterator<Item = String>) -> Outcome {
    let client = Client::connect(node).unwrap();
    let mut outcome = Outcome::default();
    for key in keys {
        outcome.time(&format!("put of {key}"), || client.put(&key, b"v", &StampedContext::new()));
        outcome.time(&format!("get of {key}"), || client.get(&key));
    }
    outcome
}

/// Puts and gets through each of the first `healthy` nodes, while the others are dead.
fn ask_all(cluster: &Cluster, healthy: usize, count: usize) -> Outcome {
    let dead = NODES - healthy;
    let outcome = thread::scope(|scope| {
        let workers: Vec<_> = (0..healthy)
            .flat_map(|node| (0..CLIENTS).map(move |client| (node, client)))
            .map(|(node, client)| {
                let address = cluster.addresses[node];
                let keys = (client..count).step_by(CLIENTS);
                scope.spawn(move || {
                    ask(address, keys.map(|number| format!("{dead}-dead-through-{node}-{number}")))
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .fold(Outcome::default(), Outcome::with)
    });
    let Outcome { requests, failures, slowest } = &outcome;
    println!(
        "{dead} of {NODES} dead: {} of {requests} requests failed; the slowest took {slowest:.2?}",
        failures.len()
    );
    outcome
}

/// Kills one node, then another, and sends requests to the others each time. No request may fail.
fn kill_and_ask(count: usize) -> Outcome {
    let mut cluster = Cluster::of(NODES, OPTIONS);
    let outcomes = [NODES - 1, NODES - 2].map(|healthy| {
        cluster.kill(healthy);
        ask_all(&cluster, healthy, count)
    });
    let outcome = outcomes.into_iter().fold(Outcome::default(), Outcome::with);
    let failures = &outcome.failures;
    assert!(
        failures.is_empty(),
        "{} of {} requests through nodes that are up failed, the first of them\n{}",
        failures.len(),
        outcome.requests,
        failures[..failures.len().min(FAILURES_TOLD)].join("\n")
    );
    outcome
}

#[test]
fn no_request_fails_while_one_and_then_two_of_five_are_dead() {
    kill_and_ask(REQUESTS_SHORT);
}

#[test]
#[ignore = "needs an idle machine: \
    cargo test -p dynamo --release --test processes -- --ignored slowly"]
fn no_request_fails_or_ends_slowly_while_one_and_then_two_of_five_are_dead() {
    let slowest = kill_and_ask(REQUESTS_LONG).slowest;
    assert!(slowest <= SLOWEST, "the slowest request took {slowest:.2?}, more than {SLOWEST:?}");
}
