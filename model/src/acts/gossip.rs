//! How histories spread (Dynamo paper §4.8.1). Periodically a node sends its tip to a random
//! peer. A node also sends its history to any sender whose tip differs from its own.
//!
//! ```text
//! A ── Gossip: my tip ──▶ B            no answer if the tips are equal
//! A ◀── History: all changes I know ── B
//! A ── Changes: those that you lack ──▶ B   if B lacks any
//! ```
//! A node that has just gossiped with a peer restarts its own gossip timer.
//!
//! Every request that depends on the ring carries its sender's tip. A receiver with another tip
//! sends its history. It serves the request only if it is the right receiver by its own view too.
//! If the sender learns something, it asks the nodes that are responsible now. If the receiver
//! does, the sender asks it again.

use crate::acts::handler::Handler;
use crate::algebra::ids::NodeId;
use crate::algebra::membership::{Act, Change, History, Standing, Tip};
use crate::rules::Rules;
use crate::state::State;
use crate::state::message::Message;
use crate::state::timer::{Choice, Timer};
use stateright::actor::Id;
use std::sync::Arc;

impl State {
    /// The peers that a node may gossip with: all that may hold data. A node that leaves is among
    /// them. It may not know yet that it is to leave, and may know others that this node does not.
    pub(crate) fn gossip_peers(&self, rules: &Rules, own: NodeId) -> Vec<NodeId> {
        rules.holders(&self.view).into_iter().filter(|peer| *peer != own).collect()
    }
}

impl Handler<'_, '_> {
    /// Starts the timer for the next round of gossip.
    pub(crate) fn set_gossip_timer(&mut self) {
        if let Some(every) = self.node.config.gossip_every() {
            self.out.set_timer(Timer::Gossip(self.id), every..every + every / 2);
        }
    }

    /// It is time to gossip with a peer, chosen at random.
    pub(crate) fn on_gossip_timeout(&mut self) {
        let peers = self.state.gossip_peers(&self.node.rules, self.id);
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

    /// A node or a client sends its tip.
    pub(crate) fn on_gossip(&mut self, from: Id, tip: Tip) {
        if tip != self.tip() {
            self.tell(from, tip);
        } else if self.is_gone() {
            self.consider_retiring(true);
        } else if NodeId::from_actor(from)
            .is_some_and(|peer| self.state.view.standing(peer) == Standing::Gone)
        {
            // The peer is gone, and waits to hear that this node knows it.
            self.out.send(from, Message::Gossip { tip });
        }
        self.has_gossiped(from);
    }

    /// A sender has named its tip. If that differs from this node's tip, the node sends its
    /// history.
    pub(crate) fn tell(&mut self, from: Id, tip: Tip) {
        if self.node.rules.must_tell(self.tip(), tip) {
            self.out.send(from, Message::History { history: self.state.durable.history.clone() });
        }
    }

    /// A node or a client sends its whole history, because this node's tip differed from its own.
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

    /// A node or a client sends changes that this node lacked.
    pub(crate) fn on_changes(&mut self, from: Id, changes: &History) {
        self.learn(changes);
        self.has_gossiped(from);
    }

    /// After gossip with a peer, this node waits a full interval before it gossips itself. Clients
    /// do not count.
    fn has_gossiped(&mut self, with: Id) {
        if NodeId::from_actor(with).is_some() {
            self.set_gossip_timer();
        }
    }

    /// Merges another history into this node's own. If the view changes, the node moves keys, and
    /// asks the nodes that are responsible now.
    pub(crate) fn learn(&mut self, other: &History) {
        if self.keep(other) {
            self.go_on_by_the_new_view();
        }
    }

    /// Merges a history into this node's, and saves it. Is it new?
    pub(crate) fn keep(&mut self, other: &History) -> bool {
        let before = self.state.durable.history.clone();
        let after = self.with_own_address(self.node.rules.history_merge(&before, other));
        if after == before {
            return false;
        }
        let must_save = self.node.rules.history_must_save(&before, &after);
        self.adopt(after);
        if must_save {
            self.save();
        }
        true
    }

    /// Sends again what waits for an answer, to those that are responsible now.
    pub(crate) fn go_on_by_the_new_view(&mut self) {
        self.ask_by_the_new_view();
        self.forward_by_the_new_view();
        self.gather_by_the_new_view();
    }

    /// The history, corrected if it names another address for this node than the real one. Others
    /// may know an old address with an equal or later time, if the node lost its disk and with it
    /// the count. The node then tells its real address with a time later than theirs.
    ///
    /// Two processes started under one node id contradict each other for as long as both run. The
    /// node's address then alternates, and an administrator sees its time grow. But each process
    /// corrects an address once for each history that it is told, and no node answers a correction.
    /// So the traffic is no more than that of gossip and requests. Histories do not grow either:
    /// only the latest address is kept.
    fn with_own_address(&self, history: History) -> History {
        match self.node.address {
            Some(address) => history.moved(self.id, address),
            None => history,
        }
    }

    /// Replaces this node's history, and moves what it holds to the nodes that are responsible now.
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
            // The set of peers to compare with has changed.
            self.set_exchange_timer();
        }
        self.resettle(&before);
        if is_moved || rules.holders(&before) != rules.holders(&self.state.view) {
            self.reconsider_reaping();
        }
        self.consider_being_gone();
    }

    /// A leaving node that holds nothing any more records in its history that it is gone.
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

    /// A node that is gone stops once another node knows it and it has nothing left to do.
    fn consider_retiring(&mut self, is_known: bool) {
        let State { durable, puts, gets, forwards, .. } = &**self.state;
        let is_asked = !puts.is_empty() || !gets.is_empty() || !forwards.is_empty();
        let is_busy = is_asked || !durable.has_nothing();
        if self.is_gone() && self.node.rules.may_retire(is_known, is_busy) {
            self.state.to_mut().retired = true;
        }
    }

    fn is_gone(&self) -> bool {
        self.state.view.standing(self.id) == Standing::Gone
    }
}
