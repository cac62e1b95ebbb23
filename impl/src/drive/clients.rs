//! The clients of a trace. The driver plays them: they are the scripted clients of the model.

use super::cluster::Cluster;
use super::machines::Machines;
use dynamo_invariants::notation::Who;
use dynamo_invariants::system::{System, SystemState};
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::Timer;
use dynamo_model::process::{Process, ProcessState};
use stateright::actor::{Actor as _, Command, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// All clients, and where they are in their scripts.
pub(super) struct Players<'m> {
    model: &'m System,
    states: BTreeMap<Id, ProcessState>,
}

impl<'m> Players<'m> {
    pub(super) fn new(model: &'m System) -> Self {
        Players { model, states: BTreeMap::new() }
    }

    /// All clients begin.
    pub(super) fn start<M: Machines>(&mut self, cluster: &mut Cluster<M>) {
        for (index, actor) in self.model.actors.iter().enumerate() {
            if actor.node().is_none() {
                let (id, mut out) = (Id::from(index), Out::new());
                self.states.insert(id, actor.on_start(id, &None, &mut out));
                send(cluster, id, out);
            }
        }
    }

    /// A message arrives at a client.
    pub(super) fn receive<M: Machines>(
        &mut self,
        client: Id,
        from: Id,
        message: Message,
        cluster: &mut Cluster<M>,
    ) {
        self.step(client, cluster, |actor, state, out| {
            actor.on_msg(client, state, from, message, out);
        });
    }

    /// A client's timer fires.
    pub(super) fn time_out<M: Machines>(
        &mut self,
        client: Id,
        timer: &Timer,
        cluster: &mut Cluster<M>,
    ) {
        self.step(client, cluster, |actor, state, out| {
            actor.on_timeout(client, state, timer, out);
        });
    }

    fn step<M: Machines>(
        &mut self,
        client: Id,
        cluster: &mut Cluster<M>,
        handler: impl FnOnce(&Process, &mut Cow<'_, ProcessState>, &mut Out<Process>),
    ) {
        let Some(before) = self.states.get(&client) else { return };
        let (mut state, mut out) = (Cow::Borrowed(before), Out::new());
        handler(&self.model.actors[usize::from(client)], &mut state, &mut out);
        if let Cow::Owned(after) = state {
            self.states.insert(client, after);
        }
        send(cluster, client, out);
    }

    /// A client that is in another state than in the model's state.
    pub(super) fn difference(&self, state: &SystemState) -> Option<Who> {
        let differs = |(id, own): &(&Id, &ProcessState)| {
            state.actor_states.get(usize::from(**id)).is_none_or(|other| **other != **own)
        };
        self.states.iter().find(differs).map(|(id, own)| Who::of(*id, own))
    }
}

fn send<M: Machines>(cluster: &mut Cluster<M>, client: Id, out: Out<Process>) {
    for command in out {
        if let Command::Send(to, message) = command
            && let Some(node) = NodeId::from_actor(to)
        {
            cluster.send(client, node, message);
        }
    }
}
