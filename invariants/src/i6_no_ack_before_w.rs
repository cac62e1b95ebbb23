//! I6, no acknowledgement before W: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{IN_PERSON, PUT};
use crate::property::{
    LooksAt, Property, always, converges, looking_at, reachable, words_at_least,
};
use crate::scope::Ask;
use crate::scope::instance::Instance;
use crate::scope::write_set::WriteId;
use crate::system::world::World;
use crate::truth::Outcome;
use dynamo_model::ids::RequestId;

/// All that belongs to I6.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I6",
    name: "no acknowledgement before W",
    statement: "No put is acknowledged before W distinct replicas, or fallbacks in their place, have stored it.",
    exceptions: "",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i6_no_ack_before_w/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    converges(
        "I6.every-request-ends",
        &[facts::waiting, facts::ended],
        PUT,
        "Trace 6: in the end no coordinator waits for answers any more. Does not hold where messages are doubled for ever: a request \
         that arrives again runs again.",
        |model, state| {
            let world = World { model, state };
            world.nodes().all(|node| !world.waits(node))
        },
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I6.no-ack-before-w",
            &[facts::acknowledged],
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
            &[facts::acknowledged_in_person, facts::answered_in_person],
            IN_PERSON,
            "Trace 6: when a put that asked for PW intended replicas is acknowledged, so many of them have said themselves that they stored \
         it; and a get that asked for PR of them rests on their words.",
            |model, state| {
                let Instance { puts, gets, config, .. } = &model.cfg;
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
            &[facts::acknowledged],
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
        &[facts::ended],
        "A put is reported failed, and is on a disk.",
        |model, state| {
            let world = World { model, state };
            let failed = |write: WriteId| {
                state.history.writes[usize::from(write.0)].outcome == Outcome::Failed
            };
            world.versions().any(|(write, _)| failed(write))
        },
    ),
];
