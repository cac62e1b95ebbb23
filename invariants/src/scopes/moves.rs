//! Scopes in which a node is an intended replica, is none, and is one again.

use crate::scope::Ask::{Delete, Get, Join, Leave, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "replica-again",
        aim: "x",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Put)]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
    Scope {
        name: "joins-again",
        aim: "x",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Join(0))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
    Scope {
        name: "lost-disk-comes-back",
        aim: "x",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Put), (0, Put)], &[(1, Put)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
    Scope {
        name: "reap-and-late-hint",
        aim: "x",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, reaps: 1, client_retries: 1, ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
    Scope {
        name: "reap-and-leave",
        aim: "x",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)], &[(0, Leave(1))]],
        faults: Faults { reaps: 1, gossip: true, ..NO_FAULTS },
        excused: &[],
        unique_states: 0,
    },
];
