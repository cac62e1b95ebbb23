//! What a new replica does before it confirms puts and answers gets (Dynamo paper §4.9).
//!
//! A node that has entered a preference list lacks what it will be handed. Other nodes may still
//! serve as replicas, because they have not heard of the change. If the new replica counted towards
//! quorums at once, a get could miss an acknowledged put. So until it has *settled*, it gathers
//! each key that it is asked about from all nodes that may hold something:
//!
//! ```text
//! new replica ── Gather: a key, my tip ──▶ awaited nodes   nodes with another tip are told first
//! new replica ◀── Gathered: all that I hold of it ── each  the new replica merges and saves it
//! new replica ── Stored, or Fetched ──▶ coordinator        once all have answered
//! ```
//! A node that answers knows the new view, so it no longer serves as a replica if it is none. It
//! also says whether it keeps other keys for the new replica. If not, the new replica no longer
//! awaits it. Once it awaits no node, it has settled.
//!
//! The new replica does not wait for nodes that it suspects. A get then promises as much as when
//! fallbacks answer for replicas, and no more.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::membership::Tip;
use crate::algebra::ring::Partition;
use crate::algebra::siblings::Siblings;
use crate::algebra::view::View;
use crate::rules::Cause;
use crate::state::collecting::Collection;
use crate::state::message::Message;
use crate::state::settling::{Gathering, Owed, Word};
use crate::state::timer::Timer;
use std::collections::{BTreeMap, BTreeSet};

impl Handler<'_, '_> {
    /// Confirms a put to its coordinator, or answers a get. If the rules do not allow that yet,
    /// this node gathers the key first. If this node is the coordinator, its answer is counted, and
    /// the caller continues.
    ///
    /// A coordinator that sends a put under an equal tip sends all that it holds, so this node need
    /// not ask it. A coordinator that asks for a get sends nothing of its own. Its own answer may
    /// not count for the get, or come later. So this node asks it like the others.
    pub(crate) fn give_word(
        &mut self,
        key: &Key,
        request: RequestId,
        to: NodeId,
        tip: Tip,
        word: Word,
    ) {
        let gathering = self.state.gatherings.get(key).cloned();
        let is_new = gathering.is_none();
        let retransmissions_left = self.retransmissions();
        let mut gathering =
            gathering.unwrap_or(Gathering { retransmissions_left, ..Gathering::default() });
        if tip == self.tip() && self.node.rules.asking_tells(word) {
            gathering.answered.insert(to);
        }
        if self.may_give(word, key, &gathering) {
            return self.say(key, request, to, word);
        }
        gathering.words.insert(Owed { request, to, tip, word });
        self.state.to_mut().gatherings.insert(key.clone(), gathering);
        self.gather(key, |_| true);
        if is_new {
            self.set_gather_timer(key);
        }
    }

    fn may_give(&self, word: Word, key: &Key, gathering: &Gathering) -> bool {
        let awaited = &self.state.durable.settling.awaited;
        !self.is_unsettled(key)
            || self.node.rules.may_give_word(
                word,
                awaited,
                &gathering.answered,
                &self.state.suspected,
            )
    }

    /// Is this node a new replica of the key, and may other nodes hold something of it that it
    /// lacks?
    fn is_unsettled(&self, key: &Key) -> bool {
        let entered = &self.state.durable.settling.entered;
        !entered.is_empty() && entered.contains(&self.state.view.ring().partition(key))
    }

    fn say(&mut self, key: &Key, request: RequestId, to: NodeId, word: Word) {
        let is_own = to == self.id;
        match word {
            Word::Stored if is_own => self.count_stored(to, request, to),
            Word::Stored => self.send(to, Message::Stored { request }),
            Word::Fetched if is_own => {
                let own = if self.is_replica_of(key) {
                    self.held(key)
                } else {
                    self.held_in_any_form(key)
                };
                self.note_fetched(to, request, own);
            }
            Word::Fetched => {
                // Includes hints for others. So a get finds them while their recipients are down.
                let siblings = self.held_in_any_form(key);
                self.send(to, Message::Fetched { request, siblings });
            }
        }
    }

