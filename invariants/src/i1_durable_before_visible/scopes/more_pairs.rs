//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Get, Put, PutInPerson};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "in-person-put-and-lost-disk",
        aim: "A client puts in person through a replica of its own view and gets through the \
              other. The first may lose its disk, messages may be lost, and the client may \
              retry once.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, PutInPerson), (1, Get)]],
        faults: Faults { loss: true, lost_disk: Some(0), client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
            "I7.client-is-told",
            "I7.client-with-an-old-view",
        ],
        unique_states: 4_370,
    },
    Scope {
        name: "own-view-crash-and-lost-disk",
        aim: "A client puts through a node of its own view and gets through the other replica, \
              which may lose its disk. One node may be down, and coordinators may retransmit \
              once.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, Put), (1, Get)]],
        faults: Faults { crashes: 1, lost_disk: Some(1), timeouts: Some(1), ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen", "I7.client-is-told", "I7.client-with-an-old-view"],
        unique_states: 2_470,
    },
    Scope {
        name: "own-view-and-old-disk",
        aim: "A client puts and gets through nodes of its own view. The first may start on an \
              older copy of its disk, and coordinators may retransmit once.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, Put), (OWN_VIEW, Get)]],
        faults: Faults { old_disk: Some(0), timeouts: Some(1), ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen", "I7.client-is-told", "I7.client-with-an-old-view"],
        unique_states: 1_240,
    },
    Scope {
        name: "forwarding-retry-and-old-disk",
        aim: "A client puts through the only replica, which may start on an older copy of its \
              disk, and gets through another node. It may retry once.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { client_retries: 1, old_disk: Some(0), ..NO_FAULTS },
        unseen: &[
            "I2.old-disk-is-found",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
        ],
        unique_states: 300,
    },
    Scope {
        name: "read-twice-amid-a-put",
        aim: "A put and a get need two of three replicas. One client puts, while another reads \
              twice, through the other two replicas.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(1, Get), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 34_120,
    },
];
