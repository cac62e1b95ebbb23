//! How a node starts, and what is on its disk when it does.

use crate::acts::handler::{Handler, Node};
use crate::algebra::ids::NodeId;
use crate::algebra::membership::History;
use crate::rules::Occasion;
use crate::state::State;
use crate::state::durable::Durable;
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::sync::Arc;

impl Node {
    /// Starts a node on an empty disk, or again on what survived a crash. It has forgotten the puts
    /// and gets under way: their clients retry. It schedules handoffs of its hints.
    pub(crate) fn start(&self, id: Id, storage: Option<&Durable>, out: &mut Out<Self>) -> State {
        let durable = storage.cloned().unwrap_or_default();
        let history = self.history_at_start(id, &durable.history);
        let is_new = history != durable.history && storage.is_some();
        let view = Arc::new(self.rules.view(&history));
        let durable = Durable { history, ..durable };
        let mut state = Cow::Owned(State { durable, view, ..State::default() });
        if let Some(id) = NodeId::from_actor(id) {
            let mut handler = Handler { node: self, id, state: &mut state, out };
            if is_new {
                handler.save();
            }
            handler.schedule_handoffs(Occasion::Started);
            handler.resume_reaping();
            handler.set_gossip_timer();
            handler.begin_planting();
            // It may have left with an old disk, and now has an empty one.
            handler.consider_being_gone();
        }
        state.into_owned()
    }

    /// A new disk. `unused` is a number that no disk of this node ever had.
    pub fn new_disk(&self, unused: u64) -> Durable {
        Durable { incarnation: self.rules.new_incarnation(unused), ..Durable::default() }
    }

    /// A node's new disk, after [`Rules::disk_is_old`](crate::rules::Rules::disk_is_old) has
    /// rejected the old one. It keeps only the history. However old that is, it is true, and names
    /// the nodes to ask. Anything else could bring back values that were deleted and reaped since
    /// the copy was made.
    pub fn new_disk_after(&self, old: &Durable, unused: u64) -> Durable {
        Durable { history: old.history.clone(), ..self.new_disk(unused) }
    }

    /// A node's disk after it has joined and was told this history. It has not settled anywhere
    /// yet.
    pub fn joined(&self, id: NodeId, disk: &Durable, told: &History) -> Durable {
        let mut state = Cow::Owned(self.start(id.actor(), Some(disk), &mut Out::new()));
        Handler { node: self, id, state: &mut state, out: &mut Out::new() }.learn(told);
        state.into_owned().durable
    }

    /// A node's history when it starts: the one on its disk, or else the founders. The node adds
    /// its own address if that has changed.
    fn history_at_start(&self, id: Id, on_disk: &History) -> History {
        let known = if on_disk.is_empty() { &self.founders } else { on_disk };
        match (self.address, NodeId::from_actor(id)) {
            (Some(address), Some(id)) => known.moved(id, address),
            _ => known.clone(),
        }
    }
}
