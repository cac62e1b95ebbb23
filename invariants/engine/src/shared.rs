//! Sets that all threads share. What is in them is read without a lock; to find or add something takes one, of as many as there are
//! shards by hash.

use crate::chunks::Chunks;
use crate::index::{Index, hash_words, scramble};
use foldhash::fast::FixedState;
use parking_lot::RwLock;
use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const SHARDS: usize = 16;

fn shard_of(hash: u64) -> usize {
    (hash >> 60) as usize
}

fn global(shard: usize, local: u32) -> u32 {
    local.checked_mul(SHARDS as u32).expect("fewer than 2^28 parts of a kind in a shard") + shard as u32
}

fn local(number: u32) -> (usize, usize) {
    (number as usize % SHARDS, number as usize / SHARDS)
}

/// Pairs.
#[derive(Default)]
pub(crate) struct Pairs([PairShard; SHARDS]);

#[derive(Default)]
struct PairShard {
    index: RwLock<Index>,
    pairs: Chunks<AtomicU64>,
}

impl PairShard {
    fn get(&self, number: usize) -> u64 {
        self.pairs.get(number).load(Ordering::Relaxed)
    }

    fn find(&self, index: &Index, pair: u64, hash: u64) -> Option<u32> {
        index.find(hash, |number| self.get(number as usize) == pair)
    }

    fn insert(&self, pair: u64, hash: u64) -> u32 {
        if let Some(found) = self.find(&self.index.read(), pair, hash) {
            return found;
        }
        let mut index = self.index.write();
        if let Some(found) = self.find(&index, pair, hash) {
            return found;
        }
        let number = index.len();
        self.pairs.make(number as usize).store(pair, Ordering::Relaxed);
        index.insert(hash, number, |old| scramble(self.get(old as usize)));
        number
    }
}

impl Pairs {
    pub(crate) fn get(&self, number: u32) -> u64 {
        let (shard, local) = local(number);
        self.0[shard].get(local)
    }

    pub(crate) fn insert(&self, pair: u64) -> u32 {
        let hash = scramble(pair);
        let shard = shard_of(hash);
        global(shard, self.0[shard].insert(pair, hash))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|shard| shard.index.read().bytes() + shard.pairs.bytes()).sum()
    }
}

/// Sequences of words.
#[derive(Default)]
pub(crate) struct Slices([SliceShard; SHARDS]);

#[derive(Default)]
struct SliceShard {
    state: RwLock<SliceIndex>,
    /// Where each sequence begins, and how long it is.
    spans: Chunks<AtomicU64>,
    words: Chunks<AtomicU32>,
}

#[derive(Default)]
struct SliceIndex {
    index: Index,
    /// Where the next sequence may begin.
    end: usize,
}

/// So many bits of a span are for the length.
const LEN_BITS: u32 = 24;

impl SliceShard {
    fn get(&self, number: usize) -> &[AtomicU32] {
        let span = self.spans.get(number).load(Ordering::Relaxed);
        let (begin, len) = ((span >> LEN_BITS) as usize, (span & ((1 << LEN_BITS) - 1)) as usize);
        if len == 0 { &[] } else { self.words.slice(begin, len) }
    }

    fn find(&self, state: &SliceIndex, words: &[u32], hash: u64) -> Option<u32> {
        let same = |number: u32| {
            let found = self.get(number as usize);
            found.len() == words.len() && found.iter().zip(words).all(|(a, b)| a.load(Ordering::Relaxed) == *b)
        };
        state.index.find(hash, same)
    }

    fn insert(&self, words: &[u32], hash: u64) -> u32 {
        if let Some(found) = self.find(&self.state.read(), words, hash) {
            return found;
        }
        let mut state = self.state.write();
        if let Some(found) = self.find(&state, words, hash) {
            return found;
        }
        assert!(words.len() < 1 << LEN_BITS, "fewer than 2^{LEN_BITS} words in a sequence");
        let number = state.index.len();
        let begin = Chunks::<AtomicU32>::room(state.end, words.len());
        for (index, word) in (begin..).zip(words) {
            self.words.make(index).store(*word, Ordering::Relaxed);
        }
        state.end = begin + words.len();
        self.spans.make(number as usize).store((begin as u64) << LEN_BITS | words.len() as u64, Ordering::Relaxed);
        let hash_of = |old: u32| {
            let words: Vec<u32> = self.get(old as usize).iter().map(|word| word.load(Ordering::Relaxed)).collect();
            hash_words(&words)
        };
        state.index.insert(hash, number, hash_of);
        number
    }
}

impl Slices {
    /// Copies the sequence to the end of `to`.
    pub(crate) fn append_to(&self, number: u32, to: &mut Vec<u32>) {
        let (shard, local) = local(number);
        to.extend(self.0[shard].get(local).iter().map(|word| word.load(Ordering::Relaxed)));
    }

    pub(crate) fn insert(&self, words: &[u32]) -> u32 {
        let hash = hash_words(words);
        let shard = shard_of(hash);
        global(shard, self.0[shard].insert(words, hash))
    }

    pub(crate) fn bytes(&self) -> usize {
        let shard = |shard: &SliceShard| shard.state.read().index.bytes() + shard.spans.bytes() + shard.words.bytes();
        self.0.iter().map(shard).sum()
    }
}

/// Values of any type, compared by their own equality.
pub(crate) struct Values<T> {
    state: RwLock<ValueIndex>,
    values: Chunks<OnceLock<T>>,
}

#[derive(Default)]
struct ValueIndex {
    index: Index,
    hashes: Vec<u64>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Values { state: RwLock::default(), values: Chunks::default() }
    }
}

impl<T: Hash + PartialEq> Values<T> {
    pub(crate) fn insert(&self, value: T) -> u32 {
        let hash = FixedState::with_seed(1).hash_one(&value);
        let find = |state: &ValueIndex| state.index.find(hash, |number| *self.get(number) == value);
        if let Some(found) = find(&self.state.read()) {
            return found;
        }
        let mut state = self.state.write();
        if let Some(found) = find(&state) {
            return found;
        }
        let number = state.index.len();
        assert!(self.values.make(number as usize).set(value).is_ok(), "a number is given once");
        let ValueIndex { index, hashes } = &mut *state;
        index.insert(hash, number, |old| hashes[old as usize]);
        hashes.push(hash);
        number
    }

    /// The value with this number.
    pub(crate) fn get(&self, number: u32) -> &T {
        self.values.get(number as usize).get().expect("a number is given to a value")
    }

    /// All values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let len = self.state.read().index.len();
        (0..len).map(|number| self.get(number))
    }

    /// What the set takes, in bytes, without what lies behind pointers in its values.
    pub(crate) fn bytes(&self) -> usize {
        let state = self.state.read();
        state.index.bytes() + state.hashes.capacity() * size_of::<u64>() + self.values.bytes()
    }
}
