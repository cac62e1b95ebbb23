//! The boundary of a scope: states beyond it are not explored, because there would be no end of
//! them.

use crate::scope::Scope;
use crate::scope::instance::Instance;
use crate::scope::write_set::WriteSet;
use crate::system::SystemState;
use crate::system::world::fate;
use crate::truth::{Ghost, Hinted, carried_by};
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::membership::{Act, Tip};
use dynamo_model::message::{Message, Since};
use dynamo_model::process::{Process, Stage};
use interned_checker::{ActorPart, Messages, Reads};
use stateright::actor::{Envelope, Id};
use std::collections::BTreeMap;

/// Is this state within the scope?
///
/// * Clients do not crash: Dynamo promises nothing to a client that is gone.
/// * Holders send each hint, and nodes ask whether tombstones may be reaped, only a bounded number
///   of times. When a node asks this, or reaps, no older message is in flight.
/// * Where the ring changes, nodes send hints and histories without end. Where replicas run
///   exchanges, they do so without end. Only a few of these messages are in flight at a time, and
///   no node gossips with one that has the same history. This bound is not needed where messages
///   may be delivered more than once: no message ever goes, and there are finitely many.
/// * None of these bounds holds in a scope that is [endless](crate::scope::Faults::endless).
/// * Where a node starts on an older copy of its disk: see [`is_told_truly`].
pub(crate) fn is_in_scope(instance: &Instance, state: &SystemState) -> bool {
    let clients = usize::from(instance.scope.nodes)..;
    !state.crashed[clients].contains(&true)
        && (instance.scope.faults.endless || is_bounded(instance, &state.history))
        && is_told_truly(instance, state)
        && (!looks_at_messages(instance) || says_little(instance, state))
}

/// Are hints sent, and tombstones asked about, at most as often as the scope allows?
fn is_bounded(instance: &Instance, ghost: &Ghost) -> bool {
    let Scope { nodes, faults, .. } = instance.scope;
    let is_sent_too_often = |hinted: &Hinted| hinted.sent > faults.handoffs;
    let surveys_max = u16::from(faults.reaps) * (nodes - 1);
    !ghost.hinted.iter().any(is_sent_too_often) && u16::from(ghost.surveyed) <= surveys_max
}

/// Does a node that starts on an older copy of its disk learn the truth about it?
///
/// It learns whether any node that is up has heard of a later commit. If such a witness comes back
/// later, the node hears of it before anything else happens. Nodes drop messages from an earlier
/// start of a node, and a witness drops what a node sends on a copy: the runtime's doorkeeper does
/// both.
fn is_told_truly(instance: &Instance, state: &SystemState) -> bool {
    let Some(copied) = instance.copied.map(|node| usize::from(node.0)) else { return true };
    let stage = state.actor_states[copied].backup().map(|backup| backup.stage);
    let is_up = |node: &u16| !state.crashed[usize::from(*node)];
    let mut up = (0..instance.scope.nodes).filter(is_up).map(NodeId);
    let heard = &state.history.copied;
    !state.crashed[copied]
        && (!stage.is_some_and(Stage::is_back)
            || !state.network.iter_all().any(|envelope| is_ahead(envelope.msg)))
        && match stage {
            None | Some(Stage::Copied | Stage::Ahead) => true,
            Some(Stage::Returned { witnessed: false }) => !up.any(|node| heard.is_witness(node)),
            Some(Stage::Returned { witnessed: true }) => heard.witnesses != 0,
            Some(Stage::Renewed { .. }) => heard.witnesses != 0 && !heard.is_misled,
        }
}

/// Does a message prove a commit that is not in the copy of its sender's disk?
fn is_ahead(message: &Message) -> bool {
    message.since() == Some(Since::Copied)
}

fn looks_at_messages(instance: &Instance) -> bool {
    is_endless(instance) || instance.scope.faults.reaps > 0
}

/// Do nodes repeat themselves without end in this scope? Duplicated messages need no bound: there
/// are finitely many different ones.
fn is_endless(instance: &Instance) -> bool {
    let Scope { faults, .. } = instance.scope;
    instance.is_endless && !faults.duplication && !faults.endless
}

