//! Scopes in which the node that is to coordinate a request is silent.

use super::{
    ALONE_AT_ONCE, COMES_BACK, COORDINATED_TWICE, EARLY_READER, HINT_LOST, MENDED_AT_ONCE, NEVER_FAILS, NO_READER,
    ONE_WRITER, ONLY_PUTS, READ_BY_ONE, STAND_INS_MISS,
};
use crate::scope::Ask::{Get, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "fallback-coordinates",
        aim: "traces 4 and 6: the only replica is silent; the node that a client asks coordinates its put as a fallback, and keeps it for the replica",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[NO_READER, ONLY_PUTS, NEVER_FAILS, COORDINATED_TWICE, ALONE_AT_ONCE],
        unique_states: 197,
    },
    Scope {
        name: "fallback-coordinates-and-crash",
        aim: "traces 4 and 6: a fallback coordinates a put, and any node may be down at any moment",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, crashes: 1, ..NO_FAULTS },
        excused: &[NO_READER, ONLY_PUTS, NEVER_FAILS, COORDINATED_TWICE, ALONE_AT_ONCE],
        unique_states: 1_244,
    },
    Scope {
        name: "fallback-coordinates-and-read",
        aim: "traces 4 and 6: a fallback coordinates a put, or a get, or both, while the only replica is silent",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NEVER_FAILS, STAND_INS_MISS, COORDINATED_TWICE, MENDED_AT_ONCE, ALONE_AT_ONCE],
        unique_states: 6_370,
    },
    Scope {
        name: "read-is-coordinated-twice",
        aim: "traces 1 and 6: a get is coordinated by the silent replica and by a fallback, which have not the same",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (2, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NEVER_FAILS, STAND_INS_MISS, COORDINATED_TWICE, MENDED_AT_ONCE, ALONE_AT_ONCE],
        unique_states: 418_809,
    },
    Scope {
        name: "coordinated-twice",
        aim: "trace 6: a put is coordinated by the silent replica and by a fallback, and another client reads it and puts over it in between",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[
            EARLY_READER,
            MENDED_AT_ONCE,
            READ_BY_ONE,
            ONE_WRITER,
            NEVER_FAILS,
            COORDINATED_TWICE,
            ALONE_AT_ONCE,
            COMES_BACK,
        ],
        unique_states: 3_099,
    },
    Scope {
        name: "failover-and-loss",
        aim: "traces 4 and 6: any message may be lost on the way through a node that forwards a put, or coordinates it as a fallback",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { loss: true, timeouts: Some(0), client_retries: 1, handoffs: 1, ..NO_FAULTS },
        excused: &[NO_READER, ONLY_PUTS, NEVER_FAILS, ALONE_AT_ONCE, COORDINATED_TWICE, HINT_LOST],
        unique_states: 12_246,
    },
];
