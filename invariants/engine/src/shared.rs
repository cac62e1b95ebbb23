//! Sets that all threads share. Members are read without a lock. Finding or adding a member takes
//! the lock of one shard, which its hash selects.

use crate::chunks::Chunks;
use crate::index::{Index, scramble};
use foldhash::fast::FixedState;
use parking_lot::RwLock;
use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

const SHARDS: usize = 16;

fn shard_of(hash: u64) -> usize {
    (hash >> 60) as usize
}

fn global(shard: usize, local: u32) -> u32 {
    local.checked_mul(SHARDS as u32).expect("fewer than 2^28 parts of a kind in a shard")
        + shard as u32
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

/// Sequences of words, packed: four words in 64 bits if all of them are small, else two. They are
/// read, compared and hashed by 64 bits.
#[derive(Default)]
pub(crate) struct Slices([SliceShard; SHARDS]);

#[derive(Default)]
struct SliceShard {
    state: RwLock<SliceIndex>,
    heads: Chunks<Head>,
    /// The part that the heads omit.
    tails: Chunks<AtomicU64>,
}

/// The beginning of a sequence. Most sequences end here, and most others differ here, so that one
/// memory access is enough.
#[derive(Default)]
struct Head {
    /// The sequence's [`Form`], and the beginning of its tail.
    span: AtomicU64,
    /// Its first packed words.
    first: AtomicU64,
}

#[derive(Default)]
struct SliceIndex {
    index: Index,
    /// Where the next sequence may begin.
    end: usize,
}

/// How a sequence is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    /// The number of words.
    len: usize,
    /// Do some words need more than 16 bits?
    wide: bool,
}

impl Form {
    /// The bits for the length. One more is for the width.
    const LEN_BITS: u32 = 23;
    const BITS: u32 = Self::LEN_BITS + 1;

    fn of(words: &[u32]) -> Self {
        assert!(
            words.len() < 1 << Self::LEN_BITS,
            "fewer than 2^{} words in a sequence",
            Self::LEN_BITS
        );
        Form {
            len: words.len(),
            wide: words.iter().fold(0, |all, word| all | word) > u32::from(u16::MAX),
        }
    }

    fn span(self, begin: usize) -> u64 {
        (begin as u64) << Self::BITS | (self.len as u64) << 1 | u64::from(self.wide)
    }

    fn of_span(span: u64) -> (usize, Self) {
        let len = (span >> 1) as usize & ((1 << Self::LEN_BITS) - 1);
        ((span >> Self::BITS) as usize, Form { len, wide: span & 1 != 0 })
    }

    fn words_in_64_bits(self) -> usize {
        if self.wide { 2 } else { 4 }
    }

    fn packed_len(self) -> usize {
        self.len.div_ceil(self.words_in_64_bits())
    }

    /// The words of the sequence, packed.
    fn pack(self, words: &[u32]) -> impl Iterator<Item = u64> {
        let bits = 64 / self.words_in_64_bits();
        let pack = move |words: &[u32]| {
            words.iter().rev().fold(0, |packed, word| packed << bits | u64::from(*word))
        };
        words.chunks(self.words_in_64_bits()).map(pack)
    }

    /// Appends the words of the sequence to `to`.
    fn unpack(self, packed: impl Iterator<Item = u64>, to: &mut Vec<u32>) {
        let end = to.len() + self.len;
        for packed in packed {
            if self.wide {
                to.extend([packed as u32, (packed >> 32) as u32]);
            } else {
                to.extend([0, 16, 32, 48].map(|shift| u32::from((packed >> shift) as u16)));
            }
        }
        to.truncate(end);
    }

    fn hash(self, packed: impl Iterator<Item = u64>) -> u64 {
        const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
        let fold = |hash: u64, packed: u64| {
            let product = u128::from(hash ^ packed) * u128::from(MULTIPLIER);
            product as u64 ^ (product >> 64) as u64 ^ hash.rotate_left(23)
        };
        scramble(packed.fold(self.span(0) ^ 0xa076_1d64_78bd_642f, fold))
    }
}

impl SliceShard {
    fn packed(&self, number: usize) -> (Form, impl Iterator<Item = u64>) {
        let head = self.heads.get(number);
        let (begin, form) = Form::of_span(head.span.load(Ordering::Relaxed));
        let first = (form.len > 0).then(|| head.first.load(Ordering::Relaxed));
        let tail_len = form.packed_len().saturating_sub(1);
        let tail = if tail_len == 0 { &[] } else { self.tails.slice(begin, tail_len) };
        (form, first.into_iter().chain(tail.iter().map(|packed| packed.load(Ordering::Relaxed))))
    }

