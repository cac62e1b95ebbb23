//! Scopes that combine acts and faults of which no other scope has both.

use crate::scope::Ask::{Get, GetInPerson, Join, Leave, Put, PutInPerson};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "lost-disk-and-crash-and-read",
        aim: "One replica may lose its disk once, and one node may crash at a time. A client \
              puts on both replicas, and then reads through the other one.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { lost_disk: Some(0), crashes: 1, ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 192,
    },
    Scope {
        name: "lost-disk-and-loss-and-read",
        aim: "One replica may lose its disk once, any message may be lost, and coordinators \
              may time out. A client puts on both replicas, and then reads.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { lost_disk: Some(0), loss: true, timeouts: Some(0), ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 598,
    },
    Scope {
        name: "lost-disk-and-duplication",
        aim: "One replica may lose its disk once, and any message may arrive any number of \
              times. A client puts on both replicas, and then reads.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { lost_disk: Some(0), duplication: true, ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 14_491,
    },
    Scope {
        name: "duplication-and-crash",
        aim: "Any message may arrive any number of times, and one node may crash at a time. \
              A client puts on both replicas, and then reads.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, crashes: 1, ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 549,
    },
    Scope {
        name: "in-person-and-crash",
        aim: "A put and a get ask for intended replicas only. A fallback may stand in for a \
              slow replica, and one node may crash at a time.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, PutInPerson), (1, GetInPerson)]],
        faults: Faults { crashes: 1, timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I6.asker-is-trusted-again",
        ],
        unique_states: 31_468,
    },
    Scope {
        name: "third-leaves-and-get",
        aim: "A client puts on two of three replicas and lets the third leave. It then reads \
              two replicas, of which one may have missed the put.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Leave(2)), (1, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 4_599,
    },
    Scope {
        name: "stand-in-and-read-all-of-two",
        aim: "With W=1, one replica acknowledges a put. The client reads through the other \
              one, which needs both replicas or a fallback.",
        nodes: 3,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &["I4.acknowledged-on-a-hint", "I6.failed-but-possibly-stored"],
        unique_states: 6_749,
    },
    Scope {
        name: "two-stand-ins-and-read-all-of-two",
        aim: "With W=1, one replica acknowledges a put. The client reads through the other \
              one, and two fallbacks may stand in for slow replicas.",
        nodes: 4,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &["I4.acknowledged-on-a-hint", "I6.failed-but-possibly-stored"],
        unique_states: 450_259,
    },
    Scope {
        name: "read-after-three-moves",
        aim: "A node joins in place of the only replica, leaves, and joins again, with a put \
              before and between. The client then reads through it.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Put), (1, Join(0)), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 42_284,
    },
];
