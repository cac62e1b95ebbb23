//! Anti-entropy between two replicas with many keys.

use super::bench::Bench;
use dynamo_model::config::{AntiEntropy, Config};
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::message::{Leaf, Message, Subtree};
use dynamo_model::node::{Choice, Timer};
use dynamo_model::ring::Partition;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tree::{Digest, Place, Shape};
use dynamo_model::version::{Context, Dot};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Held = BTreeMap<Key, Siblings>;

/// Two replicas of every key.
struct Pair {
    nodes: [Bench; 2],
    /// Every key that was sent.
    sent: BTreeSet<Key>,
    /// The number of messages about trees, and about keys.
    messages: (usize, usize),
}

impl Pair {
    fn new(shape: Shape, window: usize) -> Self {
        let node = |id| {
            let how = AntiEntropy { shape, window, ..AntiEntropy::LOCAL };
            Bench::of(2, NodeId(id), 2, 1, 1).with(|config| config.with_anti_entropy(how))
        };
        Pair { nodes: [node(0), node(1)], sent: BTreeSet::new(), messages: (0, 0) }
    }

    /// Sends a replica what it is to hold of a key.
    fn hold(&mut self, node: usize, key: &Key, siblings: &Siblings) {
        let tip = self.nodes[node].state.view.tip();
        let sync = Message::Sync { tip, key: key.clone(), siblings: siblings.clone() };
        self.nodes[node].receive(1 - node, sync);
    }

    fn held(&self, node: usize) -> Held {
        self.nodes[node].state.durable.store.clone().into_iter().collect()
    }

    /// Runs one exchange to its end. `is_lost` decides which messages are lost. Every third message
    /// is duplicated.
    fn exchange(&mut self, by: usize, mut is_lost: impl FnMut(usize) -> bool) {
        let mut under_way: Vec<(usize, Message)> = Vec::new();
        let peer = NodeId((1 - by) as u16);
        under_way.extend(self.nodes[by].choose(Choice::Exchange(peer)));
        let mut number = 0;
        while let Some((to, message)) = under_way.pop() {
            number += 1;
            assert!(number < 100_000, "an exchange must end");
            assert!(
                postcard::to_stdvec(&message).unwrap().len() <= Config::DATAGRAM_BYTES,
                "a message must fit a datagram"
            );
            if let Message::Sync { key, .. } = &message {
                self.sent.insert(key.clone());
                self.messages.1 += 1;
            } else {
                self.messages.0 += 1;
            }
            if is_lost(number) {
                continue;
            }
            for _ in 0..=usize::from(number % 3 == 0) {
                under_way.extend(self.nodes[to].receive(1 - to, message.clone()));
            }
        }
    }
}

fn key(number: u16, length: usize) -> Key {
    Key::new(&format!("{number:05}{}", "-".repeat(length))).unwrap()
}

/// A key's siblings after a put through the node, which has put the key `counter - 1` times before.
fn written(node: u16, counter: u64) -> Siblings {
    let dot = Dot { issuer: NodeId(node).into(), counter };
    let clock = Context::new().with_all_up_to(dot.issuer, counter);
    let content = Content::Value(Value::new(&counter.to_le_bytes()).unwrap());
    Siblings::new().put(Version { dot, clock, content }, |_| true)
}

/// What each replica holds initially. For each key and replica: the node that coordinated the put,
/// and its counter.
fn contents() -> impl Strategy<Value = BTreeMap<u16, [Option<(u16, u64)>; 2]>> {
    let held = || proptest::option::of((0..2u16, 1..4u64));
    proptest::collection::btree_map(0..300u16, [held(), held()], 0..60)
}

