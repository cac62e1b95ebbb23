//! One moment of a run, with the questions that tables ask about it.

use super::Cast;
use crate::notation::Who;
use crate::system::SystemState;
use crate::trace::Event;
use crate::trace::replay::Run;
use crate::truth::Outcome;
use dynamo_model::collecting::RunningPut;
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Durable, State};
use dynamo_model::siblings::{Siblings, Version};
use stateright::actor::Envelope;

pub(super) struct Scene<'a> {
    pub(super) run: &'a Run,
    pub(super) cast: &'a Cast,
    /// The number of steps before this moment.
    pub(super) at: usize,
}

/// What a client did, or was told, last.
pub(super) enum Act<'a> {
    /// It sent this node a request, and waits for the answer.
    Asked(NodeId, &'a Operation),
    /// It got this answer.
    Told(&'a Answer),
    /// It got a newer history.
    Refreshed,
}

/// A put: its request, and its index among all puts.
#[derive(Clone, Copy)]
pub(super) struct Put {
    pub(super) request: RequestId,
    pub(super) write: usize,
}

impl<'a> Scene<'a> {
    pub(super) fn state(&self) -> &'a SystemState {
        &self.run.states[self.at]
    }

    /// The events until this moment, the last first.
    pub(super) fn events(&self) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.run.events[..self.at].iter().rev()
    }

    /// All earlier moments, the first first.
    pub(super) fn before(&self) -> impl Iterator<Item = Scene<'a>> + use<'a> {
        let (run, cast) = (self.run, self.cast);
        (0..self.at).map(move |at| Scene { run, cast, at })
    }

    /// The last moment of the run.
    pub(super) fn end(&self) -> Scene<'a> {
        Scene { at: self.run.events.len(), ..*self }
    }

    /// The state of a node. `None`: it is down.
    pub(super) fn node(&self, node: NodeId) -> Option<&'a State> {
        let index = usize::from(node.0);
        self.state().actor_states[index].node().filter(|_| !self.state().crashed[index])
    }

    pub(super) fn disk(&self, node: NodeId) -> Option<&'a Durable> {
        self.state().actor_storages[usize::from(node.0)].as_ref()
    }

    pub(super) fn held(&self, node: NodeId) -> Siblings {
        let store = self.disk(node).and_then(|disk| disk.store.get(&self.run.model.cfg.key));
        store.cloned().unwrap_or_default()
    }

    /// The versions on a node's disk.
    pub(super) fn names(&self, node: NodeId) -> Vec<&'a str> {
        self.names_of(self.held(node).versions())
    }

    pub(super) fn names_of(&self, versions: &[Version]) -> Vec<&'a str> {
        let mut names: Vec<&str> =
            versions.iter().filter_map(|version| self.cast.version(&version.content)).collect();
        names.sort_unstable();
        names
    }

    /// The key's intended replicas, by the history of the first node.
    pub(super) fn intended(&self) -> Vec<NodeId> {
        let instance = &self.run.model.cfg;
        instance.replicas_by(self.history(self.cast.node(0)))
    }

    pub(super) fn history(&self, node: NodeId) -> &'a History {
        let history =
            self.disk(node).map(|disk| &disk.history).filter(|history| !history.is_empty());
        history.unwrap_or(&self.run.model.cfg.founders)
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = Envelope<&'a Message>> + use<'a> {
        self.state().network.iter_all()
    }

    pub(super) fn is_in_flight(&self, is_meant: impl Fn(&Message) -> bool) -> bool {
        self.messages().any(|envelope| is_meant(envelope.msg))
    }

    /// The put whose request arrived last.
    pub(super) fn put(&self) -> Option<Put> {
        let request = self.events().find_map(|event| match asked(event)? {
            (_, Operation::Put { request, .. }) => Some(*request),
            (_, Operation::Get { .. }) => None,
        })?;
        let write = self.run.model.cfg.write(request)?;
        Some(Put { request, write: usize::from(write.0) })
    }

    pub(super) fn name(&self, put: Put) -> &'a str {
        &self.cast.versions[put.write]
    }

    pub(super) fn outcome(&self, put: Put) -> Outcome {
        self.state().history.writes[put.write].outcome
    }

    pub(super) fn running(&self, put: Put) -> Option<(NodeId, &'a RunningPut)> {
        let mut nodes = (0..self.run.model.cfg.scope.nodes).map(NodeId);
        nodes.find_map(|node| Some((node, self.node(node)?.puts.get(&put.request)?)))
    }

    /// The first node that coordinates a put at any moment of the run.
    pub(super) fn coordinator(&self, put: Put) -> Option<NodeId> {
        let end = self.end();
        let mut scenes = (0..=end.at).map(|at| Scene { at, ..*self });
        scenes.find_map(|scene| scene.running(put)).map(|(node, _)| node)
    }

    /// The last act of any client.
    pub(super) fn act(&self) -> Option<Act<'a>> {
        self.events().find_map(|event| match event {
            Event::Deliver { to: Who::Client(_), message: Message::Answer(answer), .. } => {
                Some(Act::Told(answer))
            }
            Event::Deliver { to: Who::Client(_), message: Message::History { .. }, .. } => {
                Some(Act::Refreshed)
            }
            other => asked(other).map(|(node, operation)| Act::Asked(node, operation)),
        })
    }

    /// The hints on all disks: the holder, the hint's id, and the state of the handoff.
    pub(super) fn hints(&self) -> impl Iterator<Item = (NodeId, &'a HintId, HintState)> + use<'a> {
        let (run, state) = (self.run, self.state());
        let nodes = (0..run.model.cfg.scope.nodes).map(NodeId);
        nodes.flat_map(move |holder| {
            let disk = state.actor_storages[usize::from(holder.0)].as_ref();
            let ids = disk.into_iter().flat_map(|disk| disk.hints.keys());
            ids.map(move |id| {
                let index = usize::from(holder.0);
                let node = run.model.actors[index].node().expect("a holder is a node");
                let is_up = !state.crashed[index];
                let known = state.actor_states[index]
                    .node()
                    .filter(|_| is_up)
                    .map(|inner| inner.hint_state(node, id));
                (holder, id, known.unwrap_or(HintState::Stored))
            })
        })
    }
}

/// The node and the request, if a client's put or get arrives in this event.
fn asked(event: &Event) -> Option<(NodeId, &Operation)> {
    match event {
        Event::Deliver {
            from: Who::Client(_),
            to: Who::Node(node),
            message: Message::Request(operation) | Message::Routed { operation, .. },
        } => Some((*node, operation)),
        _ => None,
    }
}
