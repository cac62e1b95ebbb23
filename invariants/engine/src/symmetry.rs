//! Symmetry: of states that differ only by a permutation of interchangeable actors, one is visited.
//!
//! Renamings that leave the model the same form an *orbit* of each state: all states it can be
//! renamed to. What is true of one state is true of all, so one of them, the *representative*,
//! stands for the orbit. It is the state with the least part numbers: first the actors' locals and
//! the history, then the envelopes. Parts are numbered in order of arrival. So a state has one
//! representative in a search, but may have another in the next search.

use crate::cache::Cache;
use crate::network::Kind;
use crate::parts::{Local, Parts, pair, unpair};
use crate::subject::{History, Subject};
use foldhash::HashMap;
use stateright::actor::{Envelope, Id};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A renaming of actors, and its effect on everything that names them.
///
/// The model must stay the same under it. The renamed initial states are the initial states. If a
/// step leads from one state to another, a step leads from the renamed first to the renamed second
/// state. Both steps remain for convergence ([`Convergence`](crate::Convergence)), or neither does.
/// Properties, conditions and the boundary have the same value on a state and on the renamed state.
/// The engine tests this in some states only. If it is false, states are missed, and verdicts are
/// wrong.
pub trait Renaming<A: Subject, H: History>: Sync {
    /// The actor that replaces an actor. An [`Id`](stateright::actor::Id) of no actor stays the
    /// same.
    fn actor(&self, actor: usize) -> usize;

    /// Renames an actor's state.
    fn state(&self, state: &A::State) -> A::State;

    /// Renames a message.
    fn message(&self, message: &A::Msg) -> A::Msg;

    /// Renames a timer.
    fn timer(&self, timer: &A::Timer) -> A::Timer;

    /// Renames a random choice. The name under which it is made stays the same.
    fn random(&self, random: &A::Random) -> A::Random {
        random.clone()
    }

    /// Renames what an actor has saved.
    fn storage(&self, storage: &A::Storage) -> A::Storage;

    /// Renames the history.
    fn history(&self, history: &H) -> H;
}

/// A boxed renaming.
pub(crate) type Boxed<'m, A, H> = Box<dyn Renaming<A, H> + 'm>;

/// Is this a permutation of the actors?
pub(crate) fn is_one_to_one<A: Subject, H: History>(
    renaming: &dyn Renaming<A, H>,
    actors: usize,
) -> bool {
    let mut renamed: Vec<usize> = (0..actors).map(|actor| renaming.actor(actor)).collect();
    renamed.sort_unstable();
    renamed.into_iter().eq(0..actors)
}

/// Are these permutations, with the identity, a group, and none of them there twice? Two of them,
/// one after the other, are then one of them.
pub(crate) fn is_group<A: Subject, H: History>(
    renamings: &[Boxed<'_, A, H>],
    actors: usize,
) -> bool {
    let places = |renaming: &Boxed<'_, A, H>| -> Vec<usize> {
        (0..actors).map(|actor| renaming.actor(actor)).collect()
    };
    let identity = (0..actors).collect();
    let all: BTreeSet<Vec<usize>> =
        renamings.iter().map(places).chain(std::iter::once(identity)).collect();
    let then = |one: &Vec<usize>, other: &Vec<usize>| -> Vec<usize> {
        one.iter().map(|it| other[*it]).collect()
    };
    let is_closed = |one: &Vec<usize>| all.iter().all(|other| all.contains(&then(one, other)));
    all.len() == renamings.len() + 1 && all.iter().all(is_closed)
}

/// The numbers of the renamed parts under one renaming, by the parts' numbers; `UNKNOWN` if not
/// computed yet.
struct Images {
    actors: Vec<usize>,
    /// By actor.
    locals: Vec<Vec<u32>>,
    histories: Vec<u32>,
    envelopes: Vec<u32>,
}

const UNKNOWN: u32 = u32::MAX;

/// The identity. The other renamings are numbered from 1.
const NONE: u32 = 0;
/// The set that contains only the identity.
const ONLY_NONE: u32 = 0;

