//! The order in which a node serves: members, then clients' requests, then other messages of
//! strangers, then questions. [`admission`](crate::admission) decides what is admitted.

use super::{Ready, STOP_NOTICED_WITHIN, Watched, farewell};
use crate::admission::request_in;
use crate::agreement::Agreement;
use crate::exchanges::Before;
use crate::inspect::{Numbered, Reply};
use crate::interpreter::Network as _;
use crate::socket::Received;
use crate::wire::Datagram;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use stateright::actor::Id;
use std::io;
use std::time::{Duration, Instant};

/// The most datagrams of members in a batch.
const BATCH_DATAGRAMS: usize = 256;
/// The most datagrams in a batch. Those of strangers only go to a queue, which costs little. While
/// the node empties its socket, the operating system does not drop members' datagrams.
const DRAINED_DATAGRAMS: usize = 2048;
/// The most questions answered in a batch.
const BATCH_QUESTIONS: usize = 8;

impl Ready {
    /// Steps the actor through all input. Returns at the deadline of the next timer at the latest.
    pub(super) fn receive_batch(&mut self) -> io::Result<()> {
        let start = Instant::now();
        for received in std::mem::take(&mut self.waiting) {
            self.receive_all(received, start);
        }
        let next = self
            .interpreter
            .next_deadline()
            .map(|deadline| deadline.saturating_duration_since(start));
        let at_most = next.map_or(STOP_NOTICED_WITHIN, |next| next.min(STOP_NOTICED_WITHIN));
        let at_most = if self.admission.has_next() { Duration::ZERO } else { at_most };
        let mut received = self.socket.receive_within(at_most)?;
        let now = Instant::now();
        let (mut room, mut drained) = (BATCH_DATAGRAMS, 0);
        while let Some(datagram) = received {
            let of_member = |from| NodeId::from_actor(from).is_some();
            room -=
                usize::from(matches!(&datagram, Received::Messages(from, _) if of_member(*from)));
            drained += 1;
            self.receive_all(datagram, now);
            received = if room > 0 && drained < DRAINED_DATAGRAMS {
                self.socket.receive_at_once()?
            } else {
                None
            };
        }
        self.serve_strangers(now);
        Ok(())
    }

    /// Handles the input from strangers, after that of members.
    fn serve_strangers(&mut self, now: Instant) {
        self.admission.on_time(now);
        while let Some((from, message)) = self.admission.next(now) {
            self.receive(from, message, now);
        }
        while let Some(datagram) = self.socket.next_waiting() {
            self.receive_all(datagram, now);
        }
        for (to, busy) in self.admission.take_refused() {
            self.socket.refuse(to, &busy);
        }
    }

    fn receive_all(&mut self, received: Received, now: Instant) {
        let (from, messages) = match received {
            Received::Nothing => return,
            Received::Question(from, question) => return self.inspections.push(from, question),
            Received::Messages(from, messages) => (from, messages),
        };
        for message in messages {
            if NodeId::from_actor(from).is_some() {
                self.receive(from, message, now);
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
                self.receive(from, message, now);
            }
            return;
        }
        let begun = Instant::now();
        if self.admission.admits_other(begun) {
            self.receive(from, message, now);
            self.admission.spend_on_other(begun.elapsed());
        }
    }

    fn receive(&mut self, from: Id, message: Message, now: Instant) {
        if self.ends_at.is_some()
            && let Some(answer) =
                farewell::answer(&message, &self.interpreter.state().durable.history)
        {
            if let Some(request) = request_in(&message) {
                self.admission.end(from, request);
            }
            return self.tell(from, &answer);
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
    pub(super) fn answer_questions(&mut self) {
        for _ in 0..BATCH_QUESTIONS {
            let begun = Instant::now();
            if !self.admission.admits_question(begun) {
                return;
            }
            let Some((from, Numbered { number, content })) = self.inspections.pop() else { return };
            let watched = Watched { ready: self, now: begun };
            let content = Reply::new(
                &content,
                self.interpreter.node(),
                self.id,
                self.interpreter.state(),
                &watched,
            );
            self.socket.reply(from, &Numbered { number, content });
            self.admission.spend_on_question(begun.elapsed());
        }
    }

    /// Sends a message that does not come from the actor, and does not depend on uncommitted state.
    fn tell(&mut self, to: Id, message: &Message) {
        let mut datagram = Datagram::default();
        if datagram.push(message).is_ok() {
            self.socket.send(to, &mut datagram);
        }
    }
}
