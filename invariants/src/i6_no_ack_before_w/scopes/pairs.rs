//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Get, Join, Leave, Put, PutInPerson};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "in-person-put-and-unsafe-network",
        aim: "A client puts in person through a replica of its own view and gets through the \
              other. Messages may be lost, and may arrive any number of times.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, PutInPerson), (1, Get)]],
        faults: Faults { loss: true, duplication: true, ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen", "I7.client-is-told", "I7.client-with-an-old-view"],
        unique_states: 9_486,
    },
    Scope {
        name: "forwarding-and-duplication",
        aim: "A node that is no replica forwards a put and a get. Messages may arrive any \
              number of times.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &["I3.a-read-is-over", "I3.stale-replica-is-seen"],
        unique_states: 19,
    },
    Scope {
        name: "timeouts-and-duplication",
        aim: "A client puts and gets. Coordinators may retransmit once, and messages may \
              arrive any number of times.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, timeouts: Some(1), ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 2_024,
    },
    Scope {
        name: "forwarding-duplication-old-disk",
        aim: "A node forwards a put to the only replica, which may start on an older copy of \
              its disk. Messages may arrive any number of times.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { duplication: true, old_disk: Some(0), ..NO_FAULTS },
        unseen: &["I2.old-disk-is-found"],
        unique_states: 36,
    },
    Scope {
        name: "forwarding-again-and-old-disk",
        aim: "A node forwards a put and a get, may retransmit them once, and then coordinates \
              itself. The only replica may start on an older copy of its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)]],
        faults: Faults { timeouts: Some(1), old_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
            "I6.fallback-is-asked-again",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 66_979,
    },
    Scope {
        name: "leaver-forwards",
        aim: "A node leaves, and a client puts through it. The node may be gone before another has \
              taken on the request.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Leave(1)), (1, Put)]],
        faults: Faults { timeouts: Some(0), gossip: true, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.failed-but-possibly-stored",
            "I6.fallback-is-asked-again",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 386,
    },
    Scope {
        name: "join-and-get-and-loss",
        aim: "A node joins, and a client reads through it. Any message may be lost, and nodes time \
              out.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Join(0)), (0, Get)]],
        faults: Faults { timeouts: Some(0), loss: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 409,
    },
    Scope {
        name: "three-replicas-and-join",
        aim: "A node joins where keys have three replicas, and a client puts.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(1, Join(0)), (1, Put)]],
        faults: NO_FAULTS,
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 3_211,
    },
    Scope {
        name: "three-replicas-leave-and-read",
        aim: "A client puts where keys have three replicas, lets a node leave, and reads.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Leave(3)), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 10_349,
    },
    Scope {
        name: "join-and-retransmission",
        aim: "A node joins while a client puts through it. Coordinators retransmit once before \
              they give up.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put)], &[(1, Join(0))]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 33_775,
    },
    Scope {
        name: "join-get-and-leave",
        aim: "A node joins, a client gets through the other node, and the first leaves again. It \
              may leave before it has answered the other one.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(1, Join(0)), (1, Get), (0, Leave(0))]],
        faults: NO_FAULTS,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 55,
    },
];
