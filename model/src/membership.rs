//! Who is a member: a history of changes that only grows, and what follows from it (traces 7 and 9; Dynamo paper §4.8.1).
//!
//! Changes are made by administrators, at any node; failures never make one. Two histories become one by union, in whatever order they
//! meet, so nothing is ever unlearned. Where two administrators contradict one another, all nodes that know both come to the same:
//!
//! | one says | another says | then it is |
//! |---|---|---|
//! | it joins | it joins | a member: it is the same change |
//! | it joins | it leaves | leaving: who says so knew that it was there |
//! | it leaves | it joins again | a member: who says so knew that it had left |
//! | it leaves | it is gone | gone: it says so itself, with nothing left on its disk |
//! | it is removed | anything | removed, for good: another node that takes its place needs another id |
//! | it is at one address | it is at another | at that which was said later, and of two at the same time at the larger |

use crate::ids::NodeId;
use crate::rules::Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// Where a node can be reached. What the bytes mean only the runtime knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address(pub [u8; 6]);

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Act {
    /// It becomes a member.
    Join,
    /// It is to be a member no longer, and hands over what it has.
    Leave,
    /// It has left, and has nothing any more.
    Gone,
    /// It is dead, and will never hand over anything.
    Remove,
    /// It can be reached there.
    Move(Address),
}

/// One change of who is a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Change {
    /// Of which node.
    pub node: NodeId,
    /// Which time it joins, leaves, is gone; which time it moves. Counted from 1.
    pub time: u32,
    /// What.
    pub act: Act,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { node, time, act } = self;
        match act {
            Act::Join => write!(f, "{node} joins"),
            Act::Leave => write!(f, "{node} leaves"),
            Act::Gone => write!(f, "{node} is gone"),
            Act::Remove => write!(f, "{node} is removed"),
            Act::Move(Address(at)) => write!(f, "{node} is at {at:?}"),
        }?;
        if *time > 1 { write!(f, " ({time})") } else { Ok(()) }
    }
}

/// A digest of a history: who has the same knows the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tip(pub u64);

impl fmt::Debug for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nobody has ever said anything of it.
    Unknown,
    /// It is a member.
    Member,
    /// It has left, and may still have something to hand over.
    Leaving,
    /// It has left, and has nothing any more.
    Gone,
    /// It was removed for good.
    Removed,
}

/// A grow-only set of changes.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "im::OrdSet<Change>", into = "im::OrdSet<Change>")]
pub struct History {
    changes: im::OrdSet<Change>,
    /// The sum of the changes' digests, so that it follows from the set alone and is kept up as it grows.
    tip: u64,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.changes).finish()
    }
}

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        self.tip == other.tip && self.changes == other.changes
    }
}

impl Eq for History {}

impl PartialOrd for History {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for History {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.changes.cmp(&other.changes)
    }
}

impl Hash for History {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.tip.hash(hasher);
    }
}

impl From<im::OrdSet<Change>> for History {
    fn from(changes: im::OrdSet<Change>) -> Self {
        changes.iter().copied().collect()
    }
}

impl From<History> for im::OrdSet<Change> {
    fn from(history: History) -> Self {
        history.changes
    }
}

impl FromIterator<Change> for History {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        let mut history = History::default();
        changes.into_iter().for_each(|change| history.insert(change));
        history
    }
}

impl History {
    /// The most changes that a history may have: they travel in one datagram.
    pub const CHANGES_MAX: usize = 4_000;

    /// The history in which these nodes have joined.
    pub fn founded_by(founders: impl IntoIterator<Item = NodeId>) -> Self {
        founders.into_iter().map(|node| Change { node, time: 1, act: Act::Join }).collect()
    }

    /// Adds a change.
    pub fn insert(&mut self, change: Change) {
        if self.changes.insert(change).is_none() {
            self.tip = self.tip.wrapping_add(digest(&change));
        }
    }

    /// Everything that either knows.
    #[must_use]
    pub fn union(&self, other: &History) -> History {
        let mut all = self.clone();
        if self.tip != other.tip {
            other.changes.iter().for_each(|change| all.insert(*change));
        }
        all
    }

    /// What this one knows and the other does not.
    #[must_use]
    pub fn minus(&self, other: &History) -> History {
        self.changes.iter().filter(|change| !other.changes.contains(change)).copied().collect()
    }

    /// Does it know everything that the other knows?
    pub fn includes(&self, other: &History) -> bool {
        self.tip == other.tip || other.changes.iter().all(|change| self.changes.contains(change))
    }

    /// The changes, by node.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter()
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Is nothing known?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Its digest.
    pub fn tip(&self) -> Tip {
        Tip(self.tip)
    }

