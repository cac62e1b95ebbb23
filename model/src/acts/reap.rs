//! Reaping: replicas forget a key when only tombstones are left of it (Dynamo's deletes).
//!
//! A tombstone suppresses old copies of a value. It may go once no old copy is left: every intended
//! replica has the tombstone, and no node holds a hint for the key. The first node of the
//! preference list asks the intended replicas, and then all other nodes that may hold anything. If
//! all of them are clear, it tells the replicas to forget the key. A replica that holds something
//! new ignores that.
//!
//! The order matters. Once all replicas have the tombstone, everything that they send of the key
//! includes it. An old copy handed to one of them disappears. So another node that is clear stays
//! clear.
//!
//! No node can see messages older than the tombstone that are still in flight. So the first node
//! waits longer than twice the life of any message
//! ([`Config::reap_after`](crate::config::Config::reap_after)). It waits before it asks, so that no
//! old message reaches a node that has said that it is clear. It waits again before it asks the
//! next nodes or reaps. A node may have sent an old message until the question arrived, which was
//! in flight too.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::membership::Tip;
use crate::algebra::siblings::Siblings;
use crate::rules::Remains;
use crate::state::message::Message;
use crate::state::timer::Timer;
use std::collections::BTreeSet;

impl Handler<'_, '_> {
    /// After what this node holds of a key has changed: starts to reap it, or stops.
    pub(crate) fn consider_reaping(&mut self, key: &Key) {
        let is_first = self.preference_list(key).first() == Some(&self.id);
        if self.node.config.reap_after().is_some()
            && is_first
            && self.node.rules.is_deleted(&self.held(key))
        {
            // Earlier answers were about another set.
            self.state.to_mut().reaping.insert(key.clone(), BTreeSet::new());
            self.set_reap_timer(key);
        } else if self.state.reaping.contains_key(key) {
            self.state.to_mut().reaping.remove(key);
            self.out.cancel_timer(Timer::Reap(self.id, key.clone()));
        }
    }

    /// After a start, or a change of the members: starts to reap every key that is only tombstones.
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

    /// After the view has changed, earlier answers no longer count: they were given under other
    /// members. Another node may now be the first of a preference list.
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

    /// Reaps the tombstones if all nodes are clear. Otherwise asks the next ones.
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

    /// Is this node clear of the key? A replica must hold exactly these tombstones, and any other
    /// node no version. The node may have no hint for the key, and no put or get of it under way.
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

    /// A peer asks whether this node is clear of a key. No answer means no.
    pub(crate) fn on_survey(&mut self, from: NodeId, tip: Tip, key: Key, siblings: Siblings) {
        if self.is_clear(&key, &siblings) {
            self.send(from, Message::Surveyed { tip, key, siblings });
        }
    }

    /// A peer says that it is clear of these tombstones. `tip` is the one that this node sent with
    /// its question.
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

    /// Forgets a key, if the tombstones are still all that this node holds of it.
    fn forget(&mut self, key: &Key, siblings: &Siblings) {
        let rules = self.node.rules;
        if rules.is_unchanged(&self.held(key), siblings) && rules.is_deleted(siblings) {
            self.write(key, siblings, Siblings::new());
            self.save();
            self.consider_reaping(key);
        }
    }
}
