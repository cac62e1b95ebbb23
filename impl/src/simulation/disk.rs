//! A simulated disk: what a node's directory holds, in memory.

use crate::interpreter::Disk;
use crate::memory::Evidence;
use crate::storage::Storage;
use dynamo_model::hint::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use dynamo_model::node::{Durable, Node};
use im::OrdMap;
use std::time::Duration;

/// How a commit ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Commit {
    /// The data is on disk.
    #[default]
    Done,
    /// The machine stops before the data is on disk.
    CutOffBefore,
    /// The machine stops after the data is on disk, and before anything is sent.
    CutOffAfter,
}

/// The machine has stopped amid a commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopped;

/// What is on a disk.
#[derive(Clone, Debug, Default)]
pub(super) struct SimulatedDisk {
    /// What the actor has committed.
    pub(super) durable: Durable,
    /// The number of the last commit.
    sequence: u64,
    past: Past,
    heard: OrdMap<NodeId, Moment>,
    to_remember: OrdMap<NodeId, Moment>,
    /// The number of the last start, in the file `cluster`. It stays when the rest is moved aside.
    last_start: u64,
    /// How the commits of the present batch end.
    pub(super) next: Commit,
}

impl SimulatedDisk {
    /// The number of the last start on this disk; zero if there was none.
    pub(super) fn last_start(&self) -> u64 {
        self.last_start
    }

    /// Writes the number of a new start.
    pub(super) fn begin(&mut self, start: u64) {
        let past = Storage::past(self);
        self.sequence += 1;
        self.past = past.with_start(start, self.sequence);
        self.last_start = start;
    }

    /// Puts an empty disk in the place of this one.
    pub(super) fn lose(&mut self, node: &Node) {
        let durable = node.new_disk(self.durable.incarnation + 1);
        *self = SimulatedDisk { durable, ..SimulatedDisk::default() };
    }

    /// Moves the data aside, which is an older copy of itself.
    pub(super) fn begin_anew(&mut self, node: &Node, evidence: &Evidence) {
        let durable = node.new_disk_after(&self.durable, self.durable.incarnation + 1);
        let heard = self.heard.clone();
        let last_start = self.last_start.max(evidence.remembered.start);
        let to_remember = heard.clone();
        *self =
            SimulatedDisk { durable, heard, to_remember, last_start, ..SimulatedDisk::default() };
    }
}

impl Disk for SimulatedDisk {
    type Error = Stopped;

    fn commit(&mut self, durable: &Durable) -> Result<(), Stopped> {
        if self.next != Commit::CutOffBefore {
            if self.durable == *durable {
                // Nothing has changed.
                return self.save_heard();
            }
            self.durable = durable.clone();
            self.sequence += 1;
            self.heard = self.to_remember.clone();
        }
        if self.next == Commit::Done { Ok(()) } else { Err(Stopped) }
    }
}

impl Storage for SimulatedDisk {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn past(&self) -> Past {
        self.past.clone().with_last_commit(self.sequence)
    }

    fn heard(&self) -> &OrdMap<NodeId, Moment> {
        &self.heard
    }

    fn remember(&mut self, heard: &OrdMap<NodeId, Moment>) {
        self.to_remember = heard.clone();
    }

    fn save_heard(&mut self) -> Result<(), Stopped> {
        self.heard = self.to_remember.clone();
        Ok(())
    }

    fn hint_age(&self, _: &HintId) -> Duration {
        Duration::ZERO
    }
}
