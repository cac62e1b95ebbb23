//! A share of the node's time for one class of work.

use std::time::{Duration, Instant};

/// How much time an idle class can save up.
const SAVED_MAX: Duration = Duration::from_millis(50);

/// The time that a class of work has left.
#[derive(Debug)]
pub(super) struct Share {
    /// The share is one part in so many.
    part: u32,
    /// Time left, in nanoseconds. Negative if the last piece of work took more than was left.
    left: i64,
    filled: Instant,
}

impl Share {
    /// A share of one part in `part`, with all its savings.
    pub(super) fn new(part: u32, now: Instant) -> Self {
        Share { part, left: nanoseconds(SAVED_MAX), filled: now }
    }

    /// Is there time for another piece of work?
    pub(super) fn has_time(&mut self, now: Instant) -> bool {
        let passed = nanoseconds(now.saturating_duration_since(self.filled)) / i64::from(self.part);
        self.left = self.left.saturating_add(passed).min(nanoseconds(SAVED_MAX));
        self.filled = now;
        self.left > 0
    }

    /// Records the time that a piece of work took.
    pub(super) fn spend(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(nanoseconds(time));
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_its_share_of_the_time() {
        let start = Instant::now();
        let mut share = Share::new(20, start);
        let (mut now, mut worked) = (Duration::ZERO, Duration::ZERO);
        while now < Duration::from_mins(1) {
            if share.has_time(start + now) {
                share.spend(Duration::from_millis(3));
                worked += Duration::from_millis(3);
                now += Duration::from_millis(3);
            }
            now += Duration::from_micros(100);
        }
        assert!((2990..3060).contains(&worked.as_millis()), "a twentieth of a minute: {worked:?}");
    }
}
