//! A matching between intended replicas and the nodes whose answers may count for them.

use dynamo_model::ids::NodeId;

/// The number of intended replicas that can be matched with different nodes. `candidates` has, for
/// each replica, the nodes whose answers may count for it. `taken` nodes are matched already.
pub fn filled(candidates: &[Vec<NodeId>], taken: &mut Vec<NodeId>) -> usize {
    let Some((nodes, rest)) = candidates.split_first() else { return 0 };
    let mut most = filled(rest, taken);
    for node in nodes {
        if !taken.contains(node) {
            taken.push(*node);
            most = most.max(1 + filled(rest, taken));
            taken.pop();
        }
    }
    most
}
