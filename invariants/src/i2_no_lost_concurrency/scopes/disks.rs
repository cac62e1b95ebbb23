//! Scopes aimed at I2 in which a disk is lost, or an older copy.

use crate::excuses::{DISK_LOST, NO_READER, NO_TIMEOUTS, ONLY_PUTS, WITNESS_DOWN, WORD_LOST};
use crate::scope::Ask::{Delete, Put, PutOver};
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
        name: "old-disk",
        aim: "a coordinator is started on an older copy of its disk, with clients that put over what the copy lacks: no dot is given twice",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST],
        unique_states: 908,
    },
    Scope {
        name: "old-disk-of-three",
        aim: "a coordinator among three is started on an older copy of its disk: any replica may be the witness, needed for the put or not",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST],
        unique_states: 114_293,
    },
    Scope {
        name: "old-disk-and-delete",
        aim: "a coordinator is started on an older copy of its disk, from before a delete",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)], &[(1, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST],
        unique_states: 629,
    },
    Scope {
        name: "old-disk-and-loss",
        aim: "a coordinator is started on an older copy of its disk after all that it had sent since was lost: nobody can tell, and no harm is done",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), loss: true, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST, WORD_LOST],
        unique_states: 3_059,
    },
    Scope {
        name: "old-disk-and-witness-down",
        aim: "a coordinator is started on an older copy of its disk while the only node that knows better is down, and comes back",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), crashes: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST, WITNESS_DOWN],
        unique_states: 816,
    },
    Scope {
        name: "old-disk-and-witness-down-of-three",
        aim: "a coordinator is started on an older copy of its disk while the only node that knows better is down, and a third takes its puts",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), crashes: 1, loss: true, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS, DISK_LOST, WITNESS_DOWN, WORD_LOST],
        unique_states: 164_379,
    },
];
