//! The scopes aimed at I7.

use crate::excuses::{
    ALONE_AT_ONCE, MENDED_AT_ONCE, MOVES_NOTHING, NO_GOSSIP, NO_READER, NO_TIMEOUTS, NOTHING_PUT,
    ONE_WRITER, READ_BY_ONE, REFUSED_OR_SLOW,
};
use crate::scope::Ask::{Get, Join, Leave, Put};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "join-without-gossip",
        aim: "trace 7: the same, and only those learn of it who ask one that knows",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put)], &[(0, Join(1))]],
        faults: NO_FAULTS,
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, NO_GOSSIP],
        unique_states: 12_119,
    },
    Scope {
        name: "client-with-its-own-view",
        aim: "trace 7: a client asks the nodes that are responsible by what it knows, which is older than what they know",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, Put), (OWN_VIEW, Get)], &[(0, Join(1))]],
        faults: NO_FAULTS,
        excused: &[ONE_WRITER, NO_TIMEOUTS, NO_GOSSIP, MENDED_AT_ONCE],
        unique_states: 1_008_049,
    },
    Scope {
        name: "client-with-its-own-view-of-two",
        aim: "trace 7: a client asks the node that is the replica by what it knows, and another has become the replica",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(OWN_VIEW, Put), (OWN_VIEW, Get)], &[(1, Join(0))]],
        faults: NO_FAULTS,
        excused: &[
            ONE_WRITER,
            NO_TIMEOUTS,
            MENDED_AT_ONCE,
            REFUSED_OR_SLOW,
            ALONE_AT_ONCE,
            READ_BY_ONE,
        ],
        unique_states: 363,
    },
    Scope {
        name: "client-with-its-own-view-asks-again",
        aim: "trace 7: the same with one put, which the client may ask again, of whom it takes for responsible then",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, Put)], &[(0, Join(1))]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, NO_GOSSIP],
        unique_states: 1_055_336,
    },
    Scope {
        name: "leave",
        aim: "trace 7: a node leaves after it coordinated a put, hands over, says that it is gone, and stops",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(1, Put), (0, Leave(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, REFUSED_OR_SLOW],
        unique_states: 26_999,
    },
    Scope {
        name: "leave-and-old-view",
        aim: "trace 7: a client that does not know that a node has left puts through it",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Leave(1)), (1, Put)]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS],
        unique_states: 1_755_551,
    },
    Scope {
        name: "five-nodes",
        aim: "trace 9: the fifth node joins; nothing is put",
        nodes: 5,
        quorum: (2, 1, 1),
        clients: &[&[(0, Join(1))], &[(2, Leave(3))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[NOTHING_PUT, ONE_WRITER, NO_READER, REFUSED_OR_SLOW, MOVES_NOTHING],
        unique_states: 352_249,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[Scope {
    name: "leave-amid-put",
    aim: "trace 7: a node leaves while it coordinates a put, hands over, says that it is gone, and stops",
    nodes: 3,
    quorum: (2, 1, 2),
    clients: &[&[(1, Put)], &[(0, Leave(1))]],
    faults: Faults { gossip: true, ..NO_FAULTS },
    excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS],
    unique_states: 3_032_049,
}];
