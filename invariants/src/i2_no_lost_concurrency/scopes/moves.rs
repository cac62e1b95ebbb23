//! Scopes aimed at I2 in which nodes join and leave. In one a node only loses its disk.

use crate::scope::Ask::{Get, Join, Leave, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "replica-again",
        aim: "The only replica hands its key to a node that joins. When that node leaves, it is \
              the replica again and coordinates a second put.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Put)]],
        faults: GOSSIP,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 3_252,
    },
    Scope {
        name: "moves-and-puts",
        aim: "A client puts twice while another node joins, becomes the key's only replica, and \
              leaves again. No dot is given twice.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Put)], &[(1, Join(0)), (1, Leave(0))]],
        faults: GOSSIP,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 30_111,
    },
    Scope {
        name: "moves-and-put-over",
        aim: "A client puts over its own put while another node joins, becomes the key's only \
              replica, and leaves again.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, PutOver)], &[(1, Join(0)), (1, Leave(0))]],
        faults: GOSSIP,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 29_983,
    },
    Scope {
        name: "moves-and-lost-disk",
        aim: "A client puts twice while a node joins as the key's only replica and leaves again. \
              The node that stays may lose its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Put)], &[(1, Join(0)), (1, Leave(0))]],
        faults: Faults { lost_disk: Some(1), ..GOSSIP },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 315_018,
    },
    Scope {
        name: "moves-and-crash",
        aim: "A client puts twice while a node joins as the key's only replica and leaves again. \
              Either node may crash at any moment.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Put)], &[(1, Join(0)), (1, Leave(0))]],
        faults: Faults { crashes: 1, ..GOSSIP },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 143_213,
    },
    Scope {
        name: "moves-and-forwarding",
        aim: "A client puts twice through a node that joins and leaves again. While that node is \
              not the key's replica, it forwards the puts.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (0, Put)], &[(1, Join(0)), (1, Leave(0))]],
        faults: GOSSIP,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 8_823,
    },
    Scope {
        name: "moves-and-retry",
        aim: "A client puts while another node joins and becomes the key's only replica. Both \
              clients may ask again at any moment.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(1, Join(0))]],
        faults: Faults { client_retries: 1, ..GOSSIP },
        unseen: &[
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I9.old-request-is-under-way",
        ],
        unique_states: 2_614,
    },
    Scope {
        name: "lost-disk-comes-back",
        aim: "A client puts three times through a replica that may lose its disk, and another \
              client puts through the other replica. Old dots may come back.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Put), (0, Put)], &[(1, Put)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 7_586,
    },
    Scope {
        name: "two-of-three-and-puts",
        aim: "A client puts through one of two replicas, lets a third node join and leave again, \
              and puts once more. Nodes do not gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Put)]],
        faults: NO_FAULTS,
        unseen: &["I4.replica-is-handed-over", "I7.served-by-one-who-knows-more"],
        unique_states: 7_431,
    },
    Scope {
        name: "third-joins-and-puts",
        aim: "A client puts, lets a third replica join, and puts through that replica, which may \
              not know yet that it has joined.",
        nodes: 3,
        quorum: (3, 1, 2),
        clients: &[&[(0, Put), (0, Join(1)), (1, Put)]],
        faults: GOSSIP,
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 229_413,
    },
    Scope {
        name: "third-joins-and-put-over",
        aim: "A client puts, lets a third replica join, and puts over its own put through the \
              first coordinator.",
        nodes: 3,
        quorum: (3, 1, 2),
        clients: &[&[(0, Put), (0, Join(1)), (0, PutOver)]],
        faults: GOSSIP,
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 195_287,
    },
    Scope {
        name: "third-leaves-and-retry",
        aim: "A client puts through one of three replicas while another replica leaves. Both \
              clients may ask again at any moment.",
        nodes: 3,
        quorum: (3, 1, 2),
        clients: &[&[(0, Put)], &[(0, Leave(1))]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.failed-but-possibly-stored",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
            "I9.old-request-is-under-way",
        ],
        unique_states: 13_328,
    },
    Scope {
        name: "retry-after-join",
        aim: "A client puts through a node that forwards, lets another node join, and reads. A \
              repeated put may be forwarded to the new replica.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(2, Put), (2, Join(0)), (2, Get)]],
        faults: Faults { client_retries: 1, gossip: true, ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I9.old-request-is-under-way",
        ],
        unique_states: 64_043,
    },
];
