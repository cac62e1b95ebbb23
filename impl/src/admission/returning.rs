//! The clients that were refused lately. They are admitted before new ones. Otherwise a client that
//! has just been answered, and asks again, would always take the room that its answer has freed.

use super::schedule::WAIT_MAX;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The most addresses remembered.
const REMEMBERED_MAX: usize = 16 * 1024;
/// How long an address is remembered.
const REMEMBERED_FOR: Duration = WAIT_MAX.saturating_mul(2);

/// The addresses that were refused lately.
#[derive(Debug, Default)]
pub(super) struct Returning {
    refused: BTreeMap<Id, Instant>,
    looked: Option<Instant>,
}

impl Returning {
    /// Remembers a refused address.
    pub(super) fn note_refused(&mut self, from: Id, now: Instant) {
        if self.refused.len() < REMEMBERED_MAX {
            self.refused.insert(from, now);
        }
    }

    /// Was this address refused lately?
    pub(super) fn is_one(&self, from: Id) -> bool {
        self.refused.contains_key(&from)
    }

    /// How many addresses were refused lately.
    pub(super) fn len(&self) -> usize {
        self.refused.len()
    }

    /// Forgets an address that was admitted.
    pub(super) fn admit(&mut self, from: Id) {
        self.refused.remove(&from);
    }

    /// Forgets addresses that have not come back in time.
    pub(super) fn forget_old(&mut self, now: Instant) {
        if self
            .looked
            .is_some_and(|looked| now.saturating_duration_since(looked) < REMEMBERED_FOR / 2)
        {
            return;
        }
        self.looked = Some(now);
        self.refused.retain(|_, refused| now.saturating_duration_since(*refused) < REMEMBERED_FOR);
    }
}