/// The parts of a state that the boundary reads.
pub(crate) fn reads(instance: &Instance) -> Reads<Process, Instance, Ghost> {
    let bounds = Reads::nothing().history_by(|instance, ghost, words| {
        words.extend([is_bounded(instance, ghost).into(), ghost.just_asked.bits()]);
        let (asker, replaced) =
            ghost.just_asked_amid_exchanges.unwrap_or((NodeId(0), WriteSet::EMPTY));
        words.extend([asker.0.into(), replaced.bits()]);
        words.extend([ghost.copied.witnesses, ghost.copied.is_misled.into()]);
    });
    // Gossip is held against what its recipient has on disk.
    let looks_at_views = instance.changes || instance.scope.faults.gossip;
    if instance.copied.is_some() {
        return bounds.actors_by(is_down_or_back).network_by(messages_in_words);
    }
    match (looks_at_messages(instance), looks_at_views) {
        (false, _) => bounds.actors_by(client_is_down),
        (true, false) => bounds.actors_by(client_is_down).network_by(messages_in_words),
        (true, true) => bounds.actors_by(client_is_down_or_view).network_by(messages_in_words),
    }
}

fn client_is_down(instance: &Instance, part: &ActorPart<'_, Process>, words: &mut Vec<u64>) {
    words.push((part.crashed && part.index >= usize::from(instance.scope.nodes)).into());
}

/// Whether the actor is down, and, if its disk was copied, at which stage it is.
fn is_down_or_back(_: &Instance, part: &ActorPart<'_, Process>, words: &mut Vec<u64>) {
    words.extend([part.crashed.into(), fate(part)]);
}

/// Whether a client is down; and of each node the tip of the history on its disk, with the nodes
/// that are gone.
fn client_is_down_or_view(
    instance: &Instance,
    part: &ActorPart<'_, Process>,
    words: &mut Vec<u64>,
) {
    client_is_down(instance, part, words);
    if part.index < usize::from(instance.scope.nodes) {
        let history = part.storage.map_or(&instance.founders, |disk| &disk.history);
        let gone = history.changes().filter(|change| change.act == Act::Gone);
        words.extend([history.tip().0, gone.fold(0, |bits, change| bits | 1 << change.node.0)]);
    }
}

/// What the boundary reads of the messages in flight.
#[derive(Default)]
struct Told {
    /// The number of messages that carry only histories, if all of them differ. Else the largest
    /// number: stateright names one copy too many of a message that is in flight more than once.
    histories: usize,
    /// The gossip among them, in order: sender, receiver, tip.
    gossip: Vec<(Id, Id, Tip)>,
    /// Does an exchange begin?
    begins: bool,
    /// The number of messages of exchanges: about trees, and about keys.
    exchange: (usize, usize),
    /// Are there two messages about one hint, in one direction, under one view?
    repeats: bool,
    /// Does a message prove a commit that is not in the copy of its sender's disk?
    is_ahead: bool,
    /// The puts that messages carry from node to node.
    carried: WriteSet,
    /// Those among them that each node has sent, in order of the nodes.
    sent: BTreeMap<Id, WriteSet>,
}

impl Told {
    fn of<'a>(instance: &Instance, messages: impl Iterator<Item = Envelope<&'a Message>>) -> Self {
        let mut told = Told::default();
        let mut handed: Vec<(Id, Id, bool, Tip, &Key)> = Vec::new();
        let mut last = None;
        for envelope in messages {
            let Envelope { src, dst, msg } = envelope;
            told.is_ahead |= is_ahead(msg);
            match msg {
                Message::Gossip { tip } => told.gossip.push((src, dst, *tip)),
                Message::HandOff { tip, key, .. } => handed.push((src, dst, false, *tip, key)),
                Message::HandedOff { tip, key, .. } => handed.push((src, dst, true, *tip, key)),
                Message::Sync { .. } => told.exchange.1 += 1,
                Message::Roots { .. } | Message::Subtrees { .. } | Message::Leaves { .. } => {
                    told.exchange.0 += 1;
                }
                _ => {}
            }
            let carried = carried_by(instance, msg);
            told.carried = told.carried.union(carried);
            if !carried.is_empty() {
                let sent = told.sent.entry(src).or_insert(WriteSet::EMPTY);
                *sent = sent.union(carried);
            }
            told.begins |= matches!(msg, Message::Roots { .. });
            let is_history = matches!(
                msg,
                Message::Gossip { .. } | Message::History { .. } | Message::Changes { .. }
            );
            if is_history {
                // Copies of a message follow one another. They are beyond every bound.
                let is_copy = last == Some(envelope);
                told.histories =
                    told.histories.saturating_add(if is_copy { usize::MAX } else { 1 });
            }
            last = Some(envelope);
        }
        told.gossip.sort_unstable();
        handed.sort_unstable();
        told.repeats = handed.windows(2).any(|pair| pair[0] == pair[1]);
        told
    }
}

