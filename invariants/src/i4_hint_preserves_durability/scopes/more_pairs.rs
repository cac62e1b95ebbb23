//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Delete, Get, Join, Leave, Put, PutInPerson, PutOver, Remove};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "put-over-delete-and-reap",
        aim: "A client puts in person, puts over that, deletes and gets, and nodes may reap \
              the tombstone.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[
            (OWN_VIEW, PutInPerson),
            (OWN_VIEW, PutOver),
            (OWN_VIEW, Delete),
            (OWN_VIEW, Get),
        ]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &[
            "I2.siblings-are-read",
            "I3.stale-replica-is-seen",
            "I7.client-is-told",
            "I7.client-with-an-old-view",
        ],
        unique_states: 119,
    },
    Scope {
        name: "reap-and-remove",
        aim: "A client puts, deletes, and lets a replica be removed. Nodes may reap the \
              tombstone.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete), (2, Remove(0))]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 291,
    },
    Scope {
        name: "reap-and-rejoin",
        aim: "A client puts and deletes. The only replica leaves and joins again, and the \
              client gets. Nodes gossip, and may reap the tombstone.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (0, Delete), (1, Leave(0)), (1, Join(0)), (1, Get)]],
        faults: Faults { reaps: 1, gossip: true, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I2.siblings-are-read",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.tombstone-is-reaped",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 38_492,
    },
    Scope {
        name: "reap-and-unsafe-network",
        aim: "A client puts and deletes, and nodes may reap the tombstone. Messages may be \
              lost, and may arrive any number of times.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { loss: true, duplication: true, reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 137_422,
    },
    Scope {
        name: "reap-and-old-disk",
        aim: "A client puts and deletes, and nodes may reap the tombstone. The coordinator may \
              start on an older copy of its disk.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { reaps: 1, old_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 275,
    },
];
