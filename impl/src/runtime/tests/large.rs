//! A key whose siblings do not fit one datagram. This happens if more than N coordinators take puts
//! while the ring changes.

use super::*;
use crate::wire::tests::large_set;
use dynamo_model::ids::Key;
use dynamo_model::ring::Ring;
use std::path::Path;

/// Siblings of 8,192 bytes each: about 200 kB.
const SIBLINGS: u16 = 25;

/// Two real nodes with N=1. The first has the key's siblings on its disk, and is the key's replica.
/// The second has nothing.
fn two_nodes(key: &Key, data: &Path) -> [Settings; 2] {
    let addresses = [free_address(), free_address()];
    let members = Members::new([0, 1].map(NodeId).into_iter().zip(addresses)).unwrap();
    let quick = Handoff { first_after: Duration::from_millis(100), ..Handoff::LOCAL };
    let config = Config::new(1, 1, 1).unwrap().with_patience(Patience::LOCAL).with_handoff(quick);
    let config = config.with_gossip_every(Duration::from_millis(100));
    let mut store = Store::open(&data.join("0"), NodeId(0)).unwrap();
    let durable = store.committed().clone();
    store
        .commit(&Durable {
            store: durable.store.update(key.clone(), large_set(SIBLINGS)),
            ..durable
        })
        .unwrap();
    drop(store);
    [0, 1].map(|id: u16| {
        let data = data.join(id.to_string());
        Settings::new(NodeId(id), addresses[usize::from(id)], &members, config, data).unwrap()
    })
}

/// The first key that belongs to the first of two nodes.
fn key_of_the_first() -> Key {
    let ring = Ring::new(&[0, 1].map(NodeId), Ring::PARTITIONS, Ring::TOKENS).unwrap();
    let mut keys = (0..).map(|number: u32| Key::new(&format!("k{number}")).unwrap());
    keys.find(|key| ring.preference_list(key, 1) == [NodeId(0)]).unwrap()
}

/// The siblings are read through the other node, handed over when the first node leaves, read
/// again, and replaced by a put with their context. The leaving node ends by itself.
#[test]
fn siblings_of_many_datagrams_are_read_and_handed_over_and_the_leaver_ends() {
    let directory = tempfile::tempdir().unwrap();
    let key = key_of_the_first();
    let [leaver, heir] = two_nodes(&key, directory.path());
    let leaver = Ready::new(leaver).unwrap();
    let heir = Running::start(heir).unwrap();
    let client = Client::connect(heir.address()).unwrap();
    let stop = AtomicBool::new(false);
    let is_whole = |found: &Found| found.siblings == large_set(SIBLINGS).versions();
    let left = thread::scope(|scope| {
        let leaving = scope.spawn(|| leaver.run(&stop));
        assert!(
            is_whole(&client.get(key.as_str()).unwrap()),
            "forwarded, and answered by the leaving node"
        );
        client.administer(NodeId(0), Wish::Leave).unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        while !leaving.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        stop.store(true, Ordering::Relaxed);
        leaving.join().unwrap().unwrap()
    });
    assert!(left.has_left, "it has handed over everything: {left}");

    let found = client.get(key.as_str()).unwrap();
    assert!(is_whole(&found), "{} siblings", found.siblings.len());
    client.put(key.as_str(), b"one", &found.context).unwrap();
    assert_eq!(client.get(key.as_str()).unwrap().siblings.len(), 1);
    let Dropped { too_large, fragment_malformed, fragment_contradicts, .. } =
        client.status().unwrap().dropped;
    assert_eq!((too_large, fragment_malformed, fragment_contradicts), (0, 0, 0));
    heir.stop().unwrap();
}
