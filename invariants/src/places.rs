//! Places of a preference list, and the nodes that may fill them: a matching.

use dynamo_model::ids::NodeId;

/// How many places can be filled with different nodes, given who may fill each.
pub(crate) fn filled(places: &[Vec<NodeId>], taken: &mut Vec<NodeId>) -> usize {
    let Some((place, rest)) = places.split_first() else { return 0 };
    let mut most = filled(rest, taken);
    for node in place {
        if !taken.contains(node) {
            taken.push(*node);
            most = most.max(1 + filled(rest, taken));
            taken.pop();
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_with_different_nodes() {
        let most = |places: &[&[u16]]| {
            let places: Vec<Vec<NodeId>> =
                places.iter().map(|place| place.iter().map(|node| NodeId(*node)).collect()).collect();
            filled(&places, &mut Vec::new())
        };
        assert_eq!(most(&[&[0], &[1], &[2]]), 3);
        assert_eq!(most(&[&[0], &[], &[2]]), 2);
        assert_eq!(most(&[&[0], &[3], &[3]]), 2, "one node stands in for two");
        assert_eq!(most(&[&[3], &[3], &[2, 4]]), 2, "three nodes, and yet one place is left");
        assert_eq!(most(&[&[3, 4], &[3], &[2]]), 3);
    }
}
