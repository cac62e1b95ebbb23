//! Scopes that combine acts and faults of which no other scope has both.

use crate::scope::Ask::{Join, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "duplication-and-loss",
        aim: "Any message may be lost or arrive any number of times. A client puts, and then \
              puts over its own put through the other replica.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, PutOver)]],
        faults: Faults { duplication: true, loss: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 25_230,
    },
    Scope {
        name: "lost-disk-and-retry",
        aim: "The coordinator may lose its disk once. The client may retry its put, which \
              then gets a second dot on the new disk, and puts over it.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { lost_disk: Some(0), client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 641,
    },
    Scope {
        name: "routed-retry",
        aim: "A client puts through the only replica that its own view names, and may retry. \
              Meanwhile a node joins and replaces that replica.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(OWN_VIEW, Put)], &[(1, Join(0))]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I9.old-request-is-under-way",
        ],
        unique_states: 2_488,
    },
    Scope {
        name: "fallback-coordinates-two-puts",
        aim: "The only replica may be slow. A fallback then coordinates the puts of two \
              clients, and keeps both for the replica in one hint.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &["I6.asker-is-trusted-again", "I6.failed-but-possibly-stored"],
        unique_states: 103_176,
    },
    Scope {
        name: "moves-and-newcomer-loses-its-disk",
        aim: "A node joins in place of the only replica while a client puts and puts over \
              its own put. The new replica may lose its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, PutOver)], &[(1, Join(0))]],
        faults: Faults { lost_disk: Some(0), ..GOSSIP },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 3_254,
    },
    Scope {
        name: "moves-and-crash-and-retry",
        aim: "A node joins in place of the only replica while a client puts. The client may \
              retry, and one node may crash at a time.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(1, Join(0))]],
        faults: Faults { crashes: 1, client_retries: 1, ..GOSSIP },
        unseen: &[
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I9.old-request-is-under-way",
        ],
        unique_states: 17_040,
    },
];
