//! Carries out the actor's commands, a batch of steps at a time: first everything that it saved, in
//! one commit, then everything that it sent.
//!
//! The interpreter gets its socket, disk and clock from outside, so that the order of effects can
//! be tested.

use crate::outbox::Outbox;
use crate::stamp::Stamps;
use crate::timers::Timers;
use crate::wire::Datagram;
use dynamo_model::collecting::RunningGet;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::message::Message;
use dynamo_model::node::{Choice, Durable, Node, State, Timer};
use rand::RngExt as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Where the interpreter commits saved state.
pub trait Disk {
    /// Why a commit fails.
    type Error;

    /// Is told what a batch has done, before the batch is committed. May take the events. By
    /// default it does nothing.
    fn note(&mut self, _batch: Batch<'_>) {}

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

/// What happened at an actor. A record of it is replayed on another actor, or judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A message came in.
    Received(Id, Message),
    /// The reply to a get came in, and the node ignores it: it has given the get up, it has this
    /// reply already, or the sender is no peer. As in a scope, nobody hears it.
    Ignored(Id, Message),
    /// A timer fired.
    Fired(Timer),
    /// A random choice was made.
    Chose(Choice),
    /// The step that the events before this one began has sent a message.
    Sent(Id, Message),
}

/// What a batch has done, before it is committed.
#[derive(Debug)]
pub struct Batch<'a> {
    /// What happened, in order.
    pub events: &'a mut Vec<Event>,
    /// Has the batch saved anything? Then it is committed next.
    pub saves: bool,
    /// The node's state after the batch.
    pub state: &'a State,
    /// The timers that are set after the batch.
    pub timers: &'a Timers<Timer>,
}

/// What makes a timer fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Firing {
    /// Its time has come.
    #[default]
    ByTime,
    /// Somebody names it. Time fires none. [`drive`](crate::drive) does so.
    ByName,
}

/// One node between its batches.
#[derive(Debug)]
pub struct Interpreter {
    node: Node,
    id: Id,
    state: Cow<'static, State>,
    timers: Timers<Timer>,
    firing: Firing,
    saved: bool,
    outbox: Outbox,
    /// The requests answered in this batch, with their clients.
    answered: Vec<(Id, RequestId)>,
    /// Where jitter and random choices come from.
    chance: Xoshiro256PlusPlus,
    /// What happened, if somebody wants to know.
    record: Option<Vec<Event>>,
}

impl Interpreter {
    /// Starts a node on the state that its disk holds.
    pub fn start(node: Node, id: NodeId, durable: Durable, now: Instant) -> Self {
        Self::begin(node, id, durable, now, rand::make_rng(), None)
    }

    /// Starts a node whose jitter and random choices come from this generator, and records from the
    /// start on what happens.
    pub(crate) fn start_recorded(
        node: Node,
        id: NodeId,
        durable: Durable,
        now: Instant,
        chance: Xoshiro256PlusPlus,
    ) -> Self {
        Self::begin(node, id, durable, now, chance, Some(Vec::new()))
    }

    fn begin(
        node: Node,
        id: NodeId,
        durable: Durable,
        now: Instant,
        chance: Xoshiro256PlusPlus,
        record: Option<Vec<Event>>,
    ) -> Self {
        let mut out = Out::new();
        let state = Cow::Owned(node.on_start(id.actor(), &Some(durable), &mut out));
        let mut this = Interpreter {
            node,
            id: id.actor(),
            state,
            timers: Timers::default(),
            firing: Firing::ByTime,
            saved: false,
            outbox: Outbox::default(),
            answered: Vec::new(),
            chance,
            record,
        };
        this.carry_out(out, now);
        this
    }

    /// Sets the stamps for contexts that the node gives to clients.
    #[must_use]
    pub fn with_stamps(self, stamps: Stamps) -> Self {
        Interpreter { outbox: self.outbox.with_stamps(stamps), ..self }
    }

    /// Sets what makes a timer fire.
    #[must_use]
    pub(crate) fn with_firing(self, firing: Firing) -> Self {
        Interpreter { firing, ..self }
    }

