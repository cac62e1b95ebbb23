//! The scopes aimed at I6.

use crate::excuses::{
    ALL_STORE, ALONE_AT_ONCE, COORDINATED_TWICE, DOUBLED_FOR_EVER, HINT_LOST, NEVER_FAILS,
    NO_READER, NO_TIMEOUTS, NOT_TOLD, NOTHING_MOVES, ONE_WRITER, ONLY_PUTS, OWN_WORD,
    REFUSED_OR_SLOW, REPAIR_LOST, STORE_LOST, WORD_LOST,
};
use crate::scope::Ask::{Get, Join, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "retransmission",
        aim: "trace 6: coordinators send again, so that replicas answer twice",
        nodes: 3,
        quorum: (3, 3, 3),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        excused: &[ONE_WRITER, ALL_STORE],
        unique_states: 6_824,
    },
    Scope {
        name: "loss-and-retries",
        aim: "any message may be lost; coordinators give up, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, REPAIR_LOST, STORE_LOST],
        unique_states: 4_259_765,
    },
    Scope {
        name: "loss-and-retransmission",
        aim: "any message may be lost; coordinators send again, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, timeouts: Some(1), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, STORE_LOST],
        unique_states: 17_470,
    },
    Scope {
        name: "duplication",
        aim: "any message may arrive any number of times",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER, DOUBLED_FOR_EVER],
        unique_states: 3_529,
    },
    Scope {
        name: "forwarded-and-lost",
        aim: "the scope forwarding-and-loss with two replicas, and nobody who asks again",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(2, Put)]],
        faults: Faults { loss: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, STORE_LOST, WORD_LOST],
        unique_states: 18,
    },
    Scope {
        name: "forwarding-and-loss",
        aim: "trace 6: any message may be lost on the way through a node outside the preference list",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put)]],
        faults: Faults { loss: true, client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, STORE_LOST, WORD_LOST],
        unique_states: 329,
    },
    Scope {
        name: "join-and-silence",
        aim: "traces 6 and 7: a node becomes the replica, and a client puts through it; whoever is to say what it has of the key may be silent, and is suspected",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Join(0)), (0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[
            NO_READER,
            ONE_WRITER,
            ALL_STORE,
            OWN_WORD,
            REFUSED_OR_SLOW,
            NOT_TOLD,
            NOTHING_MOVES,
            ALONE_AT_ONCE,
        ],
        unique_states: 1_014,
    },
    Scope {
        name: "fallback-coordinates-and-crash",
        aim: "traces 4 and 6: a fallback coordinates a put, and any node may be down at any moment",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, crashes: 1, ..NO_FAULTS },
        excused: &[NO_READER, ONLY_PUTS, NEVER_FAILS, COORDINATED_TWICE, ALONE_AT_ONCE],
        unique_states: 1_448,
    },
    Scope {
        name: "failover-and-loss",
        aim: "traces 4 and 6: any message may be lost on the way through a node that forwards a put, or coordinates it as a fallback",
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
        excused: &[NO_READER, ONLY_PUTS, NEVER_FAILS, ALONE_AT_ONCE, COORDINATED_TWICE, HINT_LOST],
        unique_states: 14_571,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[];
