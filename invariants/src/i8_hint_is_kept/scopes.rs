//! The scopes aimed at I8.

mod more_pairs;
mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Get, Join, Leave, Put, PutOver, Remove};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &joined::<
    Scope,
    { HERE.len() + pairs::SCOPES.len() + more_pairs::SCOPES.len() },
>(&[HERE, pairs::SCOPES, more_pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "stand-in",
        aim: "Replicas may be slow, so that the coordinator asks a fallback to keep a hint. The \
              fallback may send the hint up to twice.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 1_679,
    },
    Scope {
        name: "holder-crash",
        aim: "Any node may crash at any moment: the coordinator, the fallback in each state of its \
              hint, or the recipient during the transfer.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { crashes: 1, timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 18_955,
    },
    Scope {
        name: "holder-crash-and-read",
        aim: "A client puts, and reads through another node. A fallback may keep a hint, and any \
              node may crash at any moment.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 1, timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 2_277_750,
    },
    Scope {
        name: "growing-hint",
        aim: "A client puts twice on three replicas. The second put may reach the fallback or the \
              recipient of a hint while the fallback hands over the first one.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 3_322_279,
    },
    Scope {
        name: "growing-hint-of-two",
        aim: "A client puts twice on two replicas. The second put may reach the fallback or the \
              recipient of a hint while the fallback hands over the first one.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 36_351,
    },
    Scope {
        name: "handoff-and-loss",
        aim: "A fallback may keep a hint and send it up to twice, and any message may be lost.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 12_342,
    },
    Scope {
        name: "old-disk-and-hint",
        aim: "A fallback that keeps a hint may be started on an older copy of its disk, with the \
              hint or without it.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { old_disk: Some(2), timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 1_647,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[
    Scope {
        name: "handoff-to-a-leaver",
        aim: "A node joins, and an administrator lets it leave again while its data is in flight \
              to it. Nodes do not gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put), (2, Join(1)), (1, Leave(1))]],
        faults: NO_FAULTS,
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 7_217_693,
    },
    Scope {
        name: "leave-and-hint",
        aim: "A client puts and then lets a replica leave, for which a fallback may keep a hint. \
              Nodes do not gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Leave(1))]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 5_196_567,
    },
    Scope {
        name: "remove-and-hint",
        aim: "A client puts and then removes a replica for good, for which a fallback may keep a \
              hint. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Remove(1))]],
        faults: Faults { timeouts: Some(0), gossip: true, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.fallback-is-asked-again",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 684_111,
    },
    Scope {
        name: "holder-crash-and-growth",
        aim: "A client puts twice, so that a fallback's hint may grow during its handoff. Any node \
              may crash at any moment.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { crashes: 1, timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 7_903_345,
    },
];
