//! Many nodes in one thread with a simulated clock. They are the same actors; messages take some
//! time, and timers fire when they are due. The same seed gives the same run.

use dynamo::wire::Datagram;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::Message;
use dynamo_model::node::{Node, State, Timer};
use dynamo_model::view::View;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The latency of a message.
const LATENCY: Range<Duration> = Duration::from_micros(500)..Duration::from_micros(1500);

/// A future event.
#[derive(Debug)]
enum Event {
    /// A message arrives.
    Arrives { from: Id, to: NodeId, message: Message },
    /// A timer fires, unless it was set again or cancelled: then its number is another one.
    Fires { node: NodeId, timer: Timer, number: u64 },
}

/// Nodes, and all future events.
pub(crate) struct World {
    node: Node,
    states: Vec<State>,
    now: Duration,
    random: StdRng,
    queue: BinaryHeap<Reverse<(Duration, u64)>>,
    events: HashMap<u64, Event>,
    timers: HashMap<Timer, u64>,
    next_number: u64,
    /// Views are large, and all nodes compute the same ones, so each is kept once.
    views: HashMap<Tip, Arc<View>>,
    /// Messages between nodes so far.
    pub(crate) messages: u64,
    /// Their size on the wire in bytes, one message in each datagram.
    pub(crate) bytes: u64,
}

impl World {
    /// Creates this many started nodes.
    pub(crate) fn new(node: Node, nodes: u16, seed: u64) -> Self {
        let mut world = World {
            node,
            states: Vec::new(),
            now: Duration::ZERO,
            random: StdRng::seed_from_u64(seed),
            queue: BinaryHeap::new(),
            events: HashMap::new(),
            timers: HashMap::new(),
            next_number: 0,
            views: HashMap::new(),
            messages: 0,
            bytes: 0,
        };
        let founded = Arc::new(world.node.rules.view(&world.node.founders));
        for id in (0..nodes).map(NodeId) {
            let mut out = Out::new();
            // Each node would compute the same view from the history on its disk, so it is given to
            // them.
            let mut state = Node { founders: History::default(), ..world.node.clone() }.on_start(
                id.actor(),
                &None,
                &mut out,
            );
            state.durable.history = world.node.founders.clone();
            state.view = Arc::clone(&founded);
            world.states.push(state);
            world.carry_out(id, out);
        }
        world
    }

    /// A node's state.
    pub(crate) fn state(&self, node: NodeId) -> &State {
        &self.states[usize::from(node.0)]
    }

    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    /// Do all nodes have the same tip?
    pub(crate) fn agree(&self) -> bool {
        self.states.windows(2).all(|pair| pair[0].view.tip() == pair[1].view.tip())
    }

    /// Delivers a message to a node now.
    pub(crate) fn give(&mut self, from: Id, to: NodeId, message: Message) {
        self.step(to, |node, id, state, out| node.on_msg(id, state, from, message, out));
    }

    /// Executes the next event.
    pub(crate) fn go_on(&mut self) {
        let Reverse((time, number)) = self.queue.pop().expect("nodes gossip for ever");
        self.now = time;
        match self.events.remove(&number).expect("what is in the queue will happen") {
            Event::Arrives { from, to, message } => self.give(from, to, message),
            Event::Fires { node, timer, number } => {
                if self.timers.get(&timer) == Some(&number) {
                    self.timers.remove(&timer);
                    self.step(node, |actor, id, state, out| {
                        actor.on_timeout(id, state, &timer, out);
                    });
                }
            }
        }
    }

    fn step(
        &mut self,
        id: NodeId,
        act: impl FnOnce(&Node, Id, &mut Cow<'_, State>, &mut Out<Node>),
    ) {
        let mut state = Cow::Owned(std::mem::take(&mut self.states[usize::from(id.0)]));
        let mut out = Out::new();
        act(&self.node, id.actor(), &mut state, &mut out);
        let mut state = state.into_owned();
        state.view = Arc::clone(self.views.entry(state.view.tip()).or_insert(state.view));
        self.states[usize::from(id.0)] = state;
        self.carry_out(id, out);
    }

    fn carry_out(&mut self, id: NodeId, out: Out<Node>) {
        for command in out {
            match command {
                Command::Send(to, message) => self.send(id, to, message),
                Command::SetTimer(timer, after) => {
                    let after = if after.is_empty() {
                        after.start
                    } else {
                        self.random.random_range(after)
                    };
                    let number = self.next_number;
                    self.timers.insert(timer.clone(), number);
                    self.later(after, Event::Fires { node: id, timer, number });
                }
                Command::CancelTimer(timer) => drop(self.timers.remove(&timer)),
                Command::ChooseRandom(_, peers) => {
                    let peer = *peers
                        .choose(&mut self.random)
                        .expect("nobody is asked to choose among none");
                    self.step(id, |node, id, state, out| node.on_random(id, state, &peer, out));
                }
                Command::Save(_) => {}
            }
        }
    }

    fn send(&mut self, from: NodeId, to: Id, message: Message) {
        let mut datagram = Datagram::default();
        datagram.push(&message).expect("a history fits a datagram");
        self.messages += 1;
        self.bytes += datagram.bytes() as u64;
        // The joining node is not running yet.
        let is_there = |node: &NodeId| usize::from(node.0) < self.states.len();
        if let Some(to) = NodeId::from_actor(to).filter(is_there) {
            let after = self.random.random_range(LATENCY);
            self.later(after, Event::Arrives { from: from.actor(), to, message });
        }
    }

    fn later(&mut self, after: Duration, event: Event) {
        let number = self.next_number;
        self.next_number += 1;
        self.queue.push(Reverse((self.now + after, number)));
        self.events.insert(number, event);
    }
}
