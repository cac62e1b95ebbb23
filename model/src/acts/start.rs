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
    /// Starts anew, or again with what survived the crash. The node forgets puts and gets under
    /// way; their clients ask again. It hands its hints over.
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
        }
        state.into_owned()
    }

    /// What is on a new disk, given a number that no disk of this node ever had.
    pub fn new_disk(&self, unused: u64) -> Durable {
        Durable { incarnation: self.rules.new_incarnation(unused), ..Durable::default() }
    }

    /// What is on a node's new disk, when the old one is no longer believed: see
    /// [`Rules::disk_is_old`](crate::rules::Rules::disk_is_old). Of that only the history stays. It
    /// is true, however old it is, and
    /// tells the node whom to ask. Nothing else may stay: what was deleted and reaped since the
    /// copy would come back.
    pub fn new_disk_after(&self, old: &Durable, unused: u64) -> Durable {
        Durable { history: old.history.clone(), ..self.new_disk(unused) }
    }

    /// What is on a node's disk when it has joined, and was told this: it has settled nowhere yet.
    pub fn joined(&self, id: NodeId, disk: &Durable, told: &History) -> Durable {
        let mut state = Cow::Owned(self.start(id.actor(), Some(disk), &mut Out::new()));
        Handler { node: self, id, state: &mut state, out: &mut Out::new() }.learn(told);
        state.into_owned().durable
    }

    /// What a node knows when it starts: what is on its disk, or the founders; and where it is
    /// itself.
    fn history_at_start(&self, id: Id, on_disk: &History) -> History {
        let known = if on_disk.is_empty() { &self.founders } else { on_disk };
        match (self.address, NodeId::from_actor(id)) {
            (Some(address), Some(id)) => known.moved(id, address),
            _ => known.clone(),
        }
    }
}
