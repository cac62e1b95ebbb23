//! What all acts share: a node's fixed settings, and the handler whose methods the acts are.

use crate::algebra::address::Address;
use crate::algebra::config::Config;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::membership::{History, Tip};
use crate::algebra::siblings::Siblings;
use crate::rules::Rules;
use crate::state::State;
use crate::state::message::Message;
use stateright::actor::{Id, Out};
use std::borrow::Cow;

/// What does not change while a node runs. The checker and the runtime use this type alike.
#[derive(Clone, Debug)]
pub struct Node {
    /// N, R, W, timeouts and intervals.
    pub config: Config,
    /// The history of a node that starts on an empty disk.
    pub founders: History,
    /// The node's own address, if it is known.
    pub address: Option<Address>,
    /// The protocol's decisions.
    pub rules: Rules,
}

/// Handles one step of one node. It holds what the step reads and may change. The acts are its
/// methods.
pub(crate) struct Handler<'a, 's> {
    pub(crate) node: &'a Node,
    pub(crate) id: NodeId,
    pub(crate) state: &'a mut Cow<'s, State>,
    pub(crate) out: &'a mut Out<Node>,
}

impl Node {
    /// The handler of one step. `None`: the id is no node's, or the node has retired.
    pub(crate) fn handler<'a, 's>(
        &'a self,
        id: Id,
        state: &'a mut Cow<'s, State>,
        out: &'a mut Out<Self>,
    ) -> Option<Handler<'a, 's>> {
        let id = NodeId::from_actor(id).filter(|_| !state.retired)?;
        Some(Handler { node: self, id, state, out })
    }
}

impl Handler<'_, '_> {
    pub(crate) fn send(&mut self, to: NodeId, message: Message) {
        self.out.send(to.actor(), message);
    }

    pub(crate) fn save(&mut self) {
        self.out.save(self.state.durable.clone());
    }

    pub(crate) fn preference_list(&self, key: &Key) -> &[NodeId] {
        self.state.view.ring().preference_list(key, self.node.config.n())
    }

    pub(crate) fn tip(&self) -> Tip {
        self.state.view.tip()
    }

    /// Is this node an intended replica of the key?
    pub(crate) fn is_replica_of(&self, key: &Key) -> bool {
        self.preference_list(key).contains(&self.id)
    }

    /// What this node holds of a key as a replica.
    pub(crate) fn held(&self, key: &Key) -> Siblings {
        self.state.durable.store.get(key).cloned().unwrap_or_default()
    }

    /// What this node holds of a key as a replica, merged with its hints for the key.
    pub(crate) fn held_in_any_form(&self, key: &Key) -> Siblings {
        let merge = |all, hint| self.node.rules.merge_siblings(&all, hint);
        self.state.hinted(key).fold(self.held(key), merge)
    }
}
