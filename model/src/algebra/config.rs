//! How a cluster is configured. A value of this type is always valid. Every node has an equal one.

use crate::algebra::ids::Value;
use crate::algebra::tree::Shape;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;
use thiserror::Error;

/// N, R, W, timeouts and intervals.
///
/// How to choose: `n` is the number of copies of each key, nearly always 3. A put is acknowledged
/// once `w` nodes have it on disk. A get is answered once `r` nodes have answered. If `r + w > n`,
/// a get sees every put acknowledged before it began, as long as no fallback stands in for a
/// replica. Smaller values answer sooner, stay available with fewer replicas, and promise less
/// (Dynamo paper §4.5, §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    n: usize,
    r: usize,
    w: usize,
    patience: Option<Patience>,
    puts_remembered: usize,
    handoff: Handoff,
    reap_after: Option<Duration>,
    gossip_every: Option<Duration>,
    anti_entropy: Option<AntiEntropy>,
}

/// How replicas compare what they hold, and repair differences (anti-entropy).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AntiEntropy {
    /// The pause between two exchanges that a node begins, each with one peer.
    pub every: Duration,
    /// The pause before the next exchange with a peer that has just sent something new. Together
    /// with the window, it bounds how much a node receives in the exchanges that it begins.
    pub again_after: Duration,
    /// How many differing subtrees, leaves or keys a node follows up at most for one message. The
    /// next exchange finds the rest.
    pub window: usize,
    /// How many keys a node enters in its trees in one step, after a start. Between these steps it
    /// serves requests, but compares with no peer.
    pub planted_at_a_time: usize,
    /// The most bytes that a message about trees may take. Its first tree node or key is always in
    /// it.
    pub message_bytes: usize,
    /// How the trees branch. Every node must use an equal shape.
    pub shape: Shape,
}

impl AntiEntropy {
    /// For a local network: an exchange every 10 s to 15 s. A peer that has new keys sends up to
    /// 6,400 keys a second.
    pub const LOCAL: Self = AntiEntropy {
        every: Duration::from_secs(10),
        again_after: Duration::from_millis(10),
        window: 64,
        // One such step takes some milliseconds.
        planted_at_a_time: 10_000,
        message_bytes: Config::DATAGRAM_BYTES / 2,
        shape: Shape::WIDE,
    };
}

/// How a node hands over hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Handoff {
    /// The pause before the first attempt, after a node stores a hint, starts, or sees the ring
    /// change.
    pub first_after: Duration,
    /// Each further attempt waits twice as long as the last one, until it has doubled this many
    /// times.
    pub doublings: u8,
    /// How many hints may be in flight to one node. Each hint that arrives makes room for the next.
    pub window: usize,
}

impl Handoff {
    /// For a local network: a pause of 1 s to 1.5 s at first, and of 32 s to 48 s at last.
    pub const LOCAL: Self =
        Handoff { first_after: Duration::from_secs(1), doublings: 5, window: 64 };

    /// The range of the pause after this many attempts: at least the current interval, and up to
    /// half as long again. So holders do not stay in step.
    pub(crate) fn pause(&self, attempts: u8) -> Range<Duration> {
        let least = self.first_after * (1 << attempts.min(self.doublings).min(16));
        least..least + least / 2
    }

    /// Attempts are not counted beyond this number.
    pub(crate) fn attempts_max(&self) -> u8 {
        self.doublings.max(1)
    }
}

/// How long a node waits for others to answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Patience {
    /// The pause before a node retransmits to the nodes that have not answered.
    pub answer_within: Duration,
    /// How often a node retransmits before it suspects the nodes that have not answered.
    pub retransmissions: u8,
}

impl Patience {
    /// For a local network: a coordinator suspects a silent replica after 1 s.
    pub const LOCAL: Self =
        Patience { answer_within: Duration::from_millis(200), retransmissions: 4 };
}

/// Why a configuration is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// N is 0 or larger than [`Config::N_MAX`].
    #[error("N is {n}; it must be 1 to {}", Config::N_MAX)]
    N {
        /// The N requested.
        n: usize,
    },
    /// R is 0 or larger than N.
    #[error("R is {r}; it must be 1 to N, which is {n}")]
    R {
        /// The R requested.
        r: usize,
        /// N.
        n: usize,
    },
    /// W is 0 or larger than N.
    #[error("W is {w}; it must be 1 to N, which is {n}")]
    W {
        /// The W requested.
        w: usize,
        /// N.
        n: usize,
    },
}

impl Config {
    /// The largest N. With a larger one, a coordinator could refuse a set that has the largest
    /// value and a long context: see [`siblings_bytes_max`](Config::siblings_bytes_max).
    pub const N_MAX: usize = 6;
    /// The bytes that one UDP datagram can carry, less the frame and the ids around a sibling set.
    /// Messages about trees are kept below it, and histories with IPv4 addresses. Sibling sets may
    /// outgrow it: the network then sends the message in several datagrams.
    pub const DATAGRAM_BYTES: usize = 64_000;

