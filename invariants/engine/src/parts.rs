//! The parts of a system state. Each is stored once and has a number. A state is split into parts,
//! and assembled from them.
//!
//! A state is a pair of numbers: of its *configuration* (all actors and the history) and of its
//! network. A configuration is a pair too: one sequence for the first half of the actors, and one
//! for the other half and the history.

use crate::network::{Change, Kind};
use crate::shared::{Pairs, Slices, Values};
use crate::subject::{History, Subject};
use stateright::actor::{
    Actor, ActorModel, ActorModelState, Envelope, Id, LossyNetwork, Network, RandomChoices, Timers,
};
use std::collections::BTreeMap;
use std::hash::Hash;
use std::iter::repeat_n;
use std::sync::Arc;

/// Everything in a system state that belongs to one actor.
pub(crate) struct Local<A: Subject> {
    pub(crate) state: Arc<A::State>,
    /// Ascending.
    pub(crate) timers: Vec<A::Timer>,
    pub(crate) random: BTreeMap<String, Vec<A::Random>>,
    pub(crate) crashed: bool,
    pub(crate) storage: Option<A::Storage>,
}

impl<A: Subject> Clone for Local<A> {
    fn clone(&self) -> Self {
        Local {
            state: Arc::clone(&self.state),
            timers: self.timers.clone(),
            random: self.random.clone(),
            crashed: self.crashed,
            storage: self.storage.clone(),
        }
    }
}

impl<A: Subject> PartialEq for Local<A> {
    fn eq(&self, other: &Self) -> bool {
        let (Local { state, timers, random, crashed, storage }, other) = (self, other);
        *crashed == other.crashed
            && *timers == other.timers
            && *random == other.random
            && *state == other.state
            && *storage == other.storage
    }
}

impl<A: Subject> Hash for Local<A> {
    fn hash<S: std::hash::Hasher>(&self, hasher: &mut S) {
        (&self.state, &self.timers, &self.random, self.crashed, &self.storage).hash(hasher);
    }
}

/// A channel: the source and destination of an envelope.
pub(crate) fn channel<M>(envelope: &Envelope<M>) -> (Id, Id) {
    (envelope.src, envelope.dst)
}

/// One actor's parts of a state, in the order of stateright's fields.
pub(crate) type InState<A> = (
    Arc<<A as Actor>::State>,
    Timers<<A as Actor>::Timer>,
    RandomChoices<<A as Actor>::Random>,
    bool,
    Option<<A as Actor>::Storage>,
);

/// The stores of all parts.
pub(crate) struct Parts<A: Subject, H> {
    pub(crate) kind: Kind,
    pub(crate) lossy: bool,
    pub(crate) actors: usize,
    pub(crate) locals: Vec<Values<Local<A>>>,
    pub(crate) histories: Values<H>,
    pub(crate) envelopes: Values<Envelope<A::Msg>>,
    pub(crate) changes: Values<Change>,
    pub(crate) networks: Slices,
    halves: Slices,
    configurations: Pairs,
}

pub(crate) fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

pub(crate) fn unpair(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}

impl<A: Subject, H: History> Parts<A, H> {
    pub(crate) fn new<C>(model: &ActorModel<A, C, H>) -> Self {
        Parts {
            kind: match model.init_network {
                Network::UnorderedDuplicating(..) => Kind::Duplicating,
                Network::UnorderedNonDuplicating(_) => Kind::Unordered,
                Network::Ordered(_) => Kind::Ordered,
            },
            lossy: model.lossy_network == LossyNetwork::Yes,
            actors: model.actors.len(),
            locals: model.actors.iter().map(|_| Values::default()).collect(),
            histories: Values::default(),
            envelopes: Values::default(),
            changes: Values::default(),
            networks: Slices::default(),
            halves: Slices::default(),
            configurations: Pairs::default(),
        }
    }

    pub(crate) fn channel(&self, envelope: u32) -> (Id, Id) {
        channel(self.envelopes.get(envelope))
    }

    /// The slots of a configuration: the numbers of its actors' locals, and of its history as the
    /// last.
    pub(crate) fn slots(&self, configuration: u32, slots: &mut Vec<u32>) {
        let (first, second) = unpair(self.configurations.get(configuration));
        slots.clear();
        self.halves.append_to(first, slots);
        self.halves.append_to(second, slots);
    }

    /// The number of the configuration with these slots.
    pub(crate) fn configuration(&self, slots: &[u32]) -> u32 {
        let (first, second) = slots.split_at(self.actors.div_ceil(2));
        self.configurations.insert(pair(self.halves.insert(first), self.halves.insert(second)))
    }

    /// The number of a configuration with these slots, which differ from `before` only in one
    /// actor's local and perhaps the history.
    pub(crate) fn changed_configuration(
        &self,
        before: u32,
        actor: usize,
        history_changed: bool,
        slots: &[u32],
    ) -> u32 {
        let (mut first, mut second) = unpair(self.configurations.get(before));
        let (first_slots, second_slots) = slots.split_at(self.actors.div_ceil(2));
        if actor < first_slots.len() {
            first = self.halves.insert(first_slots);
        }
        if actor >= first_slots.len() || history_changed {
            second = self.halves.insert(second_slots);
        }
        self.configurations.insert(pair(first, second))
    }

