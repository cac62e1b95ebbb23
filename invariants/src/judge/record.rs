//! Judges a recorded run of real nodes, by the properties that judge every scope.
//!
//! It keeps a case for each key, as the judge of a simulated run does. Here nobody knows beforehand
//! what clients will ask: a key's case begins with its first request and grows with each one.
//!
//! A put counts as acknowledged once a node has sent the acknowledgement, whether or not it
//! arrived. A request counts as begun once the first node has received it.

mod changes;

use super::case::Case;
use super::members::Members;
use super::nodes::Nodes;
use super::recorded::{KeyViolation, RecordedKey, Unjudged};
use crate::catalogue::PROPERTIES;
use crate::property::{Kind, Property};
use crate::scope::instance::Instance;
use crate::scope::recorded::Recorded;
use crate::scope::standings::members_among;
use crate::scope::write_set::WriteSet;
use crate::scope::{Faults, NO_FAULTS, Scope};
use crate::system::world::World;
use dynamo_model::config::Config;
use dynamo_model::ids::{Key, NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::{Message, Operation};
use dynamo_model::node::{Durable, State, Timer};
use dynamo_model::ring::Ring;
use dynamo_model::rules::Rules;
use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Tombstones are reaped late, and records do not tell whether it is time.
const TAKES_TIME: &str = "I4.deleted-key-is-reaped";

/// The cluster whose run is recorded.
#[derive(Clone, Debug)]
pub struct ClusterOfRecord {
    /// One more than the largest index of a node.
    pub nodes: u16,
    /// How its nodes are configured.
    pub config: Config,
    /// The history that its nodes were founded with.
    pub founders: History,
}

/// What was judged.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many keys there are.
    pub keys: usize,
    /// Why keys were judged no more from some event on, and how many.
    pub unjudged: BTreeMap<Unjudged, usize>,
    /// How many puts and gets clients have sent.
    pub requests: u64,
    /// How many of them came while their key was judged.
    pub followed: u64,
    /// Have members changed? From then on, keys are judged as in a scope whose ring changes.
    pub members_changed: bool,
    /// How many nodes have lost their disks. Each lowers W by one for the puts that began
    /// before: see the properties' exceptions.
    pub disks_lost: usize,
}

/// What has happened to any node. It may matter to each key.
#[derive(Clone, Copy, Debug, Default)]
struct Happened {
    timeout: bool,
    crash: bool,
}

/// The ground truth of a recorded run.
pub struct RecordJudge {
    scope: Scope,
    /// What the instances of all keys have in common.
    instance: Instance,
    ring: Ring,
    rules: Rules,
    pub(super) keys: Vec<RecordedKey>,
    of_key: HashMap<Key, usize>,
    of_request: HashMap<RequestId, usize>,
    /// How many requests came while their key was judged.
    followed: u64,
    /// The keys that have changed since they were last judged.
    changed: BTreeSet<usize>,
    down: BTreeSet<NodeId>,
    happened: Happened,
    members: Members,
    /// The nodes that have lost their disks.
    lost: BTreeSet<NodeId>,
}

