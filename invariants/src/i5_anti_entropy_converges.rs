//! I5, anti-entropy converges: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{EXCHANGED, EXCHANGED_ALONE};
use crate::property::{LooksAt, Property, always, converges, given, looking_at, reachable};
use crate::scope::Faults;
use crate::system::world::{World, is_exchanging, is_syncing};

/// I5 with its properties, defects, known limits and scopes.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I5",
    name: "anti-entropy converges",
    statement: "Replicas that compare what they hold become equal, and only keys that differ \
                travel.",
    exceptions: "Without exchanges, a replica that missed a put or lost its disk agrees only after \
                 another read. Without gossip, replicas need not agree while a node does not know \
                 of a membership change. They need not agree while one of them has stopped, or \
                 while fewer than W members are left. While the network duplicates messages for \
                 ever, exchanges may not end.",
    paper: "§4.7",
    scenario: "5-anti-entropy",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "roots-assumed-equal",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i5_anti_entropy_converges/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    given(
        |scope| {
            let Faults { loss, exchange, timeouts, crashes, .. } = scope.faults;
            if exchange {
                None
            } else if loss {
                Some(
                    "the message that brings a put to a replica may be lost, and replicas do not \
                     compare: only a read brings the put there",
                )
            } else {
                let gives_up = timeouts.is_some() || crashes > 0;
                (scope.changes() && gives_up).then_some(
                    "a node refuses a put that was sent under another view, the coordinator may \
                     have given up or crashed by then, and replicas do not compare",
                )
            }
        },
        |model, state| World { model, state }.replicas_agree(),
        converges(
            "I5.replicas-agree-eventually",
            &[facts::replicas],
            &["I5.replicas-differ"],
            "Eventually all intended replicas have the same puts on disk. A put counts together \
             with those that it supersedes, and reaped puts count as present. Precondition: \
             replicas compare. If they do not: no message and no disk is lost, no coordinator was \
             removed for good amid a put, and the ring does not change where coordinators time \
             out or crash. Otherwise only a read makes the replicas agree. Precondition: nodes \
             gossip, or all of them know all membership changes. Precondition: no intended \
             replica has stopped. Precondition: at least W members are left.",
            |model, state| {
                let world = World { model, state };
                // Nodes serve no message of a node that was removed, so its put may not reach all. A
                // real node stops a while after its removal.
                let is_cut_off = |node| world.is_removed(node) && world.waited(node);
                let is_lost = !model.cfg.scope.faults.exchange
                    && (world.disks_lost() > 0 || world.nodes().any(is_cut_off));
                let has_stopped = world.intended().iter().any(|node| world.is_gone(*node));
                let is_untold = !model.cfg.scope.faults.gossip
                    && world.nodes().any(|node| !world.knows_all(node));
                is_lost
                    || is_untold
                    || has_stopped
                    || world.has_too_few_members()
                    || world.replicas_agree()
            },
        ),
    ),
    reachable(
        "I5.replicas-differ",
        &[facts::replicas],
        "An intended replica lacks a put that another intended replica has on disk.",
        |model, state| !World { model, state }.replicas_agree(),
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I5.only-divergent-keys-travel",
            &[facts::exchanged],
            EXCHANGED_ALONE,
            "Two keys are at one leaf of the trees, and all replicas have one of them alike from \
             the start. No exchange ever sends that key.",
            |_, state| !state.history.sent_needlessly,
        ),
    ),
    looking_at(
        LooksAt::Exchanges,
        reachable(
            "I5.a-key-is-exchanged",
            &[facts::exchanged, facts::replicas],
            "A message is in flight with all that a replica has of a key, because an exchange \
             found that another replica has something else.",
            |_, state| is_syncing(state.network.iter_deliverable()),
        ),
    ),
    looking_at(
        LooksAt::Exchanges,
        reachable(
            "I5.one-of-two-keys-is-exchanged",
            &[facts::exchanged, facts::replicas],
            "A key that differs is in flight from one replica to another, and its leaf also holds \
             a key that never differed.",
            |model, state| {
                !model.cfg.bystanders.is_empty() && is_syncing(state.network.iter_deliverable())
            },
        ),
    ),
    given(
        |scope| {
            scope.faults.duplication.then_some(
                "a message of an exchange that the network delivers again is answered again",
            )
        },
        |_, state| !is_syncing(state.network.iter_deliverable()),
        converges(
            "I5.exchange-ends",
            &[facts::exchanged, facts::replicas],
            EXCHANGED,
            "Eventually replicas that compare find nothing more to send, so that no repair goes on \
             for ever. Precondition: the network does not duplicate messages for ever. A replica \
             answers an old message each time that it arrives.",
            |_, state| !is_syncing(state.network.iter_deliverable()),
        ),
    ),
    converges(
        "I5.equal-trees-are-found-equal",
        &[facts::exchanging, facts::replicas],
        EXCHANGED,
        "Eventually replicas that compare send each other the roots of their trees only, and \
         nothing of what is below the roots. So replicas that hold the same have equal trees, in \
         whatever order they received it. Exception: the network duplicates messages for ever.",
        |model, state| {
            model.cfg.scope.faults.duplication || !is_exchanging(state.network.iter_deliverable())
        },
    ),
];
