//! Numbers for conditions' summaries of parts. Parts with the same summary have the same number.

use crate::cache::Cache;
use crate::parts::Parts;
use crate::reads::NetworkSummary;
use crate::shared::Values;
use crate::subject::{History, Subject};

/// Summaries of parts of which there are few: every part's number is remembered.
#[derive(Default)]
pub(crate) struct Summaries {
    words: Values<Vec<u64>>,
    /// For each part, the number of its summary plus one, or 0.
    known: Vec<u32>,
}

impl Summaries {
    /// The number of a part's summary. Calls `summarise` at the first request.
    pub(crate) fn number(&mut self, part: u32, summarise: impl FnOnce(&mut Vec<u64>)) -> u32 {
        let part = part as usize;
        if self.known.len() <= part {
            self.known.resize(part + 1, 0);
        }
        if self.known[part] == 0 {
            let mut words = Vec::new();
            summarise(&mut words);
            self.known[part] = self.words.insert(words) + 1;
        }
        self.known[part] - 1
    }

    pub(crate) fn bytes(&self) -> usize {
        self.known.capacity() * size_of::<u32>() + self.words.bytes()
    }
}

/// Summaries of networks, of which there are many: some are dropped and computed again.
pub(crate) struct NetworkSummaries<A: Subject, C> {
    summary: NetworkSummary<A, C>,
    words: Values<Vec<u64>>,
    /// network → the number of its summary
    known: Cache,
}

impl<A: Subject, C> NetworkSummaries<A, C> {
    pub(crate) fn new(summary: NetworkSummary<A, C>) -> Self {
        NetworkSummaries { summary, words: Values::default(), known: Cache::new() }
    }

    /// Are they certainly made by this function?
    pub(crate) fn are_by(&self, summary: NetworkSummary<A, C>) -> bool {
        std::ptr::fn_addr_eq(self.summary, summary)
    }

    /// The number of a network's summary. Remembers up to `entries_max`.
    pub(crate) fn number<H: History>(
        &mut self,
        parts: &Parts<A, H>,
        setting: &C,
        network: u32,
        entries_max: usize,
    ) -> u32 {
        let key = u64::from(network);
        if let Some(number) = self.known.get(key) {
            return number as u32;
        }
        let mut words = Vec::new();
        (self.summary)(setting, &mut parts.messages(network), &mut words);
        let number = self.words.insert(words);
        self.known.put(key, u64::from(number), entries_max);
        number
    }

    pub(crate) fn bytes(&self) -> usize {
        self.known.bytes() + self.words.bytes()
    }
}
