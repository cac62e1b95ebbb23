//! The scopes aimed at I4.

mod more_pairs;
mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Delete, Get, Join, Leave, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(super) const SCOPES: &[Scope] = &joined::<
    Scope,
    { HERE.len() + pairs::SCOPES.len() + more_pairs::SCOPES.len() },
>(&[HERE, pairs::SCOPES, more_pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "stand-in-and-retry",
        aim: "A put needs all three replicas. Its client retries, and the fallback may stand in \
              for another replica than on the first attempt.",
        nodes: 4,
        quorum: (3, 1, 3),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(0), client_retries: 1, handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 142_442,
    },
    Scope {
        name: "two-stand-ins",
        aim: "A coordinator may give up waiting for two replicas of a put, and two fallbacks can \
              stand in for them.",
        nodes: 5,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 53_285,
    },
    Scope {
        name: "delete-and-hint",
        aim: "A client puts and deletes a key while a fallback may still keep a hint with the old \
              value.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 643_911,
    },
    Scope {
        name: "stand-in-amid-puts",
        aim: "Two clients put at the same time through two coordinators, and a fallback may keep \
              hints with the concurrent versions.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 4_105_879,
    },
    Scope {
        name: "lost-disk-w1",
        aim: "With W=1 a coordinator acknowledges a put that only its own disk has, and may then \
              lose that disk.",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { lost_disk: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 56,
    },
    Scope {
        name: "lost-disk-and-hint",
        aim: "A replica may lose its disk before, while or after a fallback hands it a hint.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { lost_disk: Some(1), timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 2_276,
    },
    Scope {
        name: "old-disk-alone",
        aim: "Two clients put through the only node, which may be started on an older copy of its \
              disk. No other node can tell it so.",
        nodes: 1,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: Faults { old_disk: Some(0), ..NO_FAULTS },
        unseen: &["I2.old-disk-is-found"],
        unique_states: 303,
    },
    Scope {
        name: "reap",
        aim: "A client puts and deletes a key, and then reads it through another node. The \
              tombstone may be reaped.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Delete), (1, Get)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &["I2.siblings-are-read"],
        unique_states: 15_111,
    },
    Scope {
        name: "reap-and-hint",
        aim: "A fallback may keep a hint for one of two replicas. The value is deleted and the \
              tombstone reaped, before or after the handoff.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 74_350,
    },
    Scope {
        name: "reap-and-loss",
        aim: "A client puts and deletes a key, and the tombstone may be reaped. Any message may be \
              lost, also those of the survey and the reap.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Delete)]],
        faults: Faults { loss: true, reaps: 2, ..NO_FAULTS },
        unseen: &[],
        unique_states: 1_084,
    },
    Scope {
        name: "join-and-read",
        aim: "A client puts, and reads through a node that another client lets join. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (1, Get)], &[(2, Join(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I3.stale-replica-is-seen", "I7.served-by-one-who-knows-more"],
        unique_states: 1_606_975,
    },
    Scope {
        name: "late-handed-off",
        aim: "A node joins, leaves and joins again. Its confirmation of a handoff may arrive after \
              it has given the key back.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Join(0))]],
        faults: GOSSIP,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 8_573,
    },
    Scope {
        name: "moves-and-delete",
        aim: "A client puts and deletes a key, and then lets a node join. The tombstone may be \
              reaped before, while or after the key moves.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Delete), (0, Join(1))]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 1_530,
    },
    Scope {
        name: "moves-amid-delete",
        aim: "A client puts, lets a node join, and deletes. The tombstone may be reaped before, \
              while or after the old value moves.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Join(1)), (0, Delete)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 425_003,
    },
    Scope {
        name: "reap-and-late-hint",
        aim: "A fallback may say that it is clear of a key and then get a hint with the old value. \
              The tombstone may be reaped after that.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(1, Put), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, reaps: 1, ..NO_FAULTS },
        unseen: &["I4.acknowledged-on-a-hint", "I6.failed-but-possibly-stored"],
        unique_states: 194_145,
    },
    Scope {
        name: "reap-and-leave",
        aim: "A client puts, lets a replica leave, and deletes. The tombstone may be reaped while \
              the leaving replica still has the old value.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1)), (0, Delete)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 932_701,
    },
    Scope {
        name: "reap-and-lost-disk",
        aim: "A replica may lose its disk while a fallback keeps a hint with a deleted value and \
              the tombstone is reaped.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(1, Put), (0, Delete)]],
        faults: Faults {
            timeouts: Some(0),
            handoffs: 1,
            reaps: 1,
            lost_disk: Some(1),
            ..NO_FAULTS
        },
        unseen: &["I4.acknowledged-on-a-hint", "I6.failed-but-possibly-stored"],
        unique_states: 603_920,
    },
    Scope {
        name: "reap-and-retry",
        aim: "A client puts and deletes a key and may retry either request, while the tombstone \
              may be reaped.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(1, Put), (0, Delete)]],
        faults: Faults { client_retries: 1, reaps: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 1_096,
    },
    Scope {
        name: "third-leaves-and-delete",
        aim: "A client puts and deletes a key. One of three replicas then leaves, a fourth node \
              replaces it, and the tombstone may be reaped.",
        nodes: 4,
        quorum: (3, 1, 3),
        clients: &[&[(0, Put), (0, Delete), (0, Leave(1))]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 3_699,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[Scope {
    name: "reap-and-hint-of-three",
    aim: "A fallback may keep a hint for one of three replicas. The value is deleted and the \
          tombstone reaped, before or after the handoff.",
    nodes: 4,
    quorum: (3, 2, 2),
    clients: &[&[(0, Put), (0, Delete)]],
    faults: Faults { timeouts: Some(0), handoffs: 1, reaps: 1, ..NO_FAULTS },
    unseen: &[],
    unique_states: 13_769_446,
}];
