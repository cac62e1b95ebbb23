//! When refused clients are to come back: each gets the next place in a line that moves as fast as the node serves.

use std::time::{Duration, Instant};

/// Nobody is told to wait for less, or for more. The most is also about how long it takes until the node is as busy as before
/// when an overload has ended.
const WAIT_MIN: Duration = Duration::from_millis(20);
pub(super) const WAIT_MAX: Duration = Duration::from_millis(800);
/// How long requests are counted before the rate follows.
const WINDOW: Duration = Duration::from_millis(100);
/// How fast the node serves, as far as it does not know better, in requests a second.
const RATE_FIRST: f64 = 1000.0;
const RATE_MIN: f64 = 50.0;
/// How much of a new window the rate takes over.
const WEIGHT: f64 = 0.3;

/// The line of those who are refused.
#[derive(Debug)]
pub(super) struct Schedule {
    /// How many requests a second the node serves when it has enough to do.
    rate: f64,
    /// The time of the last place that was given away.
    last: Instant,
    window: Instant,
    served: u32,
    /// Was anybody refused in this window? If not, the node may have had too little to do to show how fast it is.
    refused: bool,
}

impl Schedule {
    pub(super) fn new(now: Instant) -> Self {
        Schedule { rate: RATE_FIRST, last: now, window: now, served: 0, refused: false }
    }

    /// How long the next who is refused is to wait.
    pub(super) fn place(&mut self, now: Instant) -> Duration {
        self.refused = true;
        let next = self.last.max(now) + Duration::from_secs_f64(1.0 / self.rate);
        self.last = next.min(now + WAIT_MAX);
        self.last.saturating_duration_since(now).max(WAIT_MIN)
    }

    /// A request was answered.
    pub(super) fn note_served(&mut self) {
        self.served += 1;
    }

    /// Time has passed.
    pub(super) fn on_time(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.window);
        if passed < WINDOW {
            return;
        }
        let measured = f64::from(self.served) / passed.as_secs_f64();
        if self.refused || measured > self.rate {
            self.rate += WEIGHT * (measured.max(RATE_MIN) - self.rate);
        }
        (self.window, self.served, self.refused) = (now, 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_come_back_one_by_one_at_the_rate_of_service() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let waits: Vec<u128> = (0..1000).map(|_| schedule.place(start).as_millis()).collect();
        assert!(waits.is_sorted());
        assert_eq!(
            (waits[0], waits[99], waits[299], waits[999]),
            (20, 100, 300, 800),
            "a thousand a second, and no end"
        );
    }

    #[test]
    fn the_rate_follows_what_is_served_while_somebody_is_refused() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let mut serve = |schedule: &mut Schedule, count, refused, window: u32| {
            (0..count).for_each(|_| schedule.note_served());
            schedule.refused = refused;
            schedule.on_time(start + window * WINDOW);
        };
        for window in 1..30 {
            serve(&mut schedule, 400, true, window);
        }
        assert!((3990.0..4010.0).contains(&schedule.rate), "{}", schedule.rate);
        for window in 30..60 {
            serve(&mut schedule, 1, false, window);
        }
        assert!(schedule.rate > 3990.0, "a node at rest is not slow: {}", schedule.rate);
        for window in 60..90 {
            serve(&mut schedule, 0, true, window);
        }
        assert!((RATE_MIN..2.0 * RATE_MIN).contains(&schedule.rate), "{}", schedule.rate);
    }
}
