//! Which messages of peers a node serves (Dynamo paper §4.8). The node asks three questions:
//!
//! * Is the sender a member by this node's view, or was it one?
//! * Does the sender's tip differ from this node's? Then this node sends the sender its history.
//! * Is this node the right receiver by its own view? Under equal tips, the sender knows that.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::membership::Standing;
use crate::state::message::Message;
use stateright::actor::Id;

impl Handler<'_, '_> {
    /// The peer that sends from this address. `None`: the sender is a client, was never a member by
    /// this node's view, or was removed.
    pub(crate) fn peer(&self, from: Id) -> Option<NodeId> {
        NodeId::from_actor(from).filter(|node| {
            matches!(
                self.state.view.standing(*node),
                Standing::Member | Standing::Leaving | Standing::Gone
            )
        })
    }

    /// Should this node serve a peer's message? If the sender's tip differs, the node sends its
    /// history, whether it serves the message or not.
    pub(crate) fn admits(&mut self, from: NodeId, message: &Message) -> bool {
        if !message.is_reply() {
            self.heard_from(from);
        }
        let Some(tip) = message.tip() else { return true };
        self.tell(from.actor(), tip);
        self.node.rules.may_serve(self.tip() == tip, self.is_meant(message))
    }

    /// A sender that is no peer has sent a message that only peers send. It may be a member of
    /// which this node has not heard yet.
    pub(crate) fn on_stranger(&mut self, from: Id, message: &Message) {
        if let Some(tip) = message.tip() {
            self.tell(from, tip);
        }
    }

    /// Is this node the right receiver by its own view: a replica of the key, or for a hint a node
    /// that is none?
    fn is_meant(&self, message: &Message) -> bool {
        let is_mine = |key: &Key| self.is_replica_of(key);
        match message {
            Message::Forward { operation, .. } => is_mine(operation.key()),
            Message::Store { key, .. }
            | Message::Fetch { key, .. }
            | Message::Repair { key, .. }
            | Message::Sync { key, .. } => is_mine(key),
            Message::StoreHint { hint, .. } => {
                !is_mine(&hint.key) && self.preference_list(&hint.key).contains(&hint.recipient)
            }
            // Under another history, the sender may have asked too few nodes, have a wrong idea of
            // who is a replica, or compare other partitions. A recipient that confirms a hint may
            // hand the key back before the holder knows. So these messages need equal tips.
            Message::HandOff { .. }
            | Message::Gather { .. }
            | Message::Survey { .. }
            | Message::Reap { .. }
            | Message::Roots { .. }
            | Message::Subtrees { .. }
            | Message::Leaves { .. } => false,
            _ => true,
        }
    }
}
