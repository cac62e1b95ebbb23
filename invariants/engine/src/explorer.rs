//! Computes the successors of a state, with one thread's caches.

use crate::assembly::Assembly;
use crate::cache::Cache;
use crate::envelopes::Envelopes;
use crate::network::Kind;
use crate::partial_order::First;
use crate::parts::{pair, unpair};
use crate::projection::Projection;
use crate::space::Space;
use crate::steps::{OwnSteps, Step, Taking};
use crate::subject::{Filter, History, Subject};
use crate::symmetry::Orbits;
use foldhash::{HashMap, HashMapExt};
use stateright::actor::ActorModelAction;
use std::ops::ControlFlow;
use std::sync::Arc;

/// One thread's explorer, with its caches.
pub(crate) struct Explorer<'s, 'm, A: Subject, C, H: History> {
    space: &'s Space<'m, A, C, H>,
    /// If set, only these steps are followed.
    only: Option<Filter<A, C>>,
    /// If there is symmetry: makes representatives.
    orbits: Option<Box<Orbits<'s, 'm, A, H>>>,
    /// Which deliveries are taken first, if any.
    first: Option<First<A, C>>,
    /// (local, envelope) → is it taken first?
    firsts: HashMap<u64, bool>,
    /// (configuration, token) → (configuration, change)
    moves: Cache,
    /// (network, change) → network
    networks: Cache,
    /// (history, records) → history. A cache in front of the shared map, to avoid its lock.
    histories: Cache,
    /// (local, envelope) → the step of the delivery. A cache in front of the shared map.
    deliveries: HashMap<u64, Option<Step>>,
    entries_max: usize,
    envelopes: Envelopes,
    /// For each actor and local, the actor's own steps.
    own: Vec<Vec<Option<Arc<OwnSteps<A>>>>>,
    /// What configurations look like to the boundary, and whether they are within it.
    boundary: Projection<A, C, H>,
    within: Vec<bool>,
    assembly: Assembly<A, H>,
    words: Vec<u32>,
    changed: Vec<u32>,
    /// Moves that have not been followed yet.
    due: Vec<u64>,
    slots: Vec<u32>,
    /// The configuration whose slots were read last, and its slots.
    looked_at: (u32, Vec<u32>),
}

/// How many moves are looked up before they are followed.
const AT_ONCE: usize = 64;
/// Stands for "no move".
const NOTHING: u64 = u64::MAX;
/// Tokens from here on stand for an actor's own steps. Smaller ones are envelopes.
const OWN: u32 = 1 << 31;
/// Of those, tokens from here on stand for steps that pass the filter.
const FILTERED: u32 = 1 << 30;

impl<'s, 'm, A: Subject, C, H: History> Explorer<'s, 'm, A, C, H> {
    /// An explorer that follows all steps.
    pub(crate) fn new(space: &'s Space<'m, A, C, H>) -> Self {
        let actors = space.parts.actors;
        Explorer {
            space,
            only: None,
            orbits: Orbits::new(&space.parts, &space.renamings).map(Box::new),
            first: space.first,
            firsts: HashMap::new(),
            moves: Cache::new(),
            networks: Cache::new(),
            histories: Cache::new(),
            deliveries: HashMap::new(),
            entries_max: 0,
            envelopes: Envelopes::default(),
            own: vec![Vec::new(); actors],
            boundary: Projection::new(space.boundary, actors),
            within: Vec::new(),
            assembly: Assembly::new(),
            words: Vec::new(),
            changed: Vec::new(),
            due: Vec::new(),
            slots: Vec::new(),
            // No configuration has this number.
            looked_at: (u32::MAX, Vec::new()),
        }
    }

    /// Sets how many entries the caches may grow to.
    pub(crate) fn allow(&mut self, entries_max: usize) {
        self.entries_max = entries_max;
        if let Some(orbits) = &mut self.orbits {
            orbits.allow(entries_max);
        }
    }

    /// Follows only steps for which the filter is true from now on. Cached results stay valid.
    pub(crate) fn looking_only_at(mut self, filter: Filter<A, C>) -> Self {
        self.only = Some(filter);
        self
    }

    /// Makes the explorer return all successors, not only representatives.
    pub(crate) fn without_reductions(mut self) -> Self {
        (self.orbits, self.first) = (None, None);
        self
    }

    /// How many states a representative stands for besides itself.
    pub(crate) fn others_in_orbit(&mut self, representative: u64) -> usize {
        self.orbits.as_mut().map_or(0, |orbits| orbits.size(representative) - 1)
    }

    pub(crate) fn bytes(&self) -> usize {
        let orbits = self.orbits.as_ref().map_or(0, |orbits| orbits.bytes());
        orbits
            + self.moves.bytes()
            + self.networks.bytes()
            + self.histories.bytes()
            + self.boundary.bytes()
    }

