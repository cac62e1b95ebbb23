//! Scopes in which a disk is lost.

use super::{
    DISK_LOST, NO_READER, NO_RECONCILER, NO_TIMEOUTS, ONE_WRITER, ONLY_DISK_LOST, ONLY_PUTS, READ_FROM_LOST_DISK,
};
use crate::scope::Ask::{Get, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "lost-disk",
        aim: "a coordinator loses its disk between two clients' puts, or during them: no dot is given twice",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST],
        unique_states: 3_322,
    },
    Scope {
        name: "lost-disk-and-read",
        aim: "a replica loses its disk before, during or after a read through it",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)], &[(1, Put)]],
        faults: Faults { lost_disk: Some(1), ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_RECONCILER, DISK_LOST, READ_FROM_LOST_DISK],
        unique_states: 120_447,
    },
    Scope {
        name: "lost-disk-w1",
        aim: "W=1: the only disk that has an acknowledged put is lost",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER, NO_READER, DISK_LOST, ONLY_DISK_LOST],
        unique_states: 56,
    },
    Scope {
        name: "lost-disk-and-hint",
        aim: "a recipient of a hint loses its disk before, while, or after it is handed over",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { lost_disk: Some(1), timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, DISK_LOST],
        unique_states: 2_276,
    },
];
