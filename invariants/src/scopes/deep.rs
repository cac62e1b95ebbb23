//! Larger scopes.

use super::{
    EARLY_READER, NO_READER, NO_RECONCILER, NO_TIMEOUTS, ONE_WRITER, REPAIR_LOST, REPAIRER_CRASHES,
    STAND_INS_MISS, STORE_LOST,
};
use crate::scope::Ask::{Delete, Get, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "late-retry-of-three",
        aim: "the scope late-retry with three replicas",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(1, Get), (1, PutOver)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_RECONCILER, EARLY_READER],
        unique_states: 10_812_140,
    },
    Scope {
        name: "crash-and-loss",
        aim: "any message may be lost and any node may crash; coordinators give up, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults {
            crashes: 1,
            loss: true,
            timeouts: Some(0),
            client_retries: 1,
            ..NO_FAULTS
        },
        excused: &[ONE_WRITER, REPAIRER_CRASHES, STORE_LOST],
        unique_states: 20_344_628,
    },
    Scope {
        name: "crash-and-loss-amid-puts",
        aim: "any message may be lost and any node may crash amid concurrent puts and a read; coordinators give up",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { crashes: 1, loss: true, timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER, REPAIRER_CRASHES, STORE_LOST],
        unique_states: 14_582_364,
    },
    Scope {
        name: "loss-amid-puts-and-reads",
        aim: "any message may be lost amid two clients that each put and then read; coordinators give up",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put), (2, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER, REPAIR_LOST, STORE_LOST],
        unique_states: 268_335_512,
    },
    Scope {
        name: "reap-and-hint-of-three",
        aim: "what a fallback keeps is deleted and reaped, before or after it is handed over",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, reaps: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER],
        unique_states: 13_769_446,
    },
    Scope {
        name: "holder-crash-and-growth",
        aim: "the scope growing-hint, and any node crashes at any moment",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { crashes: 1, timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER],
        unique_states: 7_903_345,
    },
    Scope {
        name: "two-stand-ins-and-read",
        aim: "two replicas away, two fallbacks, and a read through another node",
        nodes: 5,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, STAND_INS_MISS],
        unique_states: 19_642_060,
    },
];
