//! The random generator: one sequence for each seed, target and round.

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// A sequence of random numbers.
#[derive(Debug)]
pub(crate) struct Chance(SmallRng);

impl Chance {
    /// The sequence of one round of a target.
    pub(crate) fn new(seed: u64, target: &str, round: u64) -> Self {
        let name = u64::from(crc32fast::hash(target.as_bytes()));
        // Odd constants spread neighbouring seeds and rounds. The generator's own seeding mixes
        // them.
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ round.wrapping_mul(0xd1b5_4a32_d192_ed03)
            ^ (name << 17);
        Chance(SmallRng::seed_from_u64(mixed))
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Any byte.
    pub(crate) fn byte(&mut self) -> u8 {
        self.number() as u8
    }

    /// A number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.number()) * bound as u128) >> 64) as usize
    }

    /// True once in `times` calls on average.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these items, of which there must be at least one.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of these items, mutable.
    pub(crate) fn pick_mut<'a, T>(&mut self, from: &'a mut [T]) -> &'a mut T {
        let at = self.below(from.len());
        &mut from[at]
    }

    /// Fills bytes.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
