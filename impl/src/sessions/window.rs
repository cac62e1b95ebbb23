//! The replay window: no datagram of a session is accepted twice.

/// A datagram that comes after so many later ones counts as a replay.
const WINDOW: u64 = 1024;
const WORDS: u64 = WINDOW / 64;

/// Remembers which of the latest numbers were seen.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Larger than every number seen.
    next: u64,
    /// A bit for each of the latest numbers, in a ring of words.
    seen: [u64; WORDS as usize],
}

impl Window {
    /// Is this number new? Marks it as seen. A number that is too old counts as seen.
    pub(super) fn is_new(&mut self, number: u64) -> bool {
        if number >= self.next {
            self.forget(number);
            self.next = number.saturating_add(1);
        } else if self.next - number > WINDOW - 64 {
            return false;
        }
        let (word, bit) = (&mut self.seen[(number / 64 % WORDS) as usize], 1 << (number % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Clears the words that the numbers up to this one are the first to use.
    fn forget(&mut self, number: u64) {
        let begun = self.next.div_ceil(64);
        let needed = number / 64 + 1;
        for word in begun..needed.min(begun.saturating_add(WORDS)) {
            self.seen[(word % WORDS) as usize] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;
    use std::collections::BTreeSet;

    quickcheck! {
        /// The reference is a set of all numbers ever seen.
        fn no_number_is_new_twice_and_every_recent_one_is_new_once(steps: Vec<(u8, u16)>) -> bool {
            let (mut window, mut all, mut largest) = (Window::default(), BTreeSet::new(), 0_u64);
            steps.into_iter().all(|(kind, step)| {
                let number = match kind % 4 {
                    0 => largest + u64::from(step) % 3000,
                    1 => largest + u64::from(step) % 3,
                    _ => largest.saturating_sub(u64::from(step) % 1500),
                };
                let was_seen = !all.insert(number);
                let is_recent = largest - number.min(largest) < WINDOW - 64;
                largest = largest.max(number);
                let is_new = window.is_new(number);
                if was_seen { !is_new } else { is_new || !is_recent }
            })
        }
    }

    #[test]
    fn the_largest_number_does_not_overflow() {
        let mut window = Window::default();
        assert!(
            window.is_new(u64::MAX - 1)
                && window.is_new(u64::MAX - 3)
                && !window.is_new(u64::MAX - 1)
        );
        assert!(!window.is_new(0), "too old");
    }
}
