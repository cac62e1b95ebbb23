//! Exact sets whose members are numbered in order of arrival.
//!
//! All sets compare members themselves, never only their hashes. A hash says where to search;
//! equality decides.

/// Mixes a number so that every bit depends on every other.
pub(crate) fn scramble(number: u64) -> u64 {
    const MULTIPLIER: u64 = 0xd6e8_feb8_6659_fd93;
    let number = (number ^ number >> 32).wrapping_mul(MULTIPLIER);
    let number = (number ^ number >> 32).wrapping_mul(MULTIPLIER);
    number ^ number >> 32
}

/// The hash of a sequence of words.
pub(crate) fn hash_words(words: &[u32]) -> u64 {
    words
        .iter()
        .fold(words.len() as u64, |hash, word| scramble(hash.rotate_left(32) ^ u64::from(*word)))
}

/// Finds the number of a member by its hash. An entry holds the member's number plus one. The bits
/// that the number cannot need hold a part of the hash, so that unequal members are seldom
/// compared.
#[derive(Default)]
pub(crate) struct Index {
    entries: Vec<u32>,
    len: u32,
}

impl Index {
    const SMALLEST: usize = 64;

    /// The number of members.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// The number of the member with this hash for which `same` is true.
    pub(crate) fn find(&self, hash: u64, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.entries.is_empty() {
            return None;
        }
        let mask = self.entries.len() - 1;
        let tag = (hash >> 32) as u32 & !(mask as u32);
        let mut position = hash as usize & mask;
        loop {
            let entry = self.entries[position];
            if entry == 0 {
                return None;
            }
            let number = (entry & mask as u32).wrapping_sub(1);
            if entry & !(mask as u32) == tag && same(number) {
                return Some(number);
            }
            position = (position + 1) & mask;
        }
    }

    /// The number in the first entry that a search for this hash looks at, if there is one. The
    /// index must not be empty.
    fn home(&self, hash: u64) -> u32 {
        let mask = self.entries.len() - 1;
        (self.entries[hash as usize & mask] & mask as u32).wrapping_sub(1)
    }

    /// Adds a member that is not in the index. `hash_of` gives the hash of each present member.
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.len as usize + 1) * 4 > self.entries.len() * 3 {
            let size = (self.entries.len() * 2).max(Self::SMALLEST);
            // The old table is freed before the new one is filled: members know their hashes.
            self.entries = Vec::new();
            self.entries = vec![0; size];
            for old in 0..self.len {
                self.put(hash_of(old), old);
            }
        }
        self.put(hash, number);
        self.len = self.len.checked_add(1).expect("fewer than 2^32 members");
    }

    fn put(&mut self, hash: u64, number: u32) {
        let mask = self.entries.len() - 1;
        let mut position = hash as usize & mask;
        while self.entries[position] != 0 {
            position = (position + 1) & mask;
        }
        self.entries[position] = ((hash >> 32) as u32 & !(mask as u32)) | (number + 1);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<u32>()
    }
}

/// A set of pairs of numbers: 8 bytes a member, and the index. It is kept in pieces, so that it
/// grows without copying.
#[derive(Default)]
pub(crate) struct PairSet {
    pieces: Vec<Vec<u64>>,
    index: Index,
    len: u32,
}

impl PairSet {
    const PIECE: usize = 1 << 14;

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn get(&self, number: u32) -> u64 {
        self.pieces[number as usize / Self::PIECE][number as usize % Self::PIECE]
    }

