//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Get, Join, Leave, Put, Remove};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "read-repair-and-exchange",
        aim: "A get may repair a replica while replicas run exchanges. Coordinators may \
              retransmit once and then time out.",
        nodes: 2,
        quorum: (2, 2, 1),
        clients: &[&[(OWN_VIEW, Put), (1, Get)]],
        faults: Faults { exchange: true, timeouts: Some(1), ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.failed-but-possibly-stored",
            "I7.client-is-told",
            "I7.client-with-an-old-view",
        ],
        unique_states: 8_048,
    },
    Scope {
        name: "read-repair-and-remove",
        aim: "A client puts, lets a replica be removed, and gets through the other replica, \
              which may repair a stale copy.",
        nodes: 3,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (2, Remove(0)), (1, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I1.get-must-see-a-put",
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
            "I9.change-spreads",
        ],
        unique_states: 29,
    },
    Scope {
        name: "read-repair-and-rejoin",
        aim: "A client puts, lets a replica leave and join again, and gets through the other \
              replica, which may repair a stale copy.",
        nodes: 3,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (2, Leave(0)), (2, Join(0)), (1, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
            "I9.change-spreads",
        ],
        unique_states: 35,
    },
    Scope {
        name: "repair-amid-remove",
        aim: "A replica is removed while a get reads from it and may repair it.",
        nodes: 2,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (1, Get)], &[(1, Remove(0))]],
        faults: NO_FAULTS,
        unseen: &[
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
        unique_states: 69,
    },
    Scope {
        name: "join-put-and-repair",
        aim: "A node joins, and a client puts and reads through a node that was a replica before.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(1, Join(0)), (1, Put), (1, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I1.get-must-see-a-put",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 1_699,
    },
];
