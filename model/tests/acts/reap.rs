//! Reaping tombstones. One act at a time, without a network.

use super::bench::{Bench, CLIENT, put, request, tip};
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::message::{Message, Operation};
use dynamo_model::node::Timer;
use dynamo_model::siblings::Siblings;
use dynamo_model::version::Context;
use std::collections::BTreeSet;
use std::time::Duration;

fn key() -> Key {
    Key::new("k").unwrap()
}

/// The first node of the key's preference list, and its cluster of four clockwise.
fn first() -> (Bench, Vec<NodeId>) {
    let clockwise = Bench::of(4, NodeId(0), 3, 2, 2).clockwise(&key());
    let mut bench = Bench::of(4, clockwise[0], 3, 2, 2);
    bench.node.config = bench.node.config.with_reaping_after(Duration::from_hours(1));
    (bench, clockwise)
}

fn delete(number: u64, context: Context) -> Message {
    let content = Content::Tombstone(Value::new(b"").unwrap());
    Message::Request(Operation::Put {
        request: request(number),
        key: key(),
        content,
        context,
        pw: 0,
    })
}

/// Puts and deletes the key at the first node, and lets every replica confirm. Returns the
/// tombstone.
fn deleted(bench: &mut Bench, clockwise: &[NodeId]) -> Siblings {
    bench.receive(CLIENT, put(0, b"v", Context::new()));
    let read = bench.state.durable.store[&key()].context().clone();
    bench.receive(CLIENT, delete(1, read));
    for number in 0..2 {
        for replica in &clockwise[1..3] {
            bench.receive(usize::from(replica.0), Message::Stored { request: request(number) });
        }
    }
    assert!(bench.state.puts.is_empty());
    bench.state.durable.store[&key()].clone()
}

#[test]
fn a_tombstone_is_reaped_when_all_nodes_are_clear_and_time_has_passed() {
    let (mut a, clockwise) = first();
    let tombstone = deleted(&mut a, &clockwise);
    let timer = Timer::Reap(clockwise[0], key());
    let surveyed = |tip| Message::Surveyed { tip, key: key(), siblings: tombstone.clone() };
    let asked =
        |sent: Vec<(usize, Message)>| sent.into_iter().map(|(to, _)| to).collect::<BTreeSet<_>>();
    let replicas: BTreeSet<usize> =
        clockwise[1..3].iter().map(|node| usize::from(node.0)).collect();
    let fallback = usize::from(clockwise[3].0);
    assert_eq!(asked(a.time_out(&timer)), replicas, "the replicas are asked first");
    for replica in &replicas {
        assert!(
            a.receive(*replica, surveyed(tip(4))).is_empty(),
            "the first node waits for its timer before it asks the next nodes"
        );
    }
    a.crash();
    assert_eq!(asked(a.time_out(&timer)), replicas, "after a crash the first node asks them again");
    for replica in &replicas {
        a.receive(*replica, surveyed(tip(3)));
    }
    assert_eq!(
        asked(a.time_out(&timer)),
        replicas,
        "an answer to a question under another view does not count"
    );
    for replica in &replicas {
        a.receive(*replica, surveyed(tip(4)));
    }
    assert_eq!(
        asked(a.time_out(&timer)),
        BTreeSet::from([fallback]),
        "then the other nodes are asked"
    );
    assert_eq!(
        asked(a.time_out(&timer)),
        BTreeSet::from([fallback]),
        "they are asked again until they answer"
    );
    a.receive(fallback, surveyed(tip(4)));
    let reaped = a.time_out(&timer);
    assert!(
        reaped.iter().all(|(_, message)| matches!(message, Message::Reap { .. }))
            && reaped.len() == 2
    );
    assert!(a.state.durable.store.is_empty() && a.state.reaping.is_empty());
    a.crash();
    assert!(a.state.durable.store.is_empty());
}

#[test]
fn a_node_with_more_than_the_tombstone_does_not_answer_and_keeps_it() {
    let (mut a, clockwise) = first();
    let tombstone = deleted(&mut a, &clockwise);
    let survey = Message::Survey { tip: tip(4), key: key(), siblings: tombstone.clone() };
    assert_eq!(a.receive(usize::from(clockwise[1].0), survey.clone()).len(), 1);
    // A get under way may have received old copies.
    a.receive(CLIENT, Message::Request(Operation::Get { request: request(5), key: key(), pr: 0 }));
    assert!(a.receive(usize::from(clockwise[1].0), survey.clone()).is_empty());
    // A put stands beside the tombstone, so the key must not be reaped any more.
    a.receive(CLIENT, put(6, b"w", Context::new()));
    assert!(a.state.reaping.is_empty());
    a.receive(
        usize::from(clockwise[1].0),
        Message::Reap { tip: tip(4), key: key(), siblings: tombstone },
    );
    assert_eq!(a.state.durable.store[&key()].versions().len(), 2);
}
