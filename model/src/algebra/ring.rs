//! Consistent hashing (Dynamo paper §4.2, §4.3). Partitions are fixed, as in §6.2, strategy 3. Each
//! node has several tokens, as in §4.2.

use crate::algebra::ids::{Key, NodeId};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// One slice of the hash ring. The number of slices is fixed. All have equal size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition(pub u32);

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// Which nodes are responsible for which keys. The ring is a pure function of the members, the
/// number of partitions, and the number of tokens for each node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    members: Vec<NodeId>,
    partitions: u32,
    /// For each partition, the members in the order of their tokens, clockwise from the partition:
    /// all of them, but [`Ring::DISTANCE`] at most. One list follows the other.
    owners: Vec<NodeId>,
}

/// Why a ring cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RingError {
    /// A node is named twice.
    #[error("node {0} is a member twice")]
    MemberTwice(NodeId),
    /// The number of partitions or tokens is 0.
    #[error("a ring needs at least one partition and one token a node")]
    Empty,
}

impl Ring {
    /// Enough partitions for a few dozen nodes to share the keys evenly.
    pub const PARTITIONS: u32 = 256;
    /// Enough tokens for the load of a lost node to spread over all others.
    pub const TOKENS: u32 = 32;
    /// How many nodes the ring lists for a key: the N intended replicas, then the fallbacks.
    pub const DISTANCE: usize = 16;

    /// The ring of these members with the default numbers of partitions and tokens. Each member
    /// must be named once.
    pub fn of(members: &[NodeId]) -> Self {
        Ring::new(members, Self::PARTITIONS, Self::TOKENS).expect("each member is named once")
    }

    /// The ring of these members.
    ///
    /// # Errors
    /// If a member is named twice, or `partitions` or `tokens` is 0.
    pub fn new(members: &[NodeId], partitions: u32, tokens: u32) -> Result<Self, RingError> {
        let mut members = members.to_vec();
        members.sort_unstable();
        if let Some(pair) = members.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(RingError::MemberTwice(pair[0]));
        }
        if partitions == 0 || tokens == 0 {
            return Err(RingError::Empty);
        }
        let positions = positions(&members, tokens);
        let (width, most) = (u64::MAX / u64::from(partitions), members.len().min(Self::DISTANCE));
        let mut owners = Vec::with_capacity(partitions as usize * most);
        for index in 0..u64::from(partitions) {
            add_clockwise(&positions, index * width, most, &mut owners);
        }
        let ring = Ring { members, partitions, owners };
        for partition in ring.partitions() {
            let owners = ring.owners(partition);
            let is_again = |(index, node)| owners[..index].contains(node);
            assert!(
                !owners.iter().enumerate().any(is_again),
                "a preference list names a node twice: {owners:?}"
            );
        }
        Ok(ring)
    }

    /// All these nodes, in the order in which a key finds them on their ring. On the ring of some
    /// of them, the key finds those in the same order.
    pub fn all_clockwise(nodes: &[NodeId], key: &Key) -> Vec<NodeId> {
        let width = u64::MAX / u64::from(Self::PARTITIONS);
        let partition = (Ring::position(key) / width).min(u64::from(Self::PARTITIONS) - 1);
        let mut clockwise = Vec::with_capacity(nodes.len());
        let positions = positions(nodes, Self::TOKENS);
        add_clockwise(&positions, partition * width, nodes.len(), &mut clockwise);
        clockwise
    }

    /// The members, in ascending order.
    pub fn members(&self) -> &[NodeId] {
        &self.members
    }

    /// The point of a key on the ring.
    pub(crate) fn position(key: &Key) -> u64 {
        xxh3_64(key.as_str().as_bytes())
    }

    /// The partition that a key falls into.
    pub fn partition(&self, key: &Key) -> Partition {
        let width = u64::MAX / u64::from(self.partitions);
        let index = Ring::position(key) / width;
        Partition(index.min(u64::from(self.partitions) - 1) as u32)
    }

    /// All partitions, in ring order.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.partitions).map(Partition)
    }

    /// The nodes clockwise from a partition, at most [`DISTANCE`](Self::DISTANCE). Empty if the
    /// partition does not exist.
    pub fn owners(&self, partition: Partition) -> &[NodeId] {
        let length = self.owners.len() / self.partitions as usize;
        let first = partition.0 as usize * length;
        self.owners.get(first..first + length).unwrap_or_default()
    }

    /// The replicas of a partition: the first `n` distinct nodes clockwise, or all if there are
    /// fewer.
    pub fn replicas(&self, partition: Partition, n: usize) -> &[NodeId] {
        let owners = self.owners(partition);
        &owners[..n.min(owners.len())]
    }

    /// The preference list of a key: the replicas of its partition.
    pub fn preference_list(&self, key: &Key, n: usize) -> &[NodeId] {
        self.replicas(self.partition(key), n)
    }

    /// The nodes after the preference list, in the order in which they stand in.
    pub fn fallbacks(&self, key: &Key, n: usize) -> &[NodeId] {
        let owners = self.owners(self.partition(key));
        &owners[n.min(owners.len())..]
    }
}

