//! An array of cells that never move, so that they can be read without a lock while others are
//! added.

use std::sync::OnceLock;

/// Four chunks of each size, and each size is twice the one before. Little room is wasted, and a
/// few chunks are enough.
const OF_EACH_SIZE: usize = 4;
const SMALLEST: usize = 64;
const CHUNKS: usize = OF_EACH_SIZE * 24;

/// A growing array. A thread that knows the number of a cell got it from the writer through a lock.
pub(crate) struct Chunks<T>([OnceLock<Box<[T]>>; CHUNKS]);

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Chunks([const { OnceLock::new() }; CHUNKS])
    }
}

/// The chunk of a cell, the cell's offset in it, and the chunk's size.
fn locate(index: usize) -> (usize, usize, usize) {
    const FIRST_LEVEL: usize = OF_EACH_SIZE * SMALLEST;
    let level = (index / FIRST_LEVEL + 1).ilog2() as usize;
    let (size, within) = (SMALLEST << level, index - FIRST_LEVEL * ((1 << level) - 1));
    (level * OF_EACH_SIZE + within / size, within % size, size)
}

impl<T: Default> Chunks<T> {
    /// A cell that has been made.
    pub(crate) fn get(&self, index: usize) -> &T {
        &self.slice(index, 1)[0]
    }

    /// Cells that have been made, all in one chunk.
    pub(crate) fn slice(&self, index: usize, len: usize) -> &[T] {
        let (chunk, offset, _) = locate(index);
        &self.0[chunk].get().expect("only cells that were made are read")[offset..offset + len]
    }

    /// Makes a cell, to be written for the first time.
    pub(crate) fn make(&self, index: usize) -> &T {
        let (chunk, offset, size) = locate(index);
        &self.0[chunk].get_or_init(|| (0..size).map(|_| T::default()).collect())[offset]
    }

    /// The first index, from `index` on, at which `len` cells are in one chunk.
    pub(crate) fn room(mut index: usize, len: usize) -> usize {
        loop {
            let (_, offset, size) = locate(index);
            if offset + len <= size {
                return index;
            }
            index += size - offset;
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let made = self.0.iter().filter_map(OnceLock::get);
        size_of::<Self>() + made.map(|chunk| size_of_val::<[T]>(chunk)).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn cells_are_distinct_and_stay() {
        let chunks = Chunks::<AtomicUsize>::default();
        for index in 0..100_000 {
            chunks.make(index).store(index, Ordering::Relaxed);
        }
        assert!((0..100_000).all(|index| chunks.get(index).load(Ordering::Relaxed) == index));
        assert!(chunks.bytes() < 100_000 * 8 * 5 / 4, "little room is wasted");
    }

    #[test]
    fn slices_are_in_one_chunk() {
        let chunks = Chunks::<AtomicUsize>::default();
        let mut end = 0;
        for len in (0..=3 * SMALLEST).cycle().take(5_000) {
            let begin = Chunks::<AtomicUsize>::room(end, len);
            assert!(begin >= end);
            end = begin + len;
            (begin..end).for_each(|index| chunks.make(index).store(index, Ordering::Relaxed));
            let found: Vec<usize> = if len == 0 {
                Vec::new()
            } else {
                chunks.slice(begin, len).iter().map(|cell| cell.load(Ordering::Relaxed)).collect()
            };
            assert!(found.into_iter().eq(begin..end));
        }
    }
}
