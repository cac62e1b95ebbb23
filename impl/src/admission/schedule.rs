//! When refused clients should come back: when the node will have served all clients that it
//! refused before them.

use std::time::{Duration, Instant};

/// The shortest and the longest wait. Clients that come back too early are refused again. That
/// costs the node more than if they came a little late after an overload.
const WAIT_MIN: Duration = Duration::from_millis(20);
pub(super) const WAIT_MAX: Duration = Duration::from_secs(2);
/// How long requests are counted before the rate is updated.
const WINDOW: Duration = Duration::from_millis(100);
/// The initial and the lowest estimate of the rate, in requests a second.
const RATE_FIRST: f64 = 1000.0;
const RATE_MIN: f64 = 200.0;
/// The weight of a new window in the average.
const WEIGHT: f64 = 0.3;

/// An estimate of how fast the node serves requests.
#[derive(Debug)]
pub(super) struct Schedule {
    /// How many requests a second the node serves when it has enough work.
    rate: f64,
    window: Instant,
    served: u32,
    /// Did a request have to wait in this window? If not, the node may have had too little work to
    /// measure its rate.
    has_enough_to_do: bool,
}

impl Schedule {
    pub(super) fn new(now: Instant) -> Self {
        Schedule { rate: RATE_FIRST, window: now, served: 0, has_enough_to_do: false }
    }

    /// How long a refused client must wait while so many others wait.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn wait(&mut self, waiting: usize) -> Duration {
        self.has_enough_to_do = true;
        Duration::from_secs_f64(waiting as f64 / self.rate).clamp(WAIT_MIN, WAIT_MAX)
    }

    /// About how many requests the node serves in a time.
    #[expect(clippy::cast_sign_loss, reason = "a rate is positive")]
    pub(super) fn served_within(&mut self, time: Duration) -> usize {
        self.has_enough_to_do = true;
        (self.rate * time.as_secs_f64()) as usize
    }

    /// Counts an answered request.
    pub(super) fn note_served(&mut self) {
        self.served += 1;
    }

    /// Updates the rate at the end of a window.
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
    fn refused_clients_come_back_when_those_before_them_are_served() {
        let mut schedule = Schedule::new(Instant::now());
        let waits = [0, 100, 300, 100_000].map(|waiting| schedule.wait(waiting).as_millis());
        assert_eq!(waits, [20, 100, 300, 2000], "a thousand a second, up to the longest wait");
    }

    #[test]
    fn the_rate_follows_the_requests_served_while_there_is_enough_work() {
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
        assert!(schedule.rate > 3990.0, "an idle node is not slow: {}", schedule.rate);
        for window in 60..90 {
            serve(&mut schedule, 0, true, window);
        }
        assert!((RATE_MIN..2.0 * RATE_MIN).contains(&schedule.rate), "{}", schedule.rate);
    }
}
