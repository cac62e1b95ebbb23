//! The sets of [`index`](crate::index), shared by all threads: cut into shards by hash, each under a lock of its own.

use crate::index::{PairSet, SliceSet, hash_words, scramble};
use foldhash::fast::FixedState;
use parking_lot::RwLock;
use std::hash::{BuildHasher, Hash};

const SHARDS: usize = 16;

fn shard_of(hash: u64) -> usize {
    (hash >> 60) as usize
}

fn global(shard: usize, local: u32) -> u32 {
    local.checked_mul(SHARDS as u32).expect("fewer than 2^28 parts of a kind in a shard") + shard as u32
}

fn local(number: u32) -> (usize, u32) {
    (number as usize % SHARDS, number / SHARDS as u32)
}

/// Pairs.
#[derive(Default)]
pub(crate) struct Pairs([RwLock<PairSet>; SHARDS]);

impl Pairs {
    pub(crate) fn get(&self, number: u32) -> u64 {
        let (shard, local) = local(number);
        self.0[shard].read().get(local)
    }

    pub(crate) fn insert(&self, pair: u64) -> u32 {
        let hash = scramble(pair);
        let shard = shard_of(hash);
        if let Some(found) = self.0[shard].read().find(pair, hash) {
            return global(shard, found);
        }
        global(shard, self.0[shard].write().insert(pair, hash).0)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|shard| shard.read().bytes()).sum()
    }
}

/// Sequences of words.
#[derive(Default)]
pub(crate) struct Slices([RwLock<SliceSet>; SHARDS]);

impl Slices {
    /// Copies the sequence to the end of `to`.
    pub(crate) fn append_to(&self, number: u32, to: &mut Vec<u32>) {
        let (shard, local) = local(number);
        to.extend_from_slice(self.0[shard].read().get(local));
    }

    pub(crate) fn insert(&self, words: &[u32]) -> u32 {
        let hash = hash_words(words);
        let shard = shard_of(hash);
        if let Some(found) = self.0[shard].read().find(words, hash) {
            return global(shard, found);
        }
        global(shard, self.0[shard].write().insert(words, hash))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|shard| shard.read().bytes()).sum()
    }
}

/// Values of any type, compared by their own equality.
pub(crate) struct Values<T>(RwLock<ValueSet<T>>);

struct ValueSet<T> {
    values: Vec<T>,
    hashes: Vec<u64>,
    index: crate::index::Index,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Values(RwLock::new(ValueSet { values: Vec::new(), hashes: Vec::new(), index: crate::index::Index::default() }))
    }
}

impl<T: Hash + PartialEq> Values<T> {
    pub(crate) fn insert(&self, value: T) -> u32 {
        let hash = FixedState::with_seed(1).hash_one(&value);
        let find = |set: &ValueSet<T>| set.index.find(hash, |number| set.values[number as usize] == value);
        if let Some(found) = find(&self.0.read()) {
            return found;
        }
        let mut set = self.0.write();
        if let Some(found) = find(&set) {
            return found;
        }
        let number = u32::try_from(set.values.len()).expect("fewer than 2^32 parts of a kind");
        let ValueSet { values, hashes, index } = &mut *set;
        index.insert(hash, number, |old| hashes[old as usize]);
        values.push(value);
        hashes.push(hash);
        number
    }

    /// What the set takes, in bytes, without what lies behind pointers in its values.
    pub(crate) fn bytes(&self) -> usize {
        let set = self.0.read();
        set.index.bytes() + set.values.capacity() * size_of::<T>() + set.hashes.capacity() * size_of::<u64>()
    }

    /// Looks at every value.
    pub(crate) fn each(&self, look: impl FnMut(&T)) {
        self.0.read().values.iter().for_each(look);
    }

    /// Looks at a value.
    pub(crate) fn with<R>(&self, number: u32, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.read().values[number as usize])
    }
}
