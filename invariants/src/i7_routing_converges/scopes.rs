//! The scopes aimed at I7.

mod more_pairs;
mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Get, Join, Leave, Put, Remove};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(super) const SCOPES: &[Scope] = &joined::<
    Scope,
    { HERE.len() + pairs::SCOPES.len() + more_pairs::SCOPES.len() },
>(&[HERE, pairs::SCOPES, more_pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "join-without-gossip",
        aim: "A node joins while a client puts. Nodes do not gossip, so only those learn of the \
              join that ask a node that knows of it, or are asked by one.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Put)], &[(0, Join(1))]],
        faults: NO_FAULTS,
        unseen: &[],
        unique_states: 16_841,
    },
    Scope {
        name: "client-with-its-own-view",
        aim: "A client puts and reads through the nodes that its own view names as replicas. \
              Another client lets a node join, so that view may be old.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, Put), (OWN_VIEW, Get)], &[(0, Join(1))]],
        faults: NO_FAULTS,
        unseen: &["I3.stale-replica-is-seen", "I7.client-tells"],
        unique_states: 1_348_407,
    },
    Scope {
        name: "client-with-its-own-view-of-two",
        aim: "A client puts and reads through the only replica that its own view names. A node \
              joins meanwhile and replaces that replica.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(OWN_VIEW, Put), (OWN_VIEW, Get)], &[(1, Join(0))]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.client-tells",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 477,
    },
    Scope {
        name: "client-with-its-own-view-asks-again",
        aim: "A client puts through a node that its own view names, while another node joins. It \
              may retry, through the node that its view names then.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(OWN_VIEW, Put)], &[(0, Join(1))]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        unseen: &[
            "I6.failed-but-possibly-stored",
            "I7.client-tells",
            "I9.old-request-is-under-way",
        ],
        unique_states: 1_788_572,
    },
    Scope {
        name: "client-is-told-and-loss",
        aim: "A client puts through the only replica that its own view names, while a node joins \
              and replaces that replica. Any message may be lost.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(OWN_VIEW, Put)], &[(1, Join(0))]],
        faults: Faults { loss: true, ..NO_FAULTS },
        unseen: &[
            "I6.replica-is-asked-again",
            "I7.client-tells",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 265,
    },
    Scope {
        name: "leave",
        aim: "A node leaves after it coordinated a put: it hands over its data, says that it is \
              gone, and stops. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(1, Put), (0, Leave(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 35_529,
    },
    Scope {
        name: "leave-and-old-view",
        aim: "A client lets a node leave, and then puts through this node, which may not know yet \
              that it is to leave. Nodes gossip.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Leave(1)), (1, Put)]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[],
        unique_states: 2_392_148,
    },
    Scope {
        name: "five-nodes",
        aim: "One client lets a fifth node join, and another lets one of the four members leave. \
              Nodes gossip, and no client puts.",
        nodes: 5,
        quorum: (2, 1, 1),
        clients: &[&[(0, Join(1))], &[(2, Leave(3))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 396_033,
    },
    Scope {
        name: "leave-again",
        aim: "A node leaves, joins again and leaves again, while nodes gossip. Each time it must \
              say that it is gone.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Leave(1)), (0, Join(1)), (0, Leave(1))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 283,
    },
    Scope {
        name: "moved",
        aim: "One of two replicas has a new address, and has lost its disk with the count of its \
              moves. The other knows the old address with an equal time. Nodes gossip while a \
              client puts.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { gossip: true, moved: Some(0), ..NO_FAULTS },
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
            "I9.change-spreads",
        ],
        unique_states: 107,
    },
    Scope {
        name: "moved-and-join",
        aim: "A node that has a new address, which no other node knows, lets another node join. \
              Nodes gossip.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Join(1)), (1, Put)]],
        faults: Faults { gossip: true, moved: Some(0), ..NO_FAULTS },
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
        unique_states: 147,
    },
    Scope {
        name: "own-view-and-two-changes",
        aim: "Two nodes know one change each of who is a member. A client that chooses nodes by \
              its own view reads through one and then through the other, and hears of both.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Leave(2))], &[(1, Remove(2))], &[(OWN_VIEW, Get), (OWN_VIEW, Get)]],
        faults: NO_FAULTS,
        unseen: &["I6.replica-is-asked-again"],
        unique_states: 8_233,
    },
    Scope {
        name: "own-view-and-leave",
        aim: "A client that chooses nodes by its own view hears of a change from one node, and \
              tells it to the next.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Leave(2))], &[(OWN_VIEW, Get), (OWN_VIEW, Get)]],
        faults: NO_FAULTS,
        unseen: &["I6.replica-is-asked-again"],
        unique_states: 531,
    },
    Scope {
        name: "leave-amid-put",
        aim: "A node leaves while it coordinates a put: it hands over its data, says that it is \
              gone, and stops. Nodes gossip.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put)], &[(1, Leave(0))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 4_523,
    },
    Scope {
        name: "last-member-and-leaver",
        aim: "A node is the last member by its own view, and another node leaves without knowing \
              it yet. A third one, which only the leaver knows, joins. Then the first is removed.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(0, Leave(1))], &[(1, Join(2)), (1, Remove(0))]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &["I7.served-by-one-who-knows-more"],
        unique_states: 8_508,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[];
