//! What rules are told of, and what they answer, where no other file has it.

use crate::algebra::siblings::Siblings;
use crate::algebra::version::Context;

/// What a coordinator makes of a put request, given what it remembers of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Not seen before: it gets a dot.
    New,
    /// The client's latest put, again: it has its dot already.
    Repeated,
    /// Another node has given it a dot: it has come from there already.
    Known,
    /// A stray copy of a put that its client has left behind.
    Outdated,
}

/// Why a node changes what it has on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It coordinates a put.
    Put,
    /// A coordinator asks it to store one.
    Store,
    /// A coordinator asks it to keep one for another node.
    Hint,
    /// A read found it stale.
    Repair,
    /// It is handed what was kept for it.
    HandOff,
    /// An exchange between replicas found it to differ.
    Exchange,
}

/// What may set a handoff going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A hint was stored.
    Stored,
    /// The node has started, with hints on its disk.
    Started,
    /// The ring has changed, and what it has is others' now.
    Moved,
}

/// What may happen to a hint that is being handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoffEvent<'a> {
    /// It was sent to its recipient.
    Sent,
    /// It was sent before, and there was no answer in time.
    TimedOut,
    /// Its recipient says what it has on disk for the key.
    Acknowledged {
        /// The context of that.
        context: &'a Context,
        /// Was it handed over under the view that the holder still has?
        is_same_view: bool,
        /// Has the key W intended replicas?
        are_enough: bool,
    },
}

/// What a node has left of a key.
#[derive(Clone, Copy, Debug)]
pub struct Remains<'a> {
    /// Is it one of the key's intended replicas?
    pub is_intended: bool,
    /// What it holds as such.
    pub held: &'a Siblings,
    /// Does it keep anything of the key for another?
    pub is_hinted: bool,
    /// Does it coordinate a put or a get of the key? It may have heard of old copies.
    pub is_busy: bool,
}
