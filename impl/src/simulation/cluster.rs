//! The loop of a run: it takes the next event in virtual time, lets it happen, and judges.

mod clients;
mod disks;
mod faults;
mod names;
mod telling;

use super::addresses::{self, Place, place};
use super::clock::Clock;
use super::disk::Commit;
use super::measures::Recorder;
use super::network::Network;
use super::node::{Common, Datagrams, End, SimulatedNode};
use super::outcome::{Outcome, Tally};
use super::plan::{Pace, Plan};
use super::seen::Fault;
use super::session::ClientSession;
use super::watch::Watch;
use crate::drawn::Chance;
use crate::interpreter::Firing;
use crate::sessions::Cipher;
use clients::SimulatedClient;
use disks::FailingDisk;
use dynamo_invariants::judge::{Judge, Script, Violation};
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::Node;
use dynamo_model::rules::Rules;
use stateright::actor::Id;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::io::Write as _;
use std::net::SocketAddrV4;
use std::path::Path;
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

/// After so many events, a run asks whether it is to go on.
const ASKS_EVERY: u64 = 256;
/// The pause between two looks whether all has settled, once it has.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// The pause until then: so exactly is the time to settle measured.
const LOOK_FIRST_EVERY: Duration = Duration::from_secs(1);
/// A run ends once all has settled this often in a row.
const SETTLED_TIMES: u32 = 2;
/// One run of so many goes on to its end all the same: what has settled must stay so. The number is
/// odd, because runs take the four profiles in turn: each of them comes round.
const WHOLE_EVERY: u64 = 7;

/// What may happen next.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A datagram arrives.
    Arrive { from: SocketAddrV4, to: SocketAddrV4, bytes: Vec<u8> },
    /// A timer of a node may be due.
    Wake(NodeId),
    /// A client begins its script.
    Begin(Id),
    /// A client has waited long enough for an answer to this line.
    AskAgain { client: Id, line: usize },
    /// A client acts on an answer, after a pause.
    Hear { client: Id, from: Id, message: Box<Message> },
    /// The next node crashes.
    Crash,
    /// This node is stopped, and restarts soon.
    Stop(NodeId),
    /// The next node stands still for a while.
    Pause,
    /// The next disk is full.
    FillDisk,
    /// A disk has room again.
    FreeDisk(NodeId),
    /// A node's disk is copied.
    CopyDisk(NodeId),
    /// A node restarts on the copy of its disk.
    ReturnToCopy(NodeId),
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
    now: Duration,
    /// What is to happen, by time and then by the order in which it was planned.
    queue: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    planned: u64,
    nodes: Vec<SimulatedNode>,
    clients: BTreeMap<Id, SimulatedClient>,
    /// The clients, by the ids by which nodes know them.
    known_as: HashMap<Id, Id>,
    network: Network,
    chance: Chance,
    judge: Judge,
    watch: Watch,
    digest: Xxh3,
    scratch: Vec<u8>,
    tally: Tally,
    /// What happens to a disk after so many commits.
    failing_disk: Option<FailingDisk>,
    /// `None`: the run has many keys, so it is no path through one scope.
    path: Option<Vec<Step>>,
    pace: Pace,
    end: Duration,
    /// By then, nodes that may reap tombstones have reaped those that they had when faults stopped.
    settles_from: Duration,
    /// Does the run end here, whatever comes next?
    is_over: bool,
    /// How often in a row all had settled.
    settled: u32,
    /// Does the run end once all has settled? Otherwise it goes on to its end.
    ends_early: bool,
}

