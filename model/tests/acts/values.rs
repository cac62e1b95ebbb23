//! Edge cases of single values: what is not decoded, how names are shown, which nodes trees have.

use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::membership::History;
use dynamo_model::ring::Partition;
use dynamo_model::rules::Rules;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tree::{Digest, Place, Shape, Trees};
use dynamo_model::version::{Context, Dot, Issuer};
use std::collections::BTreeSet;

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn siblings() -> Siblings {
    let dot = Dot { issuer: NodeId(0).into(), counter: 1 };
    let content = Content::Value(Value::new(b"v").unwrap());
    Siblings::new().put(Version { dot, clock: Context::new().with(dot), content }, |_| true)
}

#[test]
fn a_set_that_names_a_put_twice_is_not_decoded() {
    let one = serde_json::to_value(siblings()).unwrap();
    let mut twice = one.clone();
    let version = twice["versions"][0].clone();
    twice["versions"].as_array_mut().unwrap().push(version);
    assert!(serde_json::from_value::<Siblings>(one).is_ok());
    assert!(serde_json::from_value::<Siblings>(twice).is_err());
}

#[test]
fn a_clock_that_names_a_node_twice_is_not_decoded() {
    let clock = Context::new()
        .with_all_up_to(NodeId(0), 2)
        .with(Dot { issuer: NodeId(1).into(), counter: 3 });
    let good = serde_json::to_value(&clock).unwrap();
    assert_eq!(serde_json::from_value::<Context>(good.clone()).unwrap(), clock);
    for part in ["vector", "dots"] {
        let mut twice = good.clone();
        let entry = twice[part][0].clone();
        twice[part].as_array_mut().unwrap().push(entry);
        assert!(serde_json::from_value::<Context>(twice).is_err(), "{part}");
    }
}

#[test]
fn the_first_of_a_node_s_disks_is_shown_without_a_number() {
    let disk = |node, incarnation| Issuer { node: NodeId(node), incarnation, epoch: 0 };
    let clock = Context::new().with_all_up_to(NodeId(0), 1).with_all_up_to(disk(1, 1), 2);
    assert_eq!(clock.to_string(), "[A:1,B:2]");
    assert_eq!(clock.with_all_up_to(disk(1, 2), 3).to_string(), "[A:1,B:2,B~2:3]");
}

#[test]
fn keys_spread_over_all_leaves_and_each_is_found_from_the_root() {
    let shape = Shape::WIDE;
    let keys: Vec<Key> = (0..1_000).map(|number| key(&format!("key {number}"))).collect();
    let leaves: BTreeSet<u32> = keys.iter().map(|key| shape.leaf(key)).collect();
    assert!(
        leaves.len() > 900 && leaves.iter().all(|leaf| *leaf < 32 * 32 * 32),
        "{}",
        leaves.len()
    );
    let (partition, key) = (Partition(0), &keys[0]);
    let mut trees = Trees::default();
    trees.set(shape, partition, key, Some(Digest(7)));
    let mut place = Place { partition, depth: 0, index: 0 };
    for depth in 1..=3 {
        let turn = (shape.leaf(key) >> (5 * (3 - depth)) & 31) as u16;
        assert_eq!(trees.children(shape, &place), [(turn, Digest(7))]);
        place = shape.below(&place, turn).unwrap();
    }
    assert!(shape.is_leaf(&place) && place.index == shape.leaf(key));
    assert_eq!(trees.keys(shape, &place), [(key.clone(), Digest(7))]);
}

#[test]
fn places_that_no_tree_has_are_recognised() {
    let place = |depth, index| Place { partition: Partition(0), depth, index };
    assert!(
        Shape::WIDE.has(&place(0, 0))
            && Shape::WIDE.has(&place(1, 31))
            && Shape::WIDE.has(&place(3, 32_767))
    );
    assert!(
        !Shape::WIDE.has(&place(0, 1))
            && !Shape::WIDE.has(&place(1, 32))
            && !Shape::WIDE.has(&place(4, 0))
    );
    assert_eq!(Shape::WIDE.below(&place(0, 0), 31), Some(place(1, 31)));
    assert_eq!(Shape::WIDE.below(&place(0, 0), 32), None);
}

#[test]
fn equal_histories_have_equal_views() {
    let view = |nodes: &[u16]| {
        Rules::default().view(&History::founded_by(nodes.iter().copied().map(NodeId)))
    };
    assert_eq!(view(&[0, 1]), view(&[1, 0]));
    assert_ne!(view(&[0, 1]), view(&[0, 2]));
}
