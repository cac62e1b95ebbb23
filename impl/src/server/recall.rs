//! The first stage of a server: it asks the other members what they remember of its disk, and waits
//! for their replies, for a limited time.
//!
//! A node on a new disk waits too. It may have lost an earlier disk, and the others may remember a
//! later start of that one than the present start: the clock may have gone back. Once the node
//! serves, it could not tell that from a second process that was started later.

use super::{Server, Stage};
use crate::memory::{ASK_AGAIN, Memories, WAIT};
use crate::transport::{Carrier, Received};
use dynamo_model::ids::NodeId;
use std::time::Instant;

/// The most datagrams that are kept while the node asks the others.
const KEPT_MAX: usize = 256;

/// The stage in which a server asks.
#[derive(Debug)]
pub(super) struct Asking {
    /// The nodes to hear from. Those at the end that have answered are taken off: a look whether all
    /// have costs the same in a large cluster.
    others: Vec<NodeId>,
    /// Was the disk used by an earlier start?
    is_used: bool,
    until: Instant,
    /// When the silent nodes are asked again.
    next: Instant,
    /// What else has come in meanwhile.
    kept: Vec<Received>,
}

impl Asking {
    /// Asks these nodes, from now on.
    pub(super) fn new(others: Vec<NodeId>, is_used: bool, now: Instant) -> Self {
        Asking { others, is_used, until: now + WAIT, next: now, kept: Vec::new() }
    }

    /// When to ask again, or to stop asking.
    pub(super) fn deadline(&self) -> Instant {
        self.next.min(self.until)
    }

    /// Keeps what has come in until the node serves.
    pub(super) fn keep(&mut self, received: Received) {
        if !matches!(received, Received::Nothing) && self.kept.len() < KEPT_MAX {
            self.kept.push(received);
        }
    }

    /// Have all nodes said what they remember of this node's disk?
    fn has_all(&mut self, memories: &Memories) -> bool {
        let has_answered = |node: &mut NodeId| memories.is_confirmed(*node);
        while self.others.pop_if(has_answered).is_some() {}
        self.others.is_empty()
    }

    /// The nodes that have not said yet what they remember of this node's disk.
    fn silent(&self, memories: &Memories) -> Vec<NodeId> {
        let is_silent = |node: &&NodeId| !memories.is_confirmed(**node);
        self.others.iter().filter(is_silent).copied().collect()
    }
}

impl Server {
    /// Asks the nodes that are still silent, if it is time. Ends the stage if none is silent, or
    /// the time is up. A node on an old disk does not end it: it must begin on another disk.
    pub(super) fn ask_the_others(&mut self, now: Instant, carrier: &mut impl Carrier) {
        let Stage::Asking(asking) = &mut self.stage else { return };
        let memories = &mut self.transport.doorkeeper.memories;
        if memories.evidence().is_some() {
            return;
        }
        if asking.has_all(memories) || now >= asking.until {
            let silent = asking.silent(memories);
            if asking.is_used && !silent.is_empty() {
                warn_of(&silent);
            }
            memories.serve();
            self.stage = Stage::Asked(std::mem::take(&mut asking.kept));
        } else if now >= asking.next {
            asking.next = now + ASK_AGAIN;
            for node in asking.silent(memories) {
                self.transport.through(carrier, now).ask(node);
            }
        }
    }
}

/// Warns of nodes that have not said what they remember of a disk that the node has used before.
fn warn_of(silent: &[NodeId]) {
    let names: Vec<String> = silent.iter().map(NodeId::to_string).collect();
    tracing::warn!(
        "{} did not say within {} ms what they remember of this node's disk; \
         the node starts anyway",
        names.join(", "),
        WAIT.as_millis()
    );
}
