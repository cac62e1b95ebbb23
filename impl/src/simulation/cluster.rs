//! The loop of a run: it takes the next event in virtual time, lets it happen, and judges.

mod clients;
mod faults;

use super::network::Network;
use super::node::{Commit, SimulatedNode};
use super::outcome::{Outcome, Tally};
use super::plan::{Pace, Plan, SETTLES_WITHIN};
use crate::drawn::Chance;
use crate::interpreter::Event as Happened;
use crate::wire;
use clients::SimulatedClient;
use dynamo_invariants::judge::{Judge, Script, Violation};
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::message::Message;
use dynamo_model::node::{Choice, Node};
use dynamo_model::rules::Rules;
use stateright::actor::Id;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::Xxh3;

/// The pause between two looks whether all has settled.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// A run ends once all has settled this often in a row.
const SETTLED_TIMES: u32 = 2;
/// One run of so many goes on to its end all the same: what has settled must stay so.
const WHOLE_EVERY: u64 = 8;

/// What may happen next.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A datagram arrives.
    Arrive { from: Id, to: Id, bytes: Vec<u8> },
    /// A timer of a node may be due.
    Wake(NodeId),
    /// A client begins its script.
    Begin(Id),
    /// A client has waited long enough for an answer to this line.
    AskAgain { client: Id, line: usize },
    /// A client acts on an answer, after a pause.
    Hear { client: Id, from: Id, message: Message },
    /// The next node crashes.
    Crash,
    /// A node crashes, loses its disk, and restarts on an empty one.
    LoseDisk(NodeId),
    /// A node that is down restarts.
    Restart(NodeId),
    /// The next pair of nodes is cut off from one another.
    Cut,
    /// A pair hears one another again.
    Mend(NodeId, NodeId),
    /// Faults stop.
    Calm,
    /// It is time to look whether all has settled.
    Look,
}

/// A whole cluster with its clients.
pub(super) struct Cluster {
    start: Instant,
    now: Duration,
    /// What is to happen, by time and then by the order in which it was planned.
    queue: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    planned: u64,
    nodes: Vec<SimulatedNode>,
    clients: BTreeMap<Id, SimulatedClient>,
    network: Network,
    chance: Chance,
    judge: Judge,
    digest: Xxh3,
    tally: Tally,
    /// `None`: the run has many keys, so it is no path through one scope.
    path: Option<Vec<Step>>,
    pace: Pace,
    end: Duration,
    /// By then, nodes that may reap tombstones have reaped those that they had when faults stopped.
    settles_from: Duration,
    /// How often in a row all had settled. A run that goes on to its end does not look.
    settled: Option<u32>,
}

impl Cluster {
    pub(super) fn new(plan: &Plan, rules: &Rules) -> Cluster {
        let ids = (0..plan.nodes()).map(NodeId);
        let founders = plan.founders();
        let node = Node { config: plan.config(), founders, address: None, rules: *rules };
        let mut nodes: Vec<SimulatedNode> =
            ids.map(|id| SimulatedNode::new(id, node.clone())).collect();
        let keys = plan.keys.iter().copied().zip(plan.clients()).collect();
        let judge = Judge::new(keys, rules);
        for node in &mut nodes {
            node.disk = judge.first_disk(node.id).unwrap_or_default();
        }
        let client = |script: Script| {
            (
                Id::from(script.id.0 as usize),
                SimulatedClient { script, state: None, has_answer: false },
            )
        };
        let mut cluster = Cluster {
            start: Instant::now(),
            now: Duration::ZERO,
            queue: BinaryHeap::new(),
            planned: 0,
            nodes,
            clients: judge.scripts().map(client).collect(),
            network: Network::new(plan.weather.clone()),
            chance: plan.chance(),
            judge,
            digest: Xxh3::new(),
            tally: Tally::default(),
            path: (plan.keys.len() == 1).then(Vec::new),
            pace: plan.pace.clone(),
            end: plan.unsafe_for + SETTLES_WITHIN,
            settles_from: plan.unsafe_for + plan.reaps_within(),
            settled: (!plan.number.is_multiple_of(WHOLE_EVERY)).then_some(0),
        };
        cluster.begin(plan.unsafe_for);
        if let Some(node) = plan.lost_disk {
            let at = cluster.chance.between(Duration::ZERO, plan.unsafe_for);
            cluster.plan_at(at, Event::LoseDisk(node));
        }
        cluster
    }

