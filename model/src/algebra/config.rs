//! How a cluster is set up: valid by construction, the same value at every node.

use crate::algebra::ids::Value;
use crate::algebra::tree::Shape;
use std::ops::Range;
use std::time::Duration;
use thiserror::Error;

/// N, R, W, and how patient a coordinator is.
///
/// How to choose: `n` is how many copies of each key there are, 3 nearly always. A put is
/// acknowledged once `w` of them have it on disk. A get is answered once `r` nodes have answered.
/// If `r + w > n`, a get sees every put acknowledged before it began. Smaller values answer sooner,
/// stay available with fewer replicas, and promise less (Dynamo paper §4.5, §6).
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

/// How replicas compare what they hold, and mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AntiEntropy {
    /// Between two exchanges that a node begins, each with one peer.
    pub every: Duration,
    /// The same with a peer from which the last one has brought something: together with the window
    /// it bounds how much a node is sent in the exchanges that it begins.
    pub again_after: Duration,
    /// At most so many subtrees, leaves or keys that differ are gone into at a time. What is left
    /// the next exchange finds.
    pub window: usize,
    /// After a start a node enters the keys on its disk in its trees, at most so many in one step.
    /// Between two of these steps it serves requests, but compares with nobody.
    pub planted_at_a_time: usize,
    /// How the trees branch. The same at every node.
    pub shape: Shape,
}

impl AntiEntropy {
    /// For a local network: every 10 s, and while a peer has something new up to 6,400 keys a
    /// second from it.
    pub const LOCAL: Self = AntiEntropy {
        every: Duration::from_secs(10),
        again_after: Duration::from_millis(10),
        window: 64,
        // Some milliseconds.
        planted_at_a_time: 10_000,
        shape: Shape::WIDE,
    };
}

/// How a node hands hints over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handoff {
    /// Between storing a hint, or a start, and the first attempt.
    pub first_after: Duration,
    /// Every further attempt waits twice as long, so many times.
    pub doublings: u8,
    /// How many hints may be under way to one node at a time. Each that arrives makes room for the
    /// next.
    pub window: usize,
}

impl Handoff {
    /// For a local network: after a second at first, after half a minute at last.
    pub const LOCAL: Self =
        Handoff { first_after: Duration::from_secs(1), doublings: 5, window: 64 };

    /// How long to wait after so many attempts: up to half as long again as at least, so that
    /// holders do not stay in step.
    pub(crate) fn pause(&self, attempts: u8) -> Range<Duration> {
        let least = self.first_after * (1 << attempts.min(self.doublings).min(16));
        least..least + least / 2
    }

    /// Attempts are counted no further.
    pub(crate) fn attempts_max(&self) -> u8 {
        self.doublings.max(1)
    }
}

/// How long a coordinator waits for replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Patience {
    /// Between sending to replicas and sending again to those that have not answered.
    pub answer_within: Duration,
    /// How often it sends again before it gives up.
    pub retransmissions: u8,
}

impl Patience {
    /// For a local network: gives up after 1 s.
    pub const LOCAL: Self =
        Patience { answer_within: Duration::from_millis(200), retransmissions: 4 };
}

/// Why there is no such configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// N is 0 or larger than [`Config::N_MAX`].
    #[error("N is {n}; it must be 1 to {}", Config::N_MAX)]
    N {
        /// The N asked for.
        n: usize,
    },
    /// R is 0 or larger than N.
    #[error("R is {r}; it must be 1 to N, which is {n}")]
    R {
        /// The R asked for.
        r: usize,
        /// N.
        n: usize,
    },
    /// W is 0 or larger than N.
    #[error("W is {w}; it must be 1 to N, which is {n}")]
    W {
        /// The W asked for.
        w: usize,
        /// N.
        n: usize,
    },
}

impl Config {
    /// The largest N: with it, a coordinator may still make a set with the largest value and a long
    /// context ([`siblings_bytes_max`](Config::siblings_bytes_max)).
    pub const N_MAX: usize = 6;
    /// What one UDP datagram can carry, in bytes, less the frame and the ids around a sibling set.
    /// Trees and histories are kept below it. Sibling sets may outgrow it: the network then carries
    /// the message in several datagrams.
    pub const DATAGRAM_BYTES: usize = 64_000;

    /// N copies, R to answer a get, W to acknowledge a put; coordinators wait for ever.
    ///
    /// # Errors
    /// Where a number is out of its range.
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

    /// With coordinators that time out. Running nodes always do; in a scope that studies something
    /// else, leaving time out keeps the state space small.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Config { patience: Some(patience), ..self }
    }

    /// With hints handed over in another way than [`Handoff::LOCAL`]. A window of 0 is one of 1.
    #[must_use]
    pub fn with_handoff(self, handoff: Handoff) -> Self {
        Config { handoff: Handoff { window: handoff.window.max(1), ..handoff }, ..self }
    }

    /// With tombstones reaped. Choose a time longer than twice what any message lives: one that is
    /// older than a reaped tombstone would bring back what that deleted.
    #[must_use]
    pub fn with_reaping_after(self, time: Duration) -> Self {
        Config { reap_after: Some(time), ..self }
    }

    /// With a round of gossip every so often, or up to half as long again.
    #[must_use]
    pub fn with_gossip_every(self, time: Duration) -> Self {
        Config { gossip_every: Some(time), ..self }
    }

    /// With replicas that compare what they hold. A window of 0 is one of 1, and so is a number of
    /// keys planted at a time.
    #[must_use]
    pub fn with_anti_entropy(self, how: AntiEntropy) -> Self {
        let (window, planted_at_a_time) = (how.window.max(1), how.planted_at_a_time.max(1));
        Config { anti_entropy: Some(AntiEntropy { window, planted_at_a_time, ..how }), ..self }
    }

    /// How replicas compare what they hold; `None`: they do not.
    pub fn anti_entropy(&self) -> Option<AntiEntropy> {
        self.anti_entropy
    }

    /// How often a node gossips; `None`: never.
    pub fn gossip_every(&self) -> Option<Duration> {
        self.gossip_every
    }

    /// How long tombstones stay before it is asked whether they may go; `None`: for ever.
    pub fn reap_after(&self) -> Option<Duration> {
        self.reap_after
    }

    /// How hints are handed over.
    pub fn handoff(&self) -> Handoff {
        self.handoff
    }

    /// Copies of each key.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Distinct replicas that must have spoken before a get is answered.
    pub fn r(&self) -> usize {
        self.r
    }

    /// Distinct replicas that must have stored a put before it is acknowledged.
    pub fn w(&self) -> usize {
        self.w
    }

    /// How long a coordinator waits; `None`: for ever.
    pub fn patience(&self) -> Option<Patience> {
        self.patience
    }

    /// A coordinator recognises a client's retry as long as fewer than this many others have put,
    /// or were refused, through it since.
    pub fn puts_remembered(&self) -> usize {
        self.puts_remembered
    }

    /// The largest sibling set a coordinator makes, in bytes: a put that would make a larger one is
    /// refused. The sets of N coordinators that grew apart so fit one datagram when merged, which
    /// keeps the usual case cheap. It bounds no merged set: while the ring changes more than N
    /// coordinators may grow apart, each by this much.
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
