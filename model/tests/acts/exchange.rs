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

/// Two replicas of everything.
struct Pair {
    nodes: [Bench; 2],
    /// Every key that was sent.
    sent: BTreeSet<Key>,
    /// How many messages there were, by kind: about trees, about keys.
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

    /// A replica is sent something of a key.
    fn hold(&mut self, node: usize, key: &Key, siblings: &Siblings) {
        let tip = self.nodes[node].state.view.tip();
        let sync = Message::Sync { tip, key: key.clone(), siblings: siblings.clone() };
        self.nodes[node].receive(1 - node, sync);
    }

    fn held(&self, node: usize) -> Held {
        self.nodes[node].state.durable.store.clone().into_iter().collect()
    }

    /// One exchange, to its end. `is_lost` says of each message whether it is; every third is
    /// doubled.
    fn exchange(&mut self, by: usize, mut is_lost: impl FnMut(usize) -> bool) {
        let mut under_way: Vec<(usize, Message)> = Vec::new();
        let peer = NodeId((1 - by) as u16);
        under_way.extend(self.nodes[by].choose(Choice::Exchange(peer)));
        let mut number = 0;
        while let Some((to, message)) = under_way.pop() {
            number += 1;
            assert!(number < 100_000, "an exchange ends");
            assert!(
                postcard::to_stdvec(&message).unwrap().len() <= Config::DATAGRAM_BYTES,
                "it fits a datagram"
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

/// What a put through a node makes of a key, after so many before it there.
fn written(node: u16, counter: u64) -> Siblings {
    let dot = Dot { issuer: NodeId(node).into(), counter };
    let clock = Context::new().with_all_up_to(dot.issuer, counter);
    let content = Content::Value(Value::new(&counter.to_le_bytes()).unwrap());
    Siblings::new().put(Version { dot, clock, content }, |_| true)
}

/// What each replica has at first: by key what was put through the one, and through the other, and
/// who has got it.
fn contents() -> impl Strategy<Value = BTreeMap<u16, [Option<(u16, u64)>; 2]>> {
    let held = || proptest::option::of((0..2u16, 1..4u64));
    proptest::collection::btree_map(0..300u16, [held(), held()], 0..60)
}

proptest! {
    /// Against a merge key by key: replicas end with the same, and only keys that differed were
    /// sent, whatever is lost and doubled.
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
        prop_assert_eq!(pair.messages, (before.0 + 1, before.1), "there is nothing more to say than the roots");
        pair.nodes[0].crash();
        prop_assert_eq!(&pair.nodes[0].state.trees, &pair.nodes[1].state.trees, "the trees follow from what is on disk");
    }

    /// Places, partitions, children and leaves that make no sense, as they may come from the
    /// network.
    #[test]
    fn nonsense_is_survived(depth: u8, index: u32, partition: u32, turn: u16, digest: u64, is_cut: bool, names in proptest::collection::vec("[a-z]{1,9}", 0..4)) {
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

/// Two keys with the same digest at the same leaf are still two keys.
#[test]
fn keys_with_equal_digests_are_not_taken_for_one_another() {
    let mut pair = Pair::new(Shape::new(2, 0).unwrap(), 100);
    for node in &mut pair.nodes {
        node.node.rules.key_digest = |_, held| Digest(u64::from(!held.context().is_empty()));
    }
    let numbers: Vec<u16> = (0..40).collect();
    for number in &numbers {
        pair.hold(usize::from(number % 2), &key(*number, 0), &written(0, u64::from(*number) + 1));
    }
    // As many keys on both sides would have equal roots: the digest is of no use at all there.
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
        assert_eq!(siblings, &expected[key], "what is there is the key's own");
    }
    // Where one partition has a different number of keys on the two sides they do differ, and all
    // of them get there.
    let alone = numbers.iter().filter(|number| {
        let own = key(**number, 0);
        numbers.iter().all(|other| other == *number || !in_one_partition(&own, &key(*other, 0)))
    });
    for number in alone {
        assert!(held.contains_key(&key(*number, 0)), "key {number}");
    }
}

/// A leaf with more keys than fit a message is compared part by part.
#[test]
fn a_large_leaf_is_compared_part_by_part() {
    let mut pair = Pair::new(Shape::new(1, 0).unwrap(), 1_000);
    let ring = pair.nodes[0].state.view.ring().clone();
    let in_first = |key: &Key| ring.partition(key) == Partition(0);
    let keys: Vec<Key> =
        (0..u16::MAX).map(|number| key(number, 240)).filter(in_first).take(250).collect();
    assert_eq!(keys.len(), 250);
    for (index, key) in keys.iter().enumerate() {
        // The one lacks the first third, the other the last.
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

/// While there is more to get, it is got from whoever has it: another would have nothing new, and
/// seem to end it.
#[test]
fn whoever_has_got_something_goes_on_with_the_same_peer() {
    let mut pair = Pair::new(Shape::WIDE, 8);
    let again = Timer::Exchange(NodeId(0), Some(NodeId(1)));
    pair.hold(0, &key(1, 0), &written(0, 1));
    assert_eq!(pair.nodes[0].timers, std::slice::from_ref(&again));
    pair.hold(0, &key(1, 0), &written(0, 1));
    assert!(pair.nodes[0].timers.is_empty(), "that was nothing new");
    let sent = pair.nodes[0].time_out(&again);
    assert!(
        matches!(&sent[..], [(1, Message::Roots { roots, .. })] if roots.len() == 1),
        "{sent:?}"
    );
}

/// By the time the answer comes the node may be no replica any more.
#[test]
fn who_is_no_replica_takes_no_key() {
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

/// Many keys are entered in their trees turn by turn; what is written meanwhile is in them too, and
/// nobody is told half of it.
#[test]
fn after_a_start_trees_are_planted_turn_by_turn() {
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
            // One that is planted, one that is not.
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

/// However many keys are planted in one step, none is left out: not the first, not the last, and
/// none where one step ends.
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

/// Two values under one dot, which only a damaged or copied disk brings about: the replicas do not
/// seem to agree, and yet each exchange ends, and neither value is lost. A put over them settles
/// it.
#[test]
fn different_values_under_one_dot_are_seen_until_a_put_replaces_them() {
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
