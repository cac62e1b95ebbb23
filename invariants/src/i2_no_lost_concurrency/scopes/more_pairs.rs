//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Delete, Get, Join, Leave, Put, PutInPerson, PutOver, Remove};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "own-view-in-person-and-delete",
        aim: "A client that chooses nodes by its own view puts in person, puts over what it \
              read, deletes and gets. It may retry once.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[
            (OWN_VIEW, PutInPerson),
            (OWN_VIEW, PutOver),
            (OWN_VIEW, Delete),
            (OWN_VIEW, Get),
        ]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I2.siblings-are-read",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
            "I7.client-is-told",
            "I7.client-with-an-old-view",
        ],
        unique_states: 281,
    },
    Scope {
        name: "own-view-in-person-and-timeouts",
        aim: "A client that chooses nodes by its own view puts in person, puts over what it \
              read, deletes and gets. Coordinators may retransmit once and then time out.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[
            (OWN_VIEW, PutInPerson),
            (OWN_VIEW, PutOver),
            (OWN_VIEW, Delete),
            (OWN_VIEW, Get),
        ]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &["I7.client-is-told", "I7.client-with-an-old-view"],
        unique_states: 16_120,
    },
    Scope {
        name: "own-view-in-person-and-remove",
        aim: "A client that chooses nodes by its own view puts in person, puts over that and \
              deletes. Then a replica is removed, and the client gets.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[
            (OWN_VIEW, PutInPerson),
            (OWN_VIEW, PutOver),
            (OWN_VIEW, Delete),
            (2, Remove(0)),
            (OWN_VIEW, Get),
        ]],
        faults: NO_FAULTS,
        unseen: &[
            "I2.siblings-are-read",
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.client-is-told",
            "I7.client-tells",
            "I7.client-with-an-old-view",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
            "I9.change-spreads",
        ],
        unique_states: 21,
    },
    Scope {
        name: "own-view-in-person-and-rejoin",
        aim: "A client that chooses nodes by its own view puts in person, puts over that and \
              deletes. The only replica leaves and joins again, and the client gets. Nodes \
              gossip.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[
            (OWN_VIEW, PutInPerson),
            (OWN_VIEW, PutOver),
            (OWN_VIEW, Delete),
            (1, Leave(0)),
            (1, Join(0)),
            (OWN_VIEW, Get),
        ]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[
            "I2.siblings-are-read",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.client-tells",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 8_412,
    },
    Scope {
        name: "put-over-then-rejoin-and-delete",
        aim: "A client puts in person and puts over that. The only replica leaves and joins \
              again, and the client deletes. Nodes gossip.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[
            (OWN_VIEW, PutInPerson),
            (OWN_VIEW, PutOver),
            (1, Leave(0)),
            (1, Join(0)),
            (OWN_VIEW, Delete),
        ]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[
            "I6.replica-is-asked-again",
            "I7.client-tells",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 8_722,
    },
    Scope {
        name: "join-and-old-disk",
        aim: "A node joins while a client puts through it, and it may start on an older copy of \
              its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put)], &[(1, Join(0))]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I2.old-disk-is-found",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.acknowledged-by-exactly-w",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 48,
    },
];
