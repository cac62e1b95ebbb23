//! The scopes aimed at I9.

use crate::excuses::{
    ALONE_AT_FIRST, MOVES_NOTHING, NO_READER, NO_TIMEOUTS, NOTHING_PUT, ONE_WRITER, ONLY_PUTS,
    REFUSED_OR_SLOW, STOPPED, STOPPED_APART, STORE_LOST, WORD_LOST,
};
use crate::scope::Ask::{Join, Leave, Put, Remove};
use crate::scope::{Faults, NO_FAULTS, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "join",
        aim: "traces 7 and 9: a node joins while a put is under way; gossip spreads it, and who is responsible no more hands over",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put)], &[(0, Join(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS],
        unique_states: 187_075,
    },
    Scope {
        name: "join-and-crash",
        aim: "trace 9: a node joins after a put, and any node may be down at any moment",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put), (0, Join(1))]],
        faults: Faults { gossip: true, crashes: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, REFUSED_OR_SLOW],
        unique_states: 22_280,
    },
    Scope {
        name: "change-and-loss",
        aim: "trace 9: an administrator lets a node join, nothing is put, and any message may be lost",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Join(1))]],
        faults: Faults { gossip: true, loss: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, NOTHING_PUT, REFUSED_OR_SLOW, MOVES_NOTHING],
        unique_states: 218,
    },
    Scope {
        name: "join-and-loss",
        aim: "trace 9: a node joins after a put, and any message may be lost",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put), (0, Join(1))]],
        faults: Faults { gossip: true, loss: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, REFUSED_OR_SLOW, STORE_LOST, WORD_LOST],
        unique_states: 7_093,
    },
    Scope {
        name: "remove",
        aim: "trace 9: a node is removed for good, dead or not, while a put is under way",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, REFUSED_OR_SLOW, MOVES_NOTHING],
        unique_states: 7_361,
    },
    Scope {
        name: "join-and-duplication",
        aim: "trace 9: a node joins, and any message may arrive again and again; nothing is put",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Join(1))]],
        faults: Faults { gossip: true, duplication: true, ..NO_FAULTS },
        excused: &[NOTHING_PUT, ONE_WRITER, NO_READER, REFUSED_OR_SLOW, MOVES_NOTHING],
        unique_states: 664_128,
    },
    Scope {
        name: "two-administrators",
        aim: "trace 9: one administrator lets a node leave, another removes it for good; nothing is put",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Leave(1))], &[(2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[NOTHING_PUT, ONE_WRITER, NO_READER, REFUSED_OR_SLOW, MOVES_NOTHING],
        unique_states: 1_983,
    },
    Scope {
        name: "third-joins-and-crash",
        aim: "traces 7 and 9: a third replica joins after a put, and any node may be down at any moment",
        nodes: 3,
        quorum: (3, 1, 2),
        clients: &[&[(0, Put), (0, Join(1))]],
        faults: Faults { crashes: 1, ..GOSSIP },
        excused: &[NO_READER, ONLY_PUTS, NO_TIMEOUTS, ALONE_AT_FIRST],
        unique_states: 3_344,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[
    Scope {
        name: "rejoin",
        aim: "trace 9: a node leaves and joins again, each through another node",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1)), (2, Join(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[STOPPED, STOPPED_APART, ONE_WRITER, NO_READER, NO_TIMEOUTS, REFUSED_OR_SLOW],
        unique_states: 14_666_195,
    },
    Scope {
        name: "contradiction",
        aim: "trace 9: one administrator lets a node leave, another removes it for good, after a put",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1))], &[(2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, NO_TIMEOUTS, REFUSED_OR_SLOW],
        unique_states: 742_509,
    },
];
