//! When refused clients are to come back: when the node will have served all those that it refused
//! before them.

use std::time::{Duration, Instant};

/// Nobody is told to wait for less, or for more. Clients that come back too early are refused
/// again, which costs the node more than that they come a little late when an overload has ended.
const WAIT_MIN: Duration = Duration::from_millis(20);
pub(super) const WAIT_MAX: Duration = Duration::from_secs(2);
/// How long requests are counted before the rate follows.
const WINDOW: Duration = Duration::from_millis(100);
/// How fast the node serves, as far as it does not know better, in requests a second.
const RATE_FIRST: f64 = 1000.0;
const RATE_MIN: f64 = 200.0;
/// How much of a new window the rate takes over.
const WEIGHT: f64 = 0.3;

/// How fast the node serves.
#[derive(Debug)]
pub(super) struct Schedule {
    /// How many requests a second the node serves when it has enough to do.
    rate: f64,
    window: Instant,
    served: u32,
    /// Had anybody to wait in this window? If not, the node may have had too little to do to show
    /// how fast it is.
    has_enough_to_do: bool,
}

impl Schedule {
    pub(super) fn new(now: Instant) -> Self {
        Schedule { rate: RATE_FIRST, window: now, served: 0, has_enough_to_do: false }
    }

    /// How long one is to wait that is refused while so many others wait.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn wait(&mut self, waiting: usize) -> Duration {
        self.has_enough_to_do = true;
        Duration::from_secs_f64(waiting as f64 / self.rate).clamp(WAIT_MIN, WAIT_MAX)
    }

    /// How many requests the node serves in a time, as far as is known.
    #[expect(clippy::cast_sign_loss, reason = "a rate is positive")]
    pub(super) fn served_within(&mut self, time: Duration) -> usize {
        self.has_enough_to_do = true;
        (self.rate * time.as_secs_f64()) as usize
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
        if self.has_enough_to_do || measured > self.rate {
            self.rate += WEIGHT * (measured.max(RATE_MIN) - self.rate);
        }
        (self.window, self.served, self.has_enough_to_do) = (now, 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_come_back_when_those_before_them_are_served() {
        let mut schedule = Schedule::new(Instant::now());
        let waits = [0, 100, 300, 100_000].map(|waiting| schedule.wait(waiting).as_millis());
        assert_eq!(waits, [20, 100, 300, 2000], "a thousand a second, and not for ever");
    }

    #[test]
    fn the_rate_follows_what_is_served_while_there_is_enough_to_do() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let serve = |schedule: &mut Schedule, count, is_busy, window: u32| {
            (0..count).for_each(|_| schedule.note_served());
            schedule.has_enough_to_do = is_busy;
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
