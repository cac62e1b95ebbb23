//! Reaping: a key of which nothing is left but tombstones is forgotten (Dynamo's
//! deletes).
//!
//! A tombstone stands in the way of old copies. It may go when there are none: when every intended
//! replica has it, and nobody keeps anything of the key for another. The first node of the
//! preference list asks the intended replicas, then everyone else that may hold anything, and if
//! all are clear, tells the replicas to forget. Whoever has got something new meanwhile does not.
//!
//! Why in this order: once all replicas have the tombstone, whatever they send of the key has it
//! too, and an old copy that is handed to one of them is gone. Another node that is then clear
//! stays so.
//!
//! What nobody can see are messages older than the tombstone that are still in flight. So the first
//! node waits, longer than twice what any message lives
//! ([`Config::reap_after`](crate::config::Config::reap_after)): before it asks, so that none
//! reaches a node after that has said it is clear; and again before it asks the next ones or reaps,
//! so that none is left that a node sent before it was asked, which may be as late as its question
//! was in flight.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::membership::Tip;
use crate::algebra::siblings::Siblings;
use crate::rules::Remains;
use crate::state::message::Message;
use crate::state::timer::Timer;
use std::collections::BTreeSet;

impl Handler<'_, '_> {
    /// After what is held of a key has changed: is it to be reaped, by this node?
    pub(crate) fn consider_reaping(&mut self, key: &Key) {
        let is_first = self.preference_list(key).first() == Some(&self.id);
        if self.node.config.reap_after().is_some()
            && is_first
            && self.node.rules.is_deleted(&self.held(key))
        {
            // Whoever has said before that it is clear has said so of another set.
            self.state.to_mut().reaping.insert(key.clone(), BTreeSet::new());
            self.set_reap_timer(key);
        } else if self.state.reaping.contains_key(key) {
            self.state.to_mut().reaping.remove(key);
            self.out.cancel_timer(Timer::Reap(self.id, key.clone()));
        }
    }

    /// After a start: the keys of which nothing is left but tombstones.
    pub(crate) fn resume_reaping(&mut self) {
        if self.node.config.reap_after().is_some() {
            let rules = self.node.rules;
            let held = self.state.durable.store.iter().filter(|(_, held)| rules.is_deleted(held));
            let deleted: Vec<Key> = held.map(|(key, _)| key.clone()).collect();
            for key in &deleted {
                self.consider_reaping(key);
            }
        }
    }

    /// After the view has changed: whoever has said that it is clear has said so to who knew other
    /// members; and others may be the first.
    pub(crate) fn reconsider_reaping(&mut self) {
        let reaping: Vec<Key> = self.state.reaping.keys().cloned().collect();
        for key in &reaping {
            self.consider_reaping(key);
        }
        self.resume_reaping();
    }

    fn set_reap_timer(&mut self, key: &Key) {
        if let Some(after) = self.node.config.reap_after() {
            self.out.set_timer(Timer::Reap(self.id, key.clone()), after..after + after / 2);
        }
    }

    /// Reaps, if everyone is known to be clear; else asks those that are next.
    pub(crate) fn on_reap_timeout(&mut self, key: &Key) {
        let Some(mut clear) = self.state.reaping.get(key).cloned() else { return };
        let (rules, tip, tombstones) = (self.node.rules, self.tip(), self.held(key));
        let intended = self.preference_list(key).to_vec();
        let holders = rules.holders(&self.state.view);
        if rules.tombstone_may_reap(&clear, &holders, &intended) {
            self.forget(key, &tombstones);
            for replica in intended {
                self.send_to_other(
                    replica,
                    Message::Reap { tip, key: key.clone(), siblings: tombstones.clone() },
                );
            }
            return;
        }
        if self.is_clear(key, &tombstones) {
            clear.insert(self.id);
        }
        for node in rules.whom_to_survey(&clear, &holders, &intended) {
            self.send_to_other(
                node,
                Message::Survey { tip, key: key.clone(), siblings: tombstones.clone() },
            );
        }
        self.state.to_mut().reaping.insert(key.clone(), clear);
        self.set_reap_timer(key);
    }

    fn send_to_other(&mut self, node: NodeId, message: Message) {
        if node != self.id {
            self.send(node, message);
        }
    }

    /// Is nothing left here that the tombstones would have to stand in the way of?
    fn is_clear(&self, key: &Key, tombstones: &Siblings) -> bool {
        let remains = Remains {
            is_intended: self.is_replica_of(key),
            held: &self.held(key),
            is_hinted: self.state.hinted(key).next().is_some(),
            is_busy: self.state.gets.values().any(|get| get.collecting.key == *key)
                || self.state.puts.values().any(|put| put.collecting.key == *key),
        };
        self.node.rules.is_clear(&remains, tombstones)
    }

    /// Somebody asks what is left of a key. Silence means no.
    pub(crate) fn on_survey(&mut self, from: NodeId, tip: Tip, key: Key, siblings: Siblings) {
        if self.is_clear(&key, &siblings) {
            self.send(from, Message::Surveyed { tip, key, siblings });
        }
    }

    /// Somebody is clear of these tombstones, having been asked when this node knew members by this
    /// tip.
    pub(crate) fn on_surveyed(&mut self, from: NodeId, tip: Tip, key: &Key, siblings: &Siblings) {
        let is_news = self.state.reaping.get(key).is_some_and(|clear| !clear.contains(&from));
        if is_news && tip == self.tip() && self.node.rules.is_unchanged(&self.held(key), siblings) {
            self.heard_from(from);
            self.state.to_mut().reaping.entry(key.clone()).or_default().insert(from);
        }
    }

    pub(crate) fn on_reap(&mut self, key: &Key, siblings: &Siblings) {
        self.forget(key, siblings);
    }

    /// Forgets a key, if this is still all that is held of it.
    fn forget(&mut self, key: &Key, siblings: &Siblings) {
        let rules = self.node.rules;
        if rules.is_unchanged(&self.held(key), siblings) && rules.is_deleted(siblings) {
            self.write(key, siblings, Siblings::new());
            self.save();
            self.consider_reaping(key);
        }
    }
}
