//! Who is a member: a history of changes that only grows, and what follows from it (Dynamo paper
//! §4.8.1).
//!
//! Administrators make changes, at any node. Failures never make one. Nodes merge histories by
//! union, in any order, so a node never forgets a change. If two administrators contradict each
//! other, all nodes that know both changes come to one result:
//!
//! | one change | another change | result |
//! |---|---|---|
//! | it joins | it joins | a member: both are one change |
//! | it joins | it leaves | leaving: the second administrator knew that it had joined |
//! | it leaves | it joins again | a member: the second administrator knew that it had left |
//! | it leaves | it is gone | gone: the node says so itself, with nothing left on its disk |
//! | it is removed | any | removed for good: a replacement needs another id |
//! | it is at one address | it is at another | the later one, or the larger of equal times |
//!
//! Only the latest address of each node is kept. It supersedes earlier ones, wherever they meet.
//! The node itself has the last word. If it learns of an address that is not its own, it tells its
//! own with a later time.

use crate::algebra::address::Address;
use crate::algebra::ids::NodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// What a change does to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Act {
    /// It becomes a member.
    Join,
    /// It leaves: it is no longer a member, and hands over what it holds.
    Leave,
    /// It has left, and holds nothing any more.
    Gone,
    /// It is dead, and will never hand over anything.
    Remove,
    /// It can be reached at this address.
    Move(Address),
}

/// One change of who is a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "UncheckedChange")]
pub struct Change {
    /// The node that changes.
    pub node: NodeId,
    /// Counts how often the node has joined, or how often it has moved, from 1. It leaves, is gone
    /// or is removed at the time of its last join.
    pub time: u32,
    /// What changes.
    pub act: Act,
}

impl Change {
    /// The largest time. No real cluster reaches it. A change with a larger time is not decoded. If
    /// the largest `u32` were taken, no later change could have a larger time.
    pub const TIME_MAX: u32 = 1 << 30;

    /// The address in this change, with its time. The larger pair supersedes the other.
    fn address(&self) -> Option<(u32, Address)> {
        match self.act {
            Act::Move(address) => Some((self.time, address)),
            _ => None,
        }
    }
}

/// A change from outside, before its time is checked.
#[derive(Deserialize)]
struct UncheckedChange {
    node: NodeId,
    time: u32,
    act: Act,
}

impl TryFrom<UncheckedChange> for Change {
    type Error = &'static str;

    fn try_from(unchecked: UncheckedChange) -> Result<Self, Self::Error> {
        let UncheckedChange { node, time, act } = unchecked;
        if time > Self::TIME_MAX {
            Err("a change's time is too large")
        } else {
            Ok(Change { node, time, act })
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { node, time, act } = self;
        match act {
            Act::Join => write!(f, "{node} joins"),
            Act::Leave => write!(f, "{node} leaves"),
            Act::Gone => write!(f, "{node} is gone"),
            Act::Remove => write!(f, "{node} is removed"),
            Act::Move(at) => write!(f, "{node} is at {at}"),
        }?;
        if *time > 1 { write!(f, " ({time})") } else { Ok(()) }
    }
}

/// A digest of a history. Nodes with equal tips have equal histories.
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

/// A node's status in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// No change names the node.
    Unknown,
    /// It is a member.
    Member,
    /// It has left, and may still have something to hand over.
    Leaving,
    /// It has left, and holds nothing any more.
    Gone,
    /// It was removed for good.
    Removed,
}

/// A set of changes that only grows. The exception is addresses: only the latest of each node is
/// kept.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "im::OrdSet<Change>", into = "im::OrdSet<Change>")]
pub struct History {
    changes: im::OrdSet<Change>,
    /// The sum of the changes' digests. It depends on the set alone, and is updated as the set
    /// grows.
    tip: u64,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.changes).finish()
    }
}

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        let are_shared = || self.changes.ptr_eq(&other.changes);
        self.tip == other.tip && (are_shared() || self.changes == other.changes)
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

impl TryFrom<im::OrdSet<Change>> for History {
    type Error = &'static str;

