//! The scopes aimed at I9.

use crate::scope::Ask::{Join, Leave, Put, Remove};
use crate::scope::{Faults, NO_FAULTS, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "join",
        aim: "A node joins while a client puts. Nodes gossip, and the node that is no longer a \
              replica hands over what it has.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put)], &[(0, Join(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 304_285,
    },
    Scope {
        name: "join-and-crash",
        aim: "A client puts, and then lets a node join. Nodes gossip, and any node may be down at \
              any moment.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put), (0, Join(1))]],
        faults: Faults { gossip: true, crashes: 1, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 34_192,
    },
    Scope {
        name: "change-and-loss",
        aim: "An administrator lets a node join. Nodes gossip, no client puts, and any message may \
              be lost.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Join(1))]],
        faults: Faults { gossip: true, loss: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 209,
    },
    Scope {
        name: "join-and-loss",
        aim: "A client puts, and then lets a node join. Nodes gossip, and any message may be lost.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put), (0, Join(1))]],
        faults: Faults { gossip: true, loss: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 10_252,
    },
    Scope {
        name: "remove",
        aim: "A client puts while another client removes a replica for good. That replica is up, \
              and may be as slow as if it were dead. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 3_815,
    },
    Scope {
        name: "join-and-duplication",
        aim: "An administrator lets a node join. Nodes gossip, no client puts, and any message may \
              arrive again and again.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Join(1))]],
        faults: Faults { gossip: true, duplication: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more", "I9.old-request-is-under-way"],
        unique_states: 672_144,
    },
    Scope {
        name: "two-administrators",
        aim: "Two administrators contradict each other: one lets a node leave, the other removes \
              it for good. Nodes gossip, and no client puts.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Leave(1))], &[(2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 2_067,
    },
    Scope {
        name: "third-joins-and-crash",
        aim: "A client puts while there are two replicas, and then lets a third one join. Nodes \
              gossip, and any node may be down at any moment.",
        nodes: 3,
        quorum: (3, 1, 2),
        clients: &[&[(0, Put), (0, Join(1))]],
        faults: Faults { crashes: 1, ..GOSSIP },
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 4_816,
    },
    Scope {
        name: "rejoin-and-duplicates",
        aim: "An administrator lets a node leave and join again. Messages may be delivered more \
              than once.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Leave(1)), (0, Join(1))]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more", "I9.change-spreads"],
        unique_states: 9,
    },
    Scope {
        name: "put-rejoin-and-duplicates",
        aim: "A client puts through a node that an administrator lets leave and join again. \
              Messages may be delivered more than once.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Leave(1)), (0, Join(1))]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 5_255,
    },
    Scope {
        name: "rejoin-and-retry-and-crash",
        aim: "A client puts through a node that an administrator lets leave and join again. \
              Clients retry, and any node may be down at any moment.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put)], &[(0, Leave(1)), (0, Join(1))]],
        faults: Faults { client_retries: 1, crashes: 1, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.failed-but-possibly-stored",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 6_063,
    },
    Scope {
        name: "remove-and-rejoin",
        aim: "An administrator removes a node for good, lets another leave and join again, and \
              puts.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Remove(0)), (2, Leave(1)), (2, Join(1)), (1, Put)]],
        faults: NO_FAULTS,
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 19,
    },
    Scope {
        name: "leave-twice-and-crash",
        aim: "Two administrators let one node leave, and it joins again. One of them retries, and \
              the node that has answered both may crash.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Leave(1))], &[(0, Leave(1)), (0, Join(1))]],
        faults: Faults { client_retries: 1, crashes: 1, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more", "I9.change-spreads"],
        unique_states: 1_236,
    },
    Scope {
        name: "refused-leave-and-retry",
        aim: "An administrator lets a node leave that is no member yet, is refused, and retries. \
              Meanwhile another lets the node join.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Join(1))], &[(0, Leave(1))]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more", "I9.change-spreads"],
        unique_states: 112,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[
    Scope {
        name: "rejoin",
        aim: "A client puts, lets a node leave through one node, and lets it join again through \
              another. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1)), (2, Join(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 14_666_195,
    },
    Scope {
        name: "contradiction",
        aim: "A client puts and lets a node leave through one node, while another client removes \
              it for good through another. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(1))], &[(2, Remove(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 399_875,
    },
];
