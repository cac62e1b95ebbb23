//! A simulated node: the interpreter of a real one on a simulated disk.

use crate::identity::Parties;
use crate::interpreter::{Disk, Event, Interpreter, Network};
use crate::wire::Datagram;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, Node, State};
use rand::rngs::Xoshiro256PlusPlus;
use stateright::actor::Id;
use std::time::{Duration, Instant};

/// How a commit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commit {
    /// The data is on disk.
    Done,
    /// The machine stops before the data is on disk.
    CutOffBefore,
    /// The machine stops after the data is on disk, and before anything is sent.
    CutOffAfter,
}

struct SimulatedDisk<'a> {
    durable: &'a mut Durable,
    commit: Commit,
}

/// The machine has stopped amid a commit.
struct Stopped;

impl Disk for SimulatedDisk<'_> {
    type Error = Stopped;

    fn commit(&mut self, durable: &Durable) -> Result<(), Stopped> {
        if self.commit != Commit::CutOffBefore {
            *self.durable = durable.clone();
        }
        if self.commit == Commit::Done { Ok(()) } else { Err(Stopped) }
    }
}

/// The datagrams that a batch sends.
#[derive(Default)]
struct Sent(Vec<(Id, Vec<u8>)>);

impl Network for Sent {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        self.0.push((to, datagram.seal(&Parties::default()).to_vec()));
    }
}

/// What a batch of steps did.
pub(super) struct Batch {
    /// What happened, step by step. Empty if nothing of it lasts.
    pub(super) record: Vec<Event>,
    /// The datagrams to send.
    pub(super) sent: Vec<(Id, Vec<u8>)>,
    /// Has the machine stopped?
    pub(super) has_stopped: bool,
}

/// A node of a run.
pub(super) struct SimulatedNode {
    pub(super) id: NodeId,
    node: Node,
    /// What is on its disk.
    pub(super) disk: Durable,
    /// The running process; `None`: the machine is down.
    running: Option<Interpreter>,
    /// When the queue will wake it, if it will.
    pub(super) wakes_at: Option<Duration>,
}

impl SimulatedNode {
    pub(super) fn new(id: NodeId, node: Node) -> SimulatedNode {
        SimulatedNode { id, node, disk: Durable::default(), running: None, wakes_at: None }
    }

    /// Starts the process on what is on disk.
    pub(super) fn start(&mut self, now: Instant, chance: Xoshiro256PlusPlus) {
        let (node, disk) = (self.node.clone(), self.disk.clone());
        self.running = Some(Interpreter::start_recorded(node, self.id, disk, now, chance));
    }

    /// Puts an empty disk in the place of the node's disk.
    pub(super) fn lose_disk(&mut self) {
        self.disk = self.node.new_disk(self.disk.incarnation + 1);
    }

    pub(super) fn stop(&mut self) {
        (self.running, self.wakes_at) = (None, None);
    }

    /// The state of the process; `None`: the machine is down.
    pub(super) fn state(&self) -> Option<&State> {
        self.running.as_ref().map(Interpreter::state)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.running.as_ref().and_then(Interpreter::next_deadline)
    }

    /// Handles these messages and all timers that are due, commits once, and sends. `None`: the
    /// machine is down.
    pub(super) fn batch(
        &mut self,
        messages: Vec<(Id, Message)>,
        now: Instant,
        commit: Commit,
    ) -> Option<Batch> {
        let running = self.running.as_mut()?;
        let mut record = Vec::new();
        for (from, message) in messages {
            let is_late = is_late(&message, running.state());
            running.on_message(from, message, now);
            let happened = running.take_record().into_iter();
            record.extend(happened.filter(|it| !is_late || !matches!(it, Event::Received(..))));
        }
        running.on_time(now);
        record.extend(running.take_record());
        let mut sent = Sent::default();
        let mut disk = SimulatedDisk { durable: &mut self.disk, commit };
        let has_stopped = running.finish(&mut disk, &mut sent).is_err();
        if has_stopped && commit == Commit::CutOffBefore {
            record.clear();
        }
        Some(Batch { record, sent: sent.0, has_stopped })
    }
}

/// Is this the reply to a get that the node has given up or forgotten? Nobody hears such a reply.
/// So it is in a scope in which a coordinator may give up.
fn is_late(message: &Message, state: &State) -> bool {
    matches!(message, Message::Fetched { request, .. } if !state.gets.contains_key(request))
}