proptest! {
    /// Compared with a merge of each key: both replicas reach that merge, and only keys that
    /// differed are sent, whatever is lost and duplicated.
    #[test]
    fn replicas_get_what_they_lack_and_nothing_else(
        contents in contents(),
        shape in 0..3usize,
        window in 1..20usize,
        long in any::<bool>(),
        lost in proptest::collection::vec(0..400usize, 0..40),
    ) {
        let shape = [Shape::TINY, Shape::WIDE, Shape::new(2, 0).unwrap()][shape];
        let mut pair = Pair::new(shape, window);
        let (mut expected, mut divergent) = (Held::new(), BTreeSet::new());
        for (number, sides) in &contents {
            let key = key(*number, if long { 240 } else { 0 });
            let sides = sides.map(|side| side.map(|(node, counter)| written(node, counter)));
            let [one, other] = sides.clone().map(Option::unwrap_or_default);
            if one != other {
                divergent.insert(key.clone());
            }
            if one != Siblings::new() || other != Siblings::new() {
                expected.insert(key.clone(), one.merge(&other));
            }
            for (node, side) in sides.iter().enumerate() {
                if let Some(held) = side {
                    pair.hold(node, &key, held);
                }
            }
        }
        let mut number = 0;
        for round in 0..2 + 3 * contents.len() {
            pair.exchange(round % 2, |_| { number += 1; lost.contains(&number) });
        }
        prop_assert_eq!(&pair.held(0), &expected);
        prop_assert_eq!(&pair.held(1), &expected);
        prop_assert!(pair.sent.is_subset(&divergent), "{:?}", pair.sent.difference(&divergent));
        prop_assert_eq!(&pair.nodes[0].state.trees, &pair.nodes[1].state.trees);
        let before = pair.messages;
        pair.exchange(0, |_| false);
        prop_assert_eq!(pair.messages, (before.0 + 1, before.1), "equal replicas send only the roots");
        pair.nodes[0].crash();
        prop_assert_eq!(&pair.nodes[0].state.trees, &pair.nodes[1].state.trees, "trees are rebuilt from disk");
    }

    /// The network may deliver places, partitions, children and leaves that do not exist.
    #[test]
    fn ill_formed_messages_change_nothing(depth: u8, index: u32, partition: u32, turn: u16, digest: u64, is_cut: bool, names in proptest::collection::vec("[a-z]{1,9}", 0..4)) {
        let mut pair = Pair::new(Shape::WIDE, 8);
        let tip = pair.nodes[0].state.view.tip();
        for number in 0..50 {
            pair.hold(0, &key(number, 0), &written(0, 1));
        }
        let before = pair.held(0);
        let (place, digest) = (Place { partition: Partition(partition % 300), depth, index }, Digest(digest));
        let keys = names.iter().map(|name| (Key::new(name).unwrap(), digest)).collect();
        let leaf = Leaf { place, after: names.first().map(|name| Key::new(name).unwrap()), keys, is_cut };
        for message in [
            Message::Roots { tip, roots: vec![(place.partition, digest), (place.partition, digest)] },
            Message::Subtrees { tip, subtrees: vec![Subtree { place, children: vec![(turn, digest), (turn, digest)] }] },
            Message::Leaves { tip, leaves: vec![leaf] },
        ] {
            pair.nodes[0].receive(1, message);
        }
        prop_assert_eq!(pair.held(0), before);
    }
}

/// Two keys with equal digests at the same leaf are still two keys.
#[test]
fn keys_with_equal_digests_are_not_confused() {
    let mut pair = Pair::new(Shape::new(2, 0).unwrap(), 100);
    for node in &mut pair.nodes {
        node.node.rules.key_digest = |_, held| Digest(u64::from(!held.context().is_empty()));
    }
    let numbers: Vec<u16> = (0..40).collect();
    for number in &numbers {
        pair.hold(usize::from(number % 2), &key(*number, 0), &written(0, u64::from(*number) + 1));
    }
    // With equally many keys on both sides all roots would be equal: this digest only counts keys.
    pair.hold(0, &key(99, 0), &written(0, 1));
    pair.exchange(0, |_| false);
    pair.exchange(1, |_| false);
    let expected: Held = numbers
        .iter()
        .map(|number| (key(*number, 0), written(0, u64::from(*number) + 1)))
        .collect();
    let mut held = pair.held(1);
    held.remove(&key(99, 0));
    let in_one_partition = |one: &Key, other: &Key| {
        let ring = pair.nodes[0].state.view.ring();
        ring.partition(one) == ring.partition(other)
    };
    for (key, siblings) in &held {
        assert_eq!(siblings, &expected[key], "a key holds its own siblings");
    }
    // A partition with different numbers of keys on the two sides has different roots. So all its
    // keys get through.
    let alone = numbers.iter().filter(|number| {
        let own = key(**number, 0);
        numbers.iter().all(|other| other == *number || !in_one_partition(&own, &key(*other, 0)))
    });
    for number in alone {
        assert!(held.contains_key(&key(*number, 0)), "key {number}");
    }
}

