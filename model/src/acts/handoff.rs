//! Hinted handoff (Dynamo paper §4.6). A fallback stores a put as a hint for the intended replica,
//! and hands it over later.
//!
//! ```text
//! CREATED      the coordinator has asked a fallback to stand in
//! STORED       the fallback has the hint on disk, and has confirmed it
//! IN_TRANSFER  the fallback has sent the hint, and the recipient has not confirmed all of it
//! CLEARED      the recipient has confirmed all of it, and the fallback has dropped the hint
//! ```
//! A holder that crashes continues from the hints on its disk, without a client's help. It resends
//! a hint until it may clear it, at growing intervals. The recipient merges, so duplicates are
//! harmless.

use crate::acts::handler::{Handler, Node};
use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::membership::Tip;
use crate::algebra::siblings::Siblings;
use crate::algebra::version::Context;
use crate::rules::{Cause, HandoffEvent, Occasion};
use crate::state::State;
use crate::state::collecting::RunningPut;
use crate::state::hint::{HintId, HintState};
use crate::state::message::Message;
use crate::state::timer::Timer;

impl State {
    /// The hints for one recipient, by key.
    pub fn hints_for(&self, recipient: NodeId) -> impl Iterator<Item = (&HintId, &Siblings)> {
        let first = HintId { recipient, key: Key::least() };
        self.durable.hints.range(first..).take_while(move |(id, _)| id.recipient == recipient)
    }

    /// A hint's state, as this node sees it.
    pub fn hint_state(&self, node: &Node, id: &HintId) -> HintState {
        if !self.durable.hints.contains_key(id) {
            let asked = |put: &RunningPut| {
                put.collecting
                    .tally
                    .missing_stand_ins()
                    .any(|stand_in| stand_in.intended == id.recipient)
            };
            let created = self.puts.values().any(|put| put.collecting.key == id.key && asked(put));
            return if created { HintState::Created } else { HintState::Cleared };
        }
        let sent = self.handoffs.get(&id.recipient).is_some_and(|attempts| *attempts > 0);
        let window = node.config.handoff().window;
        if !self.view.ring().members().contains(&id.recipient) {
            HintState::Undeliverable
        } else if sent && self.hints_for(id.recipient).take(window).any(|(other, _)| other == id) {
            HintState::InTransfer
        } else {
            HintState::Stored
        }
    }

    /// The hints for one key, of all recipients.
    pub(crate) fn hinted<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Siblings> {
        let recipients = self.handoffs.keys();
        recipients.filter_map(|recipient| {
            self.durable.hints.get(&HintId { recipient: *recipient, key: key.clone() })
        })
    }
}

impl Handler<'_, '_> {
    /// A coordinator asks this node to stand in for a replica.
    pub(crate) fn on_store_hint(
        &mut self,
        from: NodeId,
        request: RequestId,
        id: HintId,
        siblings: &Siblings,
    ) {
        let rules = self.node.rules;
        let recipient = id.recipient;
        if !rules.may_stand_in(self.state.view.standing(self.id)) {
            return;
        }
        let before = self.state.durable.hints.get(&id).cloned().unwrap_or_default();
        let after = rules.merge_siblings(&before, siblings);
        if after != before {
            let must_save = rules.must_save(Cause::Hint, &before, &after);
            self.state.to_mut().durable.hints.insert(id, after);
            if must_save {
                self.save();
            }
            self.schedule_handoff(recipient, Occasion::Stored);
        }
        self.send(from, Message::StoredHint { request, recipient });
    }

    /// Schedules a handoff for every recipient of a hint on disk.
    pub(crate) fn schedule_handoffs(&mut self, occasion: Occasion) {
        let mut recipients: Vec<NodeId> =
            self.state.durable.hints.keys().map(|id| id.recipient).collect();
        recipients.dedup();
        for recipient in recipients {
            self.schedule_handoff(recipient, occasion);
        }
    }

    /// Starts a handoff to a recipient, unless one runs.
    pub(crate) fn schedule_handoff(&mut self, recipient: NodeId, occasion: Occasion) {
        if self.state.handoffs.contains_key(&recipient) {
            return;
        }
        self.state.to_mut().handoffs.insert(recipient, 0);
        // A hint for a node that is no member stays until an administrator decides.
        let is_member = self.state.view.ring().members().contains(&recipient);
        if is_member && self.node.rules.handoff_is_due(occasion) {
            self.set_handoff_timer(recipient, 0);
        }
    }

