//! Three real nodes are killed and restarted while clients write.

use crate::cluster::{Cluster, PATIENCE, run};
use crate::handoff::{Stopping, until_more};
use dynamo::client::{Client, ClientError};
use dynamo::stamp::StampedContext;
use dynamo::store::FORMAT;
use dynamo_model::siblings::Version;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

fn client(address: SocketAddr) -> Client {
    Client::connect(address).unwrap().with_timeout(PATIENCE)
}

fn values(client: &Client, key: &str) -> Vec<String> {
    let found = client.get(key).unwrap();
    found
        .siblings
        .iter()
        .map(|version| String::from_utf8(version.content.bytes().to_vec()).unwrap())
        .collect()
}

#[test]
fn a_cluster_works_without_one_node_and_takes_it_back() {
    let mut cluster = Cluster::start();
    let [a, b, c] = [0, 1, 2].map(|node| client(cluster.addresses[node]));
    let first = a.put("k", b"one", &StampedContext::new()).unwrap();
    assert_eq!(values(&b, "k"), ["one"]);

    cluster.kill(2);
    a.put("k", b"two", &first).unwrap();
    assert_eq!(values(&b, "k"), ["two"]);

    cluster.start_node(2);
    assert_eq!(values(&c, "k"), ["two"]);
    for node in 0..3 {
        assert_eq!(cluster.terminate(node).code(), Some(0));
    }
    cluster.start_nodes(0..3);
    assert_eq!(values(&a, "k"), ["two"]);
}

#[test]
fn without_a_quorum_a_put_fails_and_is_reported_as_possibly_stored() {
    let mut cluster = Cluster::of(3, &["--answer-within", "0.05"]);
    cluster.kill(1);
    cluster.kill(2);
    let a = client(cluster.addresses[0]);
    let error = a.put("k", b"v", &StampedContext::new()).unwrap_err();
    assert!(matches!(error, ClientError::PutFailed { stored: 1, needed: 2, .. }), "{error}");
    let error = a.get("k").unwrap_err();
    assert!(matches!(error, ClientError::GetFailed { answered: 1, needed: 2, .. }), "{error}");
}

