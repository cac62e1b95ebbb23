//! What the acts share: the node's setting, and the handler whose methods they are.

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

/// What does not change while a node runs. The same value is checked and run.
#[derive(Clone, Debug)]
pub struct Node {
    /// N, R, W and patience.
    pub config: Config,
    /// What it knows of the members before it was told anything.
    pub founders: History,
    /// Where it can be reached, if that is known.
    pub address: Option<Address>,
    /// The protocol's decisions.
    pub rules: Rules,
}

/// Handles one step of one node: it has what the step reads, and what it may change. The acts are
/// its methods.
pub(crate) struct Handler<'a, 's> {
    pub(crate) node: &'a Node,
    pub(crate) id: NodeId,
    pub(crate) state: &'a mut Cow<'s, State>,
    pub(crate) out: &'a mut Out<Node>,
}

impl Node {
    /// The handler of one step. `None`: this is no node's id, or the node has retired.
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

    /// Is this node an intended replica of a key?
    pub(crate) fn is_replica_of(&self, key: &Key) -> bool {
        self.preference_list(key).contains(&self.id)
    }

    /// What this node holds for a key.
    pub(crate) fn held(&self, key: &Key) -> Siblings {
        self.state.durable.store.get(key).cloned().unwrap_or_default()
    }

    /// What this node holds for a key, for itself and for others.
    pub(crate) fn held_in_any_form(&self, key: &Key) -> Siblings {
        let merge = |all, hint| self.node.rules.merge_siblings(&all, hint);
        self.state.hinted(key).fold(self.held(key), merge)
    }
}
