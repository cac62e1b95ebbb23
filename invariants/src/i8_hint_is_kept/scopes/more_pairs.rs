//! Scopes for pairs of acts and faults that occurred together in no run of any other scope.

use crate::scope::Ask::{Get, Join, Leave, Put, Remove};
use crate::scope::{Faults, NO_FAULTS, OWN_VIEW, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "own-view-and-stand-in",
        aim: "A client puts through a node of its own view. That node may retransmit once, and \
              then asks a fallback to keep a hint. W is 1.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(OWN_VIEW, Put)]],
        faults: Faults { timeouts: Some(1), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I6.failed-but-possibly-stored",
            "I7.client-is-told",
            "I7.client-with-an-old-view",
        ],
        unique_states: 937,
    },
    Scope {
        name: "remove-amid-stand-in",
        aim: "A client puts and lets a replica be removed, for which a fallback may keep a \
              hint.",
        nodes: 3,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put), (2, Remove(0))]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        unseen: &[
            "I4.replica-is-handed-over",
            "I6.fallback-is-asked-again",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 82_463,
    },
    Scope {
        name: "rejoin-and-late-histories",
        aim: "A replica leaves and joins again, and does not know it yet when an administrator \
              lets it leave. Three histories may be in flight.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(1, Leave(0)), (1, Put), (1, Join(0))], &[(0, Leave(0))]],
        faults: Faults { more_histories: 2, ..NO_FAULTS },
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I6.replica-is-asked-again",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 8_833,
    },
    Scope {
        name: "one-copy-and-stand-in",
        aim: "One copy is enough to acknowledge a put (W is 1). A fallback may keep a hint for \
              the other replica, through which the client gets.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &[
            "I1.get-must-see-a-put",
            "I4.acknowledged-on-a-hint",
            "I6.failed-but-possibly-stored",
        ],
        unique_states: 9_013,
    },
    Scope {
        name: "one-copy-of-three-and-stand-in",
        aim: "One copy of three is enough to acknowledge a put (W is 1). Fallbacks may keep \
              hints for the other replicas.",
        nodes: 4,
        quorum: (3, 2, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
        unseen: &["I4.acknowledged-on-a-hint", "I6.failed-but-possibly-stored"],
        unique_states: 415,
    },
    Scope {
        name: "two-coordinators-stand-in",
        aim: "Two clients put through two fallbacks. Either may coordinate, and keep hints.",
        nodes: 3,
        quorum: (1, 1, 1),
        clients: &[&[(2, Put)], &[(1, Put)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        unseen: &[
            "I6.failed-but-possibly-stored",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 140_702,
    },
];
