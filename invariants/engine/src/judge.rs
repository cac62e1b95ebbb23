//! Is a state as the properties want it? Each property is evaluated as seldom as what it reads allows.

use crate::Reads;
use crate::cache::Cache;
use crate::parts::{Parts, pair, unpair};
use foldhash::{HashMap, HashMapExt};
use parking_lot::{Mutex, RwLock};
use stateright::actor::{Actor, ActorModel};
use stateright::{Expectation, Property};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the model's boundary reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Everything but the network.
    OfConfiguration,
    /// Everything.
    OfState,
}

/// Where a property was first seen violated (always) or shown (reachable).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) depth: usize,
    pub(crate) state: u64,
}

/// The properties, and what is known of them. Shared by all threads.
pub(crate) struct Judge<A, C, H>
where
    A: Actor,
    A::Msg: Ord,
    A::Timer: Ord,
    H: Clone + Debug + Hash,
{
    pub(crate) boundary: Boundary,
    properties: Vec<(Property<ActorModel<A, C, H>>, Reads<A, C>)>,
    within: RwLock<HashMap<u32, bool>>,
    /// A bit for each property that is not decided.
    undecided: AtomicU64,
    found: Mutex<Vec<Option<Found>>>,
}

impl<A, C, H> Judge<A, C, H>
where
    A: Actor,
    A::Msg: Ord,
    A::Timer: Ord,
    H: Clone + Debug + Hash + PartialEq,
{
    /// At most 64 properties.
    pub(crate) fn new(boundary: Boundary, properties: Vec<(Property<ActorModel<A, C, H>>, Reads<A, C>)>) -> Self {
        let undecided = properties.iter().enumerate().fold(0, |bits, (index, _)| bits | 1 << index);
        let found = Mutex::new(vec![None; properties.len()]);
        let within = RwLock::new(HashMap::new());
        Judge { boundary, properties, within, undecided: AtomicU64::new(undecided), found }
    }

    /// Has every property been decided by what was seen?
    pub(crate) fn is_decided(&self) -> bool {
        !self.properties.is_empty() && self.undecided.load(Ordering::Relaxed) == 0
    }

    /// What was found of each property.
    pub(crate) fn found(&self) -> Vec<(&'static str, Expectation, Option<Found>)> {
        let found = self.found.lock();
        let of = |((property, _), found): (&(Property<_>, _), &Option<Found>)| {
            (property.name, property.expectation.clone(), *found)
        };
        self.properties.iter().zip(found.iter()).map(of).collect()
    }

    /// Is a configuration within the boundary?
    pub(crate) fn is_within(&self, parts: &Parts<A, H>, model: &ActorModel<A, C, H>, configuration: u32) -> bool {
        if let Some(known) = self.within.read().get(&configuration) {
            return *known;
        }
        let state = parts.put_together(configuration, parts.no_network());
        let within = (model.within_boundary)(&model.cfg, &state);
        self.within.write().insert(configuration, within);
        within
    }

    fn decide(&self, index: usize, found: Found) {
        let mut all = self.found.lock();
        if all[index].is_none() {
            all[index] = Some(found);
            self.undecided.fetch_and(!(1 << index), Ordering::Relaxed);
        }
    }
}

/// A thread's memory of what was judged already.
pub(crate) struct Juror {
    /// A bit for each configuration whose properties were evaluated.
    configurations: Vec<u64>,
    /// (property, network) → its summary's number
    summaries: Cache,
    /// The summaries of each property, by number.
    numbered: Vec<Vec<u64>>,
    /// (configuration, property, summary's number) that was evaluated
    evaluated: Cache,
    entries_max: usize,
}

impl Juror {
    pub(crate) fn new() -> Self {
        let (summaries, evaluated) = (Cache::new(), Cache::new());
        Juror { configurations: Vec::new(), summaries, numbered: Vec::new(), evaluated, entries_max: 1 << 15 }
    }

    pub(crate) fn allow(&mut self, states: usize) {
        self.entries_max = (states / 32).max(1 << 15);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.configurations.capacity() * 8 + self.summaries.bytes() + self.evaluated.bytes()
    }

    /// Looks at a state reached for the first time.
    pub(crate) fn judge<A, C, H>(
        &mut self,
        judge: &Judge<A, C, H>,
        parts: &Parts<A, H>,
        model: &ActorModel<A, C, H>,
        found: Found,
    ) where
        A: Actor,
        A::Msg: Ord,
        A::Timer: Ord,
        H: Clone + Debug + Hash + PartialEq,
    {
        let undecided = judge.undecided.load(Ordering::Relaxed);
        if undecided == 0 {
            return;
        }
        let (configuration, network) = unpair(found.state);
        let is_new = self.is_new(configuration);
        let (mut bare, mut whole) = (None, None);
        for (index, (property, reads)) in judge.properties.iter().enumerate() {
            let due = match reads {
                Reads::AllButNetwork => is_new,
                Reads::Everything => true,
                Reads::NetworkBy(summary) => {
                    let summary = || summary(&model.cfg, &parts.network(network));
                    self.is_due(index, configuration, network, summary)
                }
            };
            if !due || undecided & 1 << index == 0 {
                continue;
            }
            let state = if matches!(reads, Reads::AllButNetwork) {
                bare.get_or_insert_with(|| parts.put_together(configuration, parts.no_network()))
            } else {
                whole.get_or_insert_with(|| parts.put_together(configuration, parts.network(network)))
            };
            // Always: found where it is false. Reachable: found where it is true.
            if (property.condition)(model, state) == (property.expectation == Expectation::Sometimes) {
                judge.decide(index, found);
            }
        }
    }

    fn is_new(&mut self, configuration: u32) -> bool {
        let (word, bit) = (configuration as usize / 64, 1 << (configuration % 64));
        if word >= self.configurations.len() {
            self.configurations.resize(word + 1, 0);
        }
        let new = self.configurations[word] & bit == 0;
        self.configurations[word] |= bit;
        new
    }

    /// Was this property not yet evaluated for this configuration and a network that it takes for the same?
    fn is_due(&mut self, property: usize, configuration: u32, network: u32, summary: impl FnOnce() -> u64) -> bool {
        let key = pair(property as u32, network);
        let number = match self.summaries.get(key) {
            Some(number) => number,
            None => {
                let number = self.number(property, summary());
                self.summaries.put(key, number, self.entries_max);
                number
            }
        };
        // A property with more summaries than fit the key is evaluated every time.
        let Ok(number) = u32::try_from(number).map_err(drop).and_then(|n| if n < 1 << 24 { Ok(n) } else { Err(()) })
        else {
            return true;
        };
        let key = pair(configuration, (property as u32) << 24 | number);
        let due = self.evaluated.get(key).is_none();
        if due {
            self.evaluated.put(key, 0, self.entries_max);
        }
        due
    }

    fn number(&mut self, property: usize, summary: u64) -> u64 {
        if self.numbered.len() <= property {
            self.numbered.resize_with(property + 1, Vec::new);
        }
        let summaries = &mut self.numbered[property];
        let known = summaries.iter().position(|other| *other == summary);
        known.unwrap_or_else(|| {
            summaries.push(summary);
            summaries.len() - 1
        }) as u64
    }
}
