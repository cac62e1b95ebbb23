//! The scopes aimed at I2.

mod disks;
mod more_pairs;
mod moves;
mod pairs;
mod two_keys;

use crate::joined::joined;
use crate::scope::Ask::{Delete, Get, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] = &joined::<
    Scope,
    {
        HERE.len()
            + disks::SCOPES.len()
            + moves::SCOPES.len()
            + pairs::SCOPES.len()
            + more_pairs::SCOPES.len()
            + two_keys::SCOPES.len()
    },
>(&[
    HERE,
    disks::SCOPES,
    moves::SCOPES,
    pairs::SCOPES,
    more_pairs::SCOPES,
    two_keys::SCOPES,
]);

const HERE: &[Scope] = &[
    Scope {
        name: "concurrent-puts",
        aim: "Two clients put at once through different coordinators, and one of them then reads. \
              Neither version may disappear.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 24_335,
    },
    Scope {
        name: "reconcile",
        aim: "Two clients put at once through different coordinators. One of them then reads and \
              puts a reconciliation over what it has read.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get), (0, PutOver)], &[(1, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 350_723,
    },
    Scope {
        name: "three-writers",
        aim: "Three clients put at once through three coordinators, and one of them then reads. No \
              version may disappear.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)], &[(2, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 4_824_308,
    },
    Scope {
        name: "chained-puts",
        aim: "A client puts and then puts over its own put, while another client puts. One \
              coordinator takes all puts, and must not drop the other client's.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 10_601,
    },
    Scope {
        name: "chains-entangled",
        aim: "Two clients each put and then put over their own put, all through one coordinator. \
              There are never more than two siblings.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put), (0, PutOver)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 173_961,
    },
    Scope {
        name: "chain-moves",
        aim: "A client puts over its own put at a second coordinator and then again at the first. \
              Another client puts through the first at any time.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, PutOver), (0, PutOver)], &[(0, Put)]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 104_481,
    },
    Scope {
        name: "forwarding",
        aim: "A client puts and reads through a node outside the preference list, which forwards \
              both requests. One node coordinates the put.",
        nodes: 3,
        quorum: (2, 2, 1),
        clients: &[&[(2, Put), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &["I3.stale-replica-is-seen"],
        unique_states: 27,
    },
    Scope {
        name: "duplication-and-retries",
        aim: "A client puts and reads. Any message may arrive any number of times, coordinators \
              may give up, and the client may ask again.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 301_646,
    },
    Scope {
        name: "late-retry",
        aim: "A client may repeat its put after another client has read the value and replaced it. \
              The value must not come back.",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(1, Get), (1, PutOver)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I2.siblings-are-reconciled",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
        ],
        unique_states: 20_106,
    },
    Scope {
        name: "crash-between-puts",
        aim: "Two clients put through one coordinator, and any node may crash at any moment. The \
              coordinator must never give a dot twice.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(0, Put)]],
        faults: Faults { crashes: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 8_612,
    },
    Scope {
        name: "forwarding-and-retries",
        aim: "A node outside the preference list forwards a put and a get, and the client may ask \
              again. The put must stay one version.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put), (3, Get)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 6_111,
    },
    Scope {
        name: "forwarding-amid-puts",
        aim: "A node outside the preference list forwards one client's put and get, while another \
              client puts through a replica. Either may ask again.",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put), (3, Get)], &[(0, Put)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 5_958_990,
    },
    Scope {
        name: "reap-and-put-again",
        aim: "A client deletes its put and later puts again through another node. A second client \
              puts at any time, and tombstones may be reaped.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Delete), (1, PutOver)], &[(0, Put)]],
        faults: Faults { reaps: 1, ..NO_FAULTS },
        unseen: &[],
        unique_states: 402_197,
    },
    Scope {
        name: "fallback-coordinates",
        aim: "The only replica may be silent. The node that the client asks then coordinates the \
              put as a fallback, and keeps a hint for the replica.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &["I6.failed-but-possibly-stored"],
        unique_states: 236,
    },
    Scope {
        name: "coordinated-twice",
        aim: "The slow replica and a fallback may both coordinate one put. Another client reads it \
              and puts over it in between.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I2.siblings-are-read",
            "I2.siblings-are-reconciled",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 3_024,
    },
    Scope {
        name: "coordinated-twice-long-ago",
        aim: "Two nodes may coordinate one put. Another client puts over it twice before the \
              second version arrives, so that its request is forgotten.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, PutOver), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I2.siblings-are-read",
            "I2.siblings-are-reconciled",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 5_432,
    },
    Scope {
        name: "coordinated-twice-and-crash",
        aim: "Two nodes may coordinate one put. Another client reads it and puts over it in \
              between, and either node may crash at any moment.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, crashes: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I2.siblings-are-read",
            "I2.siblings-are-reconciled",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 14_190,
    },
    Scope {
        name: "coordinated-twice-and-retry",
        aim: "Two nodes may coordinate one put. Another client reads it and puts over it in \
              between, and either client may ask again.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, PutOver)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I2.siblings-are-reconciled",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
            "I6.fallback-is-asked-again",
        ],
        unique_states: 297_349,
    },
    Scope {
        name: "coordinated-twice-and-delete",
        aim: "Two nodes may coordinate one put. Another client reads it and deletes it in between, \
              and the value must not come back.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Get), (0, Delete)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I2.siblings-are-read",
            "I2.siblings-are-reconciled",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 3_024,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[Scope {
    name: "late-retry-of-three",
    aim: "A client may repeat its put to one of three replicas, after another client has read the \
          value and replaced it. The value must not come back.",
    nodes: 3,
    quorum: (3, 2, 2),
    clients: &[&[(0, Put)], &[(1, Get), (1, PutOver)]],
    faults: Faults { client_retries: 1, ..NO_FAULTS },
    unseen: &["I6.failed-but-possibly-stored"],
    unique_states: 10_812_140,
}];
