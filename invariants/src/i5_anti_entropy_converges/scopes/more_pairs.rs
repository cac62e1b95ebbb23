//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Delete, Get, Leave, Put, PutInPerson, Remove};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "in-person-put-and-exchange",
        aim: "A client puts in person through the first replica and gets through the second. \
              Replicas run exchanges.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(OWN_VIEW, PutInPerson), (1, Get)]],
        faults: Faults { exchange: true, ..NO_FAULTS },
        unseen: &[
            "I1.get-must-see-a-put",
            "I3.stale-replica-is-seen",
            "I7.client-is-told",
            "I7.client-with-an-old-view",
        ],
        unique_states: 1_303,
    },
    Scope {
        name: "exchange-and-leave",
        aim: "A client puts through a replica and lets it leave through the other one. \
              Replicas run exchanges.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0))]],
        faults: Faults { exchange: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again"],
        unique_states: 2_209,
    },
    Scope {
        name: "exchange-and-remove",
        aim: "A client puts through a replica and lets the other one remove it. Replicas run \
              exchanges.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Remove(0))]],
        faults: Faults { exchange: true, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 565,
    },
    Scope {
        name: "exchange-timeouts-and-reap",
        aim: "What a real node runs, on a ring that does not change: coordinators may time \
              out, replicas run exchanges, and nodes may reap the tombstone of a deleted key.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { timeouts: Some(0), exchange: true, reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 13_511,
    },
    Scope {
        name: "leave-with-all-in-the-background",
        aim: "What a real node runs, while the only replica leaves: coordinators may time out, \
              nodes gossip and run exchanges, and may reap the tombstone of a deleted key.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (0, Delete), (1, Leave(0))]],
        faults: Faults { timeouts: Some(0), exchange: true, gossip: true, reaps: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.tombstone-is-reaped",
            "I5.a-key-is-exchanged",
            "I6.failed-but-possibly-stored",
            "I6.fallback-is-asked-again",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 1_007,
    },
];