    /// Starts the nodes, and plans when clients begin and faults happen.
    fn begin(&mut self, unsafe_for: Duration) {
        for index in 0..self.nodes.len() {
            self.restart(index);
        }
        for client in self.clients.keys().copied().collect::<Vec<Id>>() {
            let at = self.chance.between(Duration::ZERO, self.pace.begins_within);
            self.plan_at(at, Event::Begin(client));
        }
        self.plan_crash();
        self.plan_cut();
        self.plan_at(unsafe_for, Event::Calm);
    }

    fn plan_at(&mut self, at: Duration, event: Event) {
        self.planned += 1;
        self.queue.push(Reverse((at, self.planned, event)));
    }

    fn plan_crash(&mut self) {
        if let Some(every) = self.network.weather.crash_every {
            let after = self.chance.between(Duration::ZERO, 2 * every);
            self.plan_at(self.now + after, Event::Crash);
        }
    }

    fn plan_cut(&mut self) {
        if let Some(every) = self.network.weather.cut_every {
            let after = self.chance.between(Duration::ZERO, 2 * every);
            self.plan_at(self.now + after, Event::Cut);
        }
    }

    /// Runs up to the first violation, or to the end.
    pub(super) fn run(mut self) -> Outcome {
        let mut violation = None;
        while let Some(Reverse((at, _, event))) = self.queue.pop()
            && at <= self.end
        {
            self.now = at;
            self.tally.events += 1;
            self.note(&event);
            self.happen(event);
            violation = self.judge.verdict();
            if violation.is_some() {
                return self.outcome(violation);
            }
            if self.settled.is_some_and(|times| times >= SETTLED_TIMES) {
                break;
            }
        }
        violation = violation.or_else(|| self.verdict_at_rest());
        self.outcome(violation)
    }

    fn outcome(self, violation: Option<Violation>) -> Outcome {
        let (answered, requests) = self.judge.answered();
        let reached = self.judge.reached().iter().map(|name| (*name, 1)).collect();
        Outcome {
            tally: Tally {
                answered: answered as u64,
                requests: requests as u64,
                reached,
                ..self.tally
            },
            virtual_time: self.now,
            digest: self.digest.digest(),
            violation,
            path: self.path.unwrap_or_default(),
        }
    }

    fn note(&mut self, event: &Event) {
        self.digest.update(&self.now.as_micros().to_le_bytes());
        match event {
            Event::Arrive { from, to, bytes } => {
                self.digest.update(&usize::from(*from).to_le_bytes());
                self.digest.update(&usize::from(*to).to_le_bytes());
                self.digest.update(bytes);
            }
            other => self.digest.update(format!("{other:?}").as_bytes()),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive { from, to, bytes } => self.arrive(from, to, &bytes),
            Event::Wake(node) => self.wake(usize::from(node.0)),
            Event::Begin(client) => self.begin_script(client),
            Event::AskAgain { client, line } => self.ask_again(client, line),
            Event::Hear { client, from, message } => self.hear(client, from, message),
            Event::Crash => {
                let frail = self.network.weather.frail;
                let index = frail.one(self.nodes.len(), &mut self.chance);
                self.crash(index);
                self.plan_crash();
            }
            Event::LoseDisk(node) => self.lose_disk(usize::from(node.0)),
            Event::Restart(node) => {
                let index = usize::from(node.0);
                if self.nodes[index].state().is_none() {
                    self.step(Step::Recover { at: Who::Node(node) });
                    self.restart(index);
                }
            }
            Event::Cut => self.cut(),
            Event::Mend(from, to) => self.network.mend(from, to),
            Event::Calm => self.calm(),
            Event::Look => self.look(),
        }
    }

