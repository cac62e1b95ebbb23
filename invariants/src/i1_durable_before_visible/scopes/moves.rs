//! Scopes aimed at I1 in which the ring changes.

use crate::scope::Ask::{Get, GetInPerson, Join, Leave, Put, PutInPerson, Remove};
use crate::scope::{Faults, NO_FAULTS, Scope};

const GOSSIP: Faults = Faults { gossip: true, ..NO_FAULTS };

pub(super) const SCOPES: &[Scope] = &[
    Scope {
        name: "fallback-leaves",
        aim: "The only fallback leaves. A coordinator that does not know this may time out and ask \
              it to stand in for a replica.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(2, Leave(2)), (0, Put)]],
        faults: Faults { timeouts: Some(0), gossip: true, ..NO_FAULTS },
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.fallback-is-asked-again",
            "I6.replica-is-asked-again",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 3_871,
    },
    Scope {
        name: "moves-and-get",
        aim: "A client puts and then reads, while another node joins as the only replica of the \
              key and leaves again.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)], &[(1, Join(0)), (1, Leave(0))]],
        faults: GOSSIP,
        unseen: &["I3.stale-replica-is-seen", "I7.served-by-one-who-knows-more"],
        unique_states: 21_713,
    },
    Scope {
        name: "moves-and-in-person",
        aim: "A put and a get each ask for the intended replica in person, while another node \
              joins as the only replica and leaves again.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, PutInPerson), (1, GetInPerson)], &[(1, Join(0)), (1, Leave(0))]],
        faults: GOSSIP,
        unseen: &["I3.stale-replica-is-seen", "I7.served-by-one-who-knows-more"],
        unique_states: 21_713,
    },
    Scope {
        name: "third-joins-and-get",
        aim: "A third replica joins after a put, and the client reads through it.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, Join(1)), (1, Get)]],
        faults: GOSSIP,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 95_399,
    },
    Scope {
        name: "read-by-an-old-view",
        aim: "A node joins and displaces a replica, and a put needs the new replica. The client \
              reads through the displaced one, which may not know.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Join(1)), (0, Put), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 32,
    },
    Scope {
        name: "read-after-two-joins",
        aim: "After a put, two nodes join one after the other, and each becomes the only replica. \
              The client reads through the second.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(2, Put), (2, Join(1)), (2, Join(0)), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 10_991,
    },
    Scope {
        name: "read-amid-two-joins",
        aim: "A client puts and then reads, while two administrators each let a node join. Each of \
              these nodes may become the only replica.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(2, Put), (2, Get)], &[(2, Join(1))], &[(2, Join(0))]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 76_711,
    },
    Scope {
        name: "read-after-replacement",
        aim: "After a put, a node joins as the only replica, and the node with the put leaves, \
              each through another node. The client reads through a third.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (2, Leave(1)), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &["I3.stale-replica-is-seen", "I6.replica-is-asked-again"],
        unique_states: 111_375,
    },
    Scope {
        name: "read-after-leave",
        aim: "The only replica leaves after a put, and the client reads through the node that \
              takes its position.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(0, Put), (0, Leave(0)), (1, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 155,
    },
    Scope {
        name: "read-after-remove",
        aim: "A replica is removed for good after a put, and the client reads through the node \
              that takes its position.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Remove(1)), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 2_461,
    },
    Scope {
        name: "read-and-crash",
        aim: "A client puts and then reads, while another node joins as the only replica. One node \
              may crash at a time and restart from its disk.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)], &[(1, Join(0))]],
        faults: Faults { crashes: 1, gossip: true, ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 2_319,
    },
    Scope {
        name: "read-and-loss",
        aim: "A client puts and then reads, while another node joins as the only replica. Any \
              message may be lost.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Get)], &[(1, Join(0))]],
        faults: Faults { loss: true, gossip: true, ..NO_FAULTS },
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 1_599,
    },
    Scope {
        name: "read-in-person-after-join",
        aim: "A put asks for both intended replicas. A node then joins as a replica, and a get \
              through it asks for one intended replica.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, PutInPerson), (0, Join(1)), (1, GetInPerson)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 32_305,
    },
    Scope {
        name: "read-twice-after-remove",
        aim: "A replica is removed for good after a put. The client reads through the replica that \
              stays, then through the node that takes the free position.",
        nodes: 4,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Remove(1)), (0, Get), (2, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.stale-replica-is-seen",
            "I4.replica-is-handed-over",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 204_807,
    },
    Scope {
        name: "read-while-it-joins-again",
        aim: "A node joins as the only replica after a put and leaves again. The client reads, \
              while an administrator lets the node join once more.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Put), (1, Join(0)), (1, Leave(0)), (1, Get)], &[(1, Join(0))]],
        faults: NO_FAULTS,
        unseen: &["I3.stale-replica-is-seen", "I7.served-by-one-who-knows-more"],
        unique_states: 125_926,
    },
    Scope {
        name: "read-after-join-and-leave",
        aim: "A node joins, coordinates a put, and leaves. Then another node joins as the only \
              replica, and the client reads through it.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(1, Join(1)), (1, Put), (1, Leave(1)), (0, Join(0)), (0, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 126_863,
    },
    Scope {
        name: "two-leave-at-once",
        aim: "After a put, two administrators each let one replica leave at once, so that fewer \
              than W members are left.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (0, Leave(0))], &[(2, Leave(1))]],
        faults: NO_FAULTS,
        unseen: &["I6.replica-is-asked-again", "I7.served-by-one-who-knows-more"],
        unique_states: 24_717,
    },
    Scope {
        name: "read-through-a-removed-node",
        aim: "A node is removed for good although it is alive. A client puts, and then reads \
              through the removed node.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Remove(1)), (0, Put), (1, Get)]],
        faults: NO_FAULTS,
        unseen: &[
            "I1.acknowledged-before-all-have-it",
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I3.a-read-is-over",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 22,
    },
    Scope {
        name: "rejoin-and-late-word",
        aim: "A node joins as the only replica, leaves and joins again, and a client puts in \
              between. What the other node told it at first, that it has nothing, may arrive \
              last. Nodes gossip.",
        nodes: 2,
        quorum: (1, 1, 1),
        clients: &[&[(1, Join(0)), (1, Leave(0)), (1, Put), (1, Join(0)), (0, Get)], &[(0, Get)]],
        faults: GOSSIP,
        unseen: &["I3.stale-replica-is-seen", "I7.served-by-one-who-knows-more"],
        unique_states: 680_738,
    },
];
