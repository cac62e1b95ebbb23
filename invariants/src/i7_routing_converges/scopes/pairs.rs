//! Scopes that combine acts and faults of which no other scope has both.

use crate::scope::Ask::{Get, Join, Leave, Put};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "own-view-asks-twice",
        aim: "A node joins in place of the only replica. A client that chooses nodes by its \
              own view reads twice, and learns of the join in between.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (OWN_VIEW, Get), (OWN_VIEW, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.client-tells",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 397,
    },
    Scope {
        name: "own-view-asks-twice-and-again",
        aim: "A node joins in place of the only replica. A client that chooses nodes by its \
              own view reads twice, and may retry each request.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (OWN_VIEW, Get), (OWN_VIEW, Get)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I9.old-request-is-under-way",
        ],
        unique_states: 121_991,
    },
    Scope {
        name: "own-view-and-two-moves",
        aim: "A client puts twice through the nodes that its own view names. Meanwhile a \
              node joins in place of the only replica, and leaves again.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(OWN_VIEW, Put), (OWN_VIEW, Put)], &[(1, Join(0))], &[(1, Leave(0))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[
            "I6.replica-is-asked-again",
            "I7.client-tells",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 72_107,
    },
    Scope {
        name: "own-view-and-retry",
        aim: "A client that chooses nodes by its own view puts and retries, while a node joins.",
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
];
