//! Short digests of what a batch changed in a node's state, part by part. The validator computes
//! the same digests of its own actor's state, and so finds the first batch after which the two
//! states differ, and in which part.
//!
//! The cost must not depend on how many keys a node has, or how many requests it serves:
//!
//! - Of the maps on disk, only the entries that changed are hashed. Their hash is chained to the
//!   hash of all earlier changes, so that a difference never goes away.
//! - Of the requests in progress, and of the keys that a node gathers or reaps, only those are
//!   hashed that the batch's events name.
//! - Merkle trees and the ring have no digest: they follow from the rest.
//!
//! A digest has 32 bits. So a difference stays unnoticed with a chance of one in 2^32 at each
//! batch, until the messages differ.

use crate::interpreter::Event;
use dynamo_model::ids::{Key, RequestId};
use dynamo_model::node::{Durable, State, Timer};
use im::OrdMap;
use im::ordmap::DiffItem;
use serde::{Deserialize, Serialize};
use std::fmt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A part of a node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the parts have the names of the state's fields")]
pub enum Part {
    Counter,
    Store,
    Epochs,
    Issued,
    Hints,
    History,
    Settling,
    Retired,
    Puts,
    Gets,
    Forwards,
    Gatherings,
    Suspected,
    Handoffs,
    Unplanted,
    Reaping,
    Timers,
}

impl Part {
    /// All parts. The timers have no digest: a timer that fires must be set.
    pub const ALL: [Part; 17] = [
        Part::Counter,
        Part::Store,
        Part::Epochs,
        Part::Issued,
        Part::Hints,
        Part::History,
        Part::Settling,
        Part::Retired,
        Part::Puts,
        Part::Gets,
        Part::Forwards,
        Part::Gatherings,
        Part::Suspected,
        Part::Handoffs,
        Part::Unplanted,
        Part::Reaping,
        Part::Timers,
    ];

    /// What the part is, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Part::Counter => "the count of its puts, or its incarnation",
            Part::Store => "what it holds as a replica",
            Part::Epochs => "the dots that it has given to keys",
            Part::Issued => "the latest put of each client",
            Part::Hints => "its hints",
            Part::History => "the membership changes that it knows",
            Part::Settling => "the partitions that it has not settled in",
            Part::Retired => "whether it has retired",
            Part::Puts => "the puts in progress",
            Part::Gets => "the gets in progress",
            Part::Forwards => "the requests that it has forwarded",
            Part::Gatherings => "the keys that it gathers",
            Part::Suspected => "the nodes that it suspects",
            Part::Handoffs => "how often it has sent hints",
            Part::Unplanted => "the keys that are not in its Merkle trees yet",
            Part::Reaping => "the keys that it reaps",
            Part::Timers => "the timers that are set",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning())
    }
}

/// The parts that a batch changed, each with its digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// A bit for each part, in the order of [`Part::ALL`].
    parts: u32,
    digests: Vec<u32>,
}

impl Changed {
    /// The digest of a part; `None`: the batch has not changed it.
    fn of(&self, part: Part) -> Option<u32> {
        let bit = part as u32;
        let before = (self.parts & ((1 << bit) - 1)).count_ones() as usize;
        if self.parts & 1 << bit == 0 { None } else { self.digests.get(before).copied() }
    }

    /// The parts in which the two differ.
    pub fn differences(&self, other: &Changed) -> Vec<Part> {
        Part::ALL.into_iter().filter(|part| self.of(*part) != other.of(*part)).collect()
    }
}

/// Computes digests, batch by batch.
#[derive(Debug)]
pub(super) struct Digests {
    /// What was on disk after the last batch.
    durable: Durable,
    last: [u32; Part::ALL.len()],
    scratch: Vec<u8>,
    requests: Vec<RequestId>,
    keys: Vec<Key>,
}

impl Digests {
    /// Before the first batch of a node that starts on this disk, or goes on with it.
    pub(super) fn new(durable: Durable) -> Self {
        let last = [0; Part::ALL.len()];
        Digests { durable, last, scratch: Vec::new(), requests: Vec::new(), keys: Vec::new() }
    }

    /// What was on disk after the last batch.
    pub(super) fn durable(&self) -> &Durable {
        &self.durable
    }

    /// What this batch changed. `saves`: has it saved anything?
    pub(super) fn after(&mut self, events: &[Event], saves: bool, state: &State) -> Changed {
        let before = self.last;
        if saves {
            self.disk(&state.durable);
        }
        self.memory(events, state);
        let mut changed = Changed::default();
        for (index, (before, now)) in before.iter().zip(self.last).enumerate() {
            if *before != now {
                changed.parts |= 1 << index;
                changed.digests.push(now);
            }
        }
        changed
    }