impl RecordJudge {
    /// The properties of a kind that judge a recorded run: all but one.
    pub fn properties(kind: Kind) -> impl Iterator<Item = &'static Property> {
        let is_judged = move |it: &&Property| it.kind == kind && it.name != TAKES_TIME;
        PROPERTIES.iter().filter(is_judged)
    }

    /// The most nodes of a run that is judged.
    pub const NODES_MAX: u16 = 64;

    /// Judges the run of this cluster, from its first start on. `None`: it has more than
    /// [`NODES_MAX`](Self::NODES_MAX) nodes, or no founders.
    pub fn new(cluster: &ClusterOfRecord) -> Option<RecordJudge> {
        let ClusterOfRecord { nodes, config, founders } = cluster;
        if *nodes == 0 || *nodes > Self::NODES_MAX || founders.is_empty() {
            return None;
        }
        let scope = Scope {
            name: "recorded",
            aim: "One key of a recorded run.",
            nodes: *nodes,
            quorum: (config.n(), config.r(), config.w()),
            clients: &[],
            faults: faults(*nodes, config),
            unseen: &[],
            unique_states: 0,
        };
        let instance = Instance {
            config: *config,
            founders: founders.clone(),
            recorded: Some(Recorded::default()),
            ..scope.instance_with(Vec::new())
        };
        let rules = Rules::default();
        let mut members = Case::of(scope, instance.clone(), &rules);
        members.state.history.clients.resize(1, WriteSet::EMPTY);
        let mut judge = RecordJudge {
            scope,
            ring: scope.ring(),
            instance,
            rules,
            members: Members::new(members),
            lost: BTreeSet::new(),
            keys: Vec::new(),
            of_key: HashMap::new(),
            of_request: HashMap::new(),
            followed: 0,
            changed: BTreeSet::new(),
            down: BTreeSet::new(),
            happened: Happened::default(),
        };
        judge.consider_reaping(founders);
        Some(judge)
    }

    /// A node sends a message.
    pub fn sent(&mut self, from: NodeId, to: Id, message: &Message) {
        if self.told_members(from, to, message) {
            return;
        }
        let Some(index) = self.key_of(message) else { return };
        self.keys[index].hear(|key| key.sent(from.actor(), to, message));
        self.changed.insert(index);
    }

    /// A node receives a message from a node or a client, and does not ignore it.
    pub fn received(&mut self, from: Id, to: NodeId, message: &Message) {
        if self.heard_of_members(from, to, message) {
            return;
        }
        if usize::from(from) >= usize::from(self.scope.nodes) {
            // A node that joins may send to one that does not know it yet. That one takes nothing
            // but requests from strangers.
            let (Message::Request(operation) | Message::Routed { operation, .. }) = message else {
                return;
            };
            let index = self.asked_for(operation);
            self.keys[index].hear(|key| key.asked(to, operation));
        }
        let Some(index) = self.key_of(message) else { return };
        self.keys[index].hear(|key| key.arrived(from, to.actor(), message));
        self.changed.insert(index);
    }

    /// The key of a client's request.
    fn asked_for(&mut self, operation: &Operation) -> usize {
        let key = operation.key();
        let index = match self.of_key.get(key) {
            Some(index) => *index,
            None => self.open(key),
        };
        let is_new = self.of_request.insert(operation.request(), index).is_none();
        self.followed += u64::from(is_new && self.keys[index].unjudged.is_none());
        index
    }

    fn open(&mut self, key: &Key) -> usize {
        let clockwise = self.ring.preference_list(key, usize::from(self.scope.nodes)).to_vec();
        let Instance { config, founders, .. } = &self.instance;
        let preference_list = members_among(&clockwise, founders, config.n());
        let instance =
            Instance { key: key.clone(), clockwise, preference_list, ..self.instance.clone() };
        let mut case = Case::of(self.scope, instance, &self.rules);
        case.state.history.clients.resize(1, WriteSet::EMPTY);
        if self.happened.crash {
            case.crashes();
        }
        if self.happened.timeout {
            case.timed_out();
        }
        self.down.iter().for_each(|node| case.set_crashed(*node, true));
        self.lost.iter().for_each(|node| case.has_lost_disk(*node));
        self.members.introduce(&mut case);
        self.keys.push(RecordedKey::new(case));
        self.of_key.insert(key.clone(), self.keys.len() - 1);
        self.keys.len() - 1
    }

    /// A timer of a node has fired.
    pub fn fired(&mut self, timer: &Timer) {
        let is_timeout = matches!(
            timer,
            Timer::Put(..) | Timer::Get(..) | Timer::Forward(..) | Timer::Gather(..)
        );
        if is_timeout && !std::mem::replace(&mut self.happened.timeout, true) {
            self.keys.iter_mut().for_each(|key| key.case.timed_out());
        }
        let index = match timer {
            Timer::Put(_, request) | Timer::Get(_, request) | Timer::Forward(_, request) => {
                self.of_request.get(request)
            }
            Timer::Gather(_, key) | Timer::Reap(_, key) => self.of_key.get(key),
            _ => None,
        };
        self.changed.extend(index);
    }

    /// A node has ended a batch: this is what it knows, and what it has on disk.
    pub fn stepped(&mut self, node: NodeId, state: &State, disk: &Durable) {
        self.look_at_members(node, disk);
        for index in &self.changed {
            self.keys[*index].hear(|key| key.set_node(node, state, disk));
        }
    }

    /// A node has stopped, or was killed.
    pub fn crashed(&mut self, node: NodeId) {
        (self.happened.crash, _) = (true, self.down.insert(node));
        self.keys.iter_mut().for_each(|key| key.case.set_crashed(node, true));
    }

    /// A node has started, on the disk that it had, or on a new one.
    pub fn started(&mut self, node: NodeId, state: &State, disk: &Durable) {
        self.down.remove(&node);
        self.meet_members(node, disk);
        for key in &mut self.keys {
            key.case.set_crashed(node, false);
            key.hear(|key| key.set_node(node, state, disk));
        }
        self.changed.extend(0..self.keys.len());
    }

    /// Judges all keys that have changed since the last call. Returns the first violation of an
    /// *always* property.
    pub fn verdict(&mut self) -> Option<KeyViolation> {
        while let Some(index) = self.changed.pop_first() {
            let key = &mut self.keys[index];
            if key.unjudged.is_some() {
                continue;
            }
            let changed = key.case.take_changed();
            if let Some(property) = key.case.violated(changed) {
                return Some(key.violation(property));
            }
            key.clear_up();
        }
        None
    }

    /// Judges the end of a run, long after the last fault and the last request: what must be so
    /// eventually must be so now. These are the last states of all nodes, before they stopped.
    ///
    /// A deleted key may still wait for its tombstones to be reaped: records do not tell whether
    /// that is due.
    pub fn verdict_at_rest<'a>(&mut self, nodes: &impl Nodes<'a>) -> Option<KeyViolation> {
        for key in self.keys.iter_mut().filter(|key| key.unjudged.is_none()) {
            key.case.calm();
            key.case.reaps_no_more();
            for (node, state, disk) in nodes.clone() {
                key.case.set_crashed(node, false);
                key.hear(|key| key.set_node(node, state, disk));
            }
            if key.unjudged.is_none()
                && let Some(property) = key.case.unsettled()
            {
                return Some(key.violation(property));
            }
        }
        None
    }

    /// Each two nodes that are intended replicas of one key by all histories, the smaller one
    /// first.
    pub fn neighbours(&self) -> BTreeSet<(NodeId, NodeId)> {
        let judged = self.keys.iter().filter(|key| key.unjudged.is_none());
        let lists = judged.map(|key| {
            let (model, state) = (&key.case.model, &key.case.state);
            World { model, state }.intended().into_owned()
        });
        let lists: BTreeSet<Vec<NodeId>> = lists.collect();
        let pairs = |nodes: &Vec<NodeId>| {
            let of = |one: NodeId| nodes.iter().map(move |other| (one, *other));
            nodes.iter().copied().flat_map(of).collect::<Vec<_>>()
        };
        lists.iter().flat_map(pairs).filter(|(one, other)| one < other).collect()
    }

    /// What was judged.
    pub fn tally(&self) -> Tally {
        let mut unjudged = BTreeMap::new();
        for why in self.keys.iter().filter_map(|key| key.unjudged) {
            *unjudged.entry(why).or_default() += 1;
        }
        let (requests, followed) = (self.of_request.len() as u64, self.followed);
        Tally {
            keys: self.keys.len(),
            unjudged,
            requests,
            followed,
            members_changed: self.members.have_changed(),
            disks_lost: self.lost.len(),
        }
    }

    /// The key that a message is about.
    fn key_of(&self, message: &Message) -> Option<usize> {
        let of_request = || self.of_request.get(&message.request()?);
        message.key().and_then(|key| self.of_key.get(key)).or_else(of_request).copied()
    }
}

/// What may go wrong in a run of real nodes, and what goes on in the background.
fn faults(nodes: u16, config: &Config) -> Faults {
    Faults {
        loss: true,
        duplication: true,
        crashes: usize::from(nodes),
        timeouts: config.patience().map(|patience| patience.retransmissions),
        client_retries: 1,
        handoffs: 1,
        reaps: u8::from(config.reap_after().is_some()),
        gossip: config.gossip_every().is_some(),
        exchange: config.anti_entropy().is_some(),
        endless: true,
        ..NO_FAULTS
    }
}