/// A leaf with more keys than fit one message is compared part by part.
#[test]
fn a_large_leaf_is_compared_part_by_part() {
    let mut pair = Pair::new(Shape::new(1, 0).unwrap(), 1_000);
    let ring = pair.nodes[0].state.view.ring().clone();
    let in_first = |key: &Key| ring.partition(key) == Partition(0);
    let keys: Vec<Key> =
        (0..u16::MAX).map(|number| key(number, 240)).filter(in_first).take(250).collect();
    assert_eq!(keys.len(), 250);
    for (index, key) in keys.iter().enumerate() {
        // One replica lacks the first third, the other the last.
        (0..2)
            .filter(|node| index / 84 != 2 * node)
            .for_each(|node| pair.hold(node, key, &written(0, 1)));
    }
    pair.exchange(0, |_| false);
    assert_eq!(pair.held(0).len(), 250);
    assert_eq!(pair.held(0), pair.held(1));
    let divergent: BTreeSet<Key> =
        keys.iter().enumerate().filter(|(i, _)| i / 84 != 1).map(|(_, k)| k.clone()).collect();
    assert_eq!(pair.sent, divergent);
    assert!(pair.messages.0 > 4, "{} messages about trees", pair.messages.0);
}

/// While a peer has more to send, the node continues with that peer. Another peer might have
/// nothing new, which would seem to end the exchange.
#[test]
fn a_node_that_received_something_continues_with_that_peer() {
    let mut pair = Pair::new(Shape::WIDE, 8);
    let again = Timer::Exchange(NodeId(0), Some(NodeId(1)));
    pair.hold(0, &key(1, 0), &written(0, 1));
    assert_eq!(pair.nodes[0].timers, std::slice::from_ref(&again));
    pair.hold(0, &key(1, 0), &written(0, 1));
    assert!(pair.nodes[0].timers.is_empty(), "the key was not new");
    let sent = pair.nodes[0].time_out(&again);
    assert!(
        matches!(&sent[..], [(1, Message::Roots { roots, .. })] if roots.len() == 1),
        "{sent:?}"
    );
}

/// When the answer arrives, the node may no longer be a replica.
#[test]
fn a_node_that_is_no_replica_accepts_no_key() {
    let key = key(1, 0);
    let how = AntiEntropy { shape: Shape::TINY, ..AntiEntropy::LOCAL };
    let replica = Bench::of(3, NodeId(0), 2, 1, 1).clockwise(&key)[0];
    for node in (0..3).map(NodeId) {
        let mut bench = Bench::of(3, node, 2, 1, 1).with(|config| config.with_anti_entropy(how));
        let (clockwise, tip) = (bench.clockwise(&key), bench.state.view.tip());
        let sync = Message::Sync { tip, key: key.clone(), siblings: written(0, 1) };
        let from = if node == replica { clockwise[1] } else { replica };
        bench.receive(usize::from(from.0), sync);
        assert_eq!(
            bench.state.durable.store.contains_key(&key),
            clockwise[..2].contains(&node),
            "{node}"
        );
    }
}