    /// Asks the awaited nodes among these that have not answered.
    fn gather(&mut self, key: &Key, among: impl Fn(NodeId) -> bool) {
        let (tip, answered) = (self.tip(), &self.state.gatherings[key].answered);
        let awaited = self.state.durable.settling.awaited.iter().copied();
        let missing: Vec<NodeId> =
            awaited.filter(|node| !answered.contains(node) && among(*node)).collect();
        for node in missing {
            self.send(node, Message::Gather { tip, key: key.clone() });
        }
    }

    fn set_gather_timer(&mut self, key: &Key) {
        if let Some(patience) = self.node.config.patience() {
            let timer = Timer::Gather(self.id, key.clone());
            self.out.set_timer(timer, patience.answer_within..patience.answer_within);
        }
    }

    /// A new replica asks what this node holds of a key. Both have equal tips.
    pub(crate) fn on_gather(&mut self, from: NodeId, tip: Tip, key: Key) {
        let siblings = self.held_in_any_form(&key);
        let is_all = self.is_all_for(from, &key);
        self.send(from, Message::Gathered { tip, key, siblings, is_all });
    }

    /// Does the other node have everything that this node keeps for it, once it is sent what this
    /// node holds of the key?
    pub(crate) fn is_all_for(&self, node: NodeId, key: &Key) -> bool {
        self.node.rules.is_all_handed_over(
            self.state.hints_for(node).filter(|(id, _)| id.key != *key).take(1).count(),
        )
    }

    /// A node says what it holds of a key. `tip` is the one that this node sent with its question.
    pub(crate) fn on_gathered(
        &mut self,
        from: NodeId,
        tip: Tip,
        key: &Key,
        siblings: &Siblings,
        is_all: bool,
    ) {
        // This node asks only as a replica and under its current view. Anything else is no answer
        // to a question of this node.
        if tip != self.tip() || !self.is_replica_of(key) {
            return;
        }
        self.heard_from(from);
        self.absorb(Cause::HandOff, key, siblings);
        if self.state.gatherings.contains_key(key) {
            self.state
                .to_mut()
                .gatherings
                .get_mut(key)
                .expect("it is gathered")
                .answered
                .insert(from);
        }
        if is_all {
            self.settle_with(from);
        }
        self.conclude_gatherings();
    }

    /// The other node keeps nothing more for this one, so this node no longer awaits it.
    pub(crate) fn settle_with(&mut self, other: NodeId) {
        if self.state.durable.settling.awaited.contains(&other) {
            let settling = &mut self.state.to_mut().durable.settling;
            settling.awaited.remove(&other);
            settling.forget_if_settled();
            self.save();
        }
    }

    /// Asks the nodes that did not answer in time again. After the last retry it suspects them
    /// instead, and stops waiting for them.
    pub(crate) fn on_gather_timeout(&mut self, key: &Key) {
        let Some(gathering) = self.state.gatherings.get(key) else { return };
        if let Some(left) = gathering.retransmissions_left.checked_sub(1) {
            self.state
                .to_mut()
                .gatherings
                .get_mut(key)
                .expect("it is gathered")
                .retransmissions_left = left;
            self.gather(key, |_| true);
            return self.set_gather_timer(key);
        }
        let awaited = self.state.durable.settling.awaited.iter().copied();
        let silent: Vec<NodeId> =
            awaited.filter(|node| !gathering.answered.contains(node)).collect();
        self.state.to_mut().suspected.extend(silent);
        self.conclude_gatherings();
    }

    /// Sends the confirmations and answers that the rules allow now.
    pub(crate) fn conclude_gatherings(&mut self) {
        let gatherings: BTreeMap<Key, Gathering> = self.state.gatherings.clone();
        for (key, gathering) in gatherings {
            let (now, later): (Vec<_>, Vec<_>) = gathering
                .words
                .iter()
                .copied()
                .partition(|owed| self.may_give(owed.word, &key, &gathering));
            if later.is_empty() {
                self.end_gathering(&key);
            } else if !now.is_empty() {
                let words = later.into_iter().collect();
                self.state
                    .to_mut()
                    .gatherings
                    .insert(key.clone(), Gathering { words, ..gathering });
            }
            for Owed { request, to, tip, word } in now {
                if to != self.id {
                    // This node may have learned changes since it was asked.
                    self.tell(to.actor(), tip);
                }
                self.say(&key, request, to, word);
                self.conclude_own(request, word);
            }
        }
    }

