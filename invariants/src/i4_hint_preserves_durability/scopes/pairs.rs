//! Scopes that combine acts and faults of which no other scope has both.

use crate::scope::Ask::{Delete, Get, Join, Leave, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "reap-of-two-deletes",
        aim: "Two clients each put and delete, through two of three replicas. An answer \
              about one tombstone must not count for both.",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put), (0, Delete)], &[(1, Put), (1, Delete)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 359_153,
    },
    Scope {
        name: "reap-and-forwarding",
        aim: "A node outside the preference list forwards a put and its delete, and the \
              client may retry. The tombstone may be reaped.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(2, Put), (2, Delete)]],
        faults: Faults { client_retries: 1, reaps: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 3_477,
    },
    Scope {
        name: "reap-and-lost-disk-and-crash",
        aim: "A client puts, deletes and reads. One replica may lose its disk, one node may \
              crash at a time, and the tombstone may be reaped.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete), (1, Get)]],
        faults: Faults { lost_disk: Some(1), crashes: 1, reaps: 1, ..NO_FAULTS },
        unseen: &["I2.siblings-are-read", "I3.stale-replica-is-seen"],
        unique_states: 2_282,
    },
    Scope {
        name: "reap-and-crash-and-retry",
        aim: "A client puts and deletes, and may retry. One node may crash at a time, also \
              while the tombstone is reaped.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { crashes: 1, client_retries: 1, reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 3_978,
    },
    Scope {
        name: "reap-and-duplication",
        aim: "A client puts and deletes, and any message may arrive any number of times. The \
              tombstone may be reaped.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { duplication: true, reaps: 1, ..NO_FAULTS },
        unseen: &["I4.tombstone-is-reaped"],
        unique_states: 83,
    },
    Scope {
        name: "reap-and-join-and-crash",
        aim: "A client puts and deletes while a node joins in place of the only replica. One \
              node may crash at a time, and the tombstone may be reaped.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Delete)], &[(1, Join(0))]],
        faults: Faults { crashes: 1, reaps: 1, ..GOSSIP },
        unseen: &[
            "I4.tombstone-is-reaped",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 9_453,
    },
    Scope {
        name: "last-members-stay",
        aim: "An administrator asks for one of the last two members to leave, while a put \
              needs both. The node must not leave.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1)), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I7.views-differ",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
            "I9.change-spreads",
        ],
        unique_states: 13,
    },
    Scope {
        name: "delete-in-production",
        aim: "Nodes run as they do in production: coordinators time out, and nodes gossip, \
              compare and reap. A client puts and deletes.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults {
            timeouts: Some(0),
            handoffs: 1,
            gossip: true,
            exchange: true,
            reaps: 1,
            ..NO_FAULTS
        },
        unseen: &[],
        unique_states: 13_511,
    },
    Scope {
        name: "put-in-production",
        aim: "Nodes run as they do in production: coordinators time out, and nodes gossip \
              and compare. A client puts, and a fallback may stand in.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)]],
        faults: Faults {
            timeouts: Some(0),
            handoffs: 1,
            gossip: true,
            exchange: true,
            ..NO_FAULTS
        },
        unseen: &[],
        unique_states: 15_534,
    },
];