/// After a start, a node enters many keys in its trees step by step. Writes between the steps are
/// entered too. No peer is told about a half-built tree.
#[test]
fn after_a_start_trees_are_planted_step_by_step() {
    let mut pair = Pair::new(Shape::WIDE, 8);
    for number in 0..25_000 {
        pair.hold(0, &key(number, 0), &written(0, 1));
    }
    let before = pair.nodes[0].state.trees.clone();
    pair.nodes[0].crash();
    let mut turns = 0;
    while pair.nodes[0].state.unplanted.is_some() {
        assert_ne!(pair.nodes[0].state.trees, before);
        let tip = pair.nodes[0].state.view.tip();
        assert!(pair.nodes[0].receive(1, Message::Roots { tip, roots: Vec::new() }).is_empty());
        assert!(pair.nodes[0].choose(Choice::Exchange(NodeId(1))).is_empty());
        if turns == 0 {
            // One key that is planted already, one that is not.
            pair.hold(0, &key(1, 0), &written(0, 2));
            pair.hold(0, &key(24_999, 0), &written(0, 2));
        }
        pair.nodes[0].time_out(&Timer::Plant(NodeId(0)));
        turns += 1;
    }
    assert_eq!(turns, 2);
    let planted = pair.nodes[0].state.trees.clone();
    pair.nodes[0].crash();
    while pair.nodes[0].state.unplanted.is_some() {
        pair.nodes[0].time_out(&Timer::Plant(NodeId(0)));
    }
    assert_ne!(planted, before);
    assert_eq!(pair.nodes[0].state.trees, planted);
}

/// Whatever the number of keys planted in one step, no key is left out: not the first, not the
/// last, and none where a step ends.
#[test]
fn every_key_is_planted_whatever_the_size_of_a_step() {
    for planted_at_a_time in 0..=8 {
        let mut pair = Pair::new(Shape::WIDE, 8);
        for node in &mut pair.nodes {
            let how = AntiEntropy { planted_at_a_time, ..AntiEntropy::LOCAL };
            node.node.config = node.node.config.with_anti_entropy(how);
        }
        for number in 0..7 {
            pair.hold(0, &key(number, 0), &written(0, 1));
        }
        let before = pair.nodes[0].state.trees.clone();
        pair.nodes[0].crash();
        let mut steps = 1;
        while pair.nodes[0].state.unplanted.is_some() {
            pair.nodes[0].time_out(&Timer::Plant(NodeId(0)));
            steps += 1;
        }
        assert_eq!(pair.nodes[0].state.trees, before, "{planted_at_a_time} at a time");
        assert_eq!(
            steps,
            7usize.div_ceil(planted_at_a_time.max(1)),
            "{planted_at_a_time} at a time"
        );
    }
}

/// A damaged or copied disk may cause two values under one dot. The replicas then seem to differ.
/// Each exchange still ends, and neither value is lost. A put that has read them resolves it.
#[test]
fn different_values_under_one_dot_stay_visible_until_a_put_replaces_them() {
    let key = key(1, 0);
    let version = |counter: u64, bytes: &[u8]| {
        let dot = Dot { issuer: NodeId(0).into(), counter };
        let content = Content::Value(Value::new(bytes).unwrap());
        Version { dot, clock: Context::new().with_all_up_to(dot.issuer, counter), content }
    };
    let holding = |bytes: &[u8]| Siblings::new().put(version(1, bytes), |_| true);
    let mut pair = Pair::new(Shape::WIDE, 8);
    pair.hold(0, &key, &holding(b"one"));
    pair.hold(1, &key, &holding(b"other"));
    for by in 0..2 {
        pair.exchange(by, |_| false);
        assert_ne!(pair.nodes[0].state.trees, pair.nodes[1].state.trees);
        assert_eq!(
            (&pair.held(0)[&key], &pair.held(1)[&key]),
            (&holding(b"one"), &holding(b"other"))
        );
        assert!(pair.nodes.iter().all(|node| {
            node.timers.iter().all(|timer| !matches!(timer, Timer::Exchange(_, Some(_))))
        }));
    }
    assert!(pair.messages.1 <= 4, "{} keys were sent", pair.messages.1);
    pair.hold(0, &key, &holding(b"one").put(version(2, b"both"), |_| true));
    pair.exchange(1, |_| false);
    assert_eq!(pair.held(0), pair.held(1));
    assert_eq!(pair.nodes[0].state.trees, pair.nodes[1].state.trees);
}
