//! Steps a fresh actor through one life of a node, and compares what the two do.

use super::digest::{Digests, Part};
use super::entry::{Batch, Head, Snapshot, Start};
use crate::interpreter::{Event, Hearing};
use dynamo_model::message::Message;
use dynamo_model::node::{Choice, Durable, Node, State, Timer};
use dynamo_model::rules::Rules;
use stateright::actor::{Actor as _, Command, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};

/// What a node or the model does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It sends a message.
    Sends(Id, Message),
    /// It chooses a peer at random, perhaps among several.
    Chooses(Vec<Choice>),
    /// It does nothing more before the next input.
    Nothing,
}

/// How a node differs from the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It does something else.
    Deed {
        /// What the model does.
        model: Box<Deed>,
        /// What the node did.
        node: Box<Deed>,
    },
    /// A timer fired that was not set.
    NotSet(Timer),
    /// A reply to a get was ignored by one of the two.
    Ignored {
        /// Does the model ignore it?
        by_model: bool,
    },
    /// The batch saves something at one of the two.
    Saves {
        /// Does it do so in the model?
        in_model: bool,
    },
    /// The state after the batch differs, in these parts.
    State(Vec<Part>),
    /// The state with which the next file begins differs.
    Snapshot(Vec<Part>),
    /// The model cannot take this step: an assertion fails, with this message.
    Stops(String),
}

/// A difference, and the first event of the batch at which it shows. Beyond the last event: at the
/// end of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The number of the event in its batch, from 0.
    pub event: usize,
    /// The difference.
    pub difference: Difference,
}

/// An actor that follows a node.
#[derive(Debug)]
pub struct Replay {
    node: Node,
    id: Id,
    state: Cow<'static, State>,
    timers: BTreeSet<Timer>,
    digests: Digests,
    saves: bool,
    /// What the actor does at its start. The first batch has it before its first input.
    at_start: Option<Out<Node>>,
    /// What the actor had on disk before the last batch.
    before: Durable,
}

impl Replay {
    /// An actor that starts as the node did. `None`: the settings are invalid.
    pub fn start(head: &Head, start: &Start, rules: &Rules) -> Option<Self> {
        let (node, id, durable) = (head.settings.node(rules)?, head.node.actor(), &start.durable);
        let mut out = Out::new();
        let begin = || node.on_start(id, &Some(durable.clone()), &mut out);
        let state = Cow::Owned(panic::catch_unwind(AssertUnwindSafe(begin)).ok()?);
        let digests = Digests::new(durable.clone());
        let (timers, before) = (BTreeSet::new(), durable.clone());
        Some(Replay { node, id, state, timers, digests, saves: false, at_start: Some(out), before })
    }

    /// An actor that goes on from a node's state. `None`: the settings are invalid.
    pub fn go_on(head: &Head, snapshot: &Snapshot, rules: &Rules) -> Option<Self> {
        let (node, id) = (head.settings.node(rules)?, head.node.actor());
        let state = panic::catch_unwind(AssertUnwindSafe(|| snapshot.state(&node))).ok()?;
        let (digests, before) = (Digests::new(state.durable.clone()), state.durable.clone());
        let (state, timers) = (Cow::Owned(state), snapshot.timers.clone());
        Some(Replay { node, id, state, timers, digests, saves: false, at_start: None, before })
    }

    /// The actor's state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the actor had on disk before the last batch, and after it.
    pub fn disks(&self) -> [&Durable; 2] {
        [&self.before, self.digests.durable()]
    }

    /// Follows a batch.
    ///
    /// # Errors
    /// If the actor does anything else than the node did.
    pub fn follow(&mut self, batch: &Batch) -> Result<(), Found> {
        let mut at = 0;
        let follow = || {
            self.follow_events(&batch.events, &mut at)?;
            at = batch.events.len();
            self.finish(batch)
        };
        let followed = panic::catch_unwind(AssertUnwindSafe(follow));
        let followed = followed.unwrap_or_else(|panic| Err(Difference::Stops(told(&*panic))));
        followed.map_err(|difference| Found { event: at, difference })
    }

