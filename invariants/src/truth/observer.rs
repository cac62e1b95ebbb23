//! The observer: what each message adds to the ground truth when it is sent, and when it arrives.

use crate::scope::Ask;
use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::truth::{Ghost, Outcome, writes_of};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::siblings::Version;
use stateright::actor::Envelope;

/// The deletes among the puts whose versions these are, by the clients' scripts and not by what the
/// versions say.
fn deletes_among(instance: &Instance, siblings: &[Version]) -> WriteSet {
    let is_delete =
        |write: &WriteId| instance.ask(instance.puts[usize::from(write.0)]) == Some(Ask::Delete);
    writes_of(siblings).iter().filter(is_delete).collect()
}

fn node(id: stateright::actor::Id) -> NodeId {
    NodeId::from_actor(id).expect("actors are few")
}

fn client(instance: &Instance, request: RequestId) -> usize {
    instance.client_index(request.client).expect("only clients of the scope ask")
}

fn undated<'a>(envelope: &Envelope<&'a Message>) -> Envelope<&'a Message> {
    Envelope { src: envelope.src, dst: envelope.dst, msg: envelope.msg.as_undated() }
}

/// What sending a message adds to the ground truth.
pub(crate) fn record_out(
    instance: &Instance,
    ghost: &Ghost,
    envelope: Envelope<&Message>,
) -> Option<Ghost> {
    let mut next = ghost.clone();
    let envelope = undated(&envelope);
    let from = node(envelope.src);
    next.go_on();
    if matches!(
        envelope.msg,
        Message::Stored { .. } | Message::StoredHint { .. } | Message::Fetched { .. }
    ) {
        next.owe(from, node(envelope.dst));
    }
    match envelope.msg {
        Message::Request(operation) | Message::Routed { operation, .. } => {
            begin(instance, &mut next, operation);
        }
        Message::Store { request, .. }
        | Message::Stored { request }
        | Message::StoreHint { request, .. } => {
            next.confirm_or_keep(instance, from, instance.write(*request)?);
        }
        Message::StoredHint { request, recipient } => {
            next.keep_anew(instance, from, *recipient, instance.write(*request)?);
        }
        Message::HandOff { siblings, .. } => {
            next.on_hand_off(instance, from, node(envelope.dst), writes_of(siblings.versions()));
        }
        Message::Survey { siblings, .. } => {
            next.on_survey(instance, from, deletes_among(instance, siblings.versions()));
        }
        Message::Reap { siblings, .. } => {
            next.on_reap(deletes_among(instance, siblings.versions()));
        }
        Message::Answer(Answer::PutAcknowledged { request, .. }) => {
            next.on_put_acknowledged(instance, from, instance.write(*request)?);
        }
        Message::Answer(Answer::PutFailed { request, .. } | Answer::PutRefused { request, .. }) => {
            let outcome = &mut next.writes[usize::from(instance.write(*request)?.0)].outcome;
            if *outcome == Outcome::Running {
                *outcome = Outcome::Failed;
            }
        }
        Message::Answer(Answer::GetAnswered { request, siblings, .. }) => {
            next.on_get_answered(instance, from, instance.read(*request)?, siblings);
        }
        Message::Answer(Answer::GetFailed { request, .. } | Answer::GetRefused { request, .. }) => {
            next.on_get_failed(instance, from, instance.read(*request)?);
        }
        Message::Answer(Answer::Changed { request, history }) => {
            next.decide(instance, from, *request, Some(history));
            next.know(instance, from, history);
        }
        Message::Answer(Answer::ChangeRefused { request, .. }) => {
            next.decide(instance, from, *request, None);
        }
        Message::History { history } => next.know(instance, from, history),
        Message::Changes { changes } => next.know(instance, from, changes),
        // A replica that replies with a version confirms that it has stored it.
        Message::Fetched { siblings, .. }
            if instance.preference_list.contains(&from) && !instance.changes =>
        {
            writes_of(siblings.versions()).iter().for_each(|write| next.confirm(from, write));
        }
        Message::Fetch { request, .. } => {
            next.on_fetch(instance, from, node(envelope.dst), instance.read(*request)?);
        }
        Message::Repair { request, siblings, .. } => {
            let hearing = next.reads[instance.read(*request)?].hearing(from);
            hearing.send_repair(node(envelope.dst), writes_of(siblings.versions()));
        }
        Message::Sync { key, .. } => next.sent_needlessly |= !instance.uses_key(key),
        Message::Fetched { .. }
        | Message::Forward { .. }
        | Message::Forwarded { .. }
        | Message::HandedOff { .. }
        | Message::Gather { .. }
        | Message::Gathered { .. }
        | Message::Surveyed { .. }
        | Message::Administer { .. }
        | Message::Gossip { .. }
        | Message::Roots { .. }
        | Message::Subtrees { .. }
        | Message::Leaves { .. }
        | Message::Dated { .. }
        | Message::Answer(Answer::NoRoute { .. }) => {}
    }
    (next != *ghost).then_some(next)
}

