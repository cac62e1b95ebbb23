//! How histories spread (Dynamo paper §4.8.1): periodically, to a peer chosen at
//! random, tips first; and to whoever shows by its tip that it knows something else.
//!
//! ```text
//! A ── Gossip: my tip ──▶ B      the same: nothing follows
//! A ◀── History: all I know ── B   not the same
//! A ── Changes: what you lack ──▶ B   if B lacks anything
//! ```
//! Whoever was just gossiped with waits a while before it gossips itself.
//!
//! Every request that depends on the ring carries its sender's tip. A receiver whose tip is another
//! sends its history, as above, and serves the request only if by its own view too it is the one to
//! ask. The sender then asks again: others if it has learned something, the same one if that has.

use crate::acts::handler::Handler;
use crate::algebra::ids::NodeId;
use crate::algebra::membership::{Act, Change, History, Standing, Tip};
use crate::state::State;
use crate::state::message::Message;
use crate::state::timer::{Choice, Timer};
use stateright::actor::Id;
use std::sync::Arc;

impl State {
    /// Those that a node may gossip with.
    pub(crate) fn gossip_peers(&self, own: NodeId) -> Vec<NodeId> {
        self.view.ring().members().iter().copied().filter(|peer| *peer != own).collect()
    }
}

impl Handler<'_, '_> {
    /// From now on the time runs to the next round of gossip.
    pub(crate) fn set_gossip_timer(&mut self) {
        if let Some(every) = self.node.config.gossip_every() {
            self.out.set_timer(Timer::Gossip(self.id), every..every + every / 2);
        }
    }

    /// It is time to gossip, with whomever chance chooses.
    pub(crate) fn on_gossip_timeout(&mut self) {
        let peers = self.state.gossip_peers(self.id);
        if peers.is_empty() {
            self.set_gossip_timer();
        } else {
            self.out.choose_random("gossip", peers.into_iter().map(Choice::Gossip).collect());
        }
    }

    pub(crate) fn gossip_with(&mut self, peer: NodeId) {
        let tip = self.tip();
        self.send(peer, Message::Gossip { tip });
        self.set_gossip_timer();
    }

    /// Somebody says what its tip is.
    pub(crate) fn on_gossip(&mut self, from: Id, tip: Tip) {
        if tip != self.tip() {
            self.tell(from, tip);
        } else if self.is_gone() {
            self.consider_retiring(true);
        } else if NodeId::from_actor(from)
            .is_some_and(|peer| self.state.view.standing(peer) == Standing::Gone)
        {
            // It waits to hear that it is known.
            self.out.send(from, Message::Gossip { tip });
        }
        self.has_gossiped(from);
    }

    /// Somebody has named this tip.
    pub(crate) fn tell(&mut self, from: Id, tip: Tip) {
        if self.node.rules.must_tell(self.tip(), tip) {
            self.out.send(from, Message::History { history: self.state.durable.history.clone() });
        }
    }

    /// Somebody says all it knows, having heard a tip of this node's.
    pub(crate) fn on_history(&mut self, from: Id, history: &History) {
        self.learn(history);
        let changes = self.state.durable.history.minus(history);
        if !changes.is_empty() {
            self.out.send(from, Message::Changes { changes });
            if let Some(peer) = NodeId::from_actor(from) {
                self.ask_again(peer);
                self.forward_again(peer);
                self.gather_again(peer);
            }
        }
        self.has_gossiped(from);
    }

    /// Somebody says what it knows and this node does not.
    pub(crate) fn on_changes(&mut self, from: Id, changes: &History) {
        self.learn(changes);
        self.has_gossiped(from);
    }

    /// Whoever was just gossiped with waits a while before it gossips itself. Others than nodes
    /// only look.
    fn has_gossiped(&mut self, with: Id) {
        if NodeId::from_actor(with).is_some() {
            self.set_gossip_timer();
        }
    }

    /// Takes in what another knows. A changed view moves what this node has, and whom it asks.
    pub(crate) fn learn(&mut self, other: &History) {
        let before = self.state.durable.history.clone();
        let after = self.with_own_address(self.node.rules.history_merge(&before, other));
        if after == before {
            return;
        }
        let must_save = self.node.rules.history_must_save(&before, &after);
        self.adopt(after);
        if must_save {
            self.save();
        }
        self.ask_by_the_new_view();
        self.forward_by_the_new_view();
        self.gather_by_the_new_view();
    }

    /// The history, with this node where it really is. Others may know of an address that it had
    /// before, told at the same time or later: it lost its disk since, and could not know what time
    /// it was. It then says where it is with a time later than theirs.
    ///
    /// Two processes that were started under one node's id contradict each other so, and each is
    /// right in its own eyes. They do it for as long as both run: the node's address goes back and
    /// forth, and an administrator sees its time grow. But each does it once for a history that it
    /// is told, and nobody answers what it then says: there is no more of this than of gossip and
    /// requests. Nor do histories grow, for only the latest address is kept.
    fn with_own_address(&self, history: History) -> History {
        match self.node.address {
            Some(address) => history.moved(self.id, address),
            None => history,
        }
    }

    /// Makes a history this node's own, and moves what it has to where it belongs now.
    fn adopt(&mut self, history: History) {
        let before = Arc::clone(&self.state.view);
        let state = self.state.to_mut();
        state.view = Arc::new(self.node.rules.view(&history));
        state.durable.history = history;
        let rules = self.node.rules;
        let is_moved = before.ring().members() != self.state.view.ring().members();
        if is_moved {
            self.move_keys(&before);
            self.readdress_hints(&before);
            self.settle_handoffs(&before);
            // Others are to be compared with.
            self.set_exchange_timer();
        }
        self.resettle(&before);
        if is_moved || rules.holders(&before) != rules.holders(&self.state.view) {
            self.reconsider_reaping();
        }
        self.consider_being_gone();
    }

    /// One that has left, and has nothing any more, says so.
    pub(crate) fn consider_being_gone(&mut self) {
        let is_leaving = self.state.view.standing(self.id) == Standing::Leaving;
        if is_leaving && self.node.rules.may_be_gone(self.state.durable.has_nothing()) {
            let mut history = self.state.durable.history.clone();
            let leaves = history
                .of(self.id)
                .filter(|change| change.act == Act::Leave)
                .map(|change| change.time);
            let time = leaves.max().expect("it leaves");
            history.insert(Change { node: self.id, time, act: Act::Gone });
            self.learn(&history);
            self.consider_retiring(false);
        }
    }

    /// One that is gone stops, once that is known.
    fn consider_retiring(&mut self, is_known: bool) {
        let State { durable, puts, gets, .. } = &**self.state;
        let is_busy = !durable.has_nothing() || !puts.is_empty() || !gets.is_empty();
        if self.is_gone() && self.node.rules.may_retire(is_known, is_busy) {
            self.state.to_mut().retired = true;
        }
    }

    fn is_gone(&self) -> bool {
        self.state.view.standing(self.id) == Standing::Gone
    }
}