impl Cluster {
    /// The cluster of a plan. `records`: the directory below which each node is recorded.
    pub(super) fn new(plan: &Plan, rules: &Rules, records: Option<&Path>) -> Cluster {
        let ids = (0..plan.nodes()).map(NodeId);
        let founders = plan.founders();
        let node = Node { config: plan.config(), founders, address: None, rules: *rules };
        let cipher = if plan.is_sealed { Cipher::Noise } else { Cipher::Clear };
        let (cut_above, addresses) = (plan.cut_above, addresses::of_nodes(plan.nodes()));
        let firing = Firing::ByTime;
        let common = Common { node, cipher, cut_above, addresses, firing };
        let mut chance = plan.chance();
        let mut clock = || Clock::with_drift(chance.around(plan.weather.drift));
        let mut nodes: Vec<SimulatedNode> =
            ids.map(|id| SimulatedNode::new(id, common.clone(), clock())).collect();
        let keys = plan.keys.iter().copied().zip(plan.clients()).collect();
        let judge = Judge::new(keys, rules);
        for node in &mut nodes {
            node.disk.durable = judge.first_disk(node.id).unwrap_or_default();
            if let Some(directory) = records {
                node.record_below(directory);
            }
        }
        let keys = plan.keys.iter().map(Scope::key).collect();
        let recorder = Recorder::new(plan.nodes().into(), keys, plan.unsafe_for);
        let client = |script: Script| {
            let session = ClientSession::new(cipher, cut_above);
            let (id, state, has_answer) = (Id::from(script.id.0 as usize), None, false);
            (id, SimulatedClient { script, state, has_answer, session })
        };
        let clients: BTreeMap<Id, SimulatedClient> = judge.scripts().map(client).collect();
        let mut cluster = Cluster {
            now: Duration::ZERO,
            queue: BinaryHeap::new(),
            planned: 0,
            nodes,
            known_as: clients.keys().map(|id| (addresses::known_as(*id), *id)).collect(),
            clients,
            network: Network::new(plan.weather.clone()),
            chance,
            judge,
            watch: Watch::new(recorder),
            digest: Xxh3::new(),
            scratch: Vec::new(),
            tally: Tally::default(),
            failing_disk: None,
            path: (plan.keys.len() == 1).then(Vec::new),
            pace: plan.pace.clone(),
            end: plan.unsafe_for + plan.settles_within(),
            settles_from: plan.unsafe_for + plan.reaps_within(),
            is_over: false,
            settled: 0,
            ends_early: !plan.number.is_multiple_of(WHOLE_EVERY),
        };
        cluster.begin(plan.unsafe_for);
        if let Some(node) = plan.lost_disk {
            cluster.plan_disk(node, plan);
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
        for event in [Event::Crash, Event::Cut, Event::Pause, Event::FillDisk] {
            self.plan_next(event);
        }
        if self.network.weather.rolls {
            self.plan_roll(unsafe_for);
        }
        self.plan_at(unsafe_for, Event::Calm);
    }

    fn plan_at(&mut self, at: Duration, event: Event) {
        self.planned += 1;
        self.queue.push(Reverse((at, self.planned, event)));
    }

    /// Runs up to the first violation, or to the end. `None`: it is cut off.
    pub(super) fn run(mut self, goes_on: &dyn Fn() -> bool) -> Option<Outcome> {
        while let Some(Reverse((at, _, event))) = self.queue.pop()
            && at <= self.end
        {
            self.watch.recorder.sample(at, &self.nodes.iter().map(|node| &node.disk.durable));
            self.now = at;
            self.tally.events += 1;
            self.note(&event);
            self.happen(event);
            let violation = self.judge.verdict();
            if violation.is_some() || self.is_over {
                return Some(self.outcome(violation));
            }
            if self.ends_early && self.settled >= SETTLED_TIMES {
                break;
            }
            if self.tally.events.is_multiple_of(ASKS_EVERY) && !goes_on() {
                return None;
            }
        }
        let violation = self.verdict_at_rest();
        Some(self.outcome(violation))
    }

    fn outcome(mut self, violation: Option<Violation>) -> Outcome {
        self.nodes.iter_mut().for_each(SimulatedNode::end_record);
        let (answered, requests) = self.judge.answered();
        let reached = self.judge.reached().iter().map(|name| (*name, 1)).collect();
        let (measures, seen) = self.watch.finish(self.now, self.judge.missed_by_gets());
        Outcome {
            measures,
            seen,
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
                // Sealed bytes differ each time. What is in them counts: see `note_message`.
                self.digest.update(&from.ip().octets());
                self.digest.update(&to.ip().octets());
                self.digest.update(&bytes.len().to_le_bytes());
            }
            other => {
                self.scratch.clear();
                let _ = write!(self.scratch, "{other:?}");
                self.digest.update(&self.scratch);
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive { from, to, bytes } => self.arrive(from, to, bytes),
            Event::Wake(node) => self.wake(usize::from(node.0)),
            Event::Begin(client) => self.begin_script(client),
            Event::AskAgain { client, line } => self.ask_again(client, line),
            Event::Hear { client, from, message } => self.hear(client, from, *message),
            Event::Crash => {
                let frail = self.network.weather.frail;
                let index = frail.one(self.nodes.len(), &mut self.chance);
                self.crash(index);
                self.plan_next(Event::Crash);
            }
            Event::Stop(node) => self.crash(usize::from(node.0)),
            Event::Pause => self.pause(),
            Event::FillDisk => self.fill_disk(),
            Event::FreeDisk(node) => self.nodes[usize::from(node.0)].is_full = false,
            Event::CopyDisk(node) => self.nodes[usize::from(node.0)].copy_disk(),
            Event::ReturnToCopy(node) => self.return_to_copy(usize::from(node.0)),
            Event::LoseDisk(node) => self.lose_disk(usize::from(node.0)),
            Event::Restart(node) => self.recover(node),
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

    fn arrive(&mut self, from: SocketAddrV4, to: SocketAddrV4, bytes: Vec<u8>) {
        match place(to) {
            Some(Place::Node(NodeId(index))) => {
                let node = &mut self.nodes[usize::from(index)];
                if node.is_busy(self.now) {
                    node.keep(from, bytes);
                } else {
                    self.batch(usize::from(index), &[(from, bytes)]);
                }
            }
            Some(Place::Client(client)) => self.reach_client(client, from, &bytes),
            None => {}
        }
    }

    fn wake(&mut self, index: usize) {
        if self.nodes[index].wakes_at == Some(self.now) {
            self.nodes[index].wakes_at = None;
            let (sent, inbox) = self.nodes[index].go_on();
            self.send_all(index, sent);
            self.batch(index, &inbox);
        }
    }

    /// One batch of a node: what real nodes do when a datagram arrives or a timer is due.
    fn batch(&mut self, index: usize, datagrams: &[(SocketAddrV4, Vec<u8>)]) {
        let commit = match self.network.weather.torn {
            _ if self.nodes[index].is_full => Commit::CutOffBefore,
            torn if !self.chance.is_so(torn) => Commit::Done,
            _ if self.chance.is_so(5_000) => Commit::CutOffBefore,
            _ => Commit::CutOffAfter,
        };
        let Some(batch) = self.nodes[index].batch(datagrams, self.now, commit) else { return };
        let is_going_on = batch.end.is_none();
        if is_going_on && self.nodes[index].serves_in_error() {
            self.believe_disk(index);
            if self.is_over {
                return;
            }
        }
        if is_going_on && batch.has_committed {
            self.wear_disk(self.nodes[index].id);
        }
        self.tell_judge(index, &batch.record);
        self.tell_watch(index, datagrams, &batch.record);
        if is_going_on && batch.has_committed && self.is_slow() {
            return self.wait_for_disk(index, batch.sent);
        }
        let is_last = !batch.sent.is_empty()
            && is_going_on
            && self.chance.is_so(self.network.weather.sent_and_stopped);
        self.send_all(index, batch.sent);
        if is_last {
            return self.crash(index);
        }
        if let Some(end) = batch.end {
            if matches!(end, End::CutOff) {
                let is_done = commit == Commit::CutOffAfter;
                let fault = if is_done { Fault::CommitUntold } else { Fault::CommitLost };
                self.watch.seen.fault(fault);
            }
            return self.end(index, end);
        }
        if let Some(at) = self.nodes[index].next_deadline(self.now)
            && self.nodes[index].wakes_at.is_none_or(|planned| at < planned || planned <= self.now)
        {
            self.nodes[index].wakes_at = Some(at);
            self.plan_at(at, Event::Wake(self.nodes[index].id));
        }
    }

    fn send_all(&mut self, index: usize, datagrams: Datagrams) {
        let from = addresses::of_node(self.nodes[index].id);
        for (to, bytes) in datagrams {
            self.send(from, to, &bytes);
        }
    }

    fn send(&mut self, from: SocketAddrV4, to: SocketAddrV4, bytes: &[u8]) {
        self.tally.datagrams += 1;
        self.tally.bytes += bytes.len() as u64;
        let copies = self.network.send(from, to, bytes, &mut self.chance);
        self.watch.sent(&self.network, from, to, &copies);
        for copy in copies {
            self.tally.damaged += u64::from(copy.is_damaged);
            let event = Event::Arrive { from, to, bytes: copy.bytes };
            self.plan_at(self.now + copy.after, event);
        }
    }
}
