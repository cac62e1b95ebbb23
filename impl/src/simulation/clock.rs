//! The clock of a simulated machine, which may run too fast or too slow.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// What every clock shows at the start of a run.
pub(super) static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

const MILLION: u128 = 1_000_000;

/// A clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// How many millionths of a second it shows after a second.
    rate: u128,
}

impl Clock {
    /// A clock that is fast by so many millionths, or slow if the number is negative.
    pub(super) fn with_drift(drift: i32) -> Clock {
        Clock { rate: MILLION.saturating_add_signed(drift.into()) }
    }

    /// What the clock shows at this virtual time.
    pub(super) fn shows(self, at: Duration) -> Instant {
        *EPOCH + nanoseconds(at.as_nanos() * self.rate / MILLION)
    }

    /// The first virtual time at which the clock shows this.
    pub(super) fn time_of(self, shown: Instant) -> Duration {
        let shown = shown.saturating_duration_since(*EPOCH).as_nanos();
        nanoseconds((shown * MILLION).div_ceil(self.rate))
    }
}

fn nanoseconds(count: u128) -> Duration {
    Duration::from_nanos(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn at_the_time_of_a_deadline_the_clock_shows_it(drift: i16, nanoseconds: u32) -> bool {
            let clock = Clock::with_drift(i32::from(drift) * 10);
            let deadline = *EPOCH + Duration::from_nanos(u64::from(nanoseconds) * 100);
            let at = clock.time_of(deadline);
            let before = at.checked_sub(Duration::from_nanos(2));
            clock.shows(at) >= deadline && before.is_none_or(|at| clock.shows(at) < deadline)
        }
    }
}
