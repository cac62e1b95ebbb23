//! The changes of the members that administrators ask for.

use crate::drawn::Chance;
use dynamo_invariants::scope::Ask;
use dynamo_model::ids::NodeId;
use std::collections::BTreeSet;
use std::time::Duration;

/// The most changes that an administrator asks for.
const CHANGES_MAX: usize = 30;
/// In long runs, an administrator asks for up to one more change in each such time.
const CHANGE_EVERY: Duration = Duration::from_mins(15);

/// A change of the members that an administrator asks for: through which node, and what.
pub(super) type Change = (NodeId, NodeId, fn(usize) -> Ask);

/// Draws what one or two administrators ask for. Some node is a member at the start: it joins only
/// after it has left, if at all. A node joins through one that was a member at the start: one that
/// never was does not run yet.
pub(super) fn changes(chance: &mut Chance, nodes: u16, unsafe_for: Duration) -> Vec<Vec<Change>> {
    let most = CHANGES_MAX.min(4 + (unsafe_for.as_secs() / CHANGE_EVERY.as_secs()) as usize);
    loop {
        let administrators = 1 + chance.below(2);
        let mut drawn: Vec<_> =
            (0..administrators).map(|_| any_changes(chance, nodes, most)).collect();
        let joins_first = |node: &NodeId| {
            let first = drawn.iter().flatten().find(|(_, changed, _)| changed == node);
            first.is_some_and(|(_, _, what)| is_join(*what))
        };
        let (joining, founders): (Vec<NodeId>, Vec<NodeId>) =
            (0..nodes).map(NodeId).partition(joins_first);
        if founders.is_empty() {
            continue;
        }
        for (via, node, what) in drawn.iter_mut().flatten() {
            if is_join(*what) && (*via == *node || joining.contains(via)) {
                *via = chance.one_of(&founders);
            }
        }
        return drawn;
    }
}

/// Leaves out every join of a node that may have left before. A node that has left does not run until
/// it is a member again. What others send it meanwhile is lost, and a coordinator that never times
/// out would wait for it for ever.
pub(super) fn without_returns(changes: Vec<Vec<Change>>) -> Vec<Vec<Change>> {
    let all = changes.iter().flatten();
    let may_leave: BTreeSet<NodeId> =
        all.filter(|(_, _, what)| !is_join(*what)).map(|(_, node, _)| *node).collect();
    let mut mentioned = BTreeSet::new();
    let mut stays = |(_, node, what): &Change| {
        let is_first = mentioned.insert(*node);
        is_first || !is_join(*what) || !may_leave.contains(node)
    };
    let of_one = |its: Vec<Change>| its.into_iter().filter(&mut stays).collect();
    changes.into_iter().map(of_one).collect()
}

fn is_join(what: fn(usize) -> Ask) -> bool {
    matches!(what(0), Ask::Join(_))
}

/// What one administrator asks for. In some runs, one or two nodes come and go.
fn any_changes(chance: &mut Chance, nodes: u16, most: usize) -> Vec<Change> {
    let count = 1 + chance.below(most);
    let any = |chance: &mut Chance| NodeId(chance.below(usize::from(nodes)) as u16);
    let restless = [any(chance), any(chance)];
    let restless = &restless[..chance.one_of(&[0, 0, 1, 2])];
    // Most changes change something, if nobody else has asked for the same.
    let mut gone = BTreeSet::new();
    let mut change = || {
        let via = any(chance);
        let node = if restless.is_empty() { any(chance) } else { chance.one_of(restless) };
        let kinds: [fn(usize) -> Ask; 5] =
            [Ask::Join, Ask::Join, Ask::Leave, Ask::Leave, Ask::Remove];
        let drawn = chance.one_of(&kinds);
        let what = match gone.contains(&node) {
            true if chance.is_so(7_500) => Ask::Join,
            false if chance.is_so(7_500) && is_join(drawn) => Ask::Leave,
            _ => drawn,
        };
        if is_join(what) {
            gone.remove(&node)
        } else {
            gone.insert(node)
        };
        (via, node, what)
    };
    (0..count).map(|_| change()).collect()
}