    /// The changes of one node.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = &Change> {
        let first = Change { node, time: 0, act: Act::Join };
        self.changes.range(first..).take_while(move |change| change.node == node)
    }

    /// How every node stands of which anything is known.
    pub fn standings(&self, rules: &Rules) -> BTreeMap<NodeId, Standing> {
        let mut of: BTreeMap<NodeId, Vec<Change>> = BTreeMap::new();
        self.changes.iter().for_each(|change| of.entry(change.node).or_default().push(*change));
        of.into_iter().map(|(node, changes)| (node, rules.standing(&changes))).collect()
    }

    /// Where a node can be reached, as was said last.
    pub fn address(&self, node: NodeId) -> Option<Address> {
        let moves = self.of(node).filter_map(|change| match change.act {
            Act::Move(address) => Some((change.time, address)),
            _ => None,
        });
        moves.max().map(|(_, address)| address)
    }

    /// With a node at this address, if it was not there already.
    #[must_use]
    pub fn moved(&self, node: NodeId, address: Address) -> History {
        let mut history = self.clone();
        if self.address(node) != Some(address) {
            let moves = self.of(node).filter(|change| matches!(change.act, Act::Move(_)));
            let time = moves.map(|change| change.time).max().unwrap_or(0).saturating_add(1);
            history.insert(Change { node, time, act: Act::Move(address) });
        }
        history
    }
}

fn digest(change: &Change) -> u64 {
    let (act, address) = match change.act {
        Act::Join => (0, [0; 6]),
        Act::Leave => (1, [0; 6]),
        Act::Gone => (2, [0; 6]),
        Act::Remove => (3, [0; 6]),
        Act::Move(Address(address)) => (4, address),
    };
    let mut bytes = [0; 13];
    bytes[..2].copy_from_slice(&change.node.0.to_be_bytes());
    bytes[2..6].copy_from_slice(&change.time.to_be_bytes());
    bytes[6] = act;
    bytes[7..].copy_from_slice(&address);
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, quickcheck};

    impl Arbitrary for Change {
        fn arbitrary(g: &mut Gen) -> Self {
            let acts = [Act::Join, Act::Leave, Act::Gone, Act::Remove, Act::Move(Address([u8::arbitrary(g) % 3; 6]))];
            Change {
                node: NodeId(u16::arbitrary(g) % 4),
                time: 1 + u32::arbitrary(g) % 3,
                act: *g.choose(&acts).expect("there are some"),
            }
        }
    }

    fn history(changes: &[Change]) -> History {
        changes.iter().copied().collect()
    }

    quickcheck! {
        fn union_is_commutative_associative_and_idempotent(a: Vec<Change>, b: Vec<Change>, c: Vec<Change>) -> bool {
            let (a, b, c) = (history(&a), history(&b), history(&c));
            a.union(&b) == b.union(&a) && a.union(&b).union(&c) == a.union(&b.union(&c)) && a.union(&a) == a
        }

        fn a_tip_follows_from_the_set_alone(changes: Vec<Change>) -> bool {
            let reversed: Vec<Change> = changes.iter().rev().copied().collect();
            history(&changes).tip() == history(&reversed).tip()
        }

        fn the_difference_is_what_is_missing(a: Vec<Change>, b: Vec<Change>) -> bool {
            let (a, b) = (history(&a), history(&b));
            b.union(&a.minus(&b)) == a.union(&b) && a.minus(&b).changes().all(|change| !b.includes(&history(&[*change])))
        }

        fn nobody_who_was_removed_comes_back(changes: Vec<Change>, more: Vec<Change>) -> bool {
            let rules = Rules::default();
            let (before, after) = (history(&changes), history(&changes).union(&history(&more)));
            let removed = |history: &History| -> Vec<NodeId> {
                let standings = history.standings(&rules).into_iter();
                standings.filter(|(_, standing)| *standing == Standing::Removed).map(|(node, _)| node).collect()
            };
            removed(&before).iter().all(|node| removed(&after).contains(node))
        }

        fn a_history_survives_its_encoding(changes: Vec<Change>) -> bool {
            let history = history(&changes);
            let bytes = postcard::to_stdvec(&history).unwrap();
            postcard::from_bytes::<History>(&bytes).is_ok_and(|read| read == history && read.tip() == history.tip())
        }
    }

    /// The table at the top of this file, line by line.
    #[test]
    fn contradictions_have_one_outcome() {
        let node = NodeId(0);
        let said = |acts: &[(u32, Act)]| {
            let changes: Vec<Change> = acts.iter().map(|(time, act)| Change { node, time: *time, act: *act }).collect();
            history(&changes).standings(&Rules::default())[&node]
        };
        assert_eq!(said(&[(1, Act::Join)]), Standing::Member);
        assert_eq!(said(&[(1, Act::Join), (1, Act::Leave)]), Standing::Leaving);
        assert_eq!(said(&[(1, Act::Join), (1, Act::Leave), (2, Act::Join)]), Standing::Member);
        assert_eq!(said(&[(1, Act::Join), (1, Act::Leave), (1, Act::Gone)]), Standing::Gone);
        assert_eq!(said(&[(1, Act::Join), (1, Act::Remove), (2, Act::Join)]), Standing::Removed);
        let (one, other) = (Address([1; 6]), Address([2; 6]));
        let moved = |acts: &[(u32, Address)]| {
            let changes = acts.iter().map(|(time, address)| Change { node, time: *time, act: Act::Move(*address) });
            changes.collect::<History>().address(node)
        };
        assert_eq!(moved(&[(1, other), (2, one)]), Some(one));
        assert_eq!(moved(&[(1, one), (1, other)]), Some(other));
    }
}
