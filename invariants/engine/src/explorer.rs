//! One thread's way through the state space: the successors of a state, and whether a state is as the properties want it.

use crate::cache::Cache;
use crate::judge::{Boundary, Judge};
use crate::network::{Change, Taken};
use crate::parts::{Parts, pair, unpair};
use crate::steps::{Step, Steps};
use stateright::actor::Actor;
use std::fmt::Debug;
use std::hash::Hash;

/// Shared by all threads.
pub(crate) struct Space<'m, A, C, H>
where
    A: Actor,
    A::Msg: Ord,
    A::Timer: Ord,
    H: Clone + Debug + Hash,
{
    pub(crate) parts: Parts<A, H>,
    pub(crate) steps: Steps<'m, A, C, H>,
    pub(crate) judge: Judge<A, C, H>,
}

/// A thread's own memory of results.
pub(crate) struct Explorer<'s, 'm, A, C, H>
where
    A: Actor,
    A::Msg: Ord,
    A::Timer: Ord,
    H: Clone + Debug + Hash,
{
    space: &'s Space<'m, A, C, H>,
    /// (configuration, token) → (configuration, change)
    moves: Cache,
    /// (network, change) → network
    networks: Cache,
    /// How large a cache may become, in entries.
    entries_max: usize,
    words: Vec<u32>,
    changed: Vec<u32>,
    slots: Vec<u32>,
}

/// A move that there is not.
const NOTHING: u64 = u64::MAX;
/// Tokens from here on name an actor's own steps, below it envelopes.
const OWN: u32 = 1 << 31;

impl<'s, 'm, A, C, H> Explorer<'s, 'm, A, C, H>
where
    A: Actor,
    A::Msg: Ord,
    A::Timer: Ord,
    H: Clone + Debug + Hash + PartialEq,
{
    pub(crate) fn new(space: &'s Space<'m, A, C, H>) -> Self {
        Explorer {
            space,
            moves: Cache::new(),
            networks: Cache::new(),
            entries_max: 1 << 15,
            words: Vec::new(),
            changed: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// Lets the caches grow with the number of states: about a byte for each.
    pub(crate) fn allow(&mut self, states: usize) {
        self.entries_max = (states / 32).max(1 << 15);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.moves.bytes() + self.networks.bytes()
    }

    /// Calls `each` for the state after every transition, as often as there are transitions to it.
    pub(crate) fn successors(&mut self, state: u64, mut each: impl FnMut(u64)) {
        let (configuration, network) = unpair(state);
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        let parts = &self.space.parts;
        parts.networks.append_to(network, &mut words);
        let channel = |envelope| parts.channel(envelope);
        parts.kind.deliverable(&words, channel, |envelope| {
            let delivered = self.delivered(configuration, envelope);
            if delivered != NOTHING {
                let (after, change) = unpair(delivered);
                each(pair(after, self.network(network, change)));
            }
            if parts.lossy {
                let lost = parts.changes.insert(Change { taken: Taken::Lost(envelope), sent: Vec::new() });
                each(pair(configuration, self.network(network, lost)));
            }
        });
        self.words = words;
        for number in 0.. {
            let own = self.own(configuration, number);
            if own == NOTHING {
                break;
            }
            let (after, change) = unpair(own);
            each(pair(after, self.network(network, change)));
        }
    }

    /// The move that the delivery of an envelope makes.
    fn delivered(&mut self, configuration: u32, envelope: u32) -> u64 {
        let key = pair(configuration, envelope);
        if let Some(known) = self.moves.get(key) {
            return known;
        }
        let parts = &self.space.parts;
        let actor = parts.envelopes.with(envelope, |envelope| usize::from(envelope.dst));
        let mut found = NOTHING;
        if actor < parts.actors {
            parts.slots(configuration, &mut self.slots);
            if let Some(step) = self.space.steps.delivery(parts, actor, self.slots[actor], envelope) {
                found = self.take(actor, step);
            }
        }
        self.moves.put(key, found, self.entries_max);
        found
    }

    /// The move that one of the actors' own steps makes, numbered through all actors; `NOTHING` past the last.
    fn own(&mut self, configuration: u32, number: u32) -> u64 {
        let key = pair(configuration, OWN | number);
        if let Some(known) = self.moves.get(key) {
            return known;
        }
        let moves = self.own_moves(configuration);
        for (number, found) in moves.iter().chain([&NOTHING]).enumerate() {
            self.moves.put(pair(configuration, OWN | number as u32), *found, self.entries_max);
        }
        moves.get(number as usize).copied().unwrap_or(NOTHING)
    }

    fn own_moves(&mut self, configuration: u32) -> Vec<u64> {
        let Space { parts, steps, .. } = self.space;
        let mut slots = Vec::new();
        parts.slots(configuration, &mut slots);
        let own: Vec<_> = (0..parts.actors).map(|actor| steps.own(parts, actor, slots[actor])).collect();
        let may_crash = own.iter().filter(|own| own.crashed).count() < steps.model.max_crashes;
        let mut moves = Vec::new();
        for (actor, own) in own.iter().enumerate() {
            for step in own.steps.iter().chain(own.crash.iter().filter(|_| may_crash)) {
                self.slots.clone_from(&slots);
                let found = self.take(actor, *step);
                if found != NOTHING {
                    moves.push(found);
                }
            }
        }
        moves
    }

    /// The move from the configuration in `slots` by an actor's step, unless it leads out of the boundary.
    fn take(&mut self, actor: usize, step: Step) -> u64 {
        let Space { parts, steps, judge } = self.space;
        self.slots[actor] = step.local;
        self.slots[parts.actors] = steps.history(parts, self.slots[parts.actors], step.records);
        let configuration = parts.configuration(&self.slots);
        assert!(configuration < u32::MAX, "fewer than 2^32 configurations");
        if judge.boundary == Boundary::OfConfiguration && !judge.is_within(parts, steps.model, configuration) {
            return NOTHING;
        }
        pair(configuration, step.change)
    }

    /// The network after a change.
    fn network(&mut self, network: u32, change: u32) -> u32 {
        let key = pair(network, change);
        if let Some(known) = self.networks.get(key) {
            return known as u32;
        }
        let parts = &self.space.parts;
        let mut changed = std::mem::take(&mut self.changed);
        changed.clear();
        parts.networks.append_to(network, &mut changed);
        parts.changes.with(change, |change| parts.kind.apply(&mut changed, change, |envelope| parts.channel(envelope)));
        let after = parts.networks.insert(&changed);
        self.changed = changed;
        self.networks.put(key, u64::from(after), self.entries_max);
        after
    }
}
