//! Scopes that combine acts and faults of which no other scope has both.

use crate::scope::Ask::{Join, Leave, Put, PutOver};
use crate::scope::{Faults, NO_FAULTS, Scope};

const EXCHANGE: Faults = Faults { exchange: true, ..NO_FAULTS };

pub(in super::super) const SCOPES: &[Scope] = &[
    Scope {
        name: "exchange-and-crash-and-loss",
        aim: "Two replicas compare after one put. Any message may be lost, and one node may \
              crash at a time and plant its tree anew.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { crashes: 1, loss: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 6_012,
    },
    Scope {
        name: "exchange-and-forwarding",
        aim: "A node outside the preference list forwards a put to one of two replicas, \
              which compare. Messages may be lost, and nodes may crash.",
        nodes: 3,
        quorum: (2, 1, 1),
        clients: &[&[(2, Put)]],
        faults: Faults { crashes: 1, loss: true, ..EXCHANGE },
        unseen: &[],
        unique_states: 12_396,
    },
    Scope {
        name: "exchange-and-retry",
        aim: "A client puts, and puts over its own put through the other replica. It may \
              retry, and the replicas compare.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (1, PutOver)]],
        faults: Faults { client_retries: 1, ..EXCHANGE },
        unseen: &["I6.failed-but-possibly-stored", "I6.replica-is-asked-again"],
        unique_states: 18_370,
    },
    Scope {
        name: "exchange-and-restart@a",
        aim: "Two replicas compare after one put, and either may crash. A restarted replica \
              plants the key that is put before the key that never differs.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put)]],
        faults: Faults { crashes: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 2_703,
    },
    Scope {
        name: "exchange-and-crash@a",
        aim: "A client puts and puts over its own put. A replica that restarts plants that \
              key before the key that never differs, and they compare.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { crashes: 1, ..EXCHANGE },
        unseen: &[],
        unique_states: 44_421,
    },
    Scope {
        name: "rejoin-and-exchange",
        aim: "A node leaves and joins again, and a client puts. Replicas run exchanges.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Leave(1)), (0, Join(1)), (0, Put)]],
        faults: Faults { exchange: true, ..NO_FAULTS },
        unseen: &[
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        unique_states: 1_831,
    },
];