    /// Adds a pair. Returns its number, and whether it is new.
    pub(crate) fn insert(&mut self, pair: u64, hash: u64) -> (u32, bool) {
        let pieces = &self.pieces;
        let at = |number: u32| pieces[number as usize / Self::PIECE][number as usize % Self::PIECE];
        if let Some(number) = self.index.find(hash, |number| at(number) == pair) {
            return (number, false);
        }
        let number = self.len;
        self.index.insert(hash, number, |old| scramble(at(old)));
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < Self::PIECE => piece.push(pair),
            // The first piece grows by doubling, so that a small set stays small.
            None => self.pieces.push(vec![pair]),
            Some(_) => {
                let mut piece = Vec::with_capacity(Self::PIECE);
                piece.push(pair);
                self.pieces.push(piece);
            }
        }
        self.len = number.checked_add(1).expect("fewer than 2^32 states for each thread");
        (number, true)
    }

    pub(crate) fn find(&self, pair: u64, hash: u64) -> Option<u32> {
        self.index.find(hash, |number| self.get(number) == pair)
    }

    /// Loads the cache lines that the search for these hashes will need. The waits for memory
    /// overlap, instead of coming one after another.
    pub(crate) fn prefetch(&self, hashes: impl Iterator<Item = u64>, homes: &mut Vec<u32>) {
        if self.len == 0 {
            return;
        }
        homes.clear();
        homes.extend(hashes.map(|hash| self.index.home(hash)));
        let near = homes
            .iter()
            .filter(|number| **number < self.len)
            .fold(0, |near, number| near ^ self.get(*number));
        std::hint::black_box(near);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.index.bytes()
            + self.pieces.iter().map(|piece| piece.capacity() * size_of::<u64>()).sum::<usize>()
    }
}

/// A set of sequences of words.
#[derive(Default)]
pub(crate) struct SliceSet {
    words: Vec<u32>,
    ends: Vec<u32>,
    index: Index,
}

impl SliceSet {
    pub(crate) fn get(&self, number: u32) -> &[u32] {
        slice(&self.words, &self.ends, number)
    }

    pub(crate) fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    pub(crate) fn find(&self, words: &[u32], hash: u64) -> Option<u32> {
        self.index.find(hash, |number| self.get(number) == words)
    }

    /// Adds a sequence. Returns its number.
    pub(crate) fn insert(&mut self, words: &[u32], hash: u64) -> u32 {
        if let Some(number) = self.find(words, hash) {
            return number;
        }
        let number = self.ends.len() as u32;
        let (all, ends) = (&self.words, &self.ends);
        self.index.insert(hash, number, |old| hash_words(slice(all, ends, old)));
        self.words.extend_from_slice(words);
        self.ends.push(u32::try_from(self.words.len()).expect("fewer than 2^32 words of parts"));
        number
    }

    pub(crate) fn bytes(&self) -> usize {
        self.index.bytes() + (self.words.capacity() + self.ends.capacity()) * size_of::<u32>()
    }
}

fn slice<'a>(words: &'a [u32], ends: &[u32], number: u32) -> &'a [u32] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &words[start as usize..ends[number] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// Pairs are numbered by arrival and found again. A bad hash costs time, but changes no
        /// result.
        #[test]
        fn a_pair_set_is_a_set(
            pairs in prop::collection::vec(0_u64..500, 0..2000),
            good_hash in any::<bool>(),
        ) {
            let hash = |pair: u64| if good_hash { scramble(pair) } else { scramble(pair) & 1 };
            // With the bad hash the set must not grow, because it rehashes with the good one.
            let pairs = if good_hash { &pairs[..] } else { &pairs[..pairs.len().min(40)] };
            let (mut set, mut numbers) = (PairSet::default(), HashMap::new());
            for pair in pairs {
                let next = numbers.len() as u32;
                let expected = *numbers.entry(*pair).or_insert(next);
                prop_assert_eq!(set.insert(*pair, hash(*pair)), (expected, expected == next));
            }
            for (pair, number) in numbers {
                let found = (set.get(number), set.find(pair, hash(pair)));
                prop_assert_eq!(found, (pair, Some(number)));
            }
        }

        #[test]
        fn a_slice_set_is_a_set(
            slices in prop::collection::vec(prop::collection::vec(0_u32..3, 0..5), 0..500),
        ) {
            let (mut set, mut numbers) = (SliceSet::default(), HashMap::new());
            for words in &slices {
                let next = numbers.len() as u32;
                let expected = *numbers.entry(words).or_insert(next);
                prop_assert_eq!(set.insert(words, hash_words(words)), expected);
            }
            for (words, number) in numbers {
                prop_assert_eq!(set.get(number), &words[..]);
            }
        }
    }
}
