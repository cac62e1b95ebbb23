//! What a change of the ring moves (Dynamo paper §4.9): a misplaced replica is a hint.
//!
//! A node that is no longer responsible for a key keeps what it has of it as hints for all that
//! are, and drops each as hints are dropped: once its recipient has all of it on disk. So a put
//! that was acknowledged by W distinct nodes is on W distinct disks throughout. What new replicas
//! do until they were handed what they should have is told in [`settle`](crate::settle).

use crate::handoff::HintId;
use crate::ids::{Key, NodeId, RequestId};
use crate::message::Message;
use crate::node::Step;
use crate::rules::{Cause, Occasion};
use crate::siblings::Siblings;
use crate::tally::Tally;
use crate::view::View;

impl Step<'_, '_> {
    /// Is this node the one to ask, by its own view?
    pub(crate) fn is_meant(&self, message: &Message) -> bool {
        let is_mine = |key: &Key| self.is_replica_of(key);
        match message {
            Message::Forward { operation, .. } => is_mine(operation.key()),
            Message::Store { key, .. }
            | Message::Fetch { key, .. }
            | Message::Repair { key, .. }
            | Message::HandOff { key, .. }
            | Message::Sync { key, .. } => is_mine(key),
            Message::StoreHint { hint, .. } => {
                !is_mine(&hint.key) && self.preference_list(&hint.key).contains(&hint.recipient)
            }
            // Only who knows the same members knows that all were asked, who is a replica, and
            // which partitions are to be compared.
            Message::Gather { .. }
            | Message::Survey { .. }
            | Message::Reap { .. }
            | Message::Roots { .. }
            | Message::Subtrees { .. }
            | Message::Leaves { .. } => false,
            _ => true,
        }
    }

    /// After the view has changed: what is to be handed to those that are responsible now.
    pub(crate) fn move_keys(&mut self, before: &View) {
        let n = self.node.config.n();
        let keys: Vec<Key> = self.state.durable.store.keys().cloned().collect();
        for key in keys {
            let (old, new) = (before.ring().preference_list(&key, n), self.preference_list(&key));
            if old == new {
                continue;
            }
            let recipients = self.node.rules.hands_over_to(self.id, old, new);
            let (keeps, held) = (new.contains(&self.id) || new.is_empty(), self.held(&key));
            for recipient in recipients {
                self.keep_for(recipient, &key, &held);
            }
            if !keeps {
                self.write(&key, &held, Siblings::new());
            }
        }
    }

    /// After the view has changed: hints for nodes that are no longer responsible are for those
    /// that are, and others also for those that have become so. What this node keeps of a key whose
    /// replica it has become it holds itself.
    pub(crate) fn readdress_hints(&mut self, before: &View) {
        let n = self.node.config.n();
        let hints: Vec<(HintId, Siblings)> = self.state.durable.hints.clone().into_iter().collect();
        for (id, siblings) in hints {
            let (old, now) =
                (before.ring().preference_list(&id.key, n), self.preference_list(&id.key));
            if now.is_empty() {
                continue;
            }
            let recipients = self.node.rules.hint_goes_to(id.recipient, old, now);
            if !recipients.contains(&id.recipient) {
                self.state.to_mut().durable.hints.remove(&id);
            }
            for recipient in recipients.into_iter().filter(|recipient| *recipient != id.recipient) {
                if recipient == self.id {
                    self.absorb(Cause::HandOff, &id.key, &siblings);
                } else {
                    self.keep_for(recipient, &id.key, &siblings);
                }
            }
        }
    }

    pub(crate) fn keep_for(&mut self, recipient: NodeId, key: &Key, siblings: &Siblings) {
        let id = HintId { recipient, key: key.clone() };
        let before = self.state.durable.hints.get(&id).cloned().unwrap_or_default();
        let after = self.node.rules.merge_siblings(&before, siblings);
        self.state.to_mut().durable.hints.insert(id, after);
    }

    /// After the view has changed: a handoff goes on for whoever something is kept for, and for
    /// nobody else. One that goes on is not put off: its timer runs as before.
    pub(crate) fn settle_handoffs(&mut self, before: &View) {
        let over: Vec<NodeId> = {
            let state = &self.state;
            let is_over = |recipient: &&NodeId| state.hints_for(**recipient).next().is_none();
            state.handoffs.keys().filter(is_over).copied().collect()
        };
        for recipient in over {
            self.end_handoff(recipient);
        }
        // No timer runs yet for those that something was kept for before they were members.
        let (was, is) = (before.ring().members(), self.state.view.ring().members());
        let recipients = self.state.handoffs.keys().copied();
        let new: Vec<NodeId> =
            recipients.filter(|node| is.contains(node) && !was.contains(node)).collect();
        for recipient in new {
            self.end_handoff(recipient);
        }
        self.schedule_handoffs(Occasion::Moved);
    }

    /// After a node was told what it did not know, and may have refused for that: whatever it was
    /// asked it is asked again. Where coordinators lose patience, their timers see to that, once
    /// for all that were refused together.
    pub(crate) fn ask_again(&mut self, peer: NodeId) {
        if self.node.config.patience().is_some() {
            return;
        }
        let (puts, gets): (Vec<RequestId>, Vec<RequestId>) =
            (self.state.puts.keys().copied().collect(), self.state.gets.keys().copied().collect());
        for request in puts {
            self.ask_missing_among(request, |node| node == peer);
        }
        for request in gets {
            self.ask_missing_replicas_among(request, |node| node == peer);
        }
    }

    /// After the view has changed: puts and gets under way ask those that are responsible now. What
    /// others have answered counts no more.
    pub(crate) fn ask_by_the_new_view(&mut self) {
        let puts: Vec<(RequestId, Tally)> = self
            .state
            .puts
            .iter()
            .map(|(id, put)| (*id, self.by_the_new_view(&put.key, &put.tally)))
            .collect();
        for (request, tally) in puts {
            if self.state.puts[&request].tally != tally {
                self.running_put(request).tally = tally;
                self.ask_missing(request);
                self.conclude_put(request);
            }
        }
        let gets: Vec<(RequestId, Tally)> = self
            .state
            .gets
            .iter()
            .map(|(id, get)| (*id, self.by_the_new_view(&get.key, &get.tally)))
            .collect();
        for (request, tally) in gets {
            if self.state.gets[&request].tally != tally {
                self.running_get(request).tally = tally;
                self.ask_missing_replicas(request);
                self.conclude_get(request);
            }
        }
    }

    /// Of a tally what holds by the new view too: places that are still there, taken by their own,
    /// or by those that only stand in; and stand-ins that are still members.
    fn by_the_new_view(&self, key: &Key, tally: &Tally) -> Tally {
        let (asked, members) = (self.preference_list(key), self.state.view.ring().members());
        let stands =
            |intended, by| asked.contains(&intended) && (by == intended || !asked.contains(&by));
        let mut new = Tally { asked: asked.to_vec(), ..tally.clone() };
        new.stand_ins.retain(|s| stands(s.intended, s.fallback) && members.contains(&s.fallback));
        new.taken.retain(|taken| stands(taken.intended, taken.by));
        new
    }
}