    fn find(&self, state: &SliceIndex, form: Form, packed: &[u64], hash: u64) -> Option<u32> {
        let same = |number: u32| {
            let (known, mut words) = self.packed(number as usize);
            known == form && packed.iter().all(|packed| words.next() == Some(*packed))
        };
        state.index.find(hash, same)
    }

    fn insert(&self, form: Form, packed: &[u64], hash: u64) -> u32 {
        if let Some(found) = self.find(&self.state.read(), form, packed, hash) {
            return found;
        }
        let mut state = self.state.write();
        if let Some(found) = self.find(&state, form, packed, hash) {
            return found;
        }
        let number = state.index.len();
        let (first, tail) =
            packed.split_first().map_or((0, packed), |(first, tail)| (*first, tail));
        let begin = Chunks::<AtomicU64>::room(state.end, tail.len());
        for (index, packed) in (begin..).zip(tail) {
            self.tails.make(index).store(*packed, Ordering::Relaxed);
        }
        state.end = begin + tail.len();
        let head = self.heads.make(number as usize);
        head.span.store(form.span(begin), Ordering::Relaxed);
        head.first.store(first, Ordering::Relaxed);
        let hash_of = |old: u32| {
            let (form, packed) = self.packed(old as usize);
            form.hash(packed)
        };
        state.index.insert(hash, number, hash_of);
        number
    }
}

impl Slices {
    /// Appends the sequence to `to`.
    pub(crate) fn append_to(&self, number: u32, to: &mut Vec<u32>) {
        let (shard, local) = local(number);
        let (form, packed) = self.0[shard].packed(local);
        form.unpack(packed, to);
    }

    pub(crate) fn insert(&self, words: &[u32]) -> u32 {
        // Longer sequences are rare.
        const SHORT: usize = 32;
        let form = Form::of(words);
        let (mut short, mut long) = ([0; SHORT], Vec::new());
        let packed = if form.packed_len() <= SHORT {
            short.iter_mut().zip(form.pack(words)).for_each(|(to, packed)| *to = packed);
            &short[..form.packed_len()]
        } else {
            long.extend(form.pack(words));
            &long[..]
        };
        let hash = form.hash(packed.iter().copied());
        let shard = shard_of(hash);
        global(shard, self.0[shard].insert(form, packed, hash))
    }

    pub(crate) fn bytes(&self) -> usize {
        let shard = |shard: &SliceShard| {
            shard.state.read().index.bytes() + shard.heads.bytes() + shard.tails.bytes()
        };
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

    /// The memory of the set in bytes, without data behind pointers in its values.
    pub(crate) fn bytes(&self) -> usize {
        let state = self.state.read();
        state.index.bytes() + state.hashes.capacity() * size_of::<u64>() + self.values.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Small and large words, and lengths around the limits of the packing.
    fn sequence() -> impl Strategy<Value = Vec<u32>> {
        let small = prop::sample::select(vec![0, 1, 2, 65_535]);
        let any = prop::sample::select(vec![0, 1, 65_535, 65_536, u32::MAX]);
        let len = || prop_oneof![0_usize..10, 62_usize..67, 126_usize..131];
        let of = |word: BoxedStrategy<u32>| {
            len().prop_flat_map(move |len| prop::collection::vec(word.clone(), len))
        };
        prop_oneof![of(small.boxed()), of(any.boxed())]
    }

    proptest! {
        /// Each sequence has one number, and is read back as it was put in.
        #[test]
        fn slices_are_a_set(sequences in prop::collection::vec(sequence(), 0..200)) {
            let (slices, mut numbers) = (Slices::default(), HashMap::new());
            for words in sequences.iter().chain(&sequences) {
                let number = slices.insert(words);
                prop_assert_eq!(*numbers.entry(words).or_insert(number), number);
            }
            let distinct: std::collections::HashSet<u32> = numbers.values().copied().collect();
            prop_assert_eq!(distinct.len(), numbers.len());
            for (words, number) in numbers {
                let mut read = vec![7];
                slices.append_to(number, &mut read);
                prop_assert_eq!(&read[1..], &words[..]);
            }
        }
    }
}
