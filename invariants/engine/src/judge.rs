//! Evaluates properties on states. Each property is evaluated only when the parts that it reads
//! have changed.

use crate::Reads;
use crate::assembly::Assembly;
use crate::cache::Cache;
use crate::lens::Gate;
use crate::parts::{Parts, pair, unpair};
use crate::projection::Projection;
use crate::reads::NetworkReads;
use crate::subject::{History, Subject};
use crate::summaries::NetworkSummaries;
use parking_lot::Mutex;
use stateright::actor::{ActorModel, ActorModelState};
use stateright::{Expectation, Property};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a property was first violated (always) or reached (reachable).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) depth: usize,
    pub(crate) state: u64,
}

/// A property and what it reads.
pub(crate) type Judged<A, C, H> = (Property<ActorModel<A, C, H>>, Reads<A, C, H>);

/// The properties and their results. Shared by all threads.
pub(crate) struct Judge<A: Subject, C, H: History> {
    pub(crate) properties: Vec<Judged<A, C, H>>,
    /// A bit for each property that is not decided yet.
    undecided: AtomicU64,
    found: Mutex<Vec<Option<Found>>>,
}

impl<A: Subject, C, H: History> Judge<A, C, H> {
    /// A judge of at most 64 properties.
    pub(crate) fn new(properties: Vec<Judged<A, C, H>>) -> Self {
        let undecided = properties.iter().enumerate().fold(0, |bits, (index, _)| bits | 1 << index);
        let found = Mutex::new(vec![None; properties.len()]);
        Judge { properties, undecided: AtomicU64::new(undecided), found }
    }

    /// Has every property been decided?
    pub(crate) fn is_decided(&self) -> bool {
        !self.properties.is_empty() && self.undecided.load(Ordering::Relaxed) == 0
    }

    /// Is one of these *always* properties violated by a state that was seen?
    pub(crate) fn is_violated(&self, names: &[&'static str]) -> bool {
        let undecided = self.undecided.load(Ordering::Relaxed);
        let mut properties = self.properties.iter().enumerate();
        properties.any(|(index, (property, _))| {
            undecided & 1 << index == 0
                && property.expectation == Expectation::Always
                && names.contains(&property.name)
        })
    }

    /// The deciding states, by the property's name.
    pub(crate) fn found(&self) -> Vec<(&'static str, Found)> {
        let found = self.found.lock();
        let pairs = self.properties.iter().zip(found.iter());
        pairs.filter_map(|((property, _), found)| Some((property.name, (*found)?))).collect()
    }

    /// Does this state decide a property: violate it (always), or reach it (reachable)?
    pub(crate) fn is_decided_by(
        &self,
        index: usize,
        model: &ActorModel<A, C, H>,
        state: &ActorModelState<A, H>,
    ) -> bool {
        let (property, _) = &self.properties[index];
        (property.condition)(model, state) == (property.expectation == Expectation::Sometimes)
    }

    fn decide(&self, index: usize, found: Found) {
        let mut all = self.found.lock();
        if all[index].is_none() {
            all[index] = Some(found);
            self.undecided.fetch_and(!(1 << index), Ordering::Relaxed);
        }
    }
}

/// Properties that read the same parts of the actors and the history.
struct Group<A: Subject, C, H> {
    projection: Projection<A, C, H>,
    /// Bits of the properties that do not read the network.
    bare: u64,
    /// Bits of the properties that read the network.
    networked: u64,
    /// For each configuration, the number of its projection plus one. Kept only for properties that
    /// read the network.
    numbers: Vec<u32>,
}

/// How a property reads the network.
#[derive(Clone, Copy)]
enum Networked {
    Not,
    /// By the summaries at this index.
    By(usize),
    Wholly,
}

/// One thread's record of what it has evaluated.
pub(crate) struct Juror<A: Subject, C, H: History> {
    /// A bit for each configuration that has been seen.
    seen: Vec<u64>,
    groups: Vec<Group<A, C, H>>,
    /// By property.
    networked: Vec<Networked>,
    summaries: Vec<NetworkSummaries<A, C>>,
    /// The (looks, property and summary number) pairs that have been evaluated.
    evaluated: Cache,
    /// Present if the boundary reads the network.
    gate: Option<Gate<A, C, H>>,
    assembly: Assembly<A, H>,
    entries_max: usize,
    slots: Vec<u32>,
}

impl<A: Subject, C, H: History> Juror<A, C, H> {
    pub(crate) fn new(judge: &Judge<A, C, H>, boundary: &Reads<A, C, H>, actors: usize) -> Self {
        let mut juror = Juror {
            seen: Vec::new(),
            groups: Vec::new(),
            networked: Vec::new(),
            summaries: Vec::new(),
            evaluated: Cache::new(),
            gate: boundary.reads_network().then(|| Gate::new(*boundary, actors)),
            assembly: Assembly::new(),
            entries_max: 0,
            slots: Vec::new(),
        };
        for (index, (_, reads)) in judge.properties.iter().enumerate() {
            let networked = juror.reads_network(reads);
            juror.networked.push(networked);
            let group = juror.group(reads, actors);
            match networked {
                Networked::Not => group.bare |= 1 << index,
                Networked::By(_) | Networked::Wholly => group.networked |= 1 << index,
            }
        }
        juror
    }

