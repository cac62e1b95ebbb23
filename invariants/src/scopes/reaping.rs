//! Scopes in which tombstones are reaped.

use super::{NO_READER, NO_TIMEOUTS, ONE_WRITER, ONLY_PUTS, STORE_LOST, WORD_LOST};
use crate::scope::Ask::{Delete, Get, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "reap",
        aim: "a put is deleted, and its tombstone reaped; a read through another node",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Delete), (1, Get)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER],
        unique_states: 15_680,
    },
    Scope {
        name: "reap-and-hint",
        aim: "what a fallback keeps is deleted and reaped, before or after it is handed over",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, reaps: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER],
        unique_states: 74_350,
    },
    Scope {
        name: "reap-and-put-again",
        aim: "a key is put again after it was deleted and reaped, and the client that had deleted it puts over it through another node",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Delete), (1, PutOver)], &[(0, Put)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS],
        unique_states: 402_197,
    },
    Scope {
        name: "reap-and-loss",
        aim: "what is asked and answered before a tombstone is reaped, and the word to do it, may be lost (an older copy that is lost counts as on its way)",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { loss: true, reaps: 2, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER, NO_READER, STORE_LOST, WORD_LOST],
        unique_states: 1_084,
    },
];
