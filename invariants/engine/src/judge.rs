//! Is a state as the properties want it? Each property is evaluated as seldom as what it reads allows.

use crate::Reads;
use crate::cache::Cache;
use crate::parts::{Parts, pair, unpair};
use crate::projection::Projection;
use crate::reads::{LocalReads, NetworkReads};
use crate::subject::{History, Subject};
use parking_lot::Mutex;
use stateright::actor::ActorModel;
use stateright::{Expectation, Property};
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a property was first seen violated (always) or shown (reachable).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) depth: usize,
    pub(crate) state: u64,
}

/// A property and what it reads.
type Judged<A, C, H> = (Property<ActorModel<A, C, H>>, Reads<A, C>);

/// The properties, and what is known of them. Shared by all threads.
pub(crate) struct Judge<A: Subject, C, H: History> {
    pub(crate) properties: Vec<Judged<A, C, H>>,
    /// A bit for each property that is not decided.
    undecided: AtomicU64,
    found: Mutex<Vec<Option<Found>>>,
}

impl<A: Subject, C, H: History> Judge<A, C, H> {
    /// At most 64 properties.
    pub(crate) fn new(properties: Vec<Judged<A, C, H>>) -> Self {
        let undecided = properties.iter().enumerate().fold(0, |bits, (index, _)| bits | 1 << index);
        let found = Mutex::new(vec![None; properties.len()]);
        Judge { properties, undecided: AtomicU64::new(undecided), found }
    }

    /// Has every property been decided by what was seen?
    pub(crate) fn is_decided(&self) -> bool {
        !self.properties.is_empty() && self.undecided.load(Ordering::Relaxed) == 0
    }

    /// What was found, by the property's name.
    pub(crate) fn found(&self) -> Vec<(&'static str, Found)> {
        let found = self.found.lock();
        let pairs = self.properties.iter().zip(found.iter());
        pairs.filter_map(|((property, _), found)| Some((property.name, (*found)?))).collect()
    }

    fn decide(&self, index: usize, found: Found) {
        let mut all = self.found.lock();
        if all[index].is_none() {
            all[index] = Some(found);
            self.undecided.fetch_and(!(1 << index), Ordering::Relaxed);
        }
    }
}

/// Properties that read the same of the actors and the history.
struct Group<A: Subject> {
    projection: Projection<A>,
    /// Properties that do not look at the network, by index.
    bare: Vec<usize>,
    /// Properties that do.
    networked: Vec<usize>,
    /// For each configuration the number of what it looks like, plus one; kept only for properties that look at the network.
    numbers: Vec<u32>,
}

/// A thread's memory of what was judged already.
pub(crate) struct Juror<A: Subject> {
    /// A bit for each configuration that was looked at.
    seen: Vec<u64>,
    groups: Vec<Group<A>>,
    /// (property, network) → its summary's number
    summaries: Cache,
    /// The summaries of each property, by number.
    numbered: Vec<Vec<u64>>,
    /// (looks, property and summary's number) that was evaluated
    evaluated: Cache,
    entries_max: usize,
    slots: Vec<u32>,
}

impl<A: Subject> Juror<A> {
    pub(crate) fn new<C, H: History>(judge: &Judge<A, C, H>, actors: usize) -> Self {
        let mut groups: Vec<Group<A>> = Vec::new();
        for (index, (_, reads)) in judge.properties.iter().enumerate() {
            let known = groups.iter().position(|group| group.projection.reads() == reads.locals);
            let position = known.unwrap_or_else(|| {
                groups.push(Group::new(reads.locals, actors));
                groups.len() - 1
            });
            match reads.network {
                NetworkReads::Nothing => groups[position].bare.push(index),
                NetworkReads::Everything | NetworkReads::By(_) => groups[position].networked.push(index),
            }
        }
        Juror {
            seen: Vec::new(),
            groups,
            summaries: Cache::new(),
            numbered: vec![Vec::new(); judge.properties.len()],
            evaluated: Cache::new(),
            entries_max: 0,
            slots: Vec::new(),
        }
    }

    /// Lets the caches grow to this many entries.
    pub(crate) fn allow(&mut self, entries_max: usize) {
        self.entries_max = entries_max;
    }

