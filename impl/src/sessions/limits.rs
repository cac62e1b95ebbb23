//! Limits on sessions, and how long they are kept.

use crate::format::MESSAGE_BYTES_MAX;
use std::time::{Duration, Instant};

/// The most sessions at a time. Each takes about 1.5 kB.
pub(super) const SESSIONS_MAX: usize = 16_384;
/// The most sessions of clients. One more replaces the one that was unused the longest.
pub(super) const CLIENT_SESSIONS_MAX: usize = SESSIONS_MAX / 4 * 3;
/// The most bytes that wait for sessions, of all peers.
pub(super) const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most bytes that wait for one peer. The largest message fits, with its fragments' headers.
pub(super) const PEER_WAITING_BYTES_MAX: usize = MESSAGE_BYTES_MAX + MESSAGE_BYTES_MAX / 64;
/// A payload that has waited for this time is dropped: its receiver has asked again.
pub(super) const WAITING_TIME_MAX: Duration = Duration::from_secs(1);
/// The shortest time after which a hello or a knock is retransmitted.
pub(super) const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// After this time a new hello is made.
pub(super) const CALL_TIME_MAX: Duration = Duration::from_secs(5);
/// After this time a session gets new keys.
pub(super) const RENEW_AFTER: Duration = Duration::from_hours(1);
/// After this time an unused session is removed. Its peer can call again.
pub(super) const IDLE: Duration = Duration::from_mins(15);
/// After this time a session is removed if its caller has not proved its address.
pub(super) const UNPROVED: Duration = Duration::from_secs(5);
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// When the number of sessions is at its limit: how often unused sessions are removed, and after
/// which time.
pub(super) const CROWDED: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(20));

/// The rate of handshakes that a host takes part in: each costs it about 0.2 ms. A replayed hello
/// costs no more.
#[derive(Debug)]
pub(super) struct Budget {
    left: u32,
    since: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { left: Self::BURST, since: None }
    }
}

impl Budget {
    const BURST: u32 = 500;
    const A_SECOND: u128 = 1500;

    /// Takes one handshake from the budget. Returns false if none is left.
    pub(super) fn allows_one_more(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let earned = now.saturating_duration_since(since).as_millis() * Self::A_SECOND / 1000;
        if earned > 0 {
            self.left = u32::try_from(earned)
                .unwrap_or(Self::BURST)
                .saturating_add(self.left)
                .min(Self::BURST);
            // The remainder of the time counts next time.
            let spent = u64::try_from(earned * 1000 / Self::A_SECOND).unwrap_or(u64::MAX);
            self.since = since.checked_add(Duration::from_millis(spent));
        }
        let is_allowed = self.left > 0;
        self.left -= u32::from(is_allowed);
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_handshakes_are_allowed_at_a_rate() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let mut allowed = |ms: u64| {
            (0..10_000)
                .filter(|_| budget.allows_one_more(start + Duration::from_millis(ms)))
                .count()
        };
        assert_eq!([allowed(0), allowed(0), allowed(100), allowed(10_000)], [500, 0, 150, 500]);
    }
}
