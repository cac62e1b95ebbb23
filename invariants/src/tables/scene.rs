//! One moment of a run, and what tables ask of it.

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
    /// After so many steps.
    pub(super) at: usize,
}

/// What a client last did.
pub(super) enum Act<'a> {
    /// It asked this of this node, and waits.
    Asked(NodeId, &'a Operation),
    /// It was told this.
    Told(&'a Answer),
    /// It was told of members that it did not know.
    Refreshed,
}

/// A put: who wanted it, and its place in the order of puts.
#[derive(Clone, Copy)]
pub(super) struct Put {
    pub(super) request: RequestId,
    pub(super) write: usize,
}

impl<'a> Scene<'a> {
    pub(super) fn state(&self) -> &'a SystemState {
        &self.run.states[self.at]
    }

    /// The steps until now, the last first.
    pub(super) fn events(&self) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.run.events[..self.at].iter().rev()
    }

    pub(super) fn before(&self) -> impl Iterator<Item = Scene<'a>> + use<'a> {
        let (run, cast) = (self.run, self.cast);
        (0..self.at).map(move |at| Scene { run, cast, at })
    }

    /// How it will be when all is over.
    pub(super) fn end(&self) -> Scene<'a> {
        Scene { at: self.run.events.len(), ..*self }
    }

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

    /// The key's intended replicas, by what the first node knows.
    pub(super) fn intended(&self) -> &'a [NodeId] {
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

    pub(super) fn is_on_its_way(&self, is_meant: impl Fn(&Message) -> bool) -> bool {
        self.messages().any(|envelope| is_meant(envelope.msg))
    }

    /// The put that a client asked for last.
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

    /// Who coordinates a put, sooner or later.
    pub(super) fn coordinator(&self, put: Put) -> Option<NodeId> {
        let end = self.end();
        let mut scenes = (0..=end.at).map(|at| Scene { at, ..*self });
        scenes.find_map(|scene| scene.running(put)).map(|(node, _)| node)
    }

    /// What was last heard of a client.
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

    /// What is kept for others: holder, for whom, and how far it has come.
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

/// What a client has asked, if this is a client's asking.
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
