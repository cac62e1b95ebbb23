//! The order in which a server serves: members, then clients' requests, then other messages of
//! strangers, then questions. [`admission`](crate::admission) decides what is admitted.

use super::watched::Watched;
use super::{Server, farewell};
use crate::admission::request_in;
use crate::agreement::Agreement;
use crate::exchanges::Before;
use crate::inspect::{Numbered, Reply};
use crate::interpreter::Network as _;
use crate::storage::Storage;
use crate::transport::{Carrier, Received};
use crate::wire::Datagram;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use stateright::actor::Id;
use std::time::{Duration, Instant};

/// The most questions answered in a batch.
const BATCH_QUESTIONS: usize = 8;

impl Server {
    /// Handles the input from strangers, after that of members.
    pub(super) fn serve_strangers(&mut self, now: Instant, carrier: &mut impl Carrier) {
        self.admission.on_time(now);
        while let Some((from, message)) = self.admission.next(now) {
            self.receive_message(from, message, now);
        }
        while let Some(datagram) = self.transport.next_waiting(now, carrier) {
            self.receive_all(datagram, now);
        }
        let mut out = self.transport.through(carrier, now);
        for (to, busy) in self.admission.take_refused() {
            out.refuse(to, &busy);
        }
        for (to, answer) in self.told.drain(..) {
            let mut datagram = Datagram::default();
            if datagram.push(&answer).is_ok() {
                out.send(to, &mut datagram);
            }
        }
    }

    /// Handles what one datagram has brought.
    pub(super) fn receive_all(&mut self, received: Received, now: Instant) {
        let (from, messages) = match received {
            Received::Nothing => return,
            Received::Question(from, question) => return self.inspections.push(from, question),
            Received::Messages(from, messages) => (from, messages),
        };
        for message in messages {
            if NodeId::from_actor(from).is_some() {
                self.receive_message(from, message, now);
            } else {
                self.receive_from_stranger(from, message, now);
            }
        }
    }

    /// Handles a stranger's message. A request is offered to admission. Other messages are handled
    /// while they have time left.
    fn receive_from_stranger(&mut self, from: Id, message: Message, now: Instant) {
        if let Some(request) = request_in(&message) {
            let state = self.interpreter.state();
            let under_way = state.puts.len() + state.gets.len() + state.forwards.len();
            if let Some(message) = self.admission.offer(from, request, message, under_way, now) {
                self.receive_message(from, message, now);
            }
            return;
        }
        if self.admission.admits_other(now) {
            let begun = (self.stopwatch)();
            self.receive_message(from, message, now);
            self.admission.spend_on_other(self.since(begun));
        }
    }

    fn receive_message(&mut self, from: Id, message: Message, now: Instant) {
        if self.ends_at.is_some()
            && let Some(answer) =
                farewell::answer(&message, &self.interpreter.state().durable.history)
        {
            if let Some(request) = request_in(&message) {
                self.admission.end(from, request);
            }
            return self.told.push((from, answer));
        }
        self.note_taken_on(&message);
        let (named, before) =
            (Agreement::named(&message), Before::of(&message, self.interpreter.state()));
        self.interpreter.on_message(from, message, now);
        let (node, state) = (self.interpreter.node(), self.interpreter.state());
        let Some(peer) = NodeId::from_actor(from) else { return };
        if let Some(named) = named {
            self.agreement.note(state.view.tip(), peer, named, now);
        }
        if let Some(before) = before {
            self.exchanges.note(before, node, self.id, peer, state, now);
        }
    }

    /// Notes that another node has taken on a request, so that it is no longer outstanding here.
    fn note_taken_on(&mut self, message: &Message) {
        if let Message::Forwarded { request } = message
            && let Some(forward) = self.interpreter.state().forwards.get(request)
        {
            self.admission.end(forward.client, *request);
        }
    }

    /// Notes that requests were answered, so that they are no longer outstanding.
    pub(super) fn note_answered(&mut self) {
        for (client, request) in self.interpreter.take_answered() {
            self.admission.end(client, request);
        }
    }

    /// Answers questions after the commit, so that a reply shows only what is on disk.
    pub(super) fn answer_questions(
        &mut self,
        now: Instant,
        storage: &impl Storage,
        carrier: &mut impl Carrier,
    ) {
        for _ in 0..BATCH_QUESTIONS {
            if !self.admission.admits_question(now) {
                return;
            }
            let Some((from, Numbered { number, content })) = self.inspections.pop() else { return };
            let begun = (self.stopwatch)();
            let watched = Watched { server: self, storage, now };
            let content = Reply::new(
                &content,
                self.interpreter.node(),
                self.id,
                self.interpreter.state(),
                &watched,
            );
            self.transport.through(carrier, now).reply(from, &Numbered { number, content });
            self.admission.spend_on_question(self.since(begun));
        }
    }

    fn since(&self, begun: Instant) -> Duration {
        (self.stopwatch)().saturating_duration_since(begun)
    }
}
