//! The scopes aimed at I6.

mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Get, Join, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] =
    &joined::<Scope, { HERE.len() + pairs::SCOPES.len() }>(&[HERE, pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "retransmission",
        aim: "A put and a get need all three replicas. Coordinators may retransmit once, so that a \
              replica may reply twice.",
        nodes: 3,
        quorum: (3, 3, 3),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &[],
        unique_states: 6_680,
    },
    Scope {
        name: "loss-and-retries",
        aim: "Any message may be lost, and coordinators may time out. A client puts, then reads, \
              and may retry each request once.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 4_539_386,
    },
    Scope {
        name: "loss-and-retransmission",
        aim: "Any message may be lost. The coordinator of a put may retransmit once, and the \
              client may retry once.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, timeouts: Some(1), client_retries: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 17_470,
    },
    Scope {
        name: "duplication",
        aim: "Any message may arrive any number of times, while a client puts and then reads.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 4_630,
    },
    Scope {
        name: "forwarded-and-lost",
        aim: "A node outside the preference list forwards a put to one of two replicas. Any \
              message may be lost, and no node or client tries again.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(2, Put)]],
        faults: Faults { loss: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 18,
    },
    Scope {
        name: "forwarding-and-loss",
        aim: "A node outside the preference list forwards a put to one of three replicas. Any \
              message may be lost, and the client may retry once.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put)]],
        faults: Faults { loss: true, client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 329,
    },
    Scope {
        name: "join-and-silence",
        aim: "A node joins as the only replica, and a client puts through it. The node whose copy \
              it waits for may be silent, and is then suspected.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Join(0)), (0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I6.fallback-is-asked-again",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 1_014,
    },
    Scope {
        name: "fallback-coordinates-and-crash",
        aim: "A fallback coordinates a put when the only replica is silent. One node may crash at \
              a time and restart from its disk.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, crashes: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored"],
        unique_states: 1_448,
    },
    Scope {
        name: "failover-and-loss",
        aim: "A node forwards a put to the only replica, or coordinates it as a fallback. Any \
              message may be lost, and the client may retry once.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults {
            loss: true,
            timeouts: Some(0),
            client_retries: 1,
            handoffs: 1,
            ..NO_FAULTS
        },
        unseen: &["I6.failed-but-possibly-stored", "I6.fallback-is-asked-again"],
        unique_states: 14_571,
    },
    Scope {
        name: "retry-amid-put",
        aim: "A client puts and may retry, and any message may be lost. The coordinator may have \
              acknowledged the put, and still wait for its second copy.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 60,
    },
    Scope {
        name: "fallback-retransmission",
        aim: "A put needs two of three nodes, and its coordinator may ask each of them twice. A \
              fallback that has stored its hint confirms it again.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        unseen: &["I8.hint-is-handed-over", "I8.recipient-is-trusted-again"],
        unique_states: 218,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[];
