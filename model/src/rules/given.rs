//! Parameters and answers of rules that no other file defines.

use crate::algebra::siblings::Siblings;
use crate::algebra::version::Context;

/// How a node classifies a put, or a request for a membership change, given what it remembers of
/// the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The node has not seen it. It gives the put a dot, or makes the change.
    New,
    /// It is the client's latest request, asked again. It was obeyed or refused already.
    Repeated,
    /// Another node has given the put a dot, and the put has arrived from there.
    Known,
    /// It is a stray copy of an earlier request: the client has sent a later one since.
    Outdated,
}

/// Why a node changes what it has on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The node coordinates a put.
    Put,
    /// A coordinator asks the node to store a put.
    Store,
    /// A coordinator asks the node to keep a hint.
    Hint,
    /// Read repair: a read found that the node's copy was stale.
    Repair,
    /// The node takes over data from a hint, or data that another node sent it on request.
    HandOff,
    /// An anti-entropy exchange found that the node's copy differs.
    Exchange,
}

/// What may start a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A hint was stored.
    Stored,
    /// The node has started, with hints on its disk.
    Started,
    /// The ring has changed, and some of the node's data belongs to other nodes now.
    Moved,
}

/// What may happen to a hint during its handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoffEvent<'a> {
    /// The holder has sent the hint to its recipient.
    Sent,
    /// The holder has sent the hint before, and got no answer in time.
    TimedOut,
    /// The recipient confirms what it has on disk for the key.
    Acknowledged {
        /// The context of what the recipient has.
        context: &'a Context,
        /// Does the holder have the view under which the recipient confirms?
        is_same_view: bool,
        /// Does the key have at least W intended replicas?
        are_enough: bool,
    },
}

/// What a node still has of a key.
#[derive(Clone, Copy, Debug)]
pub struct Remains<'a> {
    /// Is it one of the key's intended replicas?
    pub is_intended: bool,
    /// What it holds of the key, apart from hints.
    pub held: &'a Siblings,
    /// Does it keep a hint for the key?
    pub is_hinted: bool,
    /// Does it coordinate a put or a get of the key? Then it may have received old copies.
    pub is_busy: bool,
}
