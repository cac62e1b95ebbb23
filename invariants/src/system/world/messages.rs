//! What the messages in flight tell.

use super::World;
use crate::truth::carried_by;
use dynamo_model::message::Message;
use stateright::actor::Envelope;

impl World<'_> {
    /// Does a message in flight carry a put that a put on disk had replaced? A message that changes
    /// nothing at its receiver stays in flight for ever: stateright does not deliver it.
    pub fn is_replaced_in_flight(&self) -> bool {
        let replaced = self.anywhere().minus(self.versions().map(|(write, _)| write).collect());
        let carried = |message| carried_by(&self.model.cfg, message);
        let mut messages = self.state.network.iter_deliverable();
        messages.any(|envelope| carried(envelope.msg).minus(replaced) != carried(envelope.msg))
    }

    /// Is a repair of this get in flight?
    pub fn is_repairing(&self, get: usize) -> bool {
        let wanted = self.model.cfg.gets[get];
        let is_repair = |message: &Message| match message.as_undated() {
            Message::Repair { request, .. } => *request == wanted,
            _ => false,
        };
        self.state.network.iter_deliverable().any(|envelope| is_repair(envelope.msg))
    }
}

impl World<'_> {
    /// Is a message in flight by which a coordinator asks a node to store a put or a hint?
    pub fn is_asked_to_store(&self) -> bool {
        self.state.network.iter_deliverable().any(|envelope| {
            let message = envelope.msg.as_undated();
            matches!(message, Message::Store { .. } | Message::StoreHint { .. })
        })
    }

    /// Is a client's request in flight to a node that has answered it, and still collects replies
    /// for it? Only the node knows whether it still does.
    pub fn is_asked_again_for_an_answer(&self) -> bool {
        self.state.network.iter_deliverable().any(|envelope| {
            let (Message::Request(operation) | Message::Routed { operation, .. }) = envelope.msg
            else {
                return false;
            };
            let (request, index) = (operation.request(), usize::from(envelope.dst));
            let node = self.state.actor_states[index].node();
            !self.state.crashed[index]
                && node.is_some_and(|node| {
                    let put = node.puts.get(&request).map(|put| &put.collecting);
                    let get = node.gets.get(&request).map(|get| &get.collecting);
                    put.or(get).is_some_and(|collecting| collecting.is_answered)
                })
        })
    }
}

/// Is a replica's whole sibling set for a key in flight to another replica, in an exchange?
pub(crate) fn is_syncing<'a>(mut messages: impl Iterator<Item = Envelope<&'a Message>>) -> bool {
    messages.any(|envelope| matches!(envelope.msg.as_undated(), Message::Sync { .. }))
}

/// Is any message of an exchange in flight that carries more than the roots of trees?
pub(crate) fn is_exchanging<'a>(mut messages: impl Iterator<Item = Envelope<&'a Message>>) -> bool {
    messages.any(|envelope| {
        let message = envelope.msg.as_undated();
        matches!(message, Message::Subtrees { .. } | Message::Leaves { .. } | Message::Sync { .. })
    })
}

/// Are two equal messages in flight by which a coordinator asks a replica; and two by which it asks
/// a fallback? Copies of a message follow one another.
pub(crate) fn repeated<'a>(messages: impl Iterator<Item = Envelope<&'a Message>>) -> (bool, bool) {
    let (mut of_replica, mut of_fallback, mut last) = (false, false, None);
    for envelope in messages {
        if last == Some(envelope) {
            match envelope.msg.as_undated() {
                Message::Store { .. } | Message::Fetch { .. } => of_replica = true,
                Message::StoreHint { .. } => of_fallback = true,
                _ => {}
            }
        }
        last = Some(envelope);
    }
    (of_replica, of_fallback)
}
