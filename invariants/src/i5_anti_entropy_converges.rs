//! I5, anti-entropy converges: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{EXCHANGED, EXCHANGED_ALONE};
use crate::property::{LooksAt, Property, always, converges, looking_at, reachable};
use crate::system::world::{World, is_syncing};

/// All that belongs to I5.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I5",
    name: "anti-entropy converges",
    statement: "Replicas that compare what they hold become equal, and only keys that differ travel.",
    exceptions: "",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i5_anti_entropy_converges/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    converges(
        "I5.replicas-agree-in-the-end",
        &[facts::replicas],
        &["I5.replicas-differ"],
        "Trace 5: in the end all intended replicas have the same puts on disk. Does not hold when messages are lost, unless replicas \
         compare what they hold: only another read would bring them together.",
        |model, state| World { model, state }.replicas_agree(),
    ),
    reachable(
        "I5.replicas-differ",
        &[facts::replicas],
        "An intended replica lacks what another has on disk.",
        |model, state| !World { model, state }.replicas_agree(),
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I5.only-divergent-keys-travel",
            &[facts::exchanged],
            EXCHANGED_ALONE,
            "Trace 5: of two keys at one leaf, one of which was the same on all replicas from the beginning, that one is never sent.",
            |_, state| !state.history.sent_needlessly,
        ),
    ),
    looking_at(
        LooksAt::Exchanges,
        reachable(
            "I5.a-key-is-exchanged",
            &[facts::exchanged, facts::replicas],
            "All that one replica has of a key is on its way to another, because they were found to differ.",
            |_, state| is_syncing(state.network.iter_deliverable()),
        ),
    ),
    looking_at(
        LooksAt::Exchanges,
        reachable(
            "I5.one-of-two-keys-is-exchanged",
            &[facts::exchanged, facts::replicas],
            "The same, and at the same leaf there is a key that never differed.",
            |model, state| {
                model.cfg.bystander.is_some() && is_syncing(state.network.iter_deliverable())
            },
        ),
    ),
    converges(
        "I5.exchange-ends",
        &[facts::exchanged, facts::replicas],
        EXCHANGED,
        "Trace 5: in the end replicas that compare what they hold find nothing more to send: nothing is repaired for ever.",
        |_, state| !is_syncing(state.network.iter_deliverable()),
    ),
];
