//! What a condition sees of a state, by its declared reads.

use crate::cache::Cache;
use crate::parts::{Parts, pair, unpair};
use crate::projection::Projection;
use crate::reads::{NetworkReads, Reads};
use crate::subject::{History, Subject};
use crate::summaries::NetworkSummaries;

/// One thread's numbers for what states look like to one condition. States that look the same have
/// the same number.
pub(crate) struct Lens<A: Subject, C, H> {
    projection: Projection<A, C, H>,
    /// For each configuration, the number of its projection plus one, or 0.
    numbers: Vec<u32>,
    network: Networks<A, C>,
    slots: Vec<u32>,
}

enum Networks<A: Subject, C> {
    AllAlike,
    AllDifferent,
    By(Box<NetworkSummaries<A, C>>),
}

impl<A: Subject, C, H: History> Lens<A, C, H> {
    pub(crate) fn new(reads: Reads<A, C, H>, actors: usize) -> Self {
        let network = match reads.network {
            NetworkReads::Nothing => Networks::AllAlike,
            NetworkReads::Everything => Networks::AllDifferent,
            NetworkReads::By(summary) => Networks::By(Box::new(NetworkSummaries::new(summary))),
        };
        Lens {
            projection: Projection::new(reads, actors),
            numbers: Vec::new(),
            network,
            slots: Vec::new(),
        }
    }

    /// The number of what a state looks like. Remembers up to `entries_max` networks.
    pub(crate) fn number(
        &mut self,
        parts: &Parts<A, H>,
        setting: &C,
        state: u64,
        entries_max: usize,
    ) -> u64 {
        let (configuration, network) = unpair(state);
        let index = configuration as usize;
        if self.numbers.len() <= index {
            self.numbers.resize(index + 1, 0);
        }
        if self.numbers[index] == 0 {
            parts.slots(configuration, &mut self.slots);
            self.numbers[index] = self.projection.number(parts, setting, &self.slots).0 + 1;
        }
        let network = match &mut self.network {
            Networks::AllAlike => 0,
            Networks::AllDifferent => network,
            Networks::By(summaries) => summaries.number(parts, setting, network, entries_max),
        };
        pair(self.numbers[index], network)
    }

    pub(crate) fn bytes(&self) -> usize {
        let network =
            if let Networks::By(summaries) = &self.network { summaries.bytes() } else { 0 };
        self.projection.bytes() + self.numbers.capacity() * size_of::<u32>() + network
    }
}

/// One thread's record of the states that are within a boundary that reads the network.
pub(crate) struct Gate<A: Subject, C, H> {
    lens: Lens<A, C, H>,
    /// what a state looks like → is it within?
    verdicts: Cache,
}

impl<A: Subject, C, H: History> Gate<A, C, H> {
    pub(crate) fn new(reads: Reads<A, C, H>, actors: usize) -> Self {
        Gate { lens: Lens::new(reads, actors), verdicts: Cache::new() }
    }

    /// Is the state within the boundary? Calls `evaluate` if the result is not cached. Caches up to
    /// `entries_max` results.
    pub(crate) fn is_within(
        &mut self,
        parts: &Parts<A, H>,
        setting: &C,
        state: u64,
        entries_max: usize,
        evaluate: impl FnOnce() -> bool,
    ) -> bool {
        let key = self.lens.number(parts, setting, state, entries_max);
        let known = self.verdicts.get(key).unwrap_or_else(|| {
            let within = u64::from(evaluate());
            self.verdicts.put(key, within, entries_max);
            within
        });
        known == 1
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lens.bytes() + self.verdicts.bytes()
    }
}
