//! What a run did, and what many runs did together.

use super::measures::Measures;
use super::seen::Seen;
use dynamo_invariants::judge::Violation;
use dynamo_invariants::trace::Event;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// What it did.
    pub tally: Tally,
    /// What was measured.
    pub measures: Measures,
    /// What has occurred.
    pub seen: Seen,
    /// The virtual time at which it ended.
    pub virtual_time: Duration,
    /// A digest of all that happened: equal runs have equal digests.
    pub digest: u64,
    /// The first violation, if there is one.
    pub violation: Option<Violation>,
    /// In a run with one key: the events, as a path through the scope has them.
    pub path: Vec<Event>,
}

/// What a run did, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Datagrams that arrived, timers that woke a node, faults.
    pub events: u64,
    /// Datagrams sent.
    pub datagrams: u64,
    /// Copies of datagrams in which a bit had changed.
    pub damaged: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Crashes.
    pub crashes: u64,
    /// Those of them that cut off a commit.
    pub torn: u64,
    /// Directions between two nodes that were cut.
    pub cuts: u64,
    /// How often a node stood still for a while.
    pub pauses: u64,
    /// Commits that took a long time.
    pub slow_commits: u64,
    /// How often a disk was full.
    pub full_disks: u64,
    /// Nodes that noticed that they ran on an older copy of their disks.
    pub old_disks: u64,
    /// Nodes that did not notice it in time: all others that knew were down or cut off. Such a run
    /// ends there.
    pub believed_disks: u64,
    /// Requests of clients that were answered.
    pub answered: u64,
    /// Requests of clients.
    pub requests: u64,
    /// How many runs have shown each *reachable* property.
    pub reached: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Adds what another run did.
    pub fn add(&mut self, other: &Tally) {
        let Tally {
            events,
            datagrams,
            damaged,
            bytes,
            crashes,
            torn,
            cuts,
            pauses,
            slow_commits,
            full_disks,
            old_disks,
            believed_disks,
            answered,
            requests,
            reached,
        } = other;
        self.events += events;
        self.datagrams += datagrams;
        self.damaged += damaged;
        self.bytes += bytes;
        self.crashes += crashes;
        self.torn += torn;
        self.cuts += cuts;
        self.pauses += pauses;
        self.slow_commits += slow_commits;
        self.full_disks += full_disks;
        self.old_disks += old_disks;
        self.believed_disks += believed_disks;
        self.answered += answered;
        self.requests += requests;
        for (name, runs) in reached {
            *self.reached.entry(name).or_default() += runs;
        }
    }
}
