//! The standings that follow from a history. Properties ask for them again and again, in a few
//! histories, so each thread keeps those of the histories that it has met.

use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing, Tip};
use dynamo_model::rules::Rules;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// How many histories a thread remembers at most.
const REMEMBERED_MAX: usize = 256;

type Standings = BTreeMap<NodeId, Standing>;

thread_local! {
    static REMEMBERED: RefCell<HashMap<Tip, Rc<Standings>>> = RefCell::default();
}

/// The standing of every node that a history names, by the protocol's rules.
fn standings(history: &History) -> Rc<Standings> {
    REMEMBERED.with_borrow_mut(|remembered| {
        if remembered.len() >= REMEMBERED_MAX && !remembered.contains_key(&history.tip()) {
            remembered.clear();
        }
        let new = || Rc::new(Rules::default().standings(history));
        Rc::clone(remembered.entry(history.tip()).or_insert_with(new))
    })
}

/// The standing of a node.
pub(crate) fn standing(history: &History, node: NodeId) -> Standing {
    standings(history).get(&node).copied().unwrap_or(Standing::Unknown)
}

/// The members, in ascending order.
pub(crate) fn members(history: &History) -> Vec<NodeId> {
    with(Standing::Member, history)
}

/// The nodes that were removed for good, in ascending order.
pub(crate) fn removed(history: &History) -> Vec<NodeId> {
    with(Standing::Removed, history)
}

fn with(standing: Standing, history: &History) -> Vec<NodeId> {
    let standings = standings(history);
    let nodes = standings.iter().filter(|(_, its)| **its == standing);
    nodes.map(|(node, _)| *node).collect()
}

/// Those of these nodes that are members, but no more than `most`.
pub(crate) fn members_among(nodes: &[NodeId], history: &History, most: usize) -> Vec<NodeId> {
    let standings = standings(history);
    let is_member = |node: &NodeId| standings.get(node) == Some(&Standing::Member);
    nodes.iter().copied().filter(is_member).take(most).collect()
}
