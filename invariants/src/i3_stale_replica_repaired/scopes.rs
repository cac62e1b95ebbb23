//! The scopes aimed at I3.

use crate::excuses::{
    ALONE_AT_FIRST, NO_RECONCILER, NO_TIMEOUTS, ONE_WRITER, REPAIR_LOST, STORE_LOST,
};
use crate::scope::Ask::{Get, Join, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "read-repair",
        aim: "trace 3: a read through a node that a put has not reached yet; coordinators lose patience",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        excused: &[ONE_WRITER],
        unique_states: 885,
    },
    Scope {
        name: "impatience",
        aim: "traces 3 and 6: coordinators of concurrent puts and of a read give up at any moment",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER],
        unique_states: 208_578,
    },
    Scope {
        name: "loss",
        aim: "any message may be lost; coordinators give up",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..NO_FAULTS },
        excused: &[ONE_WRITER, REPAIR_LOST, STORE_LOST],
        unique_states: 4_814,
    },
    Scope {
        name: "join-of-a-second-and-read",
        aim: "traces 3 and 7: a second node joins the first, which has a put, and a client reads through either",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Get)], &[(0, Join(1)), (1, Get)]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_TIMEOUTS, ALONE_AT_FIRST],
        unique_states: 34_651,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[];
