//! Carries out the actor's commands, a batch of steps at a time: first everything that it saved, in
//! one commit, then everything that it sent.
//!
//! The interpreter gets its socket, disk and clock from outside, so that the order of effects can
//! be tested.

use crate::outbox::Outbox;
use crate::stamp::Stamps;
use crate::timers::Timers;
use crate::wire::Datagram;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::message::Message;
use dynamo_model::node::{Choice, Durable, Node, State, Timer};
use rand::seq::IndexedRandom;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Where the interpreter commits saved state.
pub trait Disk {
    /// Why a commit fails.
    type Error;

    /// Returns when `durable` is on disk.
    ///
    /// # Errors
    /// If `durable` is possibly not on disk.
    fn commit(&mut self, durable: &Durable) -> Result<(), Self::Error>;
}

/// Where the interpreter sends messages.
pub trait Network {
    /// Sends or loses a datagram. If it is larger than UDP can carry, it is sent in fragments.
    fn send(&mut self, to: Id, datagram: &mut Datagram);
}

/// An input of the actor. Tests record the inputs and replay them on another actor.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A message came in.
    Received(Id, Message),
    /// A timer fired.
    Fired(Timer),
    /// A random choice was made.
    Chose(Choice),
}

/// One node between its batches.
#[derive(Debug)]
pub struct Interpreter {
    node: Node,
    id: Id,
    state: Cow<'static, State>,
    timers: Timers<Timer>,
    saved: bool,
    outbox: Outbox,
    /// The requests answered in this batch, with their clients.
    answered: Vec<(Id, RequestId)>,
    #[cfg(test)]
    pub(crate) events: Vec<Event>,
}

impl Interpreter {
    /// Starts a node on the state that its disk holds.
    pub fn start(node: Node, id: NodeId, durable: Durable, now: Instant) -> Self {
        let mut out = Out::new();
        let state = Cow::Owned(node.on_start(id.actor(), &Some(durable), &mut out));
        let mut this = Interpreter {
            node,
            id: id.actor(),
            state,
            timers: Timers::default(),
            saved: false,
            outbox: Outbox::default(),
            answered: Vec::new(),
            #[cfg(test)]
            events: Vec::new(),
        };
        this.carry_out(out, now);
        this
    }

    /// Sets the stamps for contexts that the node gives to clients.
    #[must_use]
    pub fn with_stamps(self, stamps: Stamps) -> Self {
        Interpreter { outbox: self.outbox.with_stamps(stamps), ..self }
    }

    /// Handles a received message.
    pub fn on_message(&mut self, from: Id, message: Message, now: Instant) {
        #[cfg(test)]
        self.events.push(Event::Received(from, message.clone()));
        let mut out = Out::new();
        self.node.on_msg(self.id, &mut self.state, from, message, &mut out);
        self.carry_out(out, now);
    }

    /// Fires every timer that is due. Each is unset before its handler runs.
    pub fn on_time(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            #[cfg(test)]
            self.events.push(Event::Fired(timer.clone()));
            let mut out = Out::new();
            self.node.on_timeout(self.id, &mut self.state, &timer, &mut out);
            self.carry_out(out, now);
        }
    }

    /// Handles a random choice.
    fn on_choice(&mut self, choice: Choice, now: Instant) {
        #[cfg(test)]
        self.events.push(Event::Chose(choice));
        let mut out = Out::new();
        self.node.on_random(self.id, &mut self.state, &choice, &mut out);
        self.carry_out(out, now);
    }

    /// The deadline of the next timer, if one is set.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next_deadline()
    }

    /// Ends the batch: commits what its steps saved, and only then sends what they sent. Answers to
    /// gets wait for the commit too, because they may contain what this batch saved.
    ///
    /// # Errors
    /// If the commit fails. Then nothing is sent, and the node must stop.
    pub fn finish<D: Disk>(
        &mut self,
        disk: &mut D,
        network: &mut impl Network,
    ) -> Result<(), D::Error> {
        if std::mem::take(&mut self.saved) {
            disk.commit(&self.state.durable)?;
        }
        self.outbox.flush(|to, datagram| network.send(to, datagram));
        Ok(())
    }

    /// Has this batch saved anything yet?
    pub fn has_saved(&self) -> bool {
        self.saved
    }

    /// Takes the requests that were answered since the last call, with their clients.
    pub fn take_answered(&mut self) -> Vec<(Id, RequestId)> {
        std::mem::take(&mut self.answered)
    }

    /// The node's state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The actor.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// How many messages were too large even for fragments, and dropped.
    pub fn too_large(&self) -> u64 {
        self.outbox.too_large()
    }

    fn carry_out(&mut self, out: Out<Node>, now: Instant) {
        for command in out {
            match command {
                // The commit at the end of the batch takes the durable state as it is then. Keeping
                // a copy until then would make the next step copy every tree node that it changes.
                Command::Save(_) => self.saved = true,
                Command::Send(to, message) => {
                    if let Message::Answer(answer) = &message {
                        self.answered.push((to, answer.request()));
                    }
                    self.outbox.push(to, &message);
                }
                Command::SetTimer(timer, range) => self.timers.set(timer, now + within(&range)),
                Command::CancelTimer(timer) => self.timers.cancel(timer),
                Command::ChooseRandom(_, choices) => {
                    if let Some(choice) = choices.choose(&mut rand::rng()) {
                        self.on_choice(*choice, now);
                    }
                }
            }
        }
    }
}

/// A random duration in the range, so that nodes started together do not stay in step.
fn within(range: &Range<Duration>) -> Duration {
    if range.is_empty() { range.start } else { rand::random_range(range.clone()) }
}

#[cfg(test)]
mod tests;