    /// N copies, R answers for a get, W confirmations for a put. Coordinators wait for ever.
    ///
    /// # Errors
    /// If a number is out of its range.
    pub fn new(n: usize, r: usize, w: usize) -> Result<Self, ConfigError> {
        if !(1..=Self::N_MAX).contains(&n) {
            return Err(ConfigError::N { n });
        }
        if !(1..=n).contains(&r) {
            return Err(ConfigError::R { r, n });
        }
        if !(1..=n).contains(&w) {
            return Err(ConfigError::W { w, n });
        }
        Ok(Config {
            n,
            r,
            w,
            patience: None,
            puts_remembered: 100_000,
            handoff: Handoff::LOCAL,
            reap_after: None,
            gossip_every: None,
            anti_entropy: None,
        })
    }

    /// Sets how long coordinators wait. Running nodes always time out. A scope that studies
    /// something else leaves timeouts out, to keep its state space small.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Config { patience: Some(patience), ..self }
    }

    /// Sets how hints are handed over, instead of [`Handoff::LOCAL`]. A window of 0 counts as 1.
    #[must_use]
    pub fn with_handoff(self, handoff: Handoff) -> Self {
        Config { handoff: Handoff { window: handoff.window.max(1), ..handoff }, ..self }
    }

    /// Lets nodes reap tombstones. Choose a time longer than twice the life of any message. An
    /// older message could bring back what the reaped tombstone deleted.
    #[must_use]
    pub fn with_reaping_after(self, time: Duration) -> Self {
        Config { reap_after: Some(time), ..self }
    }

    /// Lets each node gossip at this interval, or one up to half as long again.
    #[must_use]
    pub fn with_gossip_every(self, time: Duration) -> Self {
        Config { gossip_every: Some(time), ..self }
    }

    /// Turns on anti-entropy. A window of 0 counts as 1, and so does 0 for `planted_at_a_time`.
    #[must_use]
    pub fn with_anti_entropy(self, how: AntiEntropy) -> Self {
        let (window, planted_at_a_time) = (how.window.max(1), how.planted_at_a_time.max(1));
        Config { anti_entropy: Some(AntiEntropy { window, planted_at_a_time, ..how }), ..self }
    }

    /// How replicas compare what they hold. `None`: anti-entropy is off.
    pub fn anti_entropy(&self) -> Option<AntiEntropy> {
        self.anti_entropy
    }

    /// How often a node gossips. `None`: never.
    pub fn gossip_every(&self) -> Option<Duration> {
        self.gossip_every
    }

    /// How long a node waits before it asks whether tombstones may go. `None`: it keeps them for
    /// ever.
    pub fn reap_after(&self) -> Option<Duration> {
        self.reap_after
    }

    /// How hints are handed over.
    pub fn handoff(&self) -> Handoff {
        self.handoff
    }

    /// N: the number of copies of each key.
    pub fn n(&self) -> usize {
        self.n
    }

    /// R: the number of distinct nodes that must answer before a get is answered.
    pub fn r(&self) -> usize {
        self.r
    }

    /// W: the number of distinct nodes that must have a put on disk before it is acknowledged.
    pub fn w(&self) -> usize {
        self.w
    }

    /// How long a coordinator waits. `None`: for ever.
    pub fn patience(&self) -> Option<Patience> {
        self.patience
    }

    /// A coordinator recognises the retry of a put that has a dot until this many other clients
    /// have put, or were refused, through it since.
    pub fn puts_remembered(&self) -> usize {
        self.puts_remembered
    }

    /// The most bytes of a sibling set that a coordinator creates. It refuses a put that would
    /// exceed them. So the merged sets of N coordinators that diverged usually fit one datagram.
    /// This does not bound every merged set: while the ring changes, more than N coordinators may
    /// diverge, each by this much.
    pub fn siblings_bytes_max(&self) -> usize {
        let share = Self::DATAGRAM_BYTES / self.n;
        assert!(
            share > Value::BYTES_MAX,
            "the largest value fits no sibling set with N={}",
            self.n
        );
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_and_w_are_from_1_to_n() {
        for n in 1..=Config::N_MAX {
            for r in 0..=n + 1 {
                for w in 0..=n + 1 {
                    let valid = (1..=n).contains(&r) && (1..=n).contains(&w);
                    assert_eq!(Config::new(n, r, w).is_ok(), valid, "N={n} R={r} W={w}");
                }
            }
        }
        assert_eq!(Config::new(0, 1, 1), Err(ConfigError::N { n: 0 }));
        assert_eq!(Config::new(7, 1, 1), Err(ConfigError::N { n: 7 }));
        assert_eq!(Config::new(3, 4, 1), Err(ConfigError::R { r: 4, n: 3 }));
        assert_eq!(Config::new(3, 1, 0), Err(ConfigError::W { w: 0, n: 3 }));
    }

    #[test]
    fn one_largest_value_fits_every_configuration() {
        let config = Config::new(Config::N_MAX, 1, 1).unwrap();
        assert!(config.siblings_bytes_max() > Value::BYTES_MAX + 1024);
    }
}
