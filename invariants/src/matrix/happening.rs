//! The acts and faults, by name, and sets of them.

use std::fmt;
use strum::VariantArray;

/// An act of the protocol, or a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
pub enum Happening {
    /// A put without a context is acknowledged.
    Put,
    /// A put over what the client had read is acknowledged.
    PutOver,
    /// A delete is acknowledged.
    Delete,
    /// A get is answered.
    Get,
    /// A request for which only intended replicas count is acknowledged or answered.
    InPerson,
    /// A node gets a request that another node forwarded.
    Forwarded,
    /// A node gets a request of a client that chose it by its own view.
    OwnView,
    /// A client sends its request again.
    Retry,
    /// A fallback begins to keep a hint for a coordinator, or coordinates a request itself.
    StandIn,
    /// A node gets a hint that was kept for it.
    Handoff,
    /// Read repair changes a replica's disk.
    ReadRepair,
    /// A replica gets a key in an anti-entropy exchange.
    Exchange,
    /// A node forgets a tombstone.
    Reap,
    /// A node joins for the first time.
    Join,
    /// A node leaves.
    Leave,
    /// A node is removed for good.
    Remove,
    /// A node joins again after it has left.
    Rejoin,
    /// A node learns the address of a node that has moved.
    Move,
    /// A message from node to node is lost.
    Loss,
    /// A message from node to node arrives a second time, and its receiver reacts.
    Duplication,
    /// A node crashes while a request or a hint is under way.
    Crash,
    /// A node loses a disk that had data of the key.
    LostDisk,
    /// A node starts on a copy of its disk that lacks a later commit.
    OldDisk,
    /// A coordinator or a forwarding node stops waiting for replies.
    Timeout,
    /// A coordinator asks the replicas again that have not replied in time.
    Retransmission,
    /// A message arrives at a node that has another view of the members than its sender had.
    LateByRingChange,
}

use Happening as H;

impl Happening {
    /// Its name in plain English. A request has the name that it has in a scope's file.
    pub fn name(self) -> &'static str {
        match self {
            H::Put => "put",
            H::PutOver => "put over",
            H::Delete => "delete",
            H::Get => "get",
            H::InPerson => "in person",
            H::Forwarded => "forwarded",
            H::OwnView => "own view",
            H::Retry => "retry",
            H::StandIn => "stand-in",
            H::Handoff => "handoff",
            H::ReadRepair => "read repair",
            H::Exchange => "exchange",
            H::Reap => "reap",
            H::Join => "join",
            H::Leave => "leave",
            H::Remove => "remove",
            H::Rejoin => "rejoin",
            H::Move => "move",
            H::Loss => "loss",
            H::Duplication => "duplication",
            H::Crash => "crash",
            H::LostDisk => "lost disk",
            H::OldDisk => "old disk",
            H::Timeout => "timeout",
            H::Retransmission => "retransmission",
            H::LateByRingChange => "late by a ring change",
        }
    }

    /// Is it a fault, and no act?
    pub fn is_fault(self) -> bool {
        self >= H::Loss
    }

    /// Why no run has this and the other; `None`: a run may have both.
    pub fn excludes(self, other: Happening) -> Option<&'static str> {
        match (self.min(other), self.max(other)) {
            (H::LostDisk, H::OldDisk) => Some("a scope has at most one node with a bad disk"),
            _ => None,
        }
    }

    fn bit(self) -> u64 {
        1 << (self as u64)
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of acts and faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Happenings(u64);

impl Happenings {
    /// The empty set.
    pub const EMPTY: Happenings = Happenings(0);

    /// Is it in this set?
    pub fn has(self, it: Happening) -> bool {
        self.0 & it.bit() != 0
    }

    /// Are all of the other set in this one?
    pub fn includes(self, other: Happenings) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds one.
    pub fn add(&mut self, it: Happening) {
        self.0 |= it.bit();
    }

    /// Adds one if this is so.
    pub(super) fn add_if(&mut self, is_so: bool, it: Happening) {
        if is_so {
            self.add(it);
        }
    }

    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Happenings) -> Happenings {
        Happenings(self.0 | other.0)
    }

    /// Its members, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Happening> {
        Happening::VARIANTS.iter().copied().filter(move |it| self.has(*it))
    }
}

impl FromIterator<Happening> for Happenings {
    fn from_iter<T: IntoIterator<Item = Happening>>(all: T) -> Self {
        all.into_iter().fold(Happenings::EMPTY, |set, it| Happenings(set.0 | it.bit()))
    }
}
