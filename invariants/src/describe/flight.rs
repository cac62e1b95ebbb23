//! When each message was sent, and how it ended: the arrows of a space-time diagram.

use crate::notation::Who;
use crate::system::SystemState;
use crate::trace::Event;
use crate::trace::replay::Run;
use dynamo_model::message::Message;
use stateright::actor::{Id, Network};
use std::collections::{BTreeMap, VecDeque};

/// One message, from its sending to its end. Steps are counted from 1. A message that is in flight
/// in the initial state was sent in step 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// The sender.
    pub from: Who,
    /// The recipient.
    pub to: Who,
    /// The message.
    pub message: Message,
    /// The step in which it was sent.
    pub sent: usize,
    /// The step in which it ended, and how. `None`: it is still in flight at the end of the run.
    pub ended: Option<(usize, End)>,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It arrived.
    Arrived,
    /// It was lost.
    Lost,
}

type Envelope = (usize, usize, Message);

/// The flights of all messages of a run, in the order in which they were sent. Of several equal
/// messages, the first sent ends first.
pub fn flights(run: &Run) -> Vec<Flight> {
    let mut flights = Vec::<Flight>::new();
    let mut open = BTreeMap::<Envelope, VecDeque<usize>>::new();
    for (step, state) in run.states.iter().enumerate() {
        if let Some((envelope, end)) =
            step.checked_sub(1).and_then(|index| ended(&run.events[index]))
        {
            let queue = open.get_mut(&envelope).expect("only a message in flight can end");
            let first = *queue.front().expect("only a message in flight can end");
            if end == End::Arrived && matches!(state.network, Network::UnorderedDuplicating(..)) {
                // The network keeps the message, which may arrive again. A copy arrives.
                flights.push(Flight { ended: Some((step, end)), ..flights[first].clone() });
            } else {
                queue.pop_front();
                flights[first].ended = Some((step, end));
            }
        }
        for (envelope, count) in in_flight(state) {
            let queue = open.entry(envelope.clone()).or_default();
            for _ in queue.len()..count {
                queue.push_back(flights.len());
                flights.push(sent(state, envelope.clone(), step));
            }
        }
    }
    flights.sort_by_key(|flight| flight.sent);
    flights
}

fn ended(event: &Event) -> Option<(Envelope, End)> {
    let envelope = |from: &Who, to: &Who, message: &Message| {
        (from.id().into(), to.id().into(), message.clone())
    };
    match event {
        Event::Deliver { from, to, message } => Some((envelope(from, to, message), End::Arrived)),
        Event::Lose { from, to, message } => Some((envelope(from, to, message), End::Lost)),
        _ => None,
    }
}

fn in_flight(state: &SystemState) -> BTreeMap<Envelope, usize> {
    let mut count = BTreeMap::new();
    for envelope in state.network.iter_all() {
        *count
            .entry((envelope.src.into(), envelope.dst.into(), envelope.msg.clone()))
            .or_default() += 1;
    }
    count
}

fn sent(state: &SystemState, (from, to, message): Envelope, sent: usize) -> Flight {
    let who = |index: usize| Who::of(Id::from(index), &state.actor_states[index]);
    Flight { from: who(from), to: who(to), message, sent, ended: None }
}
