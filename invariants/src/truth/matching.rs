//! Places of a preference list, and the nodes that may fill them: a matching.

use dynamo_model::ids::NodeId;

/// How many places can be filled with different nodes, given who may fill each.
pub fn filled(places: &[Vec<NodeId>], taken: &mut Vec<NodeId>) -> usize {
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
