//! Ground truth: what really happened. An observer of all messages keeps it, and only the checker
//! reads it.
//!
//! The observer never reads a clock, a context or a tally. Which puts a client had read follows
//! from the answers that really reached it. What a node has confirmed follows from the messages
//! that it really sent.

mod heard;
pub mod matching;
pub(crate) mod observer;
mod reads;
mod requests;
mod retire;

use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::{Act, History};
use dynamo_model::message::Message;
use dynamo_model::siblings::Version;
use matching::filled;
use std::borrow::Cow;

pub use heard::Heard;
pub use requests::{Hearing, Outcome, Read, Write};

/// The puts that a node has confirmed to keep as a hint for another node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hinted {
    /// The node that keeps the hint.
    pub holder: NodeId,
    /// The node that the hint is for.
    pub recipient: NodeId,
    /// Is it a hint for the second key?
    pub of_second_key: bool,
    /// The puts.
    pub writes: WriteSet,
    /// How often the holder has sent the hint since it last grew. A scope bounds it.
    pub sent: u8,
    /// Has the holder, or the recipient itself, known of a view by which the recipient is no
    /// intended replica, since the holder has kept the last of these puts? Such a holder moves the
    /// hint to a node that is one, and such a recipient moves the puts.
    pub is_moved: bool,
}

/// What really happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ghost {
    /// The puts, by [`WriteId`].
    pub writes: Vec<Write>,
    /// The gets, as in [`Instance::gets`].
    pub reads: Vec<Read>,
    /// For each node, the puts that it has confirmed to have stored.
    pub confirmed: Vec<WriteSet>,
    /// The confirmed hints, by holder and recipient.
    pub hinted: Vec<Hinted>,
    /// The tombstones reaped.
    pub reaped: WriteSet,
    /// The puts whose tombstones a node has asked about, or reaped, in the last step. It is empty
    /// again once another message is sent or arrives.
    pub just_asked: WriteSet,
    /// As `just_asked`, where replicas run exchanges, and the node that asked. That node has had
    /// the tombstone for long. Another replica, one without the tombstone, may send an old copy at
    /// any time, also just before it is asked.
    pub just_asked_amid_exchanges: Option<(NodeId, WriteSet)>,
    /// How often a node was asked whether it is clear of a key. A scope bounds it.
    pub surveyed: u8,
    /// Did a replica send a key that never differed between replicas?
    pub sent_needlessly: bool,
    /// For each node, the membership changes that it was told or has told. Empty if the ring does
    /// not change in this scope.
    pub known: Vec<History>,
    /// For each node and each client, the changes that the nodes which served it knew. Empty if the
    /// ring does not change in this scope.
    pub owed: Vec<History>,
    /// The requests to change a member that a node has answered: bit `n` is the `n`th one. See
    /// [`Instance::changes_asked`].
    pub decided: u64,
    /// Was a member changed by a request that a node had answered before?
    pub changed_again: bool,
    /// What other nodes have heard from the node whose disk was copied.
    pub copied: Heard,
    /// For each client, the puts that its last answer showed, and all that these had read. Empty if
    /// the client's next line does not use them.
    pub clients: Vec<WriteSet>,
}

impl Ghost {
    /// Nothing has happened.
    pub fn new(instance: &Instance) -> Self {
        let write = Write { saw: WriteSet::EMPTY, outcome: Outcome::Unsent };
        let read = Read::unsent();
        let nodes = usize::from(instance.scope.nodes);
        let watched = |actors| vec![History::default(); if instance.changes { actors } else { 0 }];
        Ghost {
            writes: vec![write; instance.puts.len()],
            reads: vec![read; instance.gets.len()],
            confirmed: vec![WriteSet::EMPTY; usize::from(instance.scope.nodes)],
            hinted: Vec::new(),
            reaped: WriteSet::EMPTY,
            just_asked: WriteSet::EMPTY,
            just_asked_amid_exchanges: None,
            surveyed: 0,
            sent_needlessly: false,
            known: watched(nodes),
            owed: watched(nodes + instance.scope.clients.len()),
            decided: 0,
            changed_again: false,
            copied: Heard::default(),
            clients: vec![WriteSet::EMPTY; instance.scope.clients.len()],
        }
    }

