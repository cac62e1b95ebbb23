//! Where a scope ends: what is not looked at because it would be without end.

use crate::scope::Scope;
use crate::scope::instance::Instance;
use crate::scope::write_set::WriteSet;
use crate::system::SystemState;
use crate::system::world::fate;
use crate::truth::{Ghost, Hinted, carried_by};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Act, Tip};
use dynamo_model::message::{Message, Since};
use dynamo_model::process::{Process, Stage};
use interned_checker::{ActorPart, Messages, Reads};
use stateright::actor::{Envelope, Id};

/// Clients do not crash: nothing is promised to a client that is gone. Hints are not sent again and
/// again without end, nor is it asked without end whether tombstones may be reaped; and when it is
/// asked, or one is reaped, no older message is in flight.
///
/// Where the ring changes, hints are sent and histories told without end; and replicas compare what
/// they hold without end. There only so much of it is under way at one time, and nobody gossips
/// with one that knows the same: it would be the same again. Not so where messages may arrive again
/// and again: none of them ever goes, and there are only so many different ones.
///
/// Where a node is started on an older copy of its disk, see [`is_told_truly`].
pub(crate) fn is_in_scope(instance: &Instance, state: &SystemState) -> bool {
    let clients = usize::from(instance.scope.nodes)..;
    !state.crashed[clients].contains(&true)
        && is_bounded(instance, &state.history)
        && is_told_truly(instance, state)
        && (!looks_at_messages(instance) || says_little(instance, state))
}

/// Is nothing sent or asked too often, and nothing asked too early?
fn is_bounded(instance: &Instance, ghost: &Ghost) -> bool {
    let Scope { nodes, faults, .. } = instance.scope;
    let is_sent_too_often = |hinted: &Hinted| hinted.sent > faults.handoffs;
    let surveys_max = u16::from(faults.reaps) * (nodes - 1);
    !ghost.hinted.iter().any(is_sent_too_often) && u16::from(ghost.surveyed) <= surveys_max
}

/// A node that is started on an older copy of its disk hears what is so: that a node which is up
/// has heard of a later commit, or that none has. A later witness that comes back is heard before
/// anything else happens. And nodes take nothing from an earlier start of a node, nor witnesses
/// anything that a node sends on a copy: the runtime's doorkeeper sees to both.
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

/// Do nodes say the same again and again here? Messages that may arrive again are not bounded:
/// there are only so many different ones.
fn is_endless(instance: &Instance) -> bool {
    instance.is_endless && !instance.scope.faults.duplication
}

/// What the boundary looks at.
pub(crate) fn reads(instance: &Instance) -> Reads<Process, Instance, Ghost> {
    let bounds = Reads::nothing().history_by(|instance, ghost, words| {
        words.extend([is_bounded(instance, ghost).into(), ghost.just_asked.bits()]);
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

/// Is it down? And if its disk was copied, how far has it come?
fn is_down_or_back(_: &Instance, part: &ActorPart<'_, Process>, words: &mut Vec<u64>) {
    words.extend([part.crashed.into(), fate(part)]);
}

/// Is it a client that is down? And which changes of the members has a node on disk: its tip, and
/// who is gone.
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

/// What the boundary knows of the network.
#[derive(Default)]
struct Told {
    /// How many messages there are about histories alone.
    histories: usize,
    /// The gossip among them: from whom, to whom, and what it says.
    gossip: Option<(Id, Id, Tip)>,
    /// Does an exchange begin?
    begins: bool,
    /// How many there are of exchanges: about trees, and about keys.
    exchange: (usize, usize),
    /// Are there two about one hint in one direction, handed over under one view?
    repeats: bool,
    /// Does one prove a commit that is not in the copy of its sender's disk?
    is_ahead: bool,
    /// The puts that messages carry from node to node.
    carried: WriteSet,
}

impl Told {
    fn of<'a>(instance: &Instance, messages: impl Iterator<Item = Envelope<&'a Message>>) -> Self {
        let mut told = Told::default();
        let mut handed: Vec<(Id, Id, bool, Tip)> = Vec::new();
        for Envelope { src, dst, msg } in messages {
            told.is_ahead |= is_ahead(msg);
            match msg {
                Message::Gossip { tip } => told.gossip = Some((src, dst, *tip)),
                Message::HandOff { tip, .. } => handed.push((src, dst, false, *tip)),
                Message::HandedOff { tip, .. } => handed.push((src, dst, true, *tip)),
                Message::Sync { .. } => told.exchange.1 += 1,
                Message::Roots { .. } | Message::Subtrees { .. } | Message::Leaves { .. } => {
                    told.exchange.0 += 1;
                }
                _ => {}
            }
            told.carried = told.carried.union(carried_by(instance, msg));
            told.begins |= matches!(msg, Message::Roots { .. });
            let is_history = matches!(
                msg,
                Message::Gossip { .. } | Message::History { .. } | Message::Changes { .. }
            );
            told.histories += usize::from(is_history);
        }
        handed.sort_unstable();
        told.repeats = handed.windows(2).any(|pair| pair[0] == pair[1]);
        told
    }
}

/// Does no message in flight carry what tombstones had replaced that a node, in this very step, has
/// asked about or has reaped? Messages do not live that long. And is little said of what would be
/// said without end?
fn says_little(instance: &Instance, state: &SystemState) -> bool {
    let told = Told::of(instance, state.network.iter_all());
    let is_early = told.carried.minus(state.history.just_asked) != told.carried;
    !is_early && (!is_endless(instance) || tells_little(instance, state, &told))
}

/// Is there one message at most about histories alone, and that no idle one; and of those about one
/// hint one at most in each direction, or as many as the holder knew different members when it sent
/// them? And does an exchange begin only where no other goes on, and, where the ring does not
/// change, at most one late word of an earlier one is in flight?
fn tells_little(instance: &Instance, state: &SystemState, told: &Told) -> bool {
    let Told { histories, gossip, begins, exchange: (trees, keys), repeats, .. } = *told;
    let is_idle = gossip.is_some_and(|(from, to, tip)| {
        let disk = state.actor_storages.get(usize::from(to)).and_then(Option::as_ref);
        let history = disk.map_or(&instance.founders, |disk| &disk.history);
        // One that is gone waits to hear that others know the same.
        let is_gone = |id| {
            NodeId::from_actor(id).is_some_and(|node| history.of(node).any(|c| c.act == Act::Gone))
        };
        history.tip() == tip && !is_gone(from) && !is_gone(to)
    });
    let late = usize::from(!instance.changes);
    histories <= 1 && (!begins || trees == 1 && keys <= late) && !is_idle && !repeats
}

/// What [`says_little`] looks at of the messages in flight, in words. It tells none, one and more
/// apart, so that counts above two are the same word.
fn messages_in_words(
    instance: &Instance,
    messages: &mut Messages<'_, Process>,
    words: &mut Vec<u64>,
) {
    let Told { histories, gossip, begins, exchange: (trees, keys), repeats, is_ahead, carried } =
        Told::of(instance, messages);
    words.push(is_ahead.into());
    if instance.scope.faults.reaps > 0 {
        words.push(carried.bits());
    }
    if is_endless(instance) {
        words.extend([histories, trees, keys].map(|many| many.min(2) as u64));
        words.extend([begins, repeats].map(u64::from));
        if let Some((from, to, tip)) = gossip {
            words.extend([usize::from(from) as u64, usize::from(to) as u64, tip.0]);
        }
    }
}
