//! Quorums: what is acknowledged is stored, what is read is what was stored (I1, I6; traces 1 and
//! 6).

use super::{
    GET, GET_AFTER_ACK, IN_PERSON, LooksAt, PUT, Property, always, answered_reads, converges,
    evidence, is_answered, looking_at, reachable, words_at_least,
};
use crate::ghost::{Outcome, Read};
use crate::scope::{Ask, Setting};
use crate::view::View;
use crate::write_set::{WriteId, WriteSet};
use dynamo_model::ids::{NodeId, RequestId};

pub(super) const PROPERTIES: &[Property] = &[
    always(
        "I1.acknowledged-put-is-on-w-disks",
        &[evidence::acknowledged],
        PUT,
        "Traces 1 and 4: from its acknowledgement on, a put is on the disks of W distinct nodes, hints counted, or a put that saw it \
         is there instead; on one less for every disk lost.",
        |model, state| {
            let view = View { model, state };
            let on_disk =
                |node: &NodeId, write| !view.is_gone(*node) && view.durable(*node).contains(write);
            let on_disks = |write| view.nodes().filter(|node| on_disk(node, write)).count();
            let w = model.cfg.config.w().saturating_sub(view.disks_lost());
            state.history.acknowledged().iter().all(|write| on_disks(write) >= w)
        },
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I1.get-rests-on-r-words",
            &[evidence::answered],
            GET,
            "Trace 1: when a get is answered, R distinct nodes, replicas or stand-ins, have said what they hold.",
            |model, state| {
                words_at_least(
                    state.history.reads.iter().map(|read| read.outcome),
                    model.cfg.config.r(),
                )
            },
        ),
    ),
    always(
        "I1.get-shows-the-merge",
        &[evidence::answered, evidence::disks],
        GET,
        "Trace 1: an answer leaves nothing out that a replica it rests on held, and shows nothing that none of them has on \
         disk; or, where a stand-in is among them, or the ring changes, nothing that no node has. As long as their disks are not lost.",
        |model, state| {
            let view = View { model, state };
            let intended = if model.cfg.changes { &[][..] } else { &model.cfg.preference_list };
            // A stand-in may have handed over meanwhile what it showed; where the ring changes, so
            // may a replica.
            let disks = |node: &NodeId| {
                if intended.contains(node) { vec![*node] } else { view.nodes().collect() }
            };
            let on_disk = |read: &Read| {
                let disks = read.sources.iter().flat_map(disks);
                disks.fold(WriteSet::EMPTY, |all, node| all.union(view.durable(node)))
            };
            let lost = |read: &Read| read.sources.iter().any(|node| view.lost_its_disk(*node));
            let is_merge = |read: &Read| {
                read.omitted.is_subset(state.history.forgotten())
                    && read.shown.is_subset(on_disk(read))
            };
            state.history.reads.iter().all(|read| lost(read) || is_merge(read))
        },
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I1.get-sees-acknowledged-puts",
            &[evidence::answered, evidence::saw],
            GET_AFTER_ACK,
            "Trace 1: with R+W>N a get shows every put that was acknowledged before it began, or one that saw it, also while \
         keys move. Does not hold with R+W<=N, nor where others stand in for replicas.",
            |_, state| {
                let ghost = &state.history;
                let fresh = |read: &Read| {
                    read.acknowledged_before
                        .is_subset(ghost.with_all_seen(read.shown).union(ghost.forgotten()))
                };
                answered_reads(state).all(fresh)
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I1.in-person-get-sees-in-person-puts",
            &[evidence::answered_in_person, evidence::saw],
            IN_PERSON,
            "Traces 1 and 6: with PR+PW>N a get shows every put acknowledged before it began, or one that saw it, also where stand-ins \
         answer for replicas.",
            |model, state| {
                let Setting { puts, gets, .. } = &model.cfg;
                let in_person =
                    |request: &RequestId| model.cfg.ask(*request).is_some_and(Ask::is_in_person);
                let asked = (0..).map(WriteId).zip(puts).filter(|(_, put)| in_person(put));
                let asked: WriteSet = asked.map(|(write, _)| write).collect();
                let reads = state
                    .history
                    .reads
                    .iter()
                    .zip(gets)
                    .filter(|(read, get)| is_answered(read) && in_person(get));
                let sees = |read: &Read| {
                    let shown = state.history.with_all_seen(read.shown);
                    read.acknowledged_before
                        .iter()
                        .all(|write| !asked.contains(write) || shown.contains(write))
                };
                reads.map(|(read, _)| read).all(sees)
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I1.in-person-put-is-read-in-person",
            &[evidence::answered_in_person, evidence::acknowledged_in_person],
            "A get that asked for PR intended replicas is answered, and shows a put that asked for PW of them.",
            |model, state| {
                let Setting { puts, gets, .. } = &model.cfg;
                let in_person =
                    |request: &RequestId| model.cfg.ask(*request).is_some_and(Ask::is_in_person);
                let reads = state
                    .history
                    .reads
                    .iter()
                    .zip(gets)
                    .filter(|(read, get)| is_answered(read) && in_person(get));
                reads.map(|(read, _)| read).any(|read| {
                    read.shown.iter().any(|write| in_person(&puts[usize::from(write.0)]))
                })
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I1.acknowledged-put-is-read",
            &[evidence::answered],
            "A get is answered that shows a put acknowledged before it began.",
            |_, state| {
                answered_reads(state)
                    .any(|read| !read.shown.minus(read.acknowledged_before).eq(&read.shown))
            },
        ),
    ),
    reachable(
        "I1.acknowledged-before-all-have-it",
        &[evidence::acknowledged],
        "A put is acknowledged while an intended replica does not have it yet.",
        |model, state| {
            let view = View { model, state };
            let lacks =
                |write| view.intended().iter().any(|node| !view.stored(*node).contains(write));
            state.history.acknowledged().iter().any(lacks)
        },
    ),
    converges(
        "I6.every-request-ends",
        &[evidence::waiting, evidence::ended],
        PUT,
        "Trace 6: in the end no coordinator waits for answers any more. Does not hold where messages are doubled for ever: a request \
         that arrives again runs again.",
        |model, state| {
            let view = View { model, state };
            view.nodes().all(|node| !view.waits(node))
        },
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I6.no-ack-before-w",
            &[evidence::acknowledged],
            PUT,
            "Trace 6: when a put is acknowledged, W distinct nodes have said that they stored it, each as another intended replica or in \
         its place.",
            |model, state| {
                words_at_least(
                    state.history.writes.iter().map(|write| write.outcome),
                    model.cfg.config.w(),
                )
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I6.in-person-counts-intended-replicas",
            &[evidence::acknowledged_in_person, evidence::answered_in_person],
            IN_PERSON,
            "Trace 6: when a put that asked for PW intended replicas is acknowledged, so many of them have said themselves that they stored \
         it; and a get that asked for PR of them rests on their words.",
            |model, state| {
                let Setting { puts, gets, config, .. } = &model.cfg;
                let asked =
                    |request: &RequestId| model.cfg.ask(*request).is_some_and(Ask::is_in_person);
                let puts = puts.iter().zip(&state.history.writes).filter(|(put, _)| asked(put));
                let gets = gets.iter().zip(&state.history.reads).filter(|(get, _)| asked(get));
                let enough = |outcome, needed| !matches!(outcome, Outcome::Answered { in_person, .. } if in_person < needed);
                puts.map(|(_, write)| write.outcome).all(|outcome| enough(outcome, config.w()))
                    && gets.map(|(_, read)| read.outcome).all(|outcome| enough(outcome, config.r()))
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I6.acknowledged-by-exactly-w",
            &[evidence::acknowledged],
            "A put is acknowledged as soon as W nodes have stored it.",
            |model, state| {
                let w = model.cfg.config.w();
                let exactly =
                    |outcome| matches!(outcome, Outcome::Answered { words, .. } if words == w);
                state.history.writes.iter().any(|write| exactly(write.outcome))
            },
        ),
    ),
    reachable(
        "I6.failed-but-possibly-stored",
        &[evidence::ended],
        "A put is reported failed, and is on a disk.",
        |model, state| {
            let view = View { model, state };
            let failed = |write: WriteId| {
                state.history.writes[usize::from(write.0)].outcome == Outcome::Failed
            };
            view.versions().any(|(write, _)| failed(write))
        },
    ),
];