/// One thread's cache of orbits.
pub(crate) struct Orbits<'s, 'm, A: Subject, H: History> {
    parts: &'s Parts<A, H>,
    renamings: &'s [Boxed<'m, A, H>],
    images: Vec<Images>,
    /// configuration → (its least image, the set of renamings that lead to it)
    configurations: Cache,
    /// (set of renamings, network) → the least image under these renamings
    networks: Cache,
    /// Sets of renamings, by number.
    sets: Vec<Vec<u32>>,
    numbers: HashMap<Vec<u32>, u32>,
    entries_max: usize,
    original: Vec<u32>,
    image: Vec<u32>,
    least: Vec<u32>,
}

impl<'s, 'm, A: Subject, H: History> Orbits<'s, 'm, A, H> {
    /// `None` if there are no renamings.
    pub(crate) fn new(parts: &'s Parts<A, H>, renamings: &'s [Boxed<'m, A, H>]) -> Option<Self> {
        let images = |renaming: &Boxed<'m, A, H>| Images {
            actors: (0..parts.actors).map(|actor| renaming.actor(actor)).collect(),
            locals: vec![Vec::new(); parts.actors],
            histories: Vec::new(),
            envelopes: Vec::new(),
        };
        (!renamings.is_empty()).then(|| Orbits {
            parts,
            renamings,
            images: renamings.iter().map(images).collect(),
            configurations: Cache::new(),
            networks: Cache::new(),
            sets: vec![vec![NONE]],
            numbers: HashMap::from_iter([(vec![NONE], ONLY_NONE)]),
            entries_max: 0,
            original: Vec::new(),
            image: Vec::new(),
            least: Vec::new(),
        })
    }

    /// Sets how many entries the caches may grow to.
    pub(crate) fn allow(&mut self, entries_max: usize) {
        self.entries_max = entries_max;
    }

    pub(crate) fn bytes(&self) -> usize {
        let images = |images: &Images| {
            let locals: usize = images.locals.iter().map(Vec::capacity).sum();
            (locals + images.histories.capacity() + images.envelopes.capacity()) * size_of::<u32>()
        };
        self.configurations.bytes()
            + self.networks.bytes()
            + self.images.iter().map(images).sum::<usize>()
    }

    /// The representative of a state's orbit.
    pub(crate) fn representative(&mut self, state: u64) -> u64 {
        let (configuration, network) = unpair(state);
        let (configuration, set) = self.configuration(configuration);
        pair(configuration, self.network(set, network))
    }

    /// The size of a representative's orbit: the number of renamings divided by the number of those
    /// under which it stays the same.
    pub(crate) fn size(&mut self, representative: u64) -> usize {
        let (configuration, network) = unpair(representative);
        let (_, set) = self.configuration(configuration);
        let renamings = self.renamings.len() + 1;
        if set == ONLY_NONE {
            return renamings;
        }
        self.read(network);
        let mut same = 0;
        for position in 0..self.sets[set as usize].len() {
            self.rename_network(self.sets[set as usize][position]);
            same += usize::from(self.image == self.original);
        }
        debug_assert!(renamings.is_multiple_of(same), "the renamings are a group");
        renamings / same
    }

    /// The least image of a configuration, and the set of renamings that lead to it.
    fn configuration(&mut self, configuration: u32) -> (u32, u32) {
        let key = u64::from(configuration);
        if let Some(known) = self.configurations.get(key) {
            return unpair(known);
        }
        let mut slots = std::mem::take(&mut self.original);
        self.parts.slots(configuration, &mut slots);
        self.original = slots;
        self.least.clone_from(&self.original);
        let mut set = vec![NONE];
        for renaming in 1..=self.renamings.len() as u32 {
            self.rename_slots(renaming);
            if self.image < self.least {
                std::mem::swap(&mut self.image, &mut self.least);
                set.clear();
                set.push(renaming);
            } else if self.image == self.least {
                set.push(renaming);
            }
        }
        let least =
            if set[0] == NONE { configuration } else { self.parts.configuration(&self.least) };
        let number = self.numbers.get(&set).copied().unwrap_or_else(|| {
            let number = self.sets.len() as u32;
            self.sets.push(set.clone());
            self.numbers.insert(set, number);
            number
        });
        self.configurations.put(key, pair(least, number), self.entries_max);
        (least, number)
    }