    pub(crate) fn bytes(&self) -> usize {
        let group = |group: &Group<A>| group.projection.bytes() + group.numbers.capacity() * 4;
        let groups: usize = self.groups.iter().map(group).sum();
        self.seen.capacity() * 8 + groups + self.summaries.bytes() + self.evaluated.bytes()
    }

    /// Looks at a state reached for the first time.
    pub(crate) fn judge<C, H: History>(
        &mut self,
        judge: &Judge<A, C, H>,
        parts: &Parts<A, H>,
        model: &ActorModel<A, C, H>,
        found: Found,
    ) {
        let undecided = judge.undecided.load(Ordering::Relaxed);
        if undecided == 0 {
            return;
        }
        let (configuration, network) = unpair(found.state);
        let mut due = 0;
        if self.is_new(configuration) {
            parts.slots(configuration, &mut self.slots);
            for group in &mut self.groups {
                due |= group.look(configuration, parts, &self.slots);
            }
        }
        for group in 0..self.groups.len() {
            for position in 0..self.groups[group].networked.len() {
                let index = self.groups[group].networked[position];
                let looks = self.groups[group].numbers[configuration as usize] - 1;
                if undecided & 1 << index != 0 && self.is_due(judge, parts, model, (index, looks, network)) {
                    due |= 1 << index;
                }
            }
        }
        due &= undecided;
        if due != 0 {
            evaluate(due, judge, parts, model, found);
        }
    }

    fn is_new(&mut self, configuration: u32) -> bool {
        let (word, bit) = (configuration as usize / 64, 1 << (configuration % 64));
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        let new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        new
    }

    /// Was this property not yet evaluated for these looks and a network that it takes for the same?
    fn is_due<C, H: History>(
        &mut self,
        judge: &Judge<A, C, H>,
        parts: &Parts<A, H>,
        model: &ActorModel<A, C, H>,
        (property, looks, network): (usize, u32, u32),
    ) -> bool {
        let NetworkReads::By(summary) = judge.properties[property].1.network else { return true };
        let key = pair(property as u32, network);
        let number = self.summaries.get(key).unwrap_or_else(|| {
            let number = self.number(property, summary(&model.cfg, &parts.network(network)));
            self.summaries.put(key, number, self.entries_max);
            number
        });
        // A property with more summaries than fit the key is evaluated every time.
        if number >= 1 << 24 {
            return true;
        }
        let key = pair(looks, (property as u32) << 24 | number as u32);
        let due = self.evaluated.get(key).is_none();
        if due {
            self.evaluated.put(key, 0, self.entries_max);
        }
        due
    }

    fn number(&mut self, property: usize, summary: u64) -> u64 {
        let summaries = &mut self.numbered[property];
        let known = summaries.iter().position(|other| *other == summary);
        known.unwrap_or_else(|| {
            summaries.push(summary);
            summaries.len() - 1
        }) as u64
    }
}

impl<A: Subject> Group<A> {
    fn new(reads: LocalReads, actors: usize) -> Self {
        Group {
            projection: Projection::new(reads, actors),
            bare: Vec::new(),
            networked: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Looks at a configuration. Returns a bit for each property that does not look at the network and is to be evaluated.
    fn look<H: History>(&mut self, configuration: u32, parts: &Parts<A, H>, slots: &[u32]) -> u64 {
        let (number, new) = self.projection.number(parts, slots);
        if !self.networked.is_empty() {
            if self.numbers.len() <= configuration as usize {
                self.numbers.resize(configuration as usize + 1, 0);
            }
            self.numbers[configuration as usize] = number + 1;
        }
        if new { self.bare.iter().fold(0, |bits, index| bits | 1 << index) } else { 0 }
    }
}

/// Evaluates the properties of these bits at a state.
fn evaluate<A: Subject, C, H: History>(
    due: u64,
    judge: &Judge<A, C, H>,
    parts: &Parts<A, H>,
    model: &ActorModel<A, C, H>,
    found: Found,
) {
    let (configuration, network) = unpair(found.state);
    let (mut bare, mut whole) = (None, None);
    for (index, (property, reads)) in judge.properties.iter().enumerate().filter(|(index, _)| due & 1 << index != 0) {
        let state = if matches!(reads.network, NetworkReads::Nothing) {
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
