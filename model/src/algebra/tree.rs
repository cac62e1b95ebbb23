//! Merkle trees over what a replica holds, one for each partition (Dynamo paper §4.7).
//!
//! A key's name determines its leaf. The leaf stores the key with a digest of what the replica
//! holds of it. Each digest above is the sum, modulo 2^64, of those below. So equal contents have
//! equal trees in whatever order they were written, and a write changes one digest at each level.
//! Empty subtrees are not stored. Two different contents have equal roots with a chance of one in
//! 2^64. Keys are never confused, because leaves name them.

use crate::algebra::ids::Key;
use crate::algebra::ring::{Partition, Ring};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A digest of a key's siblings, or of all keys below a node of a tree. The digest of nothing is 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub u64);

impl Digest {
    fn plus(self, other: Digest) -> Digest {
        Digest(self.0.wrapping_add(other.0))
    }

    fn minus(self, other: Digest) -> Digest {
        Digest(self.0.wrapping_sub(other.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h{:016x}", self.0)
    }
}

/// How a tree branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u8, u8)", into = "(u8, u8)")]
pub struct Shape {
    bits: u8,
    levels: u8,
}

impl From<Shape> for (u8, u8) {
    fn from(Shape { bits, levels }: Shape) -> Self {
        (bits, levels)
    }
}

impl TryFrom<(u8, u8)> for Shape {
    type Error = &'static str;

    fn try_from((bits, levels): (u8, u8)) -> Result<Self, Self::Error> {
        Shape::new(bits, levels).ok_or("a tree cannot branch so")
    }
}

impl Shape {
    /// For running nodes: 32 children for each tree node, 2^15 leaves for each partition.
    pub const WIDE: Self = Shape { bits: 5, levels: 3 };
    /// For scopes: a root and two leaves.
    pub const TINY: Self = Shape { bits: 1, levels: 1 };
    /// For scopes: a tree with two levels below its root, and four leaves.
    pub const DEEP: Self = Shape { bits: 1, levels: 2 };

    /// A tree with 2^`bits` children for each node, and this many levels below the root. `None`:
    /// `bits` is not 1 to 5, or there would be more than 2^30 leaves.
    pub fn new(bits: u8, levels: u8) -> Option<Self> {
        let fits = (1..=5).contains(&bits) && u32::from(bits) * u32::from(levels) <= 30;
        fits.then_some(Shape { bits, levels })
    }

    /// The index of a key's leaf, counted from the left. It does not depend on the partition.
    pub fn leaf(self, key: &Key) -> u32 {
        (Ring::position(key) & ((1 << (u32::from(self.bits) * u32::from(self.levels))) - 1)) as u32
    }

    /// Which child of its ancestor at `depth` leads to the node at this place.
    fn turn(self, place: &Place, depth: u8) -> u16 {
        let below = place.depth - 1 - depth;
        ((place.index >> (u32::from(self.bits) * u32::from(below))) & ((1 << self.bits) - 1)) as u16
    }
}

/// Names a node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The partition of the tree.
    pub partition: Partition,
    /// The number of levels below the root. The root has 0.
    pub depth: u8,
    /// The node's index at this depth, counted from the left, as if the tree were full.
    pub index: u32,
}

/// A key, and the digest of what the replica holds of it.
pub type Entry = (Key, Digest);

/// All trees of one replica. A partition without keys has no tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Trees {
    roots: BTreeMap<Partition, Subtree>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Subtree {
    digest: Digest,
    below: Below,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
enum Below {
    /// A bit for each child that exists, and those children in order.
    Children(u32, Vec<Subtree>),
    /// The keys of a leaf, in ascending order.
    Keys(Vec<Entry>),
}

impl Default for Below {
    fn default() -> Self {
        Below::Keys(Vec::new())
    }
}

impl Trees {
    /// Sets the digest of what the replica holds of a key. `None`: it holds nothing.
    pub fn set(&mut self, shape: Shape, partition: Partition, key: &Key, digest: Option<Digest>) {
        let leaf = Place { partition, depth: shape.levels, index: shape.leaf(key) };
        let root = self.roots.entry(partition).or_default();
        root.set(shape, &leaf, 0, key, digest);
        if root.is_empty() {
            self.roots.remove(&partition);
        }
    }

    /// The partitions that have keys.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + '_ {
        self.roots.keys().copied()
    }

    /// The digest of all keys in a partition.
    pub fn root(&self, partition: Partition) -> Digest {
        self.roots.get(&partition).map_or(Digest::default(), |root| root.digest)
    }

    /// The children of a tree node with their digests, by child number. Empty subtrees are left
    /// out.
    pub fn children(&self, shape: Shape, place: &Place) -> Vec<(u16, Digest)> {
        match self.subtree(shape, place).map(|subtree| &subtree.below) {
            Some(Below::Children(there, children)) => {
                let turns = (0..32).filter(|turn| there & 1 << turn != 0);
                turns.zip(children).map(|(turn, child)| (turn, child.digest)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The keys of a leaf, in ascending order.
    pub fn keys(&self, shape: Shape, leaf: &Place) -> &[Entry] {
        match self.subtree(shape, leaf).map(|subtree| &subtree.below) {
            Some(Below::Keys(keys)) => keys,
            _ => &[],
        }
    }

    /// The subtree at a place. A place may come from the network: nothing is at one that does not
    /// exist.
    fn subtree(&self, shape: Shape, place: &Place) -> Option<&Subtree> {
        if !shape.has(place) {
            return None;
        }
        (0..place.depth).try_fold(self.roots.get(&place.partition)?, |subtree, depth| {
            let Below::Children(there, children) = &subtree.below else { return None };
            let turn = shape.turn(place, depth);
            if there & 1 << turn == 0 { None } else { children.get(before(*there, turn)) }
        })
    }
}

impl Shape {
    /// Does the place exist in a full tree?
    pub fn has(self, place: &Place) -> bool {
        let bits = u32::from(self.bits) * u32::from(place.depth.min(self.levels));
        place.depth <= self.levels && place.index < 1 << bits
    }

    /// Is this the place of a leaf?
    pub fn is_leaf(self, place: &Place) -> bool {
        place.depth == self.levels
    }

    /// The place of one child. `None`: there is no such child.
    pub fn below(self, place: &Place, turn: u16) -> Option<Place> {
        let is_there = self.has(place) && !self.is_leaf(place) && turn < 1 << self.bits;
        is_there.then(|| Place {
            depth: place.depth + 1,
            index: (place.index << self.bits) | u32::from(turn),
            ..*place
        })
    }
}

/// How many children exist before this one.
fn before(there: u32, turn: u16) -> usize {
    (there & ((1 << turn) - 1)).count_ones() as usize
}

impl Subtree {
    fn is_empty(&self) -> bool {
        match &self.below {
            Below::Children(_, children) => children.is_empty(),
            Below::Keys(keys) => keys.is_empty(),
        }
    }

    fn set(&mut self, shape: Shape, leaf: &Place, depth: u8, key: &Key, digest: Option<Digest>) {
        if depth == leaf.depth {
            return self.set_key(key, digest);
        }
        if self.is_empty() {
            self.below = Below::Children(0, Vec::new());
        }
        let Below::Children(there, children) = &mut self.below else {
            unreachable!("leaves are at one depth")
        };
        let turn = shape.turn(leaf, depth);
        let index = before(*there, turn);
        if *there & 1 << turn == 0 {
            *there |= 1 << turn;
            children.insert(index, Subtree::default());
        }
        let child = &mut children[index];
        let before = child.digest;
        child.set(shape, leaf, depth + 1, key, digest);
        self.digest = self.digest.minus(before).plus(child.digest);
        if child.is_empty() {
            children.remove(index);
            *there &= !(1 << turn);
        }
    }

    fn set_key(&mut self, key: &Key, digest: Option<Digest>) {
        let Below::Keys(keys) = &mut self.below else { unreachable!("leaves are at one depth") };
        let place = keys.binary_search_by(|(other, _)| other.cmp(key));
        let before = place.map_or(Digest::default(), |index| keys[index].1);
        match (place, digest) {
            // The store shares this copy of the key's text, so one copy stays in memory.
            (Ok(index), Some(digest)) => keys[index] = (key.clone(), digest),
            (Ok(index), None) => drop(keys.remove(index)),
            (Err(index), Some(digest)) => keys.insert(index, (key.clone(), digest)),
            (Err(_), None) => {}
        }
        self.digest = self.digest.minus(before).plus(digest.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;
    use std::collections::BTreeSet;

    const PARTITIONS: [Partition; 2] = [Partition(0), Partition(1)];

    fn shape(number: u8) -> Shape {
        [Shape::TINY, Shape::WIDE, Shape { bits: 1, levels: 0 }, Shape { bits: 2, levels: 2 }]
            [usize::from(number % 4)]
    }

    fn key(number: u8) -> Key {
        Key::new(&format!("key {}", number % 40)).unwrap()
    }

    /// The trees after these writes, and what the replica then holds: the last write of each key.
    fn written(shape: Shape, writes: &[(u8, Option<u64>)]) -> (Trees, BTreeMap<Key, Digest>) {
        let (mut trees, mut held) = (Trees::default(), BTreeMap::new());
        for (number, digest) in writes {
            let (key, digest) = (key(*number), digest.map(Digest));
            trees.set(shape, PARTITIONS[usize::from(number % 2)], &key, digest);
            match digest {
                Some(digest) => held.insert(key, digest),
                None => held.remove(&key),
            };
        }
        (trees, held)
    }

    /// All keys below a place, found by going down from it.
    fn found(trees: &Trees, shape: Shape, place: Place) -> Vec<Entry> {
        if shape.is_leaf(&place) {
            return trees.keys(shape, &place).to_vec();
        }
        let children = trees.children(shape, &place);
        children
            .iter()
            .flat_map(|(turn, _)| found(trees, shape, shape.below(&place, *turn).unwrap()))
            .collect()
    }

    quickcheck! {
        /// Riak's trees once differed here: they skipped deletes in the last segments.
        fn equal_contents_have_equal_trees(number: u8, writes: Vec<(u8, Option<u64>)>) -> bool {
            let (trees, held) = written(shape(number), &writes);
            let mut at_once = Trees::default();
            let place = |key: &Key| (0..40).find(|number| super::tests::key(*number) == *key).unwrap();
            for (key, digest) in held.iter().rev() {
                at_once.set(shape(number), PARTITIONS[usize::from(place(key) % 2)], key, Some(*digest));
            }
            trees == at_once
        }

        fn every_key_is_found_and_every_digest_is_the_sum_of_those_below(number: u8, writes: Vec<(u8, Option<u64>)>) -> bool {
            let (shape, sum) = (shape(number), |keys: &[Entry]| keys.iter().fold(Digest::default(), |all, key| all.plus(key.1)));
            let (trees, held) = written(shape, &writes);
            let mut all = BTreeMap::new();
            let sums = PARTITIONS.iter().all(|partition| {
                let root = Place { partition: *partition, depth: 0, index: 0 };
                let keys = found(&trees, shape, root);
                let below = trees.children(shape, &root).iter().fold(Digest::default(), |all, child| all.plus(child.1));
                all.extend(keys.iter().cloned());
                trees.root(*partition) == sum(&keys) && (shape.is_leaf(&root) || below == sum(&keys))
            });
            sums && all == held
        }

        fn a_place_that_does_not_exist_is_empty(number: u8, partition: u32, depth: u8, index: u32, turn: u16) -> bool {
            let (shape, place) = (shape(number), Place { partition: Partition(partition), depth, index });
            let (trees, _) = written(shape, &[(1, Some(7)), (2, Some(8))]);
            let children = trees.children(shape, &place);
            let keys: BTreeSet<&Key> = trees.keys(shape, &place).iter().map(|(key, _)| key).collect();
            let below = shape.below(&place, turn);
            (shape.has(&place) || children.is_empty() && keys.is_empty() && below.is_none())
                && below.is_none_or(|below| shape.has(&below))
        }
    }
}