    /// Splits a state into parts. Returns its configuration and network.
    pub(crate) fn take_apart(&self, state: &ActorModelState<A, H>) -> (u32, u32) {
        let mut slots: Vec<u32> =
            (0..self.actors).map(|index| self.locals[index].insert(local(state, index))).collect();
        slots.push(self.histories.insert(state.history.clone()));
        let number = |envelope: &Envelope<A::Msg>| self.envelopes.insert(envelope.clone());
        // Not `iter_all`: in stateright 0.31 it returns an envelope that is in flight twice three
        // times, and repeats the first one of an ordered network for ever.
        let mut words: Vec<u32> = match &state.network {
            Network::UnorderedDuplicating(set, _) => set.iter().map(number).collect(),
            Network::UnorderedNonDuplicating(bag) => bag
                .iter()
                .flat_map(|(envelope, times)| repeat_n(number(envelope), *times))
                .collect(),
            Network::Ordered(channels) => {
                let queued = channels
                    .iter()
                    .flat_map(|(channel, queue)| queue.iter().map(move |msg| (channel, msg)));
                queued
                    .map(|(&(src, dst), msg)| number(&Envelope { src, dst, msg: msg.clone() }))
                    .collect()
            }
        };
        if self.kind != Kind::Ordered {
            words.sort_unstable();
        }
        if let Network::UnorderedDuplicating(_, last) = &state.network {
            words
                .insert(0, last.as_ref().map_or(0, |last| self.envelopes.insert(last.clone()) + 1));
        }
        (self.configuration(&slots), self.networks.insert(&words))
    }

    /// Assembles a state.
    pub(crate) fn put_together(
        &self,
        configuration: u32,
        network: Network<A::Msg>,
    ) -> ActorModelState<A, H> {
        let mut slots = Vec::new();
        self.slots(configuration, &mut slots);
        let mut state = ActorModelState {
            actor_states: Vec::with_capacity(self.actors),
            network,
            timers_set: Vec::with_capacity(self.actors),
            random_choices: Vec::with_capacity(self.actors),
            crashed: Vec::with_capacity(self.actors),
            history: self.histories.get(slots[self.actors]).clone(),
            actor_storages: Vec::with_capacity(self.actors),
        };
        for (index, slot) in slots[..self.actors].iter().enumerate() {
            let (actor, timers, random, crashed, storage) = self.actor(index, *slot);
            state.actor_states.push(actor);
            state.timers_set.push(timers);
            state.random_choices.push(random);
            state.crashed.push(crashed);
            state.actor_storages.push(storage);
        }
        state
    }

    /// Assembles one actor's parts of a state, in the order of stateright's fields.
    pub(crate) fn actor(&self, index: usize, slot: u32) -> InState<A> {
        let local = self.locals[index].get(slot);
        let mut timers = Timers::new();
        let mut random = RandomChoices::default();
        for timer in &local.timers {
            timers.set(timer.clone());
        }
        for (key, choices) in &local.random {
            random.insert(key.clone(), choices.clone());
        }
        (Arc::clone(&local.state), timers, random, local.crashed, local.storage.clone())
    }

    /// Assembles a network; an empty one if there is no number.
    pub(crate) fn network(&self, number: Option<u32>) -> Network<A::Msg> {
        let mut words = Vec::new();
        match (number, self.kind) {
            (Some(number), _) => self.networks.append_to(number, &mut words),
            (None, Kind::Duplicating) => words.push(0),
            (None, Kind::Unordered | Kind::Ordered) => {}
        }
        let envelope = |number: &u32| self.envelopes.get(*number).clone();
        let in_flight: Vec<_> = self.kind.in_flight(&words).iter().map(envelope).collect();
        match self.kind {
            Kind::Unordered => Network::new_unordered_nonduplicating(in_flight),
            Kind::Ordered => Network::new_ordered(in_flight),
            Kind::Duplicating => {
                let last = words[0].checked_sub(1).map(|number| envelope(&number));
                Network::new_unordered_duplicating_with_last_msg(in_flight, last)
            }
        }
    }

    /// The messages in flight in a network, with repetitions.
    pub(crate) fn messages(&self, network: u32) -> impl Iterator<Item = Envelope<&A::Msg>> {
        let mut words = Vec::new();
        self.networks.append_to(network, &mut words);
        let in_flight = words.len() - self.kind.in_flight(&words).len();
        words.into_iter().skip(in_flight).map(|number| {
            let Envelope { src, dst, msg } = self.envelopes.get(number);
            Envelope { src: *src, dst: *dst, msg }
        })
    }

    /// The memory of the shared stores in bytes, without data behind pointers in the parts.
    pub(crate) fn bytes(&self) -> usize {
        let locals: usize = self.locals.iter().map(Values::bytes).sum();
        let values =
            locals + self.histories.bytes() + self.envelopes.bytes() + self.changes.bytes();
        values + self.networks.bytes() + self.halves.bytes() + self.configurations.bytes()
    }
}

fn local<A: Subject, H>(state: &ActorModelState<A, H>, index: usize) -> Local<A> {
    let mut timers: Vec<A::Timer> = state.timers_set[index].iter().cloned().collect();
    timers.sort_unstable();
    let random =
        state.random_choices[index].map.iter().map(|(key, choices)| (key.clone(), choices.clone()));
    Local {
        state: Arc::clone(&state.actor_states[index]),
        timers,
        random: random.collect(),
        crashed: state.crashed[index],
        storage: state.actor_storages[index].clone(),
    }
}
