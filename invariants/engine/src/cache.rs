//! A cache for results that can be computed again: on a collision, the older one is dropped.

use crate::index::scramble;

/// Maps a 64-bit key, which is compared exactly, to a 64-bit value. It grows while it misses often,
/// up to a limit, so that a search's memory is mostly its states.
pub(crate) struct Cache {
    entries: Vec<(u64, u64)>,
    misses: usize,
}

/// Not a valid key, because a configuration's number is below 2^32 − 1.
const EMPTY: u64 = u64::MAX;

impl Cache {
    const SMALLEST: usize = 1 << 8;

    pub(crate) fn new() -> Self {
        Cache { entries: vec![(EMPTY, 0); Self::SMALLEST], misses: 0 }
    }

    pub(crate) fn get(&self, key: u64) -> Option<u64> {
        let (held, value) = self.entries[self.position(key)];
        (held == key).then_some(value)
    }

    /// Loads the cache lines that looking up these keys will need. The waits for memory overlap,
    /// instead of coming one after another.
    pub(crate) fn prefetch(&self, keys: impl Iterator<Item = u64>) {
        let near = keys.fold(0, |near, key| near ^ self.entries[self.position(key)].0);
        std::hint::black_box(near);
    }

    /// Stores a result after a miss. `entries_max` limits the growth.
    pub(crate) fn put(&mut self, key: u64, value: u64, entries_max: usize) {
        self.misses += 1;
        if self.misses > self.entries.len() && self.entries.len() * 2 <= entries_max {
            let larger = vec![(EMPTY, 0); self.entries.len() * 2];
            let old = std::mem::replace(&mut self.entries, larger);
            self.misses = 0;
            for (key, value) in old.into_iter().filter(|entry| entry.0 != EMPTY) {
                let position = self.position(key);
                self.entries[position] = (key, value);
            }
        }
        let position = self.position(key);
        self.entries[position] = (key, value);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<(u64, u64)>()
    }

    fn position(&self, key: u64) -> usize {
        scramble(key) as usize & (self.entries.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_as_it_was_put() {
        let mut cache = Cache::new();
        for key in 0..10_000 {
            assert_eq!(cache.get(key), None);
            cache.put(key, key * 3, 1 << 12);
            assert_eq!(cache.get(key), Some(key * 3));
        }
        assert_eq!(cache.bytes(), 16 << 12);
        let kept = (0..10_000).filter_map(|key| Some((key, cache.get(key)?)));
        assert!(kept.inspect(|(key, value)| assert_eq!(*value, key * 3)).count() > 2_000);
    }
}
