//! Scopes in which clients use two keys with the same replicas. What a node does for one key must
//! not touch the other one.

use crate::scope::Ask::{Delete, Get, Join, Leave, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

const TWO_KEYS: Faults = Faults { second_key: true, ..NO_FAULTS };

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "two-keys",
        aim: "Two clients put over each other at one key, while a third uses a second key.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, PutOver)], &[(1, Put)], &[(0, Put), (1, PutOver)]],
        faults: TWO_KEYS,
        unseen: &[],
        unique_states: 30_779,
    },
    Scope {
        name: "two-keys-and-read",
        aim: "One client puts. Another puts at a second key and reads it.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(1, Put), (2, Get)]],
        faults: TWO_KEYS,
        unseen: &["I2.siblings-are-read"],
        unique_states: 4_221,
    },
    Scope {
        name: "two-keys-and-hints",
        aim: "Two clients put at two keys, coordinators may time out, and a fallback may keep \
              a hint for each key.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..TWO_KEYS },
        unseen: &[],
        unique_states: 44_121,
    },
    Scope {
        name: "two-keys-hints-and-crash",
        aim: "Two clients put at two keys, coordinators may time out, a fallback may keep a \
              hint for each key, and one node may be down at a time.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, crashes: 1, ..TWO_KEYS },
        unseen: &[],
        unique_states: 377_700,
    },
    Scope {
        name: "two-keys-and-exchange",
        aim: "Two clients put at two keys through two replicas, messages may be lost, and the \
              replicas compare what they hold.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)], &[(1, Put)]],
        faults: Faults { exchange: true, loss: true, ..TWO_KEYS },
        unseen: &[],
        unique_states: 37_011,
    },
    Scope {
        name: "two-keys-exchange-and-delete",
        aim: "A client puts and deletes, another puts at a second key, and the replicas \
              compare what they hold.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Delete)], &[(1, Put)]],
        faults: Faults { exchange: true, ..TWO_KEYS },
        unseen: &[],
        unique_states: 59_569,
    },
    Scope {
        name: "two-keys-and-reap",
        aim: "Two clients put and delete two keys, and the tombstones may be reaped.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)], &[(1, Put), (1, Delete)]],
        faults: Faults { reaps: 2, ..TWO_KEYS },
        unseen: &[],
        unique_states: 1_486,
    },
    Scope {
        name: "two-keys-retry-and-crash",
        aim: "Two clients put at two keys through one node, may retry once, and one node may \
              be down at a time.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { client_retries: 1, crashes: 1, ..TWO_KEYS },
        unseen: &["I6.failed-but-possibly-stored"],
        unique_states: 4_716,
    },
    Scope {
        name: "two-keys-and-lost-disk",
        aim: "A client puts and reads, another puts at a second key, and the coordinator may \
              lose its disk.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)], &[(0, Put)]],
        faults: Faults { lost_disk: Some(0), ..TWO_KEYS },
        unseen: &["I2.siblings-are-read", "I3.stale-replica-is-seen"],
        unique_states: 442,
    },
    Scope {
        name: "two-keys-and-old-disk",
        aim: "A client puts and reads, another puts at a second key, and the coordinator may \
              start on an older copy of its disk.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), ..TWO_KEYS },
        unseen: &["I2.siblings-are-read", "I3.stale-replica-is-seen"],
        unique_states: 867,
    },
    Scope {
        name: "two-keys-and-duplication",
        aim: "A client puts, another puts and puts over at a second key, and messages may \
              arrive more than once.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(0, Put), (0, PutOver)]],
        faults: Faults { duplication: true, ..TWO_KEYS },
        unseen: &[],
        unique_states: 1_495,
    },
    Scope {
        name: "two-keys-join-and-read",
        aim: "Two clients put at two keys of the only replica. A node joins and takes both \
              keys over, and a client reads the second key through it.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0))], &[(1, Put), (0, Get)]],
        faults: TWO_KEYS,
        unseen: &[
            "I2.siblings-are-read",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 2_015,
    },
    Scope {
        name: "two-keys-join-and-exchange",
        aim: "Two clients put at two keys of the only replica, a node joins and takes both \
              keys over, and nodes gossip and compare what they hold.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0))], &[(1, Put)]],
        faults: Faults { exchange: true, gossip: true, ..TWO_KEYS },
        unseen: &[
            "I5.a-key-is-exchanged",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 633,
    },
    Scope {
        name: "two-keys-leave-and-reap",
        aim: "A client deletes what it put, the only replica leaves after a put at a second \
              key, and tombstones may be reaped.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (0, Delete)], &[(0, Put), (0, Leave(0))]],
        faults: Faults { reaps: 1, ..TWO_KEYS },
        unseen: &[
            "I4.tombstone-is-reaped",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 16_646,
    },
];