    fn disk(&mut self, now: &Durable) {
        let old = std::mem::replace(&mut self.durable, now.clone());
        self.set(Part::Counter, &(now.incarnation, now.counter));
        self.chain(Part::Store, &old.store, &now.store);
        self.chain(Part::Epochs, &old.epochs, &now.epochs);
        self.chain(Part::Issued, &old.issued, &now.issued);
        self.chain(Part::Hints, &old.hints, &now.hints);
        if old.history != now.history {
            self.set(Part::History, &now.history);
        }
        if old.settling != now.settling {
            self.set(Part::Settling, &now.settling);
        }
    }

    fn memory(&mut self, events: &[Event], state: &State) {
        let (mut requests, mut keys) =
            (std::mem::take(&mut self.requests), std::mem::take(&mut self.keys));
        requests.clear();
        keys.clear();
        for event in events {
            name_parts(event, &mut requests, &mut keys);
        }
        if !requests.is_empty() {
            self.set_those(Part::Puts, state.puts.len(), &requests, |it| state.puts.get(it));
            self.set_those(Part::Gets, state.gets.len(), &requests, |it| state.gets.get(it));
            self.set_those(Part::Forwards, state.forwards.len(), &requests, |it| {
                state.forwards.get(it)
            });
        }
        self.set_those(Part::Gatherings, state.gatherings.len(), &keys, |it| {
            state.gatherings.get(it)
        });
        self.set_those(Part::Reaping, state.reaping.len(), &keys, |it| state.reaping.get(it));
        self.set(Part::Retired, &state.retired);
        self.set(Part::Suspected, &state.suspected);
        self.set(Part::Handoffs, &state.handoffs);
        self.set(Part::Unplanted, &state.unplanted);
        (self.requests, self.keys) = (requests, keys);
    }

    /// The digest of a part's whole value.
    fn set(&mut self, part: Part, value: &impl Serialize) {
        self.scratch.clear();
        push(&mut self.scratch, value);
        self.last[part as usize] = xxh3_64(&self.scratch) as u32;
    }

    /// The digest of how many entries a map has, and of those that the batch names. With an empty
    /// map, no name matters.
    fn set_those<'s, K, V: Serialize + 's>(
        &mut self,
        part: Part,
        count: usize,
        named: &[K],
        get: impl Fn(&K) -> Option<&'s V>,
    ) {
        self.scratch.clear();
        push(&mut self.scratch, &count);
        for name in named.iter().filter(|_| count > 0) {
            push(&mut self.scratch, &get(name));
        }
        self.last[part as usize] = xxh3_64(&self.scratch) as u32;
    }

    /// The digest of all changes of a map so far.
    fn chain<K: Ord + Clone + Serialize, V: Clone + PartialEq + Serialize>(
        &mut self,
        part: Part,
        old: &OrdMap<K, V>,
        new: &OrdMap<K, V>,
    ) {
        if old.ptr_eq(new) {
            return;
        }
        self.scratch.clear();
        for difference in old.diff(new) {
            match difference {
                DiffItem::Add(key, value) | DiffItem::Update { new: (key, value), .. } => {
                    push(&mut self.scratch, &(key, Some(value)));
                }
                DiffItem::Remove(key, _) => push(&mut self.scratch, &(key, None::<&V>)),
            }
        }
        if !self.scratch.is_empty() {
            let last = &mut self.last[part as usize];
            *last = xxh3_64_with_seed(&self.scratch, u64::from(*last)) as u32;
        }
    }
}

fn push(buffer: &mut Vec<u8>, value: &impl Serialize) {
    postcard::to_io(value, buffer).expect("sequences of known length, written to memory");
}

/// The requests and keys that an event may concern.
fn name_parts(event: &Event, requests: &mut Vec<RequestId>, keys: &mut Vec<Key>) {
    match event {
        Event::Received(_, message) | Event::Ignored(_, message) => {
            requests.extend(message.request());
            keys.extend(message.key().cloned());
        }
        Event::Fired(
            Timer::Put(_, request) | Timer::Get(_, request) | Timer::Forward(_, request),
        ) => requests.push(*request),
        Event::Fired(Timer::Gather(_, key) | Timer::Reap(_, key)) => keys.push(key.clone()),
        Event::Fired(_) | Event::Chose(_) | Event::Sent(..) => {}
    }
}
