//! Sets of puts, and the matching of answers with intended replicas.

use dynamo_invariants::scope::write_set::{WriteId, WriteSet};
use dynamo_invariants::truth::matching::filled;
use dynamo_model::ids::Content;
use dynamo_model::ids::NodeId;

#[test]
fn a_put_is_known_by_its_value() {
    for index in 0..WriteId::MAX as u8 {
        assert_eq!(WriteId::of(&Content::Value(WriteId(index).value())), WriteId(index));
    }
}

#[test]
fn sets_are_sets() {
    let set: WriteSet = [WriteId(0), WriteId(3)].into_iter().collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), [WriteId(0), WriteId(3)]);
    assert!(
        set.minus(WriteSet::EMPTY.with(WriteId(3))).is_subset(set)
            && set.len() == 2
            && !set.is_empty()
    );
    assert!(!set.is_subset(WriteSet::EMPTY.with(WriteId(0))));
}

#[test]
fn each_intended_replica_is_matched_with_a_node_of_its_own() {
    let most = |replicas: &[&[u16]]| {
        let nodes = |all: &&[u16]| all.iter().map(|node| NodeId(*node)).collect();
        let replicas: Vec<Vec<NodeId>> = replicas.iter().map(nodes).collect();
        filled(&replicas, &mut Vec::new())
    };
    assert_eq!(most(&[&[0], &[1], &[2]]), 3);
    assert_eq!(most(&[&[0], &[], &[2]]), 2);
    assert_eq!(most(&[&[0], &[3], &[3]]), 2, "one node counts for one replica only");
    assert_eq!(most(&[&[3], &[3], &[2, 4]]), 2, "three nodes, but one replica has none");
    assert_eq!(most(&[&[3, 4], &[3], &[2]]), 3);
}
