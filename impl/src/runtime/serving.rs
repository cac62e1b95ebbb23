//! Whom a node serves, and in which order: members, then requests of clients, then all else that
//! strangers send, then questions. What is admitted of it says [`admission`](crate::admission).

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

/// At most this many datagrams of members are received before what they caused is committed and
/// sent.
const BATCH_DATAGRAMS: usize = 256;
/// And at most this many in all. Those of strangers are only put in a queue, which costs little:
/// while the socket is emptied, the operating system does not drop those of members.
const DRAINED_DATAGRAMS: usize = 2048;
/// At most this many questions are answered in a batch.
const BATCH_QUESTIONS: usize = 8;

impl Ready {
    /// Steps the actor through what comes in; returns at the next timer's deadline at the latest.
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

    /// What came from strangers, now that members are served.
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

    /// A request is admitted or refused; of all else so much is admitted as there is time for.
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

    /// A request that another node has taken on is not outstanding here any more.
    fn note_taken_on(&mut self, message: &Message) {
        if let Message::Forwarded { request } = message
            && let Some(forward) = self.interpreter.state().forwards.get(request)
        {
            self.admission.end(forward.client, *request);
        }
    }

    /// Nor are those that were answered.
    pub(super) fn note_answered(&mut self) {
        for (client, request) in self.interpreter.take_answered() {
            self.admission.end(client, request);
        }
    }

    /// When all is committed: what is shown is on disk.
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

    /// Sends what does not come from the actor, and rests on nothing that it has not committed yet.
    fn tell(&mut self, to: Id, message: &Message) {
        let mut datagram = Datagram::default();
        if datagram.push(message).is_ok() {
            self.socket.send(to, &mut datagram);
        }
    }
}
