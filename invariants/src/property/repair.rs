//! Replicas that differ come together (I3, I5; traces 3 and 5).

use super::{
    EXCHANGED, EXCHANGED_ALONE, LooksAt, Property, READ_OVER, always, converges, evidence,
    looking_at, reachable,
};
use crate::ghost::{Hearing, Read};
use crate::view::{View, is_syncing};
use crate::write_set::WriteSet;

pub(super) const PROPERTIES: &[Property] = &[
    looking_at(
        LooksAt::Gets,
        always(
            "I3.stale-replica-is-repaired",
            &[evidence::heard],
            READ_OVER,
            "Trace 3: once a read is over, every replica it heard has on disk all that the read knew. Does not hold when messages \
         are lost or the coordinator crashes: repair is sent once, and the next read tries again.",
            |model, state| {
                let view = View { model, state };
                let has_all = |hearing: &Hearing, known: WriteSet| {
                    view.replicas_heard(hearing).all(|node| known.is_subset(view.stored(node)))
                };
                let repaired = |read: &Read| {
                    read.hearings.iter().all(|hearing| has_all(hearing, read.knew(hearing)))
                };
                let reads = state.history.reads.iter();
                let mut over = reads.enumerate().filter(|(get, _)| !view.is_under_way(*get));
                over.all(|(_, read)| repaired(read))
            },
        ),
    ),
    reachable(
        "I3.stale-replica-is-seen",
        &[evidence::heard],
        "A read has heard a replica that lacks what the read knows.",
        |model, state| {
            let view = View { model, state };
            let stale = |hearing: &Hearing| {
                view.replicas_heard(hearing).any(|node| !hearing.known.is_subset(view.stored(node)))
            };
            state.history.reads.iter().flat_map(|read| &read.hearings).any(stale)
        },
    ),
    looking_at(
        LooksAt::Gets,
        reachable(
            "I3.a-read-is-over",
            &[evidence::heard],
            "A read that heard another replica is over: nothing of it is under way.",
            |model, state| {
                let view = View { model, state };
                let mut reads = state.history.reads.iter().enumerate();
                reads.any(|(get, read)| {
                    read.hearings.iter().any(|hearing| hearing.heard.len() > 1)
                        && !view.is_under_way(get)
                })
            },
        ),
    ),
    converges(
        "I5.replicas-agree-in-the-end",
        &[evidence::replicas],
        &["I5.replicas-differ"],
        "Trace 5: in the end all intended replicas have the same puts on disk. Does not hold when messages are lost, unless replicas \
         compare what they hold: only another read would bring them together.",
        |model, state| View { model, state }.replicas_agree(),
    ),
    reachable(
        "I5.replicas-differ",
        &[evidence::replicas],
        "An intended replica lacks what another has on disk.",
        |model, state| !View { model, state }.replicas_agree(),
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I5.only-divergent-keys-travel",
            &[evidence::exchanged],
            EXCHANGED_ALONE,
            "Trace 5: of two keys at one leaf, one of which was the same on all replicas from the beginning, that one is never sent.",
            |_, state| !state.history.sent_needlessly,
        ),
    ),
    looking_at(
        LooksAt::Exchanges,
        reachable(
            "I5.a-key-is-exchanged",
            &[evidence::exchanged, evidence::replicas],
            "All that one replica has of a key is on its way to another, because they were found to differ.",
            |_, state| is_syncing(state.network.iter_deliverable()),
        ),
    ),
    looking_at(
        LooksAt::Exchanges,
        reachable(
            "I5.one-of-two-keys-is-exchanged",
            &[evidence::exchanged, evidence::replicas],
            "The same, and at the same leaf there is a key that never differed.",
            |model, state| {
                model.cfg.bystander.is_some() && is_syncing(state.network.iter_deliverable())
            },
        ),
    ),
    converges(
        "I5.exchange-ends",
        &[evidence::exchanged, evidence::replicas],
        EXCHANGED,
        "Trace 5: in the end replicas that compare what they hold find nothing more to send: nothing is repaired for ever.",
        |_, state| !is_syncing(state.network.iter_deliverable()),
    ),
];