    /// If this node coordinates the request itself, checks whether it may answer the client now.
    fn conclude_own(&mut self, request: RequestId, word: Word) {
        let it = match word {
            Word::Stored => Collection::Put(request),
            Word::Fetched => Collection::Get(request),
        };
        if self.state.collecting(it).is_some() {
            self.conclude(it);
        }
    }

    fn end_gathering(&mut self, key: &Key) {
        self.state.to_mut().gatherings.remove(key);
        if self.node.config.patience().is_some() {
            self.out.cancel_timer(Timer::Gather(self.id, key.clone()));
        }
    }

    /// After the view has changed, works out which preference lists this node has entered, and
    /// which nodes it awaits. A node that has joined and left since is no member, but may hold what
    /// it was given meanwhile.
    pub(crate) fn resettle(&mut self, before: &View) {
        let (now, n, id) = (self.state.view.clone(), self.node.config.n(), self.id);
        let (held, hold) = (self.node.rules.holders(before), self.node.rules.holders(&now));
        let is_moved = before.ring().members() != now.ring().members();
        let appeared = hold.iter().filter(|holder| !held.contains(holder)).count();
        let is_replica = |view: &View, partition| view.ring().replicas(partition, n).contains(&id);
        let mut settling = self.state.durable.settling.clone();
        if self.node.rules.awaits_anew(is_moved, appeared) {
            let is_entered = |partition: &Partition| {
                is_replica(&now, *partition)
                    && (settling.entered.contains(partition) || !is_replica(before, *partition))
            };
            settling.entered = now.ring().partitions().filter(is_entered).collect();
            let others: Vec<NodeId> = hold.into_iter().filter(|node| *node != id).collect();
            settling.awaited = self
                .node
                .rules
                .whom_to_await(settling.entered.len(), &others)
                .into_iter()
                .collect();
        } else {
            settling.awaited =
                settling.awaited.into_iter().filter(|node| hold.contains(node)).collect();
        }
        settling.forget_if_settled();
        if settling != self.state.durable.settling {
            self.state.to_mut().durable.settling = settling;
        }
    }

    /// After the view has changed, gathers each key again under the new view. Stops where this node
    /// is no longer a replica, and says so.
    pub(crate) fn gather_by_the_new_view(&mut self) {
        let keys: Vec<Key> = self.state.gatherings.keys().cloned().collect();
        for key in keys {
            if self.is_replica_of(&key) {
                self.state
                    .to_mut()
                    .gatherings
                    .get_mut(&key)
                    .expect("it is gathered")
                    .answered
                    .clear();
                self.gather(&key, |_| true);
            } else {
                self.withdraw_words(&key);
            }
        }
        self.conclude_gatherings();
    }

    /// This node will not give the words that it owes for a key: it is no longer a replica.
    /// Coordinators that do not know this yet are told, so that they ask the nodes that are.
    fn withdraw_words(&mut self, key: &Key) {
        let owed = &self.state.gatherings[key].words;
        let waiting: BTreeSet<(NodeId, Tip)> =
            owed.iter().map(|owed| (owed.to, owed.tip)).filter(|(to, _)| *to != self.id).collect();
        self.end_gathering(key);
        for (coordinator, tip) in waiting {
            self.tell(coordinator.actor(), tip);
        }
    }

    /// A peer has just been sent changes that it lacked. It may have refused a question for lack of
    /// them, so this node asks it again.
    pub(crate) fn gather_again(&mut self, peer: NodeId) {
        let keys: Vec<Key> = self.state.gatherings.keys().cloned().collect();
        for key in keys {
            self.gather(&key, |node| node == peer);
        }
    }
}