    /// The puts that a put's client had really read, and all that those had read.
    pub fn saw(&self, write: WriteId) -> WriteSet {
        self.writes[usize::from(write.0)].saw
    }

    /// The reaped tombstones, and all that they had replaced.
    pub fn forgotten(&self) -> WriteSet {
        self.with_all_seen(self.reaped)
    }

    /// Another message is sent or arrives.
    pub(crate) fn go_on(&mut self) {
        (self.just_asked, self.just_asked_amid_exchanges) = (WriteSet::EMPTY, None);
    }

    pub(crate) fn on_reap(&mut self, tombstones: WriteSet) {
        self.reaped = self.reaped.union(tombstones);
        self.just_asked = self.replaced_by(tombstones);
    }

    pub(crate) fn on_survey(&mut self, instance: &Instance, asker: NodeId, tombstones: WriteSet) {
        // A scope without bounds may go on beyond the number.
        self.surveyed = self.surveyed.saturating_add(1);
        let replaced = self.replaced_by(tombstones);
        if instance.scope.faults.exchange {
            self.just_asked_amid_exchanges = Some((asker, replaced));
        } else {
            self.just_asked = replaced;
        }
    }

    fn replaced_by(&self, tombstones: WriteSet) -> WriteSet {
        self.with_all_seen(tombstones).minus(tombstones)
    }

    /// These puts, and all puts that their clients had really read.
    pub fn with_all_seen(&self, writes: WriteSet) -> WriteSet {
        writes.iter().fold(writes, |all, write| all.union(self.saw(write)))
    }

    /// Are these puts concurrent: had none of their clients read another of them?
    pub fn is_antichain(&self, writes: WriteSet) -> bool {
        writes.iter().all(|write| self.saw(write).minus(writes) == self.saw(write))
    }

    /// The puts that were acknowledged.
    pub fn acknowledged(&self) -> WriteSet {
        let answered = |write: &Write| matches!(write.outcome, Outcome::Answered { .. });
        self.puts().filter(|(_, write)| answered(write)).map(|(id, _)| id).collect()
    }

    /// The puts that a client has sent.
    pub fn begun(&self) -> WriteSet {
        self.puts().filter(|(_, put)| put.outcome != Outcome::Unsent).map(|(id, _)| id).collect()
    }

    /// The puts, each with its id.
    pub fn puts(&self) -> impl Iterator<Item = (WriteId, &Write)> {
        (0..).map(WriteId).zip(&self.writes)
    }

    pub(crate) fn confirm(&mut self, node: NodeId, write: WriteId) {
        let confirmed = &mut self.confirmed[usize::from(node.0)];
        *confirmed = confirmed.with(write);
    }

    /// Records that a node has confirmed a put. A replica has stored it as its own. A fallback that
    /// coordinates keeps it as a hint for every intended replica.
    pub(crate) fn confirm_or_keep(&mut self, instance: &Instance, node: NodeId, write: WriteId) {
        if instance.changes || instance.preference_list.contains(&node) {
            self.confirm(node, write);
        } else {
            let keep = |intended: &NodeId| self.keep(instance, node, *intended, write);
            instance.preference_list.iter().for_each(keep);
        }
    }

    /// Records that a holder keeps a hint again. It may have handed the hint over before, and sends
    /// it anew.
    pub(crate) fn keep_anew(
        &mut self,
        instance: &Instance,
        holder: NodeId,
        recipient: NodeId,
        write: WriteId,
    ) {
        self.keep(instance, holder, recipient, write);
        let of_second_key = instance.second_puts.contains(write);
        if let Ok(index) = self.hint_index(holder, recipient, of_second_key) {
            self.hinted[index].sent = 0;
        }
    }

