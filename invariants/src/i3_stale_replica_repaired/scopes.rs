//! The scopes aimed at I3.

mod pairs;

use crate::joined::joined;
use crate::scope::Ask::{Get, Join, Put};
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(super) const SCOPES: &[Scope] =
    &joined::<Scope, { HERE.len() + pairs::SCOPES.len() }>(&[HERE, pairs::SCOPES]);

const HERE: &[Scope] = &[
    Scope {
        name: "read-repair",
        aim: "A client puts and then reads through a node that the put may not have reached. \
              Coordinators may time out.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 857,
    },
    Scope {
        name: "impatience",
        aim: "Coordinators may time out at any moment, while two clients put and one of them \
              reads.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 190_202,
    },
    Scope {
        name: "loss",
        aim: "Any message may be lost, and coordinators may time out. A client puts and then reads \
              through another node.",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..NO_FAULTS },
        unseen: &[],
        unique_states: 4_682,
    },
    Scope {
        name: "join-of-a-second-and-read",
        aim: "A second replica joins the first, which stores a put. One client reads through the \
              first replica, another through the second.",
        nodes: 2,
        quorum: (2, 1, 1),
        clients: &[&[(0, Put), (0, Get)], &[(0, Join(1)), (1, Get)]],
        faults: Faults { gossip: true, ..NO_FAULTS },
        unseen: &[
            "I1.get-must-see-a-put",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-handed-over",
            "I4.replica-is-misplaced",
            "I7.served-by-one-who-knows-more",
        ],
        unique_states: 47_378,
    },
];

/// Larger scopes, for `dynamo check --deep`.
pub(super) const DEEP: &[Scope] = &[];
