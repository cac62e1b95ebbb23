//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Get, Put, PutInPerson};
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
        unique_states: 1_948,
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
            "I6.failed-but-possibly-stored",
            "I8.hint-is-handed-over",
        ],
        unique_states: 66_979,
    },
];