    pub(crate) fn keep(
        &mut self,
        instance: &Instance,
        holder: NodeId,
        recipient: NodeId,
        write: WriteId,
    ) {
        let of_second_key = instance.second_puts.contains(write);
        let now_moved = !self.intended(instance, recipient).contains(&recipient);
        match self.hint_index(holder, recipient, of_second_key) {
            Ok(index) => {
                let Hinted { writes, sent, is_moved, .. } = &mut self.hinted[index];
                if !writes.contains(write) {
                    (*writes, *sent) = (writes.with(write), 0);
                }
                *is_moved = now_moved;
            }
            Err(index) => {
                let (writes, sent, is_moved) = (WriteSet::EMPTY.with(write), 0, now_moved);
                let kept = Hinted { holder, recipient, of_second_key, writes, sent, is_moved };
                self.hinted.insert(index, kept);
            }
        }
    }

    fn hint_index(
        &self,
        holder: NodeId,
        recipient: NodeId,
        of_second_key: bool,
    ) -> Result<usize, usize> {
        let which = |hinted: &Hinted| (hinted.holder, hinted.recipient, hinted.of_second_key);
        self.hinted.binary_search_by_key(&(holder, recipient, of_second_key), which)
    }

    /// Records that a holder hands a hint over. If the ring changes in this scope, the message is
    /// the holder's first confirmation that it keeps the puts. Otherwise it has confirmed them
    /// before.
    pub(crate) fn on_hand_off(
        &mut self,
        instance: &Instance,
        holder: NodeId,
        recipient: NodeId,
        writes: WriteSet,
    ) {
        if instance.changes {
            writes.iter().for_each(|write| self.keep(instance, holder, recipient, write));
            return;
        }
        let of_second_key = writes.minus(instance.second_puts) != writes;
        if let Ok(index) = self.hint_index(holder, recipient, of_second_key) {
            self.hinted[index].sent = self.hinted[index].sent.saturating_add(1);
        }
    }

    /// The number of intended replicas for which a distinct node has confirmed the put: the replica
    /// itself, or a fallback with a hint. If the ring changes in this scope, so do the intended
    /// replicas, and this is the number of nodes that have confirmed the put.
    fn replies(&self, instance: &Instance, write: WriteId) -> usize {
        if instance.changes {
            let confirms = |node: NodeId| {
                let kept = self
                    .hinted
                    .iter()
                    .any(|kept| kept.holder == node && kept.writes.contains(write));
                kept || self.confirmed[usize::from(node.0)].contains(write)
            };
            return (0..instance.scope.nodes).map(NodeId).filter(|node| confirms(*node)).count();
        }
        let who = |intended: &NodeId| {
            let own = self.confirmed[usize::from(intended.0)].contains(write).then_some(*intended);
            let kept = self
                .hinted
                .iter()
                .filter(|kept| kept.recipient == *intended && kept.writes.contains(write));
            own.into_iter().chain(kept.map(|kept| kept.holder)).collect()
        };
        filled(
            &instance.preference_list.iter().map(who).collect::<Vec<Vec<NodeId>>>(),
            &mut Vec::new(),
        )
    }

    /// A node's view of the ring, by the changes that it was told or has told.
    pub(crate) fn view(&self, instance: &Instance, node: NodeId) -> History {
        let known = self.known.get(usize::from(node.0));
        let first = instance.first_history(node);
        known.map_or(first.clone(), |known| known.union(&first))
    }

    /// Was a node ever gone, by the changes that it was told or has told? Then it may have stopped,
    /// also if it is a member again.
    pub(crate) fn may_have_stopped(&self, instance: &Instance, node: NodeId) -> bool {
        instance.changes && self.view(instance, node).of(node).any(|it| it.act == Act::Gone)
    }