/// Are the messages in flight within the bounds?
///
/// First, messages do not outlive tombstones: if a node has just asked about tombstones, or has
/// reaped them, no message carries what they replaced. Second, only few messages are in flight that
/// nodes repeat without end.
fn says_little(instance: &Instance, state: &SystemState) -> bool {
    let told = Told::of(instance, state.network.iter_all());
    let Ghost { just_asked, just_asked_amid_exchanges, .. } = &state.history;
    let has_any = |carried: WriteSet, of: WriteSet| carried.minus(of) != carried;
    let is_early = has_any(told.carried, *just_asked)
        || just_asked_amid_exchanges.is_some_and(|(asker, replaced)| {
            let by_asker = told.sent.get(&asker.actor());
            by_asker.is_some_and(|carried| has_any(*carried, replaced))
        });
    !is_early && (!is_endless(instance) || tells_little(instance, state, &told))
}

/// Are few messages in flight of the kinds that nodes repeat without end?
///
/// * At most one message carries only a history, or as many different ones as the scope says. The
///   receiver of gossip does not have that history yet.
/// * At most one message about each hint is in flight in each direction and under each view.
/// * An exchange begins only while no other is in flight. If the ring does not change, one late
///   message of an earlier exchange may be in flight.
fn tells_little(instance: &Instance, state: &SystemState, told: &Told) -> bool {
    let Told { histories, begins, exchange: (trees, keys), repeats, .. } = *told;
    let late = usize::from(!instance.changes);
    histories <= histories_max(instance)
        && (!begins || trees == 1 && keys <= late)
        && !is_idle(instance, state, told)
        && !repeats
}

/// Does only the boundary keep a run out of this state, which is outside it?
///
/// The protocol may take the step that leads here: then more histories are in flight than the scope
/// follows. For example, one message makes a node tell two others that their views are old. If only
/// such a step remains, the run does not end there.
///
/// Other steps out of a scope bring nothing new. Gossip with a node that has the same history
/// changes nothing. An exchange or a hint that is repeated may wait until the earlier one is over.
/// What [`is_told_truly`] excludes is impossible.
pub(crate) fn is_cut(instance: &Instance, state: &SystemState) -> bool {
    if !is_endless(instance) || !is_told_truly(instance, state) {
        return false;
    }
    let told = Told::of(instance, state.network.iter_all());
    told.histories > histories_max(instance) && !is_idle(instance, state, &told)
}

/// Does a node gossip with one that has the same history? That changes nothing, except if one of
/// the two is gone: a node that is gone waits to hear that the others know it.
fn is_idle(instance: &Instance, state: &SystemState, told: &Told) -> bool {
    told.gossip.iter().any(|&(from, to, tip)| {
        let disk = state.actor_storages.get(usize::from(to)).and_then(Option::as_ref);
        let history = disk.map_or(&instance.founders, |disk| &disk.history);
        let is_gone = |id| {
            NodeId::from_actor(id).is_some_and(|node| history.of(node).any(|c| c.act == Act::Gone))
        };
        history.tip() == tip && !is_gone(from) && !is_gone(to)
    })
}

/// How many messages that carry only a history may be in flight?
fn histories_max(instance: &Instance) -> usize {
    1 + usize::from(instance.scope.faults.more_histories)
}

/// What [`says_little`] reads of the messages in flight, as machine words. It distinguishes counts
/// up to its bounds, and one more.
fn messages_in_words(
    instance: &Instance,
    messages: &mut Messages<'_, Process>,
    words: &mut Vec<u64>,
) {
    let Told {
        histories,
        gossip,
        begins,
        exchange: (trees, keys),
        repeats,
        is_ahead,
        carried,
        sent,
    } = Told::of(instance, messages);
    words.push(is_ahead.into());
    if instance.scope.faults.reaps > 0 {
        words.extend([carried.bits(), sent.len() as u64]);
        let sent = sent.into_iter().map(|(from, puts)| [usize::from(from) as u64, puts.bits()]);
        words.extend(sent.flatten());
    }
    if is_endless(instance) {
        words.push(histories.min(histories_max(instance) + 1) as u64);
        words.extend([trees, keys].map(|many| many.min(2) as u64));
        words.extend([begins, repeats].map(u64::from));
        for (from, to, tip) in gossip {
            words.extend([usize::from(from) as u64, usize::from(to) as u64, tip.0]);
        }
    }
}