    fn try_from(changes: im::OrdSet<Change>) -> Result<Self, Self::Error> {
        let history: History = changes.iter().copied().collect();
        if history.len() > Self::LENGTH_MAX { Err("a history is too long") } else { Ok(history) }
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
    /// Administrators may make changes until a history has this many.
    pub const CHANGES_MAX: usize = 3_500;

    /// The most changes in a history: as many as fit one datagram with IPv4 addresses, or two with
    /// IPv6 addresses. It leaves room for administrators who act at the same time, and for nodes
    /// that tell their addresses. Longer histories are not decoded.
    pub const LENGTH_MAX: usize = 3_700;

    /// The history in which these nodes have joined.
    pub fn founded_by(founders: impl IntoIterator<Item = NodeId>) -> Self {
        founders.into_iter().map(|node| Change { node, time: 1, act: Act::Join }).collect()
    }

    /// Adds a change. Of two addresses of a node, the later one stays.
    pub fn insert(&mut self, change: Change) {
        if self.knows(&change) {
            return;
        }
        if change.address().is_some()
            && let Some(outdone) = self.latest_move(change.node)
        {
            self.changes.remove(&outdone);
            self.tip = self.tip.wrapping_sub(digest(&outdone));
        }
        self.changes.insert(change);
        self.tip = self.tip.wrapping_add(digest(&change));
    }

    /// Does the history have this change, or a later address than the one in this change?
    fn knows(&self, change: &Change) -> bool {
        let told = change.address();
        let is_outdone =
            || self.latest_move(change.node).is_some_and(|latest| latest.address() >= told);
        self.changes.contains(change) || (told.is_some() && is_outdone())
    }

    fn latest_move(&self, node: NodeId) -> Option<Change> {
        self.of(node)
            .filter(|change| change.address().is_some())
            .max_by_key(|change| change.address())
            .copied()
    }

    /// The union of both histories, with only the latest address of each node.
    #[must_use]
    pub fn union(&self, other: &History) -> History {
        // Most often one includes the other. A clone shares all changes, and takes no time.
        if other.len() >= self.len() && other.includes(self) {
            return other.clone();
        }
        let mut all = self.clone();
        other.changes.iter().for_each(|change| all.insert(*change));
        all
    }

    /// The union of both histories. If it would be longer than [`LENGTH_MAX`](Self::LENGTH_MAX),
    /// this history alone: no node could be told the longer one.
    #[must_use]
    pub fn union_if_it_fits(&self, other: &History) -> History {
        let all = self.union(other);
        if all.len() > Self::LENGTH_MAX { self.clone() } else { all }
    }

    /// The changes in this history that the other lacks.
    #[must_use]
    pub fn minus(&self, other: &History) -> History {
        self.changes.iter().filter(|change| !other.knows(change)).copied().collect()
    }

    /// Does this history include every change of the other, or a later address?
    pub fn includes(&self, other: &History) -> bool {
        self.tip == other.tip || other.changes.iter().all(|change| self.knows(change))
    }

    /// The changes, in the order of their nodes.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter()
    }

    /// The number of changes.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Is the history empty?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The digest of the history.
    pub fn tip(&self) -> Tip {
        Tip(self.tip)
    }

    /// The changes of one node.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = &Change> {
        let first = Change { node, time: 0, act: Act::Join };
        self.changes.range(first..).take_while(move |change| change.node == node)
    }

    /// The standing of every node that a change names. `standing` decides it from all changes of
    /// one node: see [`Rules::standings`](crate::rules::Rules::standings).
    pub fn standings(
        &self,
        standing: impl Fn(&[Change]) -> Standing,
    ) -> BTreeMap<NodeId, Standing> {
        let mut of: BTreeMap<NodeId, Vec<Change>> = BTreeMap::new();
        self.changes.iter().for_each(|change| of.entry(change.node).or_default().push(*change));
        of.into_iter().map(|(node, changes)| (node, standing(&changes))).collect()
    }

    /// The latest address of a node.
    pub fn address(&self, node: NodeId) -> Option<Address> {
        self.latest_move(node)?.address().map(|(_, address)| address)
    }

    /// Another node than this one that is a member or leaving, and has this address.
    pub fn holder_of(
        &self,
        address: Address,
        node: NodeId,
        standing: impl Fn(&[Change]) -> Standing,
    ) -> Option<NodeId> {
        let serves = |standing| matches!(standing, Standing::Member | Standing::Leaving);
        let mut standings = self.standings(standing).into_iter();
        let holds = |other: NodeId| other != node && self.address(other) == Some(address);
        standings
            .find(|(other, standing)| serves(*standing) && holds(*other))
            .map(|(other, _)| other)
    }

    /// Adds a move of the node to this address, unless it is there already. Nothing changes if
    /// there is no later time, or no room.
    #[must_use]
    pub fn moved(&self, node: NodeId, address: Address) -> History {
        let (latest, mut history) = (self.latest_move(node), self.clone());
        let time = latest.map_or(0, |change| change.time) + 1;
        let is_full = latest.is_none() && self.len() >= Self::LENGTH_MAX;
        if self.address(node) != Some(address) && time <= Change::TIME_MAX && !is_full {
            history.insert(Change { node, time, act: Act::Move(address) });
        }
        history
    }
}

fn digest(change: &Change) -> u64 {
    let nowhere = [0; Address::BYTES];
    let (act, address) = match change.act {
        Act::Join => (0, nowhere),
        Act::Leave => (1, nowhere),
        Act::Gone => (2, nowhere),
        Act::Remove => (3, nowhere),
        Act::Move(address) => (4, address.to_bytes()),
    };
    let mut bytes = [0; 7 + Address::BYTES];
    bytes[..2].copy_from_slice(&change.node.0.to_be_bytes());
    bytes[2..6].copy_from_slice(&change.time.to_be_bytes());
    bytes[6] = act;
    bytes[7..].copy_from_slice(&address);
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests;
