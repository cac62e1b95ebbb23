//! Scopes aimed at I2 in which a node loses its disk, or is started on an older copy of it.

use crate::scope::Ask::{Delete, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "lost-disk",
        aim: "Two clients put through one coordinator, which may lose its disk at any moment. The \
              coordinator must never give a dot twice.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 3_322,
    },
    Scope {
        name: "old-disk",
        aim: "Two clients put through one of two replicas, which may be started on an older copy \
              of its disk. It must never give a dot twice.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 908,
    },
    Scope {
        name: "old-disk-of-three",
        aim: "A coordinator of three replicas may be started on an older copy of its disk. Any \
              other replica may know of a later commit.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 114_293,
    },
    Scope {
        name: "old-disk-and-delete",
        aim: "A coordinator may be started on a copy of its disk from before a delete, while \
              another client puts through the other replica.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)], &[(1, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 629,
    },
    Scope {
        name: "old-disk-and-loss",
        aim: "A coordinator may be started on an older copy of its disk, and all its later \
              messages may be lost. Then no node notices, and nothing breaks.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), loss: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 3_059,
    },
    Scope {
        name: "old-disk-and-witness-down",
        aim: "A coordinator may be started on an older copy of its disk while the only node that \
              knows of a later commit is down. That node may come back.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), crashes: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 816,
    },
    Scope {
        name: "old-disk-and-witness-down-of-three",
        aim: "A coordinator of three replicas may be started on an older copy of its disk while \
              the only witness is down. A third replica stores its later puts.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), crashes: 1, loss: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 164_379,
    },
];