    fn set_handoff_timer(&mut self, recipient: NodeId, attempts: u8) {
        self.out.set_timer(
            Timer::Handoff(self.id, recipient),
            self.node.config.handoff().pause(attempts),
        );
    }

    /// Sends hints to their recipient, at most as many as the window allows in flight.
    pub(crate) fn on_handoff_timeout(&mut self, recipient: NodeId) {
        let handoff = self.node.config.handoff();
        let Some(&attempts) = self.state.handoffs.get(&recipient) else { return };
        let due: Vec<HintId> = self
            .state
            .hints_for(recipient)
            .map(|(id, _)| id.clone())
            .take(handoff.window)
            .collect();
        for id in due {
            if attempts == 0 || !self.clear_hint(&id, &HandoffEvent::TimedOut) {
                self.hand_off(&id);
            }
        }
        if self.state.hints_for(recipient).next().is_none() {
            self.end_handoff(recipient);
            return;
        }
        let attempts = attempts.saturating_add(1).min(handoff.attempts_max());
        self.state.to_mut().handoffs.insert(recipient, attempts);
        self.set_handoff_timer(recipient, attempts);
    }

    fn hand_off(&mut self, id: &HintId) {
        let Some(siblings) = self.state.durable.hints.get(id).cloned() else { return };
        let (tip, key, is_all) =
            (self.tip(), id.key.clone(), self.is_all_for(id.recipient, &id.key));
        self.send(id.recipient, Message::HandOff { tip, key, siblings, is_all });
        self.clear_hint(id, &HandoffEvent::Sent);
    }

    /// A holder hands this node a hint. `tip` is the holder's, and this node's own: else it would
    /// not have been served.
    pub(crate) fn on_hand_off(
        &mut self,
        from: NodeId,
        tip: Tip,
        key: Key,
        siblings: &Siblings,
        is_all: bool,
    ) {
        let before = self.held(&key);
        let after = self.node.rules.hint_lands(&before, siblings);
        self.hold(Cause::HandOff, &key, &before, after);
        let context = self.held(&key).context().clone();
        if is_all {
            self.settle_with(from);
        }
        self.send(from, Message::HandedOff { tip, key, context });
        if is_all {
            self.conclude_gatherings();
        }
    }

    /// The recipient confirms what it has on disk, under the view with this tip.
    pub(crate) fn on_handed_off(&mut self, from: NodeId, tip: Tip, key: Key, context: &Context) {
        let id = HintId { recipient: from, key };
        if !self.state.durable.hints.contains_key(&id) {
            return;
        }
        self.heard_from(from);
        let is_same_view = tip == self.tip();
        let are_enough = self.preference_list(&id.key).len() >= self.node.config.w();
        if !self.clear_hint(&id, &HandoffEvent::Acknowledged { context, is_same_view, are_enough })
        {
            return;
        }
        let handoff = self.node.config.handoff();
        let attempts = self.state.handoffs.get(&from).copied().unwrap_or(0);
        let next = self.state.hints_for(from).nth(handoff.window - 1).map(|(id, _)| id.clone());
        if self.state.hints_for(from).next().is_none() {
            return self.end_handoff(from);
        }
        if let Some(next) = next.filter(|_| attempts > 0) {
            self.hand_off(&next);
        }
        if attempts > 1 {
            // The recipient is up again, so a lost hint need not wait for the long pause. Only a
            // timeout counts attempts up. So answers reset the timer at most once each time that it
            // fires, and cannot put off the next attempt again and again.
            self.state.to_mut().handoffs.insert(from, 1);
            self.set_handoff_timer(from, 1);
        }
    }

    /// Drops a hint if the rules allow it now.
    fn clear_hint(&mut self, id: &HintId, event: &HandoffEvent<'_>) -> bool {
        let Some(hint) = self.state.durable.hints.get(id) else { return false };
        let may = self.node.rules.hint_may_clear(hint, event);
        if may {
            self.state.to_mut().durable.hints.remove(id);
            if !self.state.durable.store.contains_key(&id.key)
                && self.state.hinted(&id.key).next().is_none()
            {
                self.state.to_mut().durable.epochs.remove(&id.key);
            }
            self.consider_being_gone();
            self.save();
        }
        may
    }

    pub(crate) fn end_handoff(&mut self, recipient: NodeId) {
        if self.state.handoffs.contains_key(&recipient) {
            self.state.to_mut().handoffs.remove(&recipient);
            self.out.cancel_timer(Timer::Handoff(self.id, recipient));
        }
    }
}