fn token_position(node: NodeId, token: u32) -> u64 {
    let mut bytes = [0; 6];
    bytes[..2].copy_from_slice(&node.0.to_be_bytes());
    bytes[2..].copy_from_slice(&token.to_be_bytes());
    xxh3_64(&bytes)
}

/// The tokens of all these nodes, in the order of their positions.
fn positions(nodes: &[NodeId], tokens: u32) -> Vec<(u64, NodeId)> {
    let of = |node: NodeId| (0..tokens).map(move |token| (token_position(node, token), node));
    let mut positions: Vec<(u64, NodeId)> = nodes.iter().copied().flat_map(of).collect();
    positions.sort_unstable();
    positions
}

/// Adds the first distinct nodes, at most so many, in the order of their tokens at or after
/// `start`.
fn add_clockwise(positions: &[(u64, NodeId)], start: u64, most: usize, list: &mut Vec<NodeId>) {
    let (begin, end) = (list.len(), list.len() + most);
    let first = positions.partition_point(|(position, _)| *position < start);
    for (_, node) in positions[first..].iter().chain(&positions[..first]) {
        if list.len() == end {
            break;
        }
        if !list[begin..].contains(node) {
            list.push(*node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: u16) -> Vec<NodeId> {
        (0..count).map(NodeId).collect()
    }

    fn keys() -> impl Iterator<Item = Key> {
        (0..2000).map(|index| Key::new(&format!("key-{index}")).unwrap())
    }

    #[test]
    fn a_preference_list_is_n_distinct_members_and_the_fallbacks_are_the_others() {
        let ring = Ring::new(&nodes(6), 64, 16).unwrap();
        for key in keys() {
            let mut all = ring.preference_list(&key, 3).to_vec();
            assert_eq!(all.len(), 3);
            all.extend(ring.fallbacks(&key, 3));
            all.sort_unstable();
            assert_eq!(all, ring.members());
        }
    }

    #[test]
    fn a_key_finds_some_nodes_in_the_order_in_which_it_finds_all() {
        for key in keys() {
            let mut clockwise = Ring::all_clockwise(&nodes(20), &key);
            assert_eq!(clockwise.len(), 20);
            clockwise.retain(|node| node.0.is_multiple_of(3));
            let some: Vec<NodeId> = (0..20).step_by(3).map(NodeId).collect();
            assert_eq!(Ring::of(&some).preference_list(&key, 20), clockwise);
        }
    }

    #[test]
    fn a_new_member_takes_keys_and_no_other_keys_move() {
        let before = Ring::new(&nodes(5), Ring::PARTITIONS, Ring::TOKENS).unwrap();
        let after = Ring::new(&nodes(6), Ring::PARTITIONS, Ring::TOKENS).unwrap();
        let mut moved = 0;
        for key in keys() {
            let (old, new) =
                (before.preference_list(&key, 1)[0], after.preference_list(&key, 1)[0]);
            if old != new {
                assert_eq!(new, NodeId(5));
                moved += 1;
            }
        }
        assert!(
            (200..500).contains(&moved),
            "{moved} of 2000 keys moved to the sixth node; a sixth is 333"
        );
    }

    #[test]
    fn the_ring_depends_on_the_set_of_members_alone() {
        let mut reversed = nodes(4);
        reversed.reverse();
        assert_eq!(Ring::new(&nodes(4), 8, 4), Ring::new(&reversed, 8, 4));
        assert!(
            Ring::new(&[], 8, 4).unwrap().preference_list(&keys().next().unwrap(), 3).is_empty()
        );
        assert_eq!(
            Ring::new(&[NodeId(1), NodeId(1)], 8, 4),
            Err(RingError::MemberTwice(NodeId(1)))
        );
        assert_eq!(Ring::new(&nodes(1), 0, 4), Err(RingError::Empty));
    }

    #[test]
    fn positions_are_the_same_on_every_machine() {
        let ring = Ring::new(&nodes(4), Ring::PARTITIONS, Ring::TOKENS).unwrap();
        let key = Key::new("k").unwrap();
        let clockwise = [0, 2, 1, 3].map(NodeId);
        assert_eq!(
            (ring.partition(&key), ring.preference_list(&key, 4)),
            (Partition(169), &clockwise[..])
        );
    }
}