    fn finish(&mut self, batch: &Batch) -> Result<(), Difference> {
        let saves = std::mem::take(&mut self.saves);
        if saves != batch.saves {
            return Err(Difference::Saves { in_model: saves });
        }
        self.before = self.digests.durable().clone();
        let changed = self.digests.after(&batch.events, saves, &self.state);
        let parts = changed.differences(&batch.changed);
        if parts.is_empty() { Ok(()) } else { Err(Difference::State(parts)) }
    }

    /// Compares the actor's state with the node's, at the beginning of a file.
    ///
    /// # Errors
    /// If they differ.
    pub fn compare(&mut self, snapshot: &Snapshot) -> Result<(), Difference> {
        let own = Snapshot::of(&self.state, self.timers.clone(), snapshot.events);
        let parts = own.differences(snapshot);
        self.digests = Digests::new(self.state.durable.clone());
        if parts.is_empty() { Ok(()) } else { Err(Difference::Snapshot(parts)) }
    }

    fn follow_events(&mut self, events: &[Event], at: &mut usize) -> Result<(), Difference> {
        if let Some(out) = self.at_start.take() {
            self.carry_out(out, events, at)?;
        }
        while let Some(event) = events.get(*at) {
            let mut out = Out::new();
            match event {
                Event::Received(from, message) | Event::Ignored(from, message) => {
                    let before = Hearing::before(message, &self.state);
                    self.node.on_msg(self.id, &mut self.state, *from, message.clone(), &mut out);
                    let by_model = before.is_some_and(|it| it.is_unheard(&self.state, &out));
                    if by_model != matches!(event, Event::Ignored(..)) {
                        return Err(Difference::Ignored { by_model });
                    }
                }
                Event::Fired(timer) => {
                    if !self.timers.remove(timer) {
                        return Err(Difference::NotSet(timer.clone()));
                    }
                    self.node.on_timeout(self.id, &mut self.state, timer, &mut out);
                }
                Event::Sent(..) | Event::Chose(_) => {
                    return Err(differs(Deed::Nothing, Some(event)));
                }
            }
            *at += 1;
            self.carry_out(out, events, at)?;
        }
        Ok(())
    }

    /// The actor's commands are what the node did next.
    fn carry_out(
        &mut self,
        out: Out<Node>,
        events: &[Event],
        at: &mut usize,
    ) -> Result<(), Difference> {
        for command in out {
            let next = events.get(*at);
            match command {
                Command::Save(_) => self.saves = true,
                Command::Send(to, message) => match next {
                    Some(Event::Sent(other, said)) if *other == to && *said == message => *at += 1,
                    _ => {
                        return Err(differs(Deed::Sends(to, message), next));
                    }
                },
                Command::SetTimer(timer, _) => _ = self.timers.insert(timer),
                Command::CancelTimer(timer) => _ = self.timers.remove(&timer),
                Command::ChooseRandom(_, choices) if choices.is_empty() => {}
                Command::ChooseRandom(_, choices) => match next {
                    Some(Event::Chose(choice)) if choices.contains(choice) => {
                        *at += 1;
                        let mut out = Out::new();
                        self.node.on_random(self.id, &mut self.state, choice, &mut out);
                        self.carry_out(out, events, at)?;
                    }
                    _ => {
                        return Err(differs(Deed::Chooses(choices), next));
                    }
                },
            }
        }
        Ok(())
    }
}

/// The model does this, and the node did what this event of its record says.
fn differs(model: Deed, event: Option<&Event>) -> Difference {
    let node = match event {
        Some(Event::Sent(to, message)) => Deed::Sends(*to, message.clone()),
        Some(Event::Chose(choice)) => Deed::Chooses(vec![*choice]),
        _ => Deed::Nothing,
    };
    Difference::Deed { model: Box::new(model), node: Box::new(node) }
}

fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it gives no reason").to_owned()
}
