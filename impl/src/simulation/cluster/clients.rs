//! The clients of a run: the scripted clients of scopes, with the sessions of real clients.

use super::{Cluster, Event};
use crate::simulation::addresses::{self, Place, place};
use crate::simulation::session::ClientSession;
use dynamo_invariants::judge::Script;
use dynamo_invariants::matrix::Happening;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::client::{Client, ClientState, Line};
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::message::Message;
use dynamo_model::node::Timer;
use stateright::actor::{Actor as _, Command, Id, Out};
use std::borrow::Cow;
use std::net::SocketAddrV4;
use std::time::Duration;

/// A client, and where it is in its script. `None`: it has not begun.
pub(super) struct SimulatedClient {
    pub(super) script: Script,
    pub(super) state: Option<ClientState>,
    /// Has the answer that it waits for arrived, and does the client pause?
    pub(super) has_answer: bool,
    pub(super) session: ClientSession,
}

impl Cluster {
    pub(super) fn begin_script(&mut self, id: Id) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let mut out = Out::new();
        client.state = Some(client.script.client.on_start(id, &None, &mut out));
        self.carry_out(id, out);
    }

    pub(super) fn ask_again(&mut self, id: Id, line: usize) {
        let is_waiting = |client: &SimulatedClient| {
            !client.has_answer && client.state.as_ref().is_some_and(|state| state.line == line)
        };
        if self.clients.get(&id).is_some_and(is_waiting) {
            self.watch.happens(Happening::Retry);
            let timer = Timer::Client(ClientId(usize::from(id) as u64));
            self.step(Step::TimeOut { at: self.who(id), timer: timer.clone() });
            self.judge.retried(ClientId(usize::from(id) as u64));
            self.client_steps(id, |client, state, out| client.on_timeout(id, state, &timer, out));
        }
    }

    /// A datagram arrives at a client.
    pub(super) fn reach_client(&mut self, id: Id, from: SocketAddrV4, bytes: &[u8]) {
        let Some(Place::Node(node)) = place(from) else { return };
        let Some(client) = self.clients.get_mut(&id) else { return };
        let messages = client.session.receive(from, bytes, self.now);
        self.watch.arrived(None, bytes.len(), &messages.iter().collect::<Vec<&Message>>());
        for message in messages {
            self.tell_client(id, node.actor(), message);
        }
        self.send_of_client(id);
    }

    /// Sends what a client's sessions have to send.
    fn send_of_client(&mut self, id: Id) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        for (to, bytes) in client.session.take_outgoing() {
            self.send(addresses::of_client(id), to, &bytes);
        }
    }

    /// A client takes every history at once, and an answer after a pause. An answer that it does
    /// not wait for tells it nothing, as in a scope.
    pub(super) fn tell_client(&mut self, id: Id, from: Id, message: Message) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(state) = &client.state else { return };
        let Message::Answer(answer) = &message else {
            self.hear(id, from, message);
            return;
        };
        if answer.request().number != state.line as u64 || client.has_answer {
            return;
        }
        client.has_answer = true;
        let is_change = |(_, line): &(_, Line)| matches!(line, Line::Administer { .. });
        let administers = client.script.client.script.iter().any(is_change);
        let thinks_for =
            if administers { self.pace.administers_every } else { self.pace.thinks_for };
        let after = self.chance.between(Duration::ZERO, thinks_for);
        let message = Box::new(message);
        self.plan_at(self.now + after, Event::Hear { client: id, from, message });
    }

    /// A client acts on a message.
    pub(super) fn hear(&mut self, id: Id, from: Id, message: Message) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.has_answer &= !matches!(message, Message::Answer(_));
        }
        if let Message::Answer(answer) = message.as_undated() {
            self.watch.answered(self.now, answer, self.judge.ask(answer.request()));
        }
        self.judge.arrived(from, id, &message);
        self.note_message(&message);
        let (from_who, to) = (self.who(from), self.who(id));
        self.step(Step::Deliver { from: from_who, to, message: message.clone() });
        self.client_steps(id, |client, state, out| client.on_msg(id, state, from, message, out));
    }

    fn client_steps(
        &mut self,
        id: Id,
        step: impl FnOnce(&Client, &mut Cow<'_, ClientState>, &mut Out<Client>),
    ) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(before) = client.state.take() else { return };
        let (mut state, mut out) = (Cow::Owned(before), Out::new());
        step(&client.script.client, &mut state, &mut out);
        let state = state.into_owned();
        self.judge.client_stepped(client.script.id, &state);
        client.state = Some(state);
        self.carry_out(id, out);
    }

    /// Sends what a client sends, each message in a datagram of its own.
    fn carry_out(&mut self, id: Id, out: Out<Client>) {
        for command in out {
            match command {
                Command::Send(to, message) => {
                    self.judge.sent(id, to, &message);
                    self.watch.recorder.asked(self.now, &message);
                    let node = NodeId::from_actor(to).map(addresses::of_node);
                    if let (Some(client), Some(to)) = (self.clients.get_mut(&id), node) {
                        client.session.send(to, &message, self.now);
                    }
                }
                Command::SetTimer(_, after) => {
                    let line = self.clients[&id].state.as_ref().map_or(0, |state| state.line);
                    let at = self.now + after.start;
                    self.plan_at(at, Event::AskAgain { client: id, line });
                }
                _ => {}
            }
        }
        self.send_of_client(id);
    }
}
