//! The entries of a record: types, and their bytes.
//!
//! An entry is one byte for its kind, and its content in postcard encoding.

use super::digest::{Changed, Part};
use super::frame;
use crate::identity::{ClusterId, Life};
use crate::interpreter::Event;
use crate::timers::Timers;
use dynamo_model::address::Address;
use dynamo_model::collecting::{RunningGet, RunningPut};
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::forwarding::RunningForward;
use dynamo_model::ids::{Key, NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::node::{Durable, Node, State, Timer};
use dynamo_model::rules::Rules;
use dynamo_model::settling::Gathering;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

/// Durations above this one are none that a node was started with.
const DURATION_MAX: Duration = Duration::from_hours(24 * 366 * 100);

const HEAD: u8 = 1;
const START: u8 = 2;
const SNAPSHOT: u8 = 3;
const BATCH: u8 = 4;
const STOP: u8 = 5;

/// The first entry of each file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format: 1.
    pub format: u32,
    /// The version of the program that wrote the file.
    pub version: String,
    /// The node.
    pub node: NodeId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// The node's life: its disk and its start.
    pub life: Life,
    /// When the file was begun, in seconds since the Unix epoch. Information only: nothing is
    /// decided by clocks.
    pub begun: u64,
    /// How the node is configured.
    pub settings: NodeSettings,
}

/// How a node is configured. The rules are those of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSettings {
    n: usize,
    r: usize,
    w: usize,
    patience: Option<Patience>,
    handoff: Handoff,
    reap_after: Option<Duration>,
    gossip_every: Option<Duration>,
    anti_entropy: Option<AntiEntropy>,
    founders: History,
    address: Option<Address>,
}

/// A node starts: what its disk held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The number of the start before this one on the same disk. `None`: the disk is new.
    pub previous: Option<u64>,
    /// All that the protocol has on disk.
    pub durable: Durable,
}

/// The whole state of a node that goes on: a later file begins with it, so that validation may
/// begin there. The ring and the Merkle trees are left out, because they follow from the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// How many events the node has recorded before, in this life.
    pub events: u64,
    /// What is on disk.
    pub durable: Durable,
    retired: bool,
    puts: BTreeMap<RequestId, RunningPut>,
    gets: BTreeMap<RequestId, RunningGet>,
    forwards: BTreeMap<RequestId, RunningForward>,
    gatherings: BTreeMap<Key, Gathering>,
    suspected: BTreeSet<NodeId>,
    handoffs: BTreeMap<NodeId, u8>,
    unplanted: Option<Key>,
    reaping: BTreeMap<Key, BTreeSet<NodeId>>,
    /// The timers that are set.
    pub timers: BTreeSet<Timer>,
}

/// What one batch did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Did the batch save anything? It was committed then, if the node's next entry follows.
    pub saves: bool,
    /// What of the node's state changed.
    pub changed: Changed,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The first entry of a file.
    Head(Box<Head>),
    /// The second entry of a file that a start began.
    Start(Box<Start>),
    /// The second entry of any other file.
    Snapshot(Box<Snapshot>),
    /// A batch.
    Batch(Batch),
    /// The node was stopped, and had no time to lose anything.
    Stop,
}

impl NodeSettings {
    /// The settings of this actor.
    pub fn of(node: &Node) -> Self {
        let (config, founders) = (&node.config, node.founders.clone());
        NodeSettings {
            n: config.n(),
            r: config.r(),
            w: config.w(),
            patience: config.patience(),
            handoff: config.handoff(),
            reap_after: config.reap_after(),
            gossip_every: config.gossip_every(),
            anti_entropy: config.anti_entropy(),
            founders,
            address: node.address,
        }
    }

    /// The members that the cluster was founded with. Empty: the node joined later.
    pub fn founders(&self) -> &History {
        &self.founders
    }

    /// The actor with these settings and rules. `None`: no node can have such settings.
    pub fn node(&self, rules: &Rules) -> Option<Node> {
        let patience = self.patience.map(|it| it.answer_within);
        let exchange = self.anti_entropy.map(|it| [it.every, it.again_after]).unwrap_or_default();
        let pauses = [patience, Some(self.handoff.first_after), self.reap_after, self.gossip_every];
        let mut durations = pauses.into_iter().flatten().chain(exchange);
        if durations.any(|duration| duration > DURATION_MAX) {
            return None;
        }
        let mut config = Config::new(self.n, self.r, self.w).ok()?.with_handoff(self.handoff);
        config = self.patience.into_iter().fold(config, Config::with_patience);
        config = self.reap_after.into_iter().fold(config, Config::with_reaping_after);
        config = self.gossip_every.into_iter().fold(config, Config::with_gossip_every);
        config = self.anti_entropy.into_iter().fold(config, Config::with_anti_entropy);
        Some(Node { config, founders: self.founders.clone(), address: self.address, rules: *rules })
    }
}

