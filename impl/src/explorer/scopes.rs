//! The scopes that the explorer knows: those of the check, and those that only lessons use. In each
//! of these a client reads what a rule has to keep.

use dynamo_invariants::catalogue;
use dynamo_invariants::scope::Ask::{Get, Join, Put};
use dynamo_invariants::scope::{Faults, NO_FAULTS, Scope};

/// Nobody has counted their states: a lesson is one run, and the tests walk that.
const UNCOUNTED: usize = 0;

/// The scope of the check, or of a lesson, with this name.
pub(super) fn named(name: &str) -> Option<&'static Scope> {
    catalogue::scope_named(name).or_else(|| of_lesson(name))
}

/// The scope with this name, if only lessons use it.
pub(super) fn of_lesson(name: &str) -> Option<&'static Scope> {
    OF_LESSONS.iter().find(|scope| scope.name == name)
}

/// Every scope that only lessons use.
pub(super) static OF_LESSONS: &[Scope] = &[
    Scope {
        name: "two-writers-through-one-node",
        aim: "Two clients put through the same node, and one of them reads through another node.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(0, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: UNCOUNTED,
    },
    Scope {
        name: "read-twice-and-lost-disk",
        aim: "A client puts, and reads twice through other nodes. Any message may be lost, and so \
              may the disk of the node that coordinated the put.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get), (2, Get)]],
        faults: Faults { loss: true, lost_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: UNCOUNTED,
    },
    Scope {
        name: "fallback-and-read-of-one",
        aim: "A put needs all three replicas, or a fallback for a slow one. A get needs one \
              replica.",
        nodes: 4,
        quorum: (3, 1, 3),
        clients: &[&[(0, Put), (2, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: UNCOUNTED,
    },
    Scope {
        name: "join-and-read-by-an-old-view",
        aim: "A node joins in place of another one. A client puts through a node that knows that, \
              and reads through the displaced node. Nodes do not gossip.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(1, Join(0))], &[(1, Put), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: UNCOUNTED,
    },
    Scope {
        name: "join-crash-and-read",
        aim: "A client lets a node join. Another one puts, and reads through the node that is \
              displaced. One node may be down at a time, and nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Join(1))], &[(0, Put), (2, Get)]],
        faults: Faults { crashes: 1, gossip: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: UNCOUNTED,
    },
];