    /// The least image of a network under a set of renamings.
    fn network(&mut self, set: u32, network: u32) -> u32 {
        if set == ONLY_NONE {
            return network;
        }
        let key = pair(set, network);
        if let Some(known) = self.networks.get(key) {
            return known as u32;
        }
        self.read(network);
        self.rename_network(self.sets[set as usize][0]);
        std::mem::swap(&mut self.image, &mut self.least);
        for position in 1..self.sets[set as usize].len() {
            self.rename_network(self.sets[set as usize][position]);
            if self.image < self.least {
                std::mem::swap(&mut self.image, &mut self.least);
            }
        }
        let least = self.parts.networks.insert(&self.least);
        self.networks.put(key, u64::from(least), self.entries_max);
        least
    }

    /// Reads a network's words into `original`.
    fn read(&mut self, network: u32) {
        self.original.clear();
        self.parts.networks.append_to(network, &mut self.original);
    }

    /// Renames the configuration's slots in `original` into `image`.
    fn rename_slots(&mut self, renaming: u32) {
        let Orbits { parts, original, image, .. } = self;
        let renamings = self.renamings;
        let (renaming, images) =
            (&*renamings[renaming as usize - 1], &mut self.images[renaming as usize - 1]);
        image.clone_from(original);
        for (actor, local) in original[..parts.actors].iter().enumerate() {
            let renamed = images.actors[actor];
            image[renamed] = known(&mut images.locals[actor], *local, || {
                parts.locals[renamed]
                    .insert(rename_local(renaming, parts.locals[actor].get(*local)))
            });
        }
        let history = original[parts.actors];
        image[parts.actors] = known(&mut images.histories, history, || {
            parts.histories.insert(renaming.history(parts.histories.get(history)))
        });
    }

    /// Renames the network's words in `original` into `image`.
    fn rename_network(&mut self, renaming: u32) {
        let Orbits { parts, original, image, .. } = self;
        image.clone_from(original);
        if renaming == NONE {
            return;
        }
        let renamings = self.renamings;
        let (renaming, images) =
            (&*renamings[renaming as usize - 1], &mut self.images[renaming as usize - 1]);
        let Images { actors, envelopes, .. } = images;
        let id = |id: Id| actors.get(usize::from(id)).map_or(id, |actor| Id::from(*actor));
        let mut envelope = |number: u32| {
            known(envelopes, number, || {
                let Envelope { src, dst, msg } = parts.envelopes.get(number);
                let renamed = Envelope { src: id(*src), dst: id(*dst), msg: renaming.message(msg) };
                parts.envelopes.insert(renamed)
            })
        };
        // The first word of a duplicating network is the envelope delivered last, or 0.
        let last = usize::from(parts.kind == Kind::Duplicating);
        for word in &mut image[..last] {
            *word = word.checked_sub(1).map_or(0, |number| envelope(number) + 1);
        }
        let in_flight = &mut image[last..];
        for word in &mut *in_flight {
            *word = envelope(*word);
        }
        match parts.kind {
            Kind::Unordered | Kind::Duplicating => in_flight.sort_unstable(),
            // The order within a channel stays.
            Kind::Ordered => in_flight.sort_by_key(|envelope| parts.channel(*envelope)),
        }
    }
}

/// The number of a renamed part.
fn known(images: &mut Vec<u32>, part: u32, image: impl FnOnce() -> u32) -> u32 {
    let part = part as usize;
    if images.len() <= part {
        images.resize(part + 1, UNKNOWN);
    }
    if images[part] == UNKNOWN {
        images[part] = image();
    }
    images[part]
}

fn rename_local<A: Subject, H: History>(
    renaming: &dyn Renaming<A, H>,
    local: &Local<A>,
) -> Local<A> {
    let Local { state, timers, random, crashed, storage } = local;
    let mut timers: Vec<A::Timer> = timers.iter().map(|timer| renaming.timer(timer)).collect();
    timers.sort_unstable();
    let choices = |(key, choices): (&String, &Vec<A::Random>)| {
        (key.clone(), choices.iter().map(|choice| renaming.random(choice)).collect())
    };
    Local {
        state: Arc::new(renaming.state(state)),
        timers,
        random: random.iter().map(choices).collect(),
        crashed: *crashed,
        storage: storage.as_ref().map(|storage| renaming.storage(storage)),
    }
}