    /// Records from now on what happens.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn recorded(self) -> Self {
        Interpreter { record: Some(Vec::new()), ..self }
    }

    /// Takes what was recorded since the last call.
    pub(crate) fn take_record(&mut self) -> Vec<Event> {
        self.record.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&mut self, event: impl FnOnce() -> Event) {
        if let Some(record) = &mut self.record {
            record.push(event());
        }
    }

    /// Handles a received message.
    pub fn on_message(&mut self, from: Id, message: Message, now: Instant) {
        let mut out = Out::new();
        if self.record.is_none() {
            self.node.on_msg(self.id, &mut self.state, from, message, &mut out);
        } else {
            let (told, before) = (message.clone(), Hearing::before(&message, &self.state));
            self.node.on_msg(self.id, &mut self.state, from, message, &mut out);
            let is_ignored = before.is_some_and(|before| before.is_unheard(&self.state, &out));
            let received = if is_ignored { Event::Ignored } else { Event::Received };
            self.note(|| received(from, told));
        }
        self.carry_out(out, now);
    }

    /// Fires every timer that is due. Each is unset before its handler runs.
    pub fn on_time(&mut self, now: Instant) {
        if self.firing == Firing::ByName {
            return;
        }
        while let Some(timer) = self.timers.take_due(now) {
            self.on_timeout(&timer, now);
        }
    }

    /// Fires this timer, whenever it is due. Returns false if it is not set.
    pub(crate) fn fire(&mut self, timer: &Timer, now: Instant) -> bool {
        let is_set = self.timers.is_set(timer);
        if is_set {
            self.timers.cancel(timer.clone());
            self.on_timeout(timer, now);
        }
        is_set
    }

    fn on_timeout(&mut self, timer: &Timer, now: Instant) {
        self.note(|| Event::Fired(timer.clone()));
        let mut out = Out::new();
        self.node.on_timeout(self.id, &mut self.state, timer, &mut out);
        self.carry_out(out, now);
    }

    /// Handles a random choice.
    pub(crate) fn on_choice(&mut self, choice: Choice, now: Instant) {
        self.note(|| Event::Chose(choice));
        let mut out = Out::new();
        self.node.on_random(self.id, &mut self.state, &choice, &mut out);
        self.carry_out(out, now);
    }

    /// The deadline of the next timer, if one is set.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next_deadline().filter(|_| self.firing == Firing::ByTime)
    }

    /// The timers that are set.
    pub(crate) fn timers(&self) -> &Timers<Timer> {
        &self.timers
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
        let (saves, timers) = (std::mem::take(&mut self.saved), &self.timers);
        if let Some(events) = &mut self.record {
            disk.note(Batch { events, saves, state: &self.state, timers });
        }
        if saves {
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
                    self.note(|| Event::Sent(to, message));
                }
                Command::SetTimer(timer, range) => {
                    let after = self.within(&range);
                    self.timers.set(timer, now + after);
                }
                Command::CancelTimer(timer) => self.timers.cancel(timer),
                Command::ChooseRandom(_, choices) => {
                    if let Some(choice) = choices.choose(&mut self.chance) {
                        self.on_choice(*choice, now);
                    }
                }
            }
        }
    }

    /// A random duration in the range, so that nodes started together do not stay in step.
    fn within(&mut self, range: &Range<Duration>) -> Duration {
        if range.is_empty() { range.start } else { self.chance.random_range(range.clone()) }
    }
}

/// What a reply to a get may change at the node that asked.
pub(crate) struct Hearing {
    request: RequestId,
    get: Option<RunningGet>,
    suspected: BTreeSet<NodeId>,
}

impl Hearing {
    /// Before the reply is handled. `None`: the message is no reply to a get.
    pub(crate) fn before(message: &Message, state: &State) -> Option<Self> {
        let Message::Fetched { request, .. } = message else { return None };
        let (get, suspected) = (state.gets.get(request).cloned(), state.suspected.clone());
        Some(Hearing { request: *request, get, suspected })
    }

    /// After that: did the node ignore the reply?
    pub(crate) fn is_unheard(&self, state: &State, out: &Out<Node>) -> bool {
        out.is_empty()
            && state.gets.get(&self.request) == self.get.as_ref()
            && state.suspected == self.suspected
    }
}

#[cfg(test)]
mod tests;
