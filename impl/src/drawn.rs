//! Scopes drawn at random, each named by a seed and a number.
//!
//! The invariants' crate draws a scope with any function that chooses. This module is that function:
//! a seed and a number name the same scope on every machine, whatever was drawn before it.

use dynamo_invariants::random;
use dynamo_invariants::scope::own::OwnScope;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

/// The highest number of a scope. The name of a scope has room for a seed and this number.
pub const NUMBER_MAX: u64 = 999_999_999_999;

/// The scope with this number among those that the seed draws. Its name has both.
pub fn scope(seed: u64, number: u64) -> OwnScope {
    let mut chance = Chance::of(seed, number);
    OwnScope {
        name: name(seed, number),
        aim: format!("Drawn at random: number {number} of seed {seed}."),
        ..random::draw(&mut |count| chance.below(count))
    }
}

/// The name of the scope with this number.
pub fn name(seed: u64, number: u64) -> String {
    format!("drawn-{seed}-{number}")
}

/// The random numbers of one scope, or of one simulated run.
///
/// `StdRng` and `SmallRng` may be another algorithm in the next version of `rand`, or on another
/// machine. A scope that somebody reports must be drawn again there, so the algorithm has a name.
pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    /// Each scope has a generator of its own, so that it does not matter which thread draws which
    /// scope, nor how many were drawn before.
    pub(crate) fn of(seed: u64, number: u64) -> Chance {
        let first = Xoshiro256PlusPlus::seed_from_u64(seed).next_u64();
        Chance(Xoshiro256PlusPlus::seed_from_u64(first.wrapping_add(number)))
    }

    /// A number below `count`. `random_range` would do, but `rand` may change how it maps bits to a
    /// range. The numbers here are so small that no one is noticeably likelier than another.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }
}

impl Chance {
    /// True this often in ten thousand.
    pub(crate) fn is_so(&mut self, of_ten_thousand: u32) -> bool {
        self.below(10_000) < of_ten_thousand as usize
    }

    /// One of these.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A time between the two, to the microsecond.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let room = most.saturating_sub(least).as_micros() as usize;
        least + Duration::from_micros(self.below(room + 1) as u64)
    }

    /// A number that is at most this far from zero.
    pub(crate) fn around(&mut self, most: u32) -> i32 {
        let sign = if self.is_so(5_000) { -1 } else { 1 };
        sign * (self.below(most as usize + 1) as u32).cast_signed()
    }

    /// Another generator, which goes its own way.
    pub(crate) fn branch(&mut self) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(self.0.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_name_the_same_scope_for_ever() {
        let mut chance = Chance::of(1, 0);
        let numbers: Vec<usize> = (0..6).map(|_| chance.below(1_000)).collect();
        assert_eq!(
            numbers,
            [148, 89, 875, 915, 344, 519],
            "scopes that were reported are no longer drawn"
        );
        assert_eq!(scope(1, 17), scope(1, 17));
    }

    #[test]
    fn other_seeds_and_other_numbers_draw_other_scopes() {
        let content = |seed, number| OwnScope {
            name: String::new(),
            aim: String::new(),
            ..scope(seed, number)
        };
        let scopes: Vec<OwnScope> =
            (0..30).flat_map(|number| [content(1, number), content(2, number)]).collect();
        let distinct = |scope: &OwnScope| scopes.iter().filter(|it| *it == scope).count() == 1;
        assert!(scopes.iter().filter(|scope| distinct(scope)).count() > 50);
    }

    #[test]
    fn the_longest_name_is_valid() {
        assert!(scope(u64::MAX, NUMBER_MAX).leak().is_ok());
    }
}
