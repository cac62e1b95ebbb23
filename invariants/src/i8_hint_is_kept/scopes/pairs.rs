//! Scopes that combine acts and faults of which no other scope has both.

use crate::scope::Ask::Put;
use crate::scope::{Faults, NO_FAULTS, Scope};

pub(in super::super) const SCOPES: &[Scope] = &[Scope {
    name: "hint-and-duplication",
    aim: "A fallback may keep a hint for a slow replica, and any message may arrive any \
              number of times.",
    nodes: 3,
    quorum: (2, 1, 2),
    clients: &[&[(0, Put)]],
    faults: Faults { duplication: true, timeouts: Some(0), handoffs: 1, ..NO_FAULTS },
    unseen: &[],
    unique_states: 3_056,
}];
