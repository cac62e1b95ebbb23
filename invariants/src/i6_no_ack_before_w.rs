//! I6, no acknowledgement before W: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{IN_PERSON, PUT};
use crate::property::{
    LooksAt, Property, always, converges, given, looking_at, reachable, replies_at_least,
};
use crate::scope::instance::Instance;
use crate::scope::write_set::WriteId;
use crate::scope::{Ask, Faults};
use crate::system::world::{World, repeated};
use crate::truth::{Hinted, Outcome};
use dynamo_model::ids::RequestId;

/// Everything that belongs to I6.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I6",
    name: "no acknowledgement before W",
    statement: "The coordinator acknowledges a put only after W distinct replicas, or fallbacks \
                for them, have stored it.",
    exceptions: "When the ring changes, any W distinct nodes count, not one for each intended \
                 replica. A request may run for ever when the network duplicates messages for \
                 ever. Without timeouts, a coordinator waits for ever for a reply that was lost, \
                 or after it was removed for good. It may also wait for ever for a new replica \
                 that was restarted.",
    paper: "§4.5, §4.6",
    scenario: "6-put",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "ack-one-short",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i6_no_ack_before_w/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    given(
        |scope| {
            let Faults { loss, duplication, timeouts, crashes, .. } = scope.faults;
            let restarts = crashes > 0 || scope.faults.bad_disk().is_some();
            if duplication {
                Some("a request that the network delivers again runs again")
            } else if loss && timeouts.is_none() {
                Some("coordinators never time out here, and wait for ever for a lost reply")
            } else if restarts && scope.changes() && timeouts.is_none() {
                Some(
                    "coordinators never time out here, and a new replica that restarts forgets \
                     whom it owes a reply",
                )
            } else {
                None
            }
        },
        |model, state| {
            let world = World { model, state };
            world.nodes().all(|node| !world.waits(node))
        },
        converges(
            "I6.every-request-ends",
            &[facts::waiting, facts::ended],
            PUT,
            "Once faults and new requests stop, eventually no node that is up waits for replies to \
             a put or a get (Dynamo paper §4.5). Precondition: the network does not duplicate \
             messages for ever. A request that arrives again runs again. Precondition: \
             coordinators time out. If they do not: no message is lost, the coordinator was not \
             removed for good, at least R and W members are left, no node is let in again after \
             it has stopped, and no node restarts where the ring changes. A new replica that \
             restarts forgets whom it owes a reply.",
            |model, state| {
                let world = World { model, state };
                let times_out = model.cfg.scope.faults.timeouts.is_some();
                let waits = |node| world.waits(node) && (times_out || !world.is_removed(node));
                let may_wait = !times_out && (world.has_no_quorum() || world.awaits_the_stopped());
                may_wait || world.nodes().all(|node| !waits(node))
            },
        ),
    ),
    converges(
        "I6.every-wait-ends",
        &[facts::waiting, facts::ended],
        PUT,
        "Once faults and new requests stop, eventually no node that is up waits for a node to \
         which it has forwarded a request, or for what others hold of a key in which it is a new \
         replica (Dynamo paper §4.8, §4.9). Exception: the network duplicates messages for ever. \
         Exception: nodes never time out, and a message is lost, a node restarts, is removed for \
         good or let in again after it has stopped, or fewer than R or W members are left.",
        |model, state| {
            let world = World { model, state };
            let Faults { loss, duplication, timeouts, crashes, .. } = model.cfg.scope.faults;
            let restarts = crashes > 0 || model.cfg.scope.faults.bad_disk().is_some();
            let may_wait = || {
                loss || restarts
                    || world.has_no_quorum()
                    || world.awaits_the_stopped()
                    || world.nodes().any(|node| world.is_removed(node))
            };
            duplication
                || timeouts.is_none() && may_wait()
                || world.nodes().all(|node| !world.waits_for_others(node))
        },
    ),
    converges(
        "I6.every-copy-is-confirmed",
        &[facts::confirmed, facts::hinted],
        &["I6.replica-is-asked-again", "I6.fallback-is-asked-again"],
        "Eventually no message is in flight by which a coordinator asks a replica to store a put, \
         or a fallback to keep a hint: each such message is answered, also if the node has stored \
         that already. So a lost confirmation is made up for when the coordinator asks again. \
         Exception: the network duplicates messages for ever, the ring changes, or a node has \
         started on an older copy of its disk. Others drop what it sent before.",
        |model, state| {
            let world = World { model, state };
            let is_dropped = model.cfg.copied.is_some() && world.disks_lost() > 0;
            let may_stay = model.cfg.scope.faults.duplication || model.cfg.changes || is_dropped;
            may_stay || !world.is_asked_to_store()
        },
    ),
    converges(
        "I6.retry-is-answered",
        &[facts::ended, facts::answered],
        PUT,
        "Eventually no retry is in flight to a coordinator that has answered the same request \
         before and still collects replies: the coordinator answers the client again. Exception: \
         the network duplicates messages for ever.",
        |model, state| {
            model.cfg.scope.faults.duplication
                || !World { model, state }.is_asked_again_for_an_answer()
        },
    ),
    looking_at(
        LooksAt::Repeats,
        reachable(
            "I6.replica-is-asked-again",
            &[facts::repeated],
            "A coordinator has asked a replica twice for one put or get, and both messages are \
             in flight.",
            |_, state| repeated(state.network.iter_all()).0,
        ),
    ),
    looking_at(
        LooksAt::Repeats,
        reachable(
            "I6.fallback-is-asked-again",
            &[facts::repeated],
            "A coordinator has asked a fallback twice to keep one hint, and both messages are in \
             flight.",
            |_, state| repeated(state.network.iter_all()).1,
        ),
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I6.no-ack-before-w",
            &[facts::acknowledged],
            PUT,
            "When a coordinator acknowledges a put, at least W distinct nodes have said that they \
             stored it (Dynamo paper §4.5). Each counts for a different intended replica: itself, \
             or one for which it stands in. Exception: when the ring changes, any W distinct nodes \
             count.",
            |model, state| {
                replies_at_least(
                    state.history.writes.iter().map(|write| write.outcome),
                    model.cfg.config.w(),
                )
            },
        ),
    ),
    looking_at(
        LooksAt::Disks,
        always(
            "I6.in-person-counts-intended-replicas",
            &[facts::acknowledged_in_person, facts::answered_in_person],
            IN_PERSON,
            "When a coordinator acknowledges a put that asked for PW intended replicas, PW of them \
             have said that they stored it. When it answers a get that asked for PR intended \
             replicas, PR of them have told what they hold (Dynamo paper §4.6). Does not hold \
             where the ring changes and a disk is lost: a coordinator may have forgotten its view.",
            |model, state| {
                let Instance { puts, gets, config, .. } = &model.cfg;
                let asked =
                    |request: &RequestId| model.cfg.ask(*request).is_some_and(Ask::is_in_person);
                let puts = puts.iter().zip(&state.history.writes).filter(|(put, _)| asked(put));
                let gets = gets.iter().zip(&state.history.reads).filter(|(get, _)| asked(get));
                let enough = |outcome, needed| match outcome {
                    Outcome::Answered { in_person, .. } => in_person >= needed,
                    _ => true,
                };
                let forgot_its_view = model.cfg.changes && World { model, state }.disks_lost() > 0;
                forgot_its_view
                    || puts
                        .map(|(_, write)| write.outcome)
                        .all(|outcome| enough(outcome, config.w()))
                        && gets
                            .map(|(_, read)| read.outcome)
                            .all(|outcome| enough(outcome, config.r()))
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I6.acknowledged-by-exactly-w",
            &[facts::acknowledged],
            "A coordinator acknowledges a put when exactly W nodes have said that they stored it.",
            |model, state| {
                let w = model.cfg.config.w();
                let exactly =
                    |outcome| matches!(outcome, Outcome::Answered { replies, .. } if replies == w);
                state.history.writes.iter().any(|write| exactly(write.outcome))
            },
        ),
    ),
    looking_at(
        LooksAt::Everything,
        reachable(
            "I6.asker-is-trusted-again",
            &[facts::hinted],
            "A coordinator has asked a fallback to keep a put for a silent replica. It trusts that \
             replica again before the replica has confirmed the put, because the replica has sent \
             it a request.",
            |model, state| {
                let world = World { model, state };
                let trusts = |Hinted { holder, recipient, writes, .. }: &Hinted| {
                    let confirmed = state.history.confirmed[usize::from(recipient.0)];
                    let waits = |put| writes.contains(put) && !confirmed.contains(put);
                    world.nodes().filter(|node| node != holder).any(|node| {
                        world.puts_of(node).any(waits) && !world.suspects(node, *recipient)
                    })
                };
                !model.cfg.changes && state.history.hinted.iter().any(trusts)
            },
        ),
    ),
    reachable(
        "I6.failed-but-possibly-stored",
        &[facts::ended],
        "A coordinator reports a put as failed or refused, and yet the put is on a disk.",
        |model, state| {
            let world = World { model, state };
            let failed = |write: WriteId| {
                state.history.writes[usize::from(write.0)].outcome == Outcome::Failed
            };
            world.versions().any(|(write, _)| failed(write))
        },
    ),
];
