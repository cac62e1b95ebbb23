//! What is kept of sessions, at most, and how long.

use crate::wire::MESSAGE_BYTES_MAX;
use std::time::{Duration, Instant};

/// So many sessions at a time. Each takes about 1.5 kB.
pub(super) const SESSIONS_MAX: usize = 16_384;
/// So many of them are clients'. One more takes the place of the one that was unused the longest.
pub(super) const CLIENT_SESSIONS_MAX: usize = SESSIONS_MAX / 4 * 3;
/// So many bytes may wait for sessions, in all, and of one peer.
pub(super) const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The largest message fits, with the headers of its fragments.
pub(super) const PEER_WAITING_BYTES_MAX: usize = MESSAGE_BYTES_MAX + MESSAGE_BYTES_MAX / 64;
/// What has waited for so long is not sent any more: whoever waits for it has asked again.
pub(super) const WAITING_TIME_MAX: Duration = Duration::from_secs(1);
/// A hello that is not answered is sent again after this time, at the earliest; likewise a knock.
pub(super) const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// After this time another hello is made.
pub(super) const CALL_TIME_MAX: Duration = Duration::from_secs(5);
/// A session gets other keys after this time.
pub(super) const RENEW_AFTER: Duration = Duration::from_hours(1);
/// Unused sessions are forgotten after this time. Who comes back is asked to call again.
pub(super) const IDLE: Duration = Duration::from_mins(15);
/// A session whose caller has not proved its address is forgotten after this time.
pub(super) const UNPROVED: Duration = Duration::from_secs(5);
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How often, and after which time without use, sessions are forgotten when there are as many as
/// may be.
pub(super) const CROWDED: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(20));

/// How many handshakes a host takes part in: each costs it about 0.2 ms. Hellos that were recorded
/// and are sent again cost no more than that.
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

    /// Is there enough left for one more handshake? It is taken off.
    pub(super) fn allows_one_more(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let earned = now.saturating_duration_since(since).as_millis() * Self::A_SECOND / 1000;
        if earned > 0 {
            self.left = u32::try_from(earned)
                .unwrap_or(Self::BURST)
                .saturating_add(self.left)
                .min(Self::BURST);
            // What is left over of the time counts the next time.
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