/// The first time a client sends a request fixes what it had read. A retry changes nothing.
fn begin(instance: &Instance, ghost: &mut Ghost, operation: &Operation) {
    let request = operation.request();
    if let Some(write) = instance.write(request) {
        let client = client(instance, request);
        let saw = ghost.clients[client];
        let write = &mut ghost.writes[usize::from(write.0)];
        if write.outcome == Outcome::Unsent {
            write.outcome = Outcome::Running;
            write.saw = saw;
            ghost.clients[client] = WriteSet::EMPTY;
        }
    } else if let Some(read) = instance.read(request) {
        let acknowledged = instance.to_its_key(request, ghost.acknowledged());
        let read = &mut ghost.reads[read];
        if read.outcome == Outcome::Unsent {
            read.outcome = Outcome::Running;
            read.acknowledged_before = acknowledged;
        }
    }
}

/// What the arrival of a message adds to the ground truth.
pub(crate) fn record_in(
    instance: &Instance,
    ghost: &Ghost,
    envelope: Envelope<&Message>,
) -> Option<Ghost> {
    let mut next = ghost.clone();
    next.go_on();
    if let Some(since) = envelope.msg.since() {
        next.copied.hear(since, node(envelope.dst));
    }
    let envelope = undated(&envelope);
    match envelope.msg {
        Message::Answer(answer) => learn(instance, &mut next, answer),
        Message::Fetched { request, siblings } => {
            let (to, from) = (node(envelope.dst), node(envelope.src));
            if next.counts(instance, to, from) {
                let read = &mut next.reads[instance.read(*request)?];
                read.hear(to, from, writes_of(siblings.versions()));
            }
        }
        // A node refuses a repair that was sent under another view than its own.
        Message::Repair { request, tip, siblings, .. }
            if next.view(instance, node(envelope.dst)).tip() == *tip =>
        {
            let hearing = next.reads[instance.read(*request)?].hearing(node(envelope.src));
            let arrived = (node(envelope.dst), writes_of(siblings.versions()));
            hearing.repairs.retain(|repair| *repair != arrived);
        }
        Message::History { history: told } | Message::Changes { changes: told } => {
            next.know(instance, node(envelope.dst), told);
        }
        // A client that chooses a node by its own view must learn what that node knows. A node that
        // was ever gone may have stopped, and serves nobody.
        Message::Routed { .. } if !next.may_have_stopped(instance, node(envelope.dst)) => {
            next.owe(node(envelope.dst), node(envelope.src));
        }
        _ => {}
    }
    (next != *ghost).then_some(next)
}

/// A client has really read what the last answer to a put or get showed, and all that those puts
/// had read.
fn learn(instance: &Instance, ghost: &mut Ghost, answer: &Answer) {
    let request = answer.request();
    let client = client(instance, request);
    let mut script = instance.scope.clients[client]
        .iter()
        .skip(request.number as usize + 1)
        .map(|(_, ask)| *ask);
    let next = script.find(|ask| ask.moves().is_none());
    let seen = match answer {
        Answer::GetAnswered { siblings, .. } => ghost.with_all_seen(writes_of(siblings)),
        Answer::PutAcknowledged { .. } => {
            let write =
                instance.write(request).expect("a put is acknowledged to the client that put it");
            ghost.saw(write).with(write)
        }
        Answer::Changed { .. } | Answer::ChangeRefused { .. } => return,
        Answer::PutFailed { .. }
        | Answer::PutRefused { .. }
        | Answer::GetFailed { .. }
        | Answer::GetRefused { .. }
        | Answer::NoRoute { .. } => WriteSet::EMPTY,
    };
    if next.is_some_and(Ask::is_informed) {
        ghost.clients[client] = seen;
    }
}
