//! What a change of the ring moves (Dynamo paper §4.9). A misplaced replica is a hint.
//!
//! A node that is no longer a replica of a key turns its copy into a hint for each replica. A node
//! that stays a replica stores a hint for each new replica only. It drops a hint once the recipient
//! has all of it on disk. So a put that W nodes acknowledged is on W disks throughout.
//! [`settle`](crate::settle) documents what new replicas do until they have been handed their keys.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::siblings::Siblings;
use crate::algebra::view::View;
use crate::rules::{Cause, Occasion};
use crate::state::hint::HintId;

impl Handler<'_, '_> {
    /// After the view has changed, stores a hint for each node that must get this node's copy of a
    /// key. Drops the copies of keys of which this node is no longer a replica.
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

    /// After the view has changed, readdresses hints. If the recipient is no longer a replica, the
    /// hint goes to all that are. Otherwise it goes to new replicas as well. If this node is one of
    /// them, it stores the hint as its own copy.
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

    /// After the view has changed, a handoff runs for each recipient of a hint, and for no other
    /// node. A handoff that runs already keeps its timer.
    pub(crate) fn settle_handoffs(&mut self, before: &View) {
        let over: Vec<NodeId> = {
            let state = &self.state;
            let is_over = |recipient: &&NodeId| state.hints_for(**recipient).next().is_none();
            state.handoffs.keys().filter(is_over).copied().collect()
        };
        for recipient in over {
            self.end_handoff(recipient);
        }
        // Recipients that were no members before have no timer yet.
        let (was, is) = (before.ring().members(), self.state.view.ring().members());
        let recipients = self.state.handoffs.keys().copied();
        let new: Vec<NodeId> =
            recipients.filter(|node| is.contains(node) && !was.contains(node)).collect();
        for recipient in new {
            self.end_handoff(recipient);
        }
        self.schedule_handoffs(Occasion::Moved);
    }
}