    /// Calls `each` with the state after every transition, once per transition, until it breaks.
    /// With symmetry, passes the representative of that state.
    pub(crate) fn successors(&mut self, state: u64, mut each: impl FnMut(u64) -> ControlFlow<()>) {
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        let (_, network) = unpair(state);
        self.space.parts.networks.append_to(network, &mut words);
        let _ = match self.orbits.take() {
            None => self.successors_by(state, &words, each),
            Some(mut orbits) => {
                let over =
                    self.successors_by(state, &words, |next| each(orbits.representative(next)));
                self.orbits = Some(orbits);
                over
            }
        };
        self.words = words;
    }

    fn successors_by(
        &mut self,
        state: u64,
        words: &[u32],
        mut each: impl FnMut(u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (configuration, network) = unpair(state);
        // With a filter, the caller mostly needs only the first successor.
        let at_once = if self.only.is_some() { 1 } else { AT_ONCE };
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        let mut over = self.moves_from(configuration, words, |explorer, found| {
            due.push(found);
            if due.len() < at_once {
                return ControlFlow::Continue(());
            }
            explorer.follow((network, words), &mut due, &mut each)
        });
        if over.is_continue() {
            over = self.follow((network, words), &mut due, &mut each);
        }
        self.due = due;
        over
    }

    /// Calls `each` with every move from a configuration with these envelopes in flight, until it
    /// breaks.
    fn moves_from(
        &mut self,
        configuration: u32,
        words: &[u32],
        mut each: impl FnMut(&mut Self, u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let parts = &self.space.parts;
        let first = self.first_of(configuration, words);
        let deliverable = || parts.kind.deliverable(words, |envelope| parts.channel(envelope));
        if self.only.is_none() {
            self.moves.prefetch(deliverable().map(|envelope| pair(configuration, envelope)));
        }
        for envelope in
            deliverable().filter(|envelope| first.is_none_or(|first| first == *envelope))
        {
            let goes_on = self.envelopes.goes_on(self.space, self.only, envelope);
            let delivered = if goes_on.delivered || first.is_some() {
                self.delivered(configuration, envelope)
            } else {
                NOTHING
            };
            if delivered != NOTHING {
                each(self, delivered)?;
            }
            if parts.lossy && goes_on.lost {
                let lost = self.envelopes.loss(parts, envelope);
                each(self, pair(configuration, lost))?;
            }
        }
        if first.is_some() {
            return ControlFlow::Continue(());
        }
        for number in 0.. {
            let own = self.own_move(configuration, number);
            if own == NOTHING {
                break;
            }
            each(self, own)?;
        }
        ControlFlow::Continue(())
    }

    /// Calls `each` with the states that these moves lead to. Empties `moves`.
    fn follow(
        &mut self,
        (network, words): (u32, &[u32]),
        moves: &mut Vec<u64>,
        each: &mut impl FnMut(u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.networks.prefetch(moves.iter().map(|found| pair(network, unpair(*found).1)));
        for found in moves.drain(..) {
            let (after, change) = unpair(found);
            each(pair(after, self.network((network, words), change)))?;
        }
        ControlFlow::Continue(())
    }

    /// The envelope that is delivered or lost first, if there is one.
    fn first_of(&mut self, configuration: u32, words: &[u32]) -> Option<u32> {
        let first = self.first?;
        let parts = &self.space.parts;
        let mut deliverable = parts.kind.deliverable(words, |envelope| parts.channel(envelope));
        deliverable.find(|envelope| {
            self.comes_first(first, configuration, *envelope)
                && self.leads_elsewhere(configuration, *envelope)
        })
    }

    /// Does the delivery lead to another state? If one that changes nothing were taken first again
    /// and again, in a duplicating network, no other step would ever be taken.
    fn leads_elsewhere(&mut self, configuration: u32, envelope: u32) -> bool {
        let delivered = self.delivered(configuration, envelope);
        let is_kept = self.space.parts.kind == Kind::Duplicating;
        delivered != NOTHING && !(is_kept && unpair(delivered).0 == configuration)
    }

    fn comes_first(&mut self, first: First<A, C>, configuration: u32, envelope: u32) -> bool {
        let Space { parts, steps, .. } = self.space;
        let actor = self.envelopes.recipient(parts, envelope);
        if actor >= parts.actors {
            return false;
        }
        self.look_at(configuration);
        let local = self.slots[actor];
        *self.firsts.entry(pair(local, envelope)).or_insert_with(|| {
            first(
                &steps.model.cfg,
                &parts.locals[actor].get(local).state,
                parts.envelopes.get(envelope),
            )
        })
    }

    /// The move that delivers an envelope.
    fn delivered(&mut self, configuration: u32, envelope: u32) -> u64 {
        let key = pair(configuration, envelope);
        if let Some(known) = self.moves.get(key) {
            return known;
        }
        let parts = &self.space.parts;
        let actor = self.envelopes.recipient(parts, envelope);
        let mut found = NOTHING;
        if actor < parts.actors {
            self.look_at(configuration);
            let key = pair(self.slots[actor], envelope);
            let step = *self.deliveries.entry(key).or_insert_with(|| {
                self.space.steps.delivery(parts, actor, self.slots[actor], envelope)
            });
            if let Some(step) = step {
                found = self.take(actor, step);
            }
        }
        self.moves.put(key, found, self.entries_max);
        found
    }

    /// One of the actors' own moves, numbered across all actors; `NOTHING` after the last.
    fn own_move(&mut self, configuration: u32, number: u32) -> u64 {
        // Under a filter, the steps that it rejects have no number.
        let own = if self.only.is_some() { OWN | FILTERED } else { OWN };
        if let Some(known) = self.moves.get(pair(configuration, own | number)) {
            return known;
        }
        let moves = self.own_moves(configuration);
        for (number, found) in moves.iter().chain([&NOTHING]).enumerate() {
            self.moves.put(pair(configuration, own | number as u32), *found, self.entries_max);
        }
        moves.get(number as usize).copied().unwrap_or(NOTHING)
    }

    fn own_moves(&mut self, configuration: u32) -> Vec<u64> {
        let parts = &self.space.parts;
        self.look_at(configuration);
        let slots = self.slots.clone();
        let crashed =
            (0..parts.actors).filter(|actor| self.own_steps(*actor, slots[*actor]).crashed).count();
        let may_crash = crashed < self.space.steps.model.max_crashes;
        let mut moves = Vec::new();
        for actor in 0..parts.actors {
            let own = Arc::clone(self.own_steps(actor, slots[actor]));
            for Taking { action, step, .. } in &own.steps {
                let offered = may_crash || !matches!(action, ActorModelAction::Crash(_));
                if offered
                    && self.only.is_none_or(|goes_on| goes_on(&self.space.steps.model.cfg, action))
                {
                    self.slots.clone_from(&slots);
                    moves.push(self.take(actor, *step));
                }
            }
        }
        moves.retain(|found| *found != NOTHING);
        moves
    }

    fn own_steps(&mut self, actor: usize, local: u32) -> &Arc<OwnSteps<A>> {
        let Explorer { space, own, .. } = self;
        let own = &mut own[actor];
        if own.len() <= local as usize {
            own.resize(local as usize + 1, None);
        }
        own[local as usize].get_or_insert_with(|| space.steps.own(&space.parts, actor, local))
    }

    /// Reads a configuration's slots into `slots`. States come configuration by configuration, so
    /// it is mostly the last one.
    fn look_at(&mut self, configuration: u32) {
        if self.looked_at.0 != configuration {
            self.looked_at.0 = configuration;
            self.space.parts.slots(configuration, &mut self.looked_at.1);
        }
        self.slots.clone_from(&self.looked_at.1);
    }

    /// The move of an actor's step from the configuration read last, whose slots are in `slots`.
    /// `NOTHING` if it leads out of the boundary.
    fn take(&mut self, actor: usize, step: Step) -> u64 {
        let Space { parts, steps, .. } = self.space;
        let before = (self.slots[actor], self.slots[parts.actors]);
        let key = pair(before.1, step.records);
        let known = self.histories.get(key).unwrap_or_else(|| {
            let after = u64::from(steps.history(parts, before.1, step.records));
            self.histories.put(key, after, self.entries_max);
            after
        });
        let after = (step.local, known as u32);
        (self.slots[actor], self.slots[parts.actors]) = after;
        let configuration =
            parts.changed_configuration(self.looked_at.0, actor, before.1 != after.1, &self.slots);
        assert!(configuration < u32::MAX, "fewer than 2^32 configurations");
        // The configuration before the step was within the boundary.
        let is_within = self.boundary.look_the_same(parts, &steps.model.cfg, actor, before, after)
            || self.is_within(configuration);
        if is_within { pair(configuration, step.change) } else { NOTHING }
    }

    /// Is the configuration in `slots` within the boundary? Returns true if that depends on the
    /// network.
    fn is_within(&mut self, configuration: u32) -> bool {
        let Space { parts, steps, .. } = self.space;
        if self.space.boundary.reads_network() {
            return true;
        }
        let (number, new) = self.boundary.number(parts, &steps.model.cfg, &self.slots);
        if new {
            let state = self.assembly.state(parts, configuration, None);
            self.within.push((steps.model.within_boundary)(&steps.model.cfg, state));
        }
        self.within[number as usize]
    }

    /// The network after a change.
    fn network(&mut self, (network, words): (u32, &[u32]), change: u32) -> u32 {
        let key = pair(network, change);
        if let Some(known) = self.networks.get(key) {
            return known as u32;
        }
        let parts = &self.space.parts;
        let mut changed = std::mem::take(&mut self.changed);
        changed.clear();
        changed.extend_from_slice(words);
        let change = parts.changes.get(change);
        parts.kind.apply(&mut changed, change, |envelope| parts.channel(envelope));
        let after = parts.networks.insert(&changed);
        self.changed = changed;
        self.networks.put(key, u64::from(after), self.entries_max);
        after
    }
}