impl Snapshot {
    /// The state of a node after so many events, with these timers set.
    pub fn of(state: &State, timers: BTreeSet<Timer>, events: u64) -> Self {
        let state = state.clone();
        Snapshot {
            events,
            durable: state.durable,
            retired: state.retired,
            puts: state.puts,
            gets: state.gets,
            forwards: state.forwards,
            gatherings: state.gatherings,
            suspected: state.suspected,
            handoffs: state.handoffs,
            unplanted: state.unplanted,
            reaping: state.reaping,
            timers,
        }
    }

    /// The parts in which two states differ.
    pub fn differences(&self, other: &Snapshot) -> Vec<Part> {
        let (own, others) = (&self.durable, &other.durable);
        let differs = |part: &Part| match part {
            Part::Counter => (own.incarnation, own.counter) != (others.incarnation, others.counter),
            Part::Store => own.store != others.store,
            Part::Epochs => own.epochs != others.epochs,
            Part::Issued => own.issued != others.issued,
            Part::Hints => own.hints != others.hints,
            Part::History => own.history != others.history,
            Part::Settling => own.settling != others.settling,
            Part::Retired => self.retired != other.retired,
            Part::Puts => self.puts != other.puts,
            Part::Gets => self.gets != other.gets,
            Part::Forwards => self.forwards != other.forwards,
            Part::Gatherings => self.gatherings != other.gatherings,
            Part::Suspected => self.suspected != other.suspected,
            Part::Handoffs => self.handoffs != other.handoffs,
            Part::Unplanted => self.unplanted != other.unplanted,
            Part::Reaping => self.reaping != other.reaping,
            Part::Timers => self.timers != other.timers,
        };
        Part::ALL.into_iter().filter(differs).collect()
    }

    /// The state of a node with these settings.
    pub fn state(&self, node: &Node) -> State {
        let it = self.clone();
        let mut state = State {
            view: Arc::new(node.rules.view(&it.durable.history)),
            durable: it.durable,
            retired: it.retired,
            puts: it.puts,
            gets: it.gets,
            forwards: it.forwards,
            gatherings: it.gatherings,
            suspected: it.suspected,
            handoffs: it.handoffs,
            unplanted: it.unplanted,
            reaping: it.reaping,
            ..State::default()
        };
        if let Some(AntiEntropy { shape, .. }) = node.config.anti_entropy() {
            let is_planted = |key: &Key| state.unplanted.as_ref().is_none_or(|first| key < first);
            for (key, held) in state.durable.store.iter().filter(|(key, _)| is_planted(key)) {
                let digest = (!held.context().is_empty()).then(|| node.rules.key_digest(key, held));
                state.trees.set(shape, state.view.ring().partition(key), key, digest);
            }
        }
        state
    }
}

/// The names of the timers that are set.
pub(super) fn names(timers: &Timers<Timer>) -> BTreeSet<Timer> {
    timers.names().cloned().collect()
}

/// Appends an entry to a buffer.
fn append(buffer: &mut Vec<u8>, kind: u8, content: &impl Serialize) {
    let start = frame::begin(buffer);
    buffer.push(kind);
    postcard::to_io(content, &mut *buffer).expect("sequences of known length, written to memory");
    frame::end(buffer, start);
}

pub(super) fn append_head(buffer: &mut Vec<u8>, head: &Head) {
    append(buffer, HEAD, head);
}

pub(super) fn append_start(buffer: &mut Vec<u8>, start: &Start) {
    append(buffer, START, start);
}

pub(super) fn append_snapshot(buffer: &mut Vec<u8>, snapshot: &Snapshot) {
    append(buffer, SNAPSHOT, snapshot);
}

/// Appends a batch, whose fields come one by one so that none is copied.
pub(super) fn append_batch(buffer: &mut Vec<u8>, events: &[Event], saves: bool, changed: &Changed) {
    append(buffer, BATCH, &(events, saves, changed));
}

pub(super) fn append_stop(buffer: &mut Vec<u8>) {
    append(buffer, STOP, &());
}

/// Decodes an entry. `None`: it is none of this format.
pub(super) fn decode(content: &[u8]) -> Option<Entry> {
    fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
        let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(value)
    }
    let (kind, bytes) = content.split_first()?;
    Some(match *kind {
        HEAD => Entry::Head(Box::new(whole(bytes)?)),
        START => Entry::Start(Box::new(whole(bytes)?)),
        SNAPSHOT => Entry::Snapshot(Box::new(whole(bytes)?)),
        BATCH => Entry::Batch(whole(bytes)?),
        STOP => whole(bytes).map(|()| Entry::Stop)?,
        _ => return None,
    })
}