    /// The key's intended replicas, by the changes that a node was told or has told.
    fn intended<'s>(&self, instance: &'s Instance, by: NodeId) -> Cow<'s, [NodeId]> {
        if instance.changes {
            instance.replicas_by(&self.view(instance, by)).into()
        } else {
            instance.preference_list.as_slice().into()
        }
    }

    /// Does a node's reply count for a coordinator's read? By the coordinator's view, which it may
    /// have lost with its disk, the node is an intended replica or may stand in for one.
    pub(crate) fn counts(&self, instance: &Instance, coordinator: NodeId, replica: NodeId) -> bool {
        !instance.changes
            || instance.scope.faults.timeouts.is_some()
            || instance.spoilt.contains(&coordinator)
            || self.intended(instance, coordinator).contains(&replica)
    }

    /// Records that a node knows this history, if the ring changes in this scope. See
    /// [`is_moved`](Hinted::is_moved).
    pub(crate) fn know(&mut self, instance: &Instance, node: NodeId, history: &History) {
        let Some(known) = self.known.get(usize::from(node.0)) else { return };
        if known.includes(history) {
            return;
        }
        let (known, before) = (known.union(history), self.intended(instance, node).to_vec());
        self.known[usize::from(node.0)] = known;
        let now = self.intended(instance, node).to_vec();
        if before != now {
            let sees = |kept: &&mut Hinted| kept.holder == node || kept.recipient == node;
            for kept in self.hinted.iter_mut().filter(sees) {
                kept.is_moved |= !now.contains(&kept.recipient);
            }
        }
    }

    /// Records that a node answers a request to change a member. `history` is what it then knows;
    /// `None`: it refuses the change.
    pub(crate) fn decide(
        &mut self,
        instance: &Instance,
        by: NodeId,
        request: RequestId,
        history: Option<&History>,
    ) {
        let Some((index, node, act)) = instance.wish(request) else { return };
        let times = |history: &History| history.of(node).filter(|it| it.act == act).count();
        let is_made = history.is_some_and(|it| times(it) > times(&self.view(instance, by)));
        self.changed_again |= is_made && self.decided & 1 << index != 0;
        self.decided |= 1 << index;
    }

    /// Records that one node has served another, so that the other must learn what the first knows.
    pub(crate) fn owe(&mut self, from: NodeId, to: NodeId) {
        if let Some(known) = self.known.get(usize::from(from.0)).cloned() {
            let owed = &mut self.owed[usize::from(to.0)];
            *owed = owed.union(&known);
        }
    }

    pub(crate) fn on_put_acknowledged(&mut self, instance: &Instance, by: NodeId, write: WriteId) {
        self.confirm_or_keep(instance, by, write);
        let replies = self.replies(instance, write);
        let confirms = |node: &&NodeId| self.confirmed[usize::from(node.0)].contains(write);
        let in_person = self.intended(instance, by).iter().filter(confirms).count();
        let outcome = &mut self.writes[usize::from(write.0)].outcome;
        if !matches!(outcome, Outcome::Answered { .. }) {
            *outcome = Outcome::Answered { replies, in_person };
        }
    }
}

/// The puts whose versions a message carries from node to node.
pub(crate) fn carried_by(instance: &Instance, message: &Message) -> WriteSet {
    match message.as_undated() {
        Message::Sync { key, .. } if !instance.uses_key(key) => WriteSet::EMPTY,
        Message::Store { siblings, .. }
        | Message::StoreHint { siblings, .. }
        | Message::Fetched { siblings, .. }
        | Message::Repair { siblings, .. }
        | Message::HandOff { siblings, .. }
        | Message::Gathered { siblings, .. }
        | Message::Sync { siblings, .. } => writes_of(siblings.versions()),
        _ => WriteSet::EMPTY,
    }
}

/// The puts whose values these siblings hold.
pub fn writes_of(siblings: &[Version]) -> WriteSet {
    siblings.iter().map(|version| WriteId::of(&version.content)).collect()
}
