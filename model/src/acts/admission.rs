//! Which messages of peers a node serves (Dynamo paper §4.8). It asks three questions:
//!
//! * Is the sender a member by this node's view, or was it one?
//! * Under which tip did it send? If that is another one, the sender is told what this node knows.
//! * Is this node the one to ask, by its own view? Under the same tip the sender knows that.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::membership::Standing;
use crate::state::message::Message;
use stateright::actor::Id;

impl Handler<'_, '_> {
    /// The peer that sends from this address. `None`: it is a client, or a node that was never a
    /// member by this node's view, or was removed.
    pub(crate) fn peer(&self, from: Id) -> Option<NodeId> {
        NodeId::from_actor(from).filter(|node| {
            matches!(
                self.state.view.standing(*node),
                Standing::Member | Standing::Leaving | Standing::Gone
            )
        })
    }

    /// Is a peer's message to be served? A sender under another tip is told what this node knows,
    /// served or not.
    pub(crate) fn admits(&mut self, from: NodeId, message: &Message) -> bool {
        if !message.is_reply() {
            self.heard_from(from);
        }
        let Some(tip) = message.tip() else { return true };
        self.tell(from.actor(), tip);
        self.node.rules.may_serve(self.tip() == tip, self.is_meant(message))
    }

    /// A node that is no peer has sent what only a peer may send. Perhaps it is a member, and this
    /// node does not know it yet.
    pub(crate) fn on_stranger(&mut self, from: Id, message: &Message) {
        if let Some(tip) = message.tip() {
            self.tell(from, tip);
        }
    }

    /// Is this node the one to ask, by its own view?
    fn is_meant(&self, message: &Message) -> bool {
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
}
