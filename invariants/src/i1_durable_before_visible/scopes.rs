//! The scopes aimed at I1.

mod more_pairs;
mod moves;
mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Get, GetInPerson, Join, Leave, Put, PutInPerson, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &joined::<
    Scope,
    { HERE.len() + moves::SCOPES.len() + pairs::SCOPES.len() + more_pairs::SCOPES.len() },
>(&[HERE, moves::SCOPES, pairs::SCOPES, more_pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "one-client",
        aim: "A client puts, reads, puts over what it read, and reads again. Each request goes \
              through another node than the one before.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get), (2, PutOver), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
        unique_states: 24_817,
    },
    Scope {
        name: "r1-w1",
        aim: "With R=W=1, one replica is enough for a put or a get. One client puts, reads, and \
              puts over what it read, while another puts.",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put), (1, Get), (1, PutOver)], &[(1, Put)]],
        faults: NO_FAULTS,
        unseen: &["I1.get-must-see-a-put"],
        unique_states: 1_498_779,
    },
    Scope {
        name: "r1-w3",
        aim: "With R=1 and W=3, a put needs all replicas and a get needs one. Two clients put, and \
              one of them reads.",
        nodes: 3,
        quorum: (3, 1, 3),
        clients: &[&[(0, Put), (1, Get)], &[(1, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 1_331,
    },
    Scope {
        name: "r3-w1",
        aim: "With R=3 and W=1, a put needs one replica and a get needs all. Two clients put, and \
              one of them reads.",
        nodes: 3,
        quorum: (3, 3, 1),
        clients: &[&[(0, Put), (1, Get)], &[(1, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 33_081,
    },
    Scope {
        name: "coordinator-crash",
        aim: "One node may crash at a time and restart from its disk. A client puts and puts again \
              over its own put, and may retry each request once.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { crashes: 1, client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored"],
        unique_states: 143_608,
    },
    Scope {
        name: "crash-while-reading",
        aim: "One node may crash at a time and restart from its disk. A client puts and then reads \
              through another node, and may retry each request once.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 1, client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored"],
        unique_states: 321_412,
    },
    Scope {
        name: "crash-amid-puts",
        aim: "One node may crash at a time, and coordinators may time out, while two clients put \
              and one of them reads.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { crashes: 1, timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 936_012,
    },
    Scope {
        name: "two-crashes",
        aim: "Two of three nodes may be down at a time, and coordinators may time out. A client \
              puts and then reads, and may retry each request once.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 2, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 2_841_398,
    },
    Scope {
        name: "crash-while-reading-of-two",
        aim: "One of two replicas may be down at a time. A client puts through one replica and \
              then reads through the other, without retries.",
        nodes: 2,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 1, ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 159,
    },
    Scope {
        name: "stand-in-for-all",
        aim: "A put needs all three replicas. If they are slow, the coordinator times out, and the \
              only fallback stands in for one of them.",
        nodes: 4,
        quorum: (3, 1, 3),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 381,
    },
    Scope {
        name: "stand-in-and-read",
        aim: "Replicas may be slow at a put and at a read through another node. A fallback then \
              stands in for one, and may send its hint twice.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 408_783,
    },
    Scope {
        name: "in-person",
        aim: "A put and a get each ask for two intended replicas. A fallback that stands in for a \
              slow replica must not count as one of the two.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, PutInPerson), (1, GetInPerson)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &["I4.acknowledged-on-a-hint"],
        unique_states: 111_903,
    },
    Scope {
        name: "lost-disk-and-read",
        aim: "A replica may lose its disk once: before, during or after a read that it \
              coordinates. Two clients put, and one of them reads.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)], &[(1, Put)]],
        faults: Faults { lost_disk: Some(1), ..NO_FAULTS },
        unseen: &[],
        unique_states: 128_665,
    },
    Scope {
        name: "old-disk-and-read",
        aim: "One of two replicas may start once on an older copy of its disk. Two clients put \
              through it, and read through it and through the other.",
        nodes: 2,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (1, Get)], &[(0, Put), (0, Get)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 59_653,
    },
    Scope {
        name: "old-disk-in-person",
        aim: "A replica may start once on an older copy of its disk. A put asks for all three \
              intended replicas and a get for two, while another client puts.",
        nodes: 3,
        quorum: (3, 2, 3),
        clients: &[&[(0, PutInPerson), (1, GetInPerson)], &[(2, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 9_881,
    },
    Scope {
        name: "fallback-coordinates-and-read",
        aim: "The only replica may be silent. A fallback then coordinates a put, a get, or both, \
              and hands over what it keeps.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 7_168,
    },
    Scope {
        name: "read-is-coordinated-twice",
        aim: "The only replica may be slow, so that a fallback coordinates the same get too. The \
              two may hold different versions of the key.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (2, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 414_245,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[
    Scope {
        name: "read-all-after-join",
        aim: "One replica is enough to acknowledge a put (W=1). A node then joins as a replica, \
              and the client reads from both replicas (R=2).",
        nodes: 3,
        quorum: (2, 2, 1),
        clients: &[&[(0, Put), (0, Join(1)), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 2_742_957,
    },
    Scope {
        name: "read-two-after-leave",
        aim: "A replica leaves after a put, and the client reads through the node that takes its \
              position.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1)), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 1_912_416,
    },
    Scope {
        name: "crash-and-loss",
        aim: "Any message may be lost, one node may crash at a time, and coordinators may time \
              out. A client puts, then reads, and may retry each request once.",
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
        unseen: &[],
        unique_states: 20_344_628,
    },
    Scope {
        name: "crash-and-loss-amid-puts",
        aim: "Any message may be lost, one node may crash at a time, and coordinators may time \
              out, while two clients put and one of them reads.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { crashes: 1, loss: true, timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 14_582_364,
    },
    Scope {
        name: "loss-amid-puts-and-reads",
        aim: "Any message may be lost, and coordinators may time out, while two clients each put \
              and then read.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put), (2, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 268_335_512,
    },
    Scope {
        name: "two-stand-ins-and-read",
        aim: "Replicas may be slow at a put and at a read through another node. Two fallbacks can \
              stand in for them.",
        nodes: 5,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 19_642_060,
    },
];
