//! The scopes aimed at I5.

mod more_pairs;
mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Delete, Get, Join, Put, PutOver, Remove};
use crate::scope::{Faults, NO_FAULTS, Scope};

const EXCHANGE: Faults = Faults { exchange: true, ..NO_FAULTS };

pub(super) const SCOPES: &[Scope] = &joined::<
    Scope,
    { HERE.len() + pairs::SCOPES.len() + more_pairs::SCOPES.len() },
>(&[HERE, pairs::SCOPES, more_pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "join-and-remove",
        aim: "A node joins and displaces one of two replicas. The other replica is then removed \
              for good, and the displaced node is a replica again.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put), (2, Join(0)), (2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 858_033,
    },
    Scope {
        name: "exchange",
        aim: "A client puts through one of two replicas, and any message may be lost. The replicas \
              compare until both have the put.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 501,
    },
    Scope {
        name: "exchange-both-ways",
        aim: "Two clients put, each through its own replica, and any message may be lost. The \
              replicas compare until both have both puts.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)], &[(1, Put)]],
        faults: Faults { loss: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 50_637,
    },
    Scope {
        name: "exchange-amid-puts",
        aim: "Two replicas compare while one client puts, then puts over its own put at the other \
              replica, and a second client puts.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, PutOver)], &[(1, Put)]],
        faults: EXCHANGE,
        unseen: &[],
        unique_states: 65_325,
    },
    Scope {
        name: "exchange-of-three",
        aim: "A client puts, and any message may be lost, so that only one of three replicas has \
              the put. They compare until all have it.",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 23_123,
    },
    Scope {
        name: "exchange-and-crash",
        aim: "A client puts and then puts over its own put. Two replicas compare, and either may \
              crash at any moment.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { crashes: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 44_421,
    },
    Scope {
        name: "exchange-and-restart",
        aim: "Two replicas compare after one put, and either may crash. A restarted replica \
              rebuilds the tree of its two keys, one key a step.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { crashes: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 2_703,
    },
    Scope {
        name: "exchange-and-delete",
        aim: "A client puts and then deletes, and any message may be lost. Two replicas compare \
              until both have the tombstone.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { loss: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 8_712,
    },
    Scope {
        name: "exchange-and-reap",
        aim: "A client puts and then deletes. Two replicas compare while the tombstone is reaped, \
              and the value must not come back.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { reaps: 2, ..EXCHANGE },
        unseen: &[],
        unique_states: 23_254,
    },
    Scope {
        name: "exchange-and-reap-and-crash",
        aim: "A client puts and then deletes. Two replicas compare while the tombstone is reaped, \
              and either may crash at any moment.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { reaps: 1, crashes: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 238_965,
    },
    Scope {
        name: "exchange-and-lost-disk",
        aim: "A client puts through one of two replicas, and the other may lose its disk. They \
              compare until both have the put again.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { lost_disk: Some(1), ..EXCHANGE },
        unseen: &[],
        unique_states: 348,
    },
    Scope {
        name: "exchange-and-duplication",
        aim: "Two replicas compare after one put, and any message may arrive any number of times.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { duplication: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 6_152,
    },
    Scope {
        name: "exchange-and-hint",
        aim: "A fallback keeps a hint for a silent replica. An exchange may bring the put to that \
              replica before the fallback hands the hint over.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 15_534,
    },
    Scope {
        name: "exchange-and-join",
        aim: "A node joins the only replica, which may have a put, and another client puts through \
              the new node. The two nodes compare.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)], &[(0, Join(1)), (1, Put)]],
        faults: Faults { gossip: true, ..EXCHANGE },
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 45_809,
    },
    Scope {
        name: "loss-mended",
        aim: "Any message may be lost, and coordinators may give up. Three replicas compare until \
              all of them have the put.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, timeouts: Some(0), ..EXCHANGE },
        unseen: &[],
        unique_states: 38_644,
    },
    Scope {
        name: "handoff-and-loss-mended",
        aim: "A fallback keeps a hint, and any message may be lost. Two replicas compare until \
              both have the put; the hint may stay.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, timeouts: Some(0), handoffs: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 47_899,
    },
    Scope {
        name: "lost-disk-mended",
        aim: "A replica may lose its disk, and coordinators may give up. Three replicas compare \
              until it has again what the others have.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { lost_disk: Some(1), timeouts: Some(0), ..EXCHANGE },
        unseen: &[],
        unique_states: 41_243,
    },
    Scope {
        name: "exchange-key-by-key",
        aim: "Two replicas compare after one put, and any message may be lost. A message carries \
              one tree node or one key of a leaf, so a leaf of two keys is cut.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, small_exchanges: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 471,
    },
    Scope {
        name: "exchange-key-by-key-both-ways",
        aim: "Two clients put, each through its own replica, and any message may be lost. The \
              replicas compare a leaf of two keys, one key in a message.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)], &[(1, Put)]],
        faults: Faults { loss: true, small_exchanges: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 52_047,
    },
    Scope {
        name: "exchange-with-other-lists",
        aim: "Replicas of two preference lists compare after one put, and any message may be \
              lost. A node follows up one difference only, and must not waste it on a key that \
              the other node has no part in.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, small_exchanges: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 801,
    },
    Scope {
        name: "exchange-after-two-puts",
        aim: "A client puts twice through one of two replicas, and the other receives the puts \
              one by one or together. The trees of both must become equal.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Put)]],
        faults: EXCHANGE,
        unseen: &[],
        unique_states: 2_107,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[
    Scope {
        name: "exchange-of-three-amid-puts",
        aim: "Three replicas compare while two clients put, each through its own replica.",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put)], &[(1, Put)]],
        faults: EXCHANGE,
        unseen: &[],
        unique_states: 1_075_499,
    },
    Scope {
        name: "loss-and-read-mended",
        aim: "A client puts and reads, any message may be lost, and coordinators may give up. \
              Three replicas compare until all of them have the put.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..EXCHANGE },
        unseen: &[],
        unique_states: 1_396_100,
    },
    Scope {
        name: "exchange-and-displaced",
        aim: "Replicas compare while a node joins and displaces one of two replicas that may have \
              a put.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Join(1))]],
        faults: EXCHANGE,
        unseen: &[],
        unique_states: 6_001_579,
    },
    Scope {
        name: "exchange-and-reap-of-three",
        aim: "A client puts and then deletes. Three replicas compare while the tombstone is \
              reaped, and the value must not come back.",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { reaps: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 1_085_459,
    },
];
