//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Get, Join, Leave, Put, Remove};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "remove-and-retry",
        aim: "A client puts, lets a replica be removed, and gets. It may retry once.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (2, Remove(0)), (1, Get)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I9.change-spreads",
        ],
        unique_states: 339,
    },
    Scope {
        name: "remove-and-unsafe-network",
        aim: "A client puts, lets a replica be removed, and gets. Messages may be lost or \
              duplicated, and one node may be down.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (2, Remove(0)), (1, Get)]],
        faults: Faults { loss: true, duplication: true, crashes: 1, ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I9.change-spreads",
        ],
        unique_states: 302_728,
    },
    Scope {
        name: "remove-loss-and-crash",
        aim: "A replica removes the other one, which has coordinated a put. Messages may be \
              lost, and one node may be down.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Remove(0))]],
        faults: Faults { loss: true, crashes: 1, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
        ],
        unique_states: 336,
    },
    Scope {
        name: "remove-and-duplication",
        aim: "A replica removes the other one, which has coordinated a put. Messages may \
              arrive any number of times.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Remove(0))]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
        ],
        unique_states: 166,
    },
    Scope {
        name: "remove-and-lost-disk",
        aim: "A replica removes the other one, which has coordinated a put, and may lose its \
              disk.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Remove(0))]],
        faults: Faults { lost_disk: Some(1), ..NO_FAULTS },
        unseen: &["I4.replica-is-handed-over", "I8.hint-is-handed-over"],
        unique_states: 160,
    },
    Scope {
        name: "remove-and-old-disk",
        aim: "A client puts and lets a replica be removed, which may start on an older copy of \
              its disk.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (2, Remove(0))]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I9.change-spreads",
        ],
        unique_states: 40,
    },
    Scope {
        name: "remove-and-timeouts",
        aim: "A replica removes the other one, which has coordinated a put. Coordinators may \
              retransmit once and then time out.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Remove(0))]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
        ],
        unique_states: 225,
    },
    Scope {
        name: "rejoin-loss-and-crash",
        aim: "A client puts, lets a replica leave and join again, and gets. Messages may be \
              lost, and one node may be down.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (2, Leave(0)), (2, Join(0)), (1, Get)]],
        faults: Faults { loss: true, crashes: 1, ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I9.change-spreads",
        ],
        unique_states: 172,
    },
    Scope {
        name: "rejoin-crash-and-gossip",
        aim: "The only replica leaves and joins again between a put and a get. One node may be \
              down, and nodes gossip.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0)), (1, Join(0)), (1, Get)]],
        faults: Faults { crashes: 1, gossip: true, ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 24_380,
    },
    Scope {
        name: "rejoin-and-lost-disk",
        aim: "The only replica leaves and joins again between a put and a get, and may lose \
              its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0)), (1, Join(0)), (1, Get)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
        ],
        unique_states: 49,
    },
    Scope {
        name: "rejoin-and-old-disk",
        aim: "The only replica leaves and joins again between a put and a get, and may start \
              on an older copy of its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0)), (1, Join(0)), (1, Get)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
        ],
        unique_states: 95,
    },
    Scope {
        name: "rejoin-and-timeouts",
        aim: "The only replica leaves and joins again between a put and a get. Coordinators \
              may retransmit once and then time out.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0)), (1, Join(0)), (1, Get)]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &[
            "I1.get-must-see-a-put",
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
        ],
        unique_states: 588,
    },
    Scope {
        name: "leave-and-duplication",
        aim: "A replica leaves while its put is under way. Messages may arrive any number of \
              times.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0))]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 1_229,
    },
    Scope {
        name: "leave-and-timeouts",
        aim: "A replica leaves while its put is under way. Coordinators may retransmit once \
              and then time out.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0))]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored"],
        unique_states: 1_111,
    },
    Scope {
        name: "leave-and-old-disk",
        aim: "A client puts and lets the only replica leave, which may start on an older copy \
              of its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0))]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I2.old-disk-is-found",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I9.change-spreads",
        ],
        unique_states: 27,
    },
    Scope {
        name: "retry-and-rejoin",
        aim: "A client puts, and lets the only replica leave and join again. It may retry \
              once.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Leave(0)), (1, Join(0))]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I9.change-spreads",
        ],
        unique_states: 119,
    },
];