    fn step(&mut self, step: Step) {
        if let Some(path) = &mut self.path {
            path.push(step);
        }
    }

    fn arrive(&mut self, from: Id, to: Id, bytes: &[u8]) {
        let Ok(letter) = wire::decode(bytes) else {
            self.tally.damaged += 1;
            return;
        };
        if self.clients.contains_key(&to) {
            letter.messages.into_iter().for_each(|message| self.tell_client(to, from, message));
        } else {
            let messages = letter.messages.into_iter().map(|message| (from, message)).collect();
            self.batch(usize::from(to), messages);
        }
    }

    fn wake(&mut self, index: usize) {
        if self.nodes[index].wakes_at == Some(self.now) {
            self.nodes[index].wakes_at = None;
            self.batch(index, Vec::new());
        }
    }

    /// One batch of a node: what real nodes do when a datagram arrives or a timer is due.
    fn batch(&mut self, index: usize, messages: Vec<(Id, Message)>) {
        let commit = match self.network.weather.torn {
            torn if !self.chance.is_so(torn) => Commit::Done,
            _ if self.chance.is_so(5_000) => Commit::CutOffBefore,
            _ => Commit::CutOffAfter,
        };
        let now = self.start + self.now;
        let Some(batch) = self.nodes[index].batch(messages, now, commit) else { return };
        self.tell_judge(index, &batch.record);
        if batch.has_stopped {
            self.tally.torn += 1;
            self.crash(index);
            return;
        }
        let from = self.nodes[index].id.actor();
        for (to, bytes) in batch.sent {
            self.send(from, to, &bytes);
        }
        if let Some(deadline) = self.nodes[index].next_deadline() {
            let at = deadline.saturating_duration_since(self.start).max(self.now);
            if self.nodes[index].wakes_at.is_none_or(|planned| at < planned || planned <= self.now)
            {
                self.nodes[index].wakes_at = Some(at);
                self.plan_at(at, Event::Wake(self.nodes[index].id));
            }
        }
    }

    /// Tells the judge what a node did, step by step.
    fn tell_judge(&mut self, index: usize, record: &[Happened]) {
        let id = self.nodes[index].id;
        let at = Who::Node(id);
        for happened in record {
            match happened {
                Happened::Received(from, message) => {
                    self.judge.arrived(*from, id.actor(), message);
                    let (from, message) = (self.who(*from), message.clone());
                    self.step(Step::Deliver { from, to: at, message });
                }
                Happened::Fired(timer) => {
                    self.judge.fired(timer);
                    self.step(Step::TimeOut { at, timer: timer.clone() });
                }
                Happened::Chose(Choice::Gossip(with)) => {
                    self.step(Step::Gossip { at, with: *with });
                }
                Happened::Chose(Choice::Exchange(with)) => {
                    self.step(Step::Exchange { at, with: *with });
                }
                Happened::Sent(to, message) => self.judge.sent(id.actor(), *to, message),
            }
        }
        let node = &self.nodes[index];
        if let Some(state) = node.state() {
            self.judge.stepped(id, state, &node.disk);
        }
    }

    fn who(&self, id: Id) -> Who {
        if self.clients.contains_key(&id) {
            Who::Client(ClientId(usize::from(id) as u64))
        } else {
            Who::Node(NodeId(usize::from(id) as u16))
        }
    }

    fn send(&mut self, from: Id, to: Id, bytes: &[u8]) {
        self.tally.datagrams += 1;
        self.tally.bytes += bytes.len() as u64;
        for copy in self.network.send(from, to, bytes, &mut self.chance) {
            let event = Event::Arrive { from, to, bytes: copy.bytes };
            self.plan_at(self.now + copy.after, event);
        }
    }
}