#[test]
fn a_second_node_on_the_same_port_or_data_is_a_clear_error() {
    let cluster = Cluster::start();
    let data = cluster.data(0);
    let refusal = |mut command: Command| {
        let output = run(&mut command);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let stderr = refusal(cluster.command(0, &data));
    assert!(
        stderr.contains("is the port in use, perhaps by another node?: Address already in use"),
        "{stderr}"
    );
    assert_eq!(stderr.matches("Address already in use").count(), 1, "{stderr}");

    let mut elsewhere = Cluster::start();
    elsewhere.kill(0);
    elsewhere.kill(1);
    let stderr = refusal(elsewhere.command(0, &data));
    assert!(stderr.contains("is in use by another process"), "{stderr}");
    let stderr = refusal(elsewhere.command(1, &data));
    assert!(stderr.contains("holds the data of node A, not of node B"), "{stderr}");
}

#[test]
fn every_kind_of_unusable_data_directory_has_its_error() {
    let mut cluster = Cluster::start();
    cluster.kill(0);
    let refusal = |data: &Path| {
        let output = run(&mut cluster.command(0, data));
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let data = cluster.data(0);
    let stderr = refusal(&data.join("identity"));
    assert!(stderr.contains("is not a directory: name one for the node's data"), "{stderr}");
    let stderr = refusal(&data.join("identity").join("below"));
    assert!(
        stderr.contains("cannot be used; check the path and its permissions: Not a directory"),
        "{stderr}"
    );
    let stderr = refusal(data.parent().unwrap());
    assert!(stderr.contains("holds files but no node's data"), "{stderr}");
    let newer = FORMAT + 1;
    fs::write(data.join("identity"), format!("dynamo data format {newer}, node A\n")).unwrap();
    let stderr = refusal(&data);
    let expected =
        format!("has data format {newer}, but this program reads format {FORMAT}: use the release");
    assert!(stderr.contains(&expected), "{stderr}");
    fs::write(data.join("identity"), "rubbish").unwrap();
    let stderr = refusal(&data);
    assert!(stderr.contains("is damaged: its file \"identity\" does not read"), "{stderr}");
    fs::remove_file(data.join("identity")).unwrap();
    fs::create_dir(data.join("identity")).unwrap();
    let stderr = refusal(&data);
    assert!(
        stderr.contains("cannot be used; check the path and its permissions: Is a directory"),
        "{stderr}"
    );
}

/// Under its old name the node would give an old dot to a new put, and one of the two puts would
/// count as superseded.
#[test]
fn a_node_that_lost_its_disk_comes_back_as_another_incarnation() {
    let mut cluster = Cluster::start();
    let addresses = cluster.addresses.clone();
    client(addresses[0]).put("k", b"before", &StampedContext::new()).unwrap();
    cluster.kill(0);
    fs::remove_dir_all(cluster.data(0)).unwrap();
    cluster.start_node(0);
    client(addresses[0]).put("k", b"after", &StampedContext::new()).unwrap();
    let found = client(addresses[1]).with_in_person(3).get("k").unwrap();
    let clocks: Vec<String> =
        found.siblings.iter().map(|version| version.clock.to_string()).collect();
    let both: BTreeSet<String> = values(&client(addresses[1]), "k").into_iter().collect();
    assert_eq!(both, BTreeSet::from(["before".to_owned(), "after".to_owned()]), "{clocks:?}");
    assert!(
        found.context.context().to_string().starts_with("[A:1,A~"),
        "{}",
        found.context.context()
    );
}

/// What the nodes told one client.
#[derive(Debug, Default)]
struct Told {
    /// The client's own key: the last acknowledged put.
    chain: u64,
    /// How many puts were acknowledged; each replaced the one before.
    links: u64,
    /// The shared key: the acknowledged values. No client ever replaces one that it has not read.
    shared: BTreeSet<String>,
}

/// Puts to the client's own key in a chain, and to a key that all clients share, until told to
/// stop.
fn write(
    addresses: &[SocketAddr],
    name: usize,
    seed: u64,
    stop: &AtomicBool,
    acknowledged: &AtomicUsize,
) -> Told {
    let mut random = SmallRng::seed_from_u64(seed + name as u64);
    let mut told = Told::default();
    let mut context = StampedContext::new();
    let mut tried = 0;
    while !stop.load(Ordering::Relaxed) {
        let via = client(addresses[random.random_range(0..addresses.len())])
            .with_timeout(Duration::from_millis(600));
        tried += 1;
        let own = format!("own-{name}");
        match via.put(&own, tried.to_string().as_bytes(), &context) {
            Ok(next) => {
                context = next;
                told.chain = tried;
                told.links += 1;
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            // There are too many siblings: puts that were not acknowledged are stored nevertheless.
            Err(ClientError::SiblingsTooLarge { .. }) => {
                context = reconciled(&via, &own, told.chain).unwrap_or(context);
            }
            Err(_) => {}
        }
        if random.random_ratio(1, 10) && told.shared.len() < 10 {
            let value = format!("{name}/{tried}");
            if via.put("shared", value.as_bytes(), &StampedContext::new()).is_ok() {
                told.shared.insert(value);
            }
        }
    }
    told
}

/// The context of all siblings, if a node answers. Asserts that the last acknowledged put is there,
/// or a later one that replaced it.
fn reconciled(via: &Client, key: &str, acknowledged: u64) -> Option<StampedContext> {
    let found = via.get(key).ok()?;
    let number = |version: &Version| {
        String::from_utf8_lossy(version.content.bytes()).parse::<u64>().unwrap()
    };
    assert!(
        found.siblings.iter().any(|version| number(version) >= acknowledged),
        "{key}: {acknowledged} is lost"
    );
    Some(found.context)
}

/// This variable sets how many nodes are killed.
const KILLS: &str = "DYNAMO_KILLS";

#[test]
fn no_acknowledged_version_is_lost_while_nodes_are_killed_and_started_again() {
    const CLIENTS: usize = 6;
    let kills = std::env::var(KILLS).map_or(9, |count| count.parse().unwrap());
    let seed = rand::random();
    println!("seed {seed}");
    let mut cluster = Cluster::start();
    let addresses = cluster.addresses.clone();
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    let told: Vec<Told> = thread::scope(|scope| {
        let (addresses, stop, acknowledged) = (&addresses, &stop, &acknowledged);
        let stopping = Stopping(stop);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|name| scope.spawn(move || write(addresses, name, seed, stop, acknowledged)))
            .collect();
        let mut random = SmallRng::seed_from_u64(seed);
        for round in 0..kills {
            until_more(acknowledged, 20);
            thread::sleep(Duration::from_millis(random.random_range(0..150)));
            cluster.kill(round % 3);
            until_more(acknowledged, 3);
            thread::sleep(Duration::from_millis(random.random_range(0..150)));
            cluster.start_node(round % 3);
        }
        drop(stopping);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let reader = client(addresses[0]);
    for (name, told) in told.iter().enumerate() {
        assert!(told.links > 10, "client {name} was told of {} puts only", told.links);
        let found: Vec<u64> = values(&reader, &format!("own-{name}"))
            .iter()
            .map(|value| value.parse().unwrap())
            .collect();
        // Later values that were not acknowledged may be there too. The acknowledged one is there,
        // or one that replaced it.
        assert!(
            found.iter().any(|value| *value >= told.chain),
            "client {name}: {} is lost, found {found:?}",
            told.chain
        );
    }
    let found: BTreeSet<String> = values(&reader, "shared").into_iter().collect();
    let acknowledged: BTreeSet<String> = told.into_iter().flat_map(|told| told.shared).collect();
    assert!(acknowledged.len() > CLIENTS, "{acknowledged:?}");
    assert!(acknowledged.is_subset(&found), "lost: {:?}", acknowledged.difference(&found));
}