    fn group(&mut self, reads: &Reads<A, C, H>, actors: usize) -> &mut Group<A, C, H> {
        let known = self.groups.iter().position(|group| group.projection.reads().look_alike(reads));
        let index = known.unwrap_or(self.groups.len());
        if known.is_none() {
            let projection = Projection::new(*reads, actors);
            self.groups.push(Group { projection, bare: 0, networked: 0, numbers: Vec::new() });
        }
        &mut self.groups[index]
    }

    fn reads_network(&mut self, reads: &Reads<A, C, H>) -> Networked {
        let summary = match reads.network {
            NetworkReads::Nothing => return Networked::Not,
            NetworkReads::Everything => return Networked::Wholly,
            NetworkReads::By(summary) => summary,
        };
        let known = self.summaries.iter().position(|known| known.are_by(summary));
        Networked::By(known.unwrap_or_else(|| {
            self.summaries.push(NetworkSummaries::new(summary));
            self.summaries.len() - 1
        }))
    }

    /// Sets how many entries the caches may grow to.
    pub(crate) fn allow(&mut self, entries_max: usize) {
        self.entries_max = entries_max;
    }

    pub(crate) fn bytes(&self) -> usize {
        let group = |group: &Group<A, C, H>| {
            group.projection.bytes() + group.numbers.capacity() * size_of::<u32>()
        };
        let groups: usize = self.groups.iter().map(group).sum();
        let summaries: usize = self.summaries.iter().map(NetworkSummaries::bytes).sum();
        let gate = self.gate.as_ref().map_or(0, Gate::bytes);
        self.seen.capacity() * size_of::<u64>() + groups + summaries + self.evaluated.bytes() + gate
    }

    /// Is a state within the boundary, if that depends on the network?
    pub(crate) fn lets_in(
        &mut self,
        parts: &Parts<A, H>,
        model: &ActorModel<A, C, H>,
        state: u64,
    ) -> bool {
        let Juror { gate, assembly, entries_max, .. } = self;
        let Some(gate) = gate else { return true };
        let evaluate = || {
            let (configuration, network) = unpair(state);
            (model.within_boundary)(&model.cfg, assembly.state(parts, configuration, Some(network)))
        };
        gate.is_within(parts, &model.cfg, state, *entries_max, evaluate)
    }

    /// Evaluates the properties on a state that is reached for the first time.
    pub(crate) fn judge(
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
                due |= group.look(configuration, parts, &model.cfg, &self.slots);
            }
        }
        for group in 0..self.groups.len() {
            let looks = |group: &Group<A, C, H>| group.numbers[configuration as usize] - 1;
            for property in bits(self.groups[group].networked & undecided) {
                let looks = looks(&self.groups[group]);
                if self.is_due(parts, &model.cfg, (property, looks, network)) {
                    due |= 1 << property;
                }
            }
        }
        for property in bits(due & undecided) {
            let network = (!matches!(self.networked[property], Networked::Not)).then_some(network);
            let state = self.assembly.state(parts, configuration, network);
            if judge.is_decided_by(property, model, state) {
                judge.decide(property, found);
            }
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

    /// Has this property not been evaluated yet for these looks and this network's summary?
    fn is_due(
        &mut self,
        parts: &Parts<A, H>,
        setting: &C,
        (property, looks, network): (usize, u32, u32),
    ) -> bool {
        let Networked::By(summaries) = self.networked[property] else { return true };
        let number = self.summaries[summaries].number(parts, setting, network, self.entries_max);
        // A property with more summaries than fit the key is evaluated every time.
        if number >= 1 << 24 {
            return true;
        }
        let key = pair(looks, (property as u32) << 24 | number);
        let due = self.evaluated.get(key).is_none();
        if due {
            self.evaluated.put(key, 0, self.entries_max);
        }
        due
    }
}

/// The indices of the bits that are set.
fn bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(lowest)
    })
}

impl<A: Subject, C, H: History> Group<A, C, H> {
    /// Records a configuration. Returns the bits of the properties without network reads that must
    /// be evaluated.
    fn look(&mut self, configuration: u32, parts: &Parts<A, H>, setting: &C, slots: &[u32]) -> u64 {
        let (number, new) = self.projection.number(parts, setting, slots);
        if self.networked != 0 {
            if self.numbers.len() <= configuration as usize {
                self.numbers.resize(configuration as usize + 1, 0);
            }
            self.numbers[configuration as usize] = number + 1;
        }
        if new { self.bare } else { 0 }
    }
}
