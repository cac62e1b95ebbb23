//! Breadth-first search, layer by layer, on all threads.
//!
//! Every state belongs to the thread that its configuration's hash selects. Only that thread stores
//! and judges it. A thread expands its own states of the layer, and sends each successor, 8 bytes,
//! to its owner. All threads finish a layer before any begins the next. So the layer in which a
//! state is first reached does not depend on the threads.

use crate::doubt::Doubt;
use crate::explorer::Explorer;
use crate::index::{PairSet, scramble};
use crate::judge::{Found, Juror};
use crate::meeting::{AbandonOnPanic, Abandoned, Meeting};
use crate::parts::unpair;
use crate::space::Space;
use crate::subject::{History, Subject};
use crate::{Options, Progress};
use parking_lot::Mutex;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many states a thread expands before it exchanges messages and reports.
const BATCH: usize = 512;
/// How many states a thread sorts at a time.
const SORTED: usize = 1 << 18;
/// How many states a thread stores at a time.
const AT_ONCE: usize = 128;

/// The state that the threads share.
pub(crate) struct Board {
    inboxes: Vec<Mutex<Vec<Vec<u64>>>>,
    meeting: Meeting,
    /// Set from outside: stop soon.
    pub(crate) stop: AtomicBool,
    /// Set between two layers: the search is over.
    over: AtomicBool,
    unique: AtomicUsize,
    /// States that the unique ones represent besides themselves.
    represented: AtomicUsize,
    generated: AtomicUsize,
    expanded: AtomicUsize,
    depth: AtomicUsize,
    /// States whose convergence is known.
    pub(crate) settled: AtomicUsize,
    pub(crate) bytes: Vec<AtomicUsize>,
}

impl Board {
    pub(crate) fn new(threads: usize) -> Self {
        Board {
            inboxes: (0..threads).map(|_| Mutex::default()).collect(),
            meeting: Meeting::new(threads),
            stop: AtomicBool::new(false),
            over: AtomicBool::new(false),
            unique: AtomicUsize::new(0),
            represented: AtomicUsize::new(0),
            generated: AtomicUsize::new(0),
            expanded: AtomicUsize::new(0),
            depth: AtomicUsize::new(0),
            settled: AtomicUsize::new(0),
            bytes: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        let unique = self.unique.load(Ordering::Relaxed);
        Progress {
            unique_states: unique,
            orbit_states: unique + self.represented.load(Ordering::Relaxed),
            generated_states: self.generated.load(Ordering::Relaxed),
            frontier: unique.saturating_sub(self.expanded.load(Ordering::Relaxed)),
            depth: self.depth.load(Ordering::Relaxed),
            settled_states: self.settled.load(Ordering::Relaxed),
            memory_bytes: self.bytes.iter().map(|bytes| bytes.load(Ordering::Relaxed)).sum(),
        }
    }
}

/// The states of one thread, in order of arrival.
pub(crate) struct Share {
    pub(crate) states: PairSet,
    /// The end of each layer.
    layers: Vec<u32>,
}

impl Share {
    /// The states of a layer.
    pub(crate) fn layer(&self, depth: usize) -> impl Iterator<Item = u64> + '_ {
        let begin = depth
            .checked_sub(1)
            .map_or(0, |before| self.layers.get(before).copied().unwrap_or(self.states.len()));
        let end = self.layers.get(depth).copied().unwrap_or(self.states.len());
        (begin..end).map(|number| self.states.get(number))
    }

    /// The layer of a state, by its number.
    pub(crate) fn depth(&self, number: u32) -> usize {
        self.layers.partition_point(|end| *end <= number)
    }
}

/// One thread of the search.
pub(crate) struct Worker<'s, 'm, A: Subject, C, H: History> {
    number: usize,
    space: &'s Space<'m, A, C, H>,
    board: &'s Board,
    explorer: Explorer<'s, 'm, A, C, H>,
    juror: Juror<A, C, H>,
    doubt: Option<Doubt<A, C, H>>,
    share: Share,
    /// The states of the layer that is being expanded.
    sorted: Vec<u64>,
    /// Successors that this thread owns and has not stored yet, with their hashes.
    pending: Vec<(u64, u64)>,
    homes: Vec<u32>,
    outboxes: Vec<Vec<u64>>,
    generated: usize,
    represented: usize,
    reported: usize,
    /// The number of states at which the memory is measured again.
    measured_at: usize,
}

/// What a thread leaves after the search: its states, and its caches.
pub(crate) type Left<'s, 'm, A, C, H> = (Share, Explorer<'s, 'm, A, C, H>);

impl<'s, 'm, A: Subject, C, H: History> Worker<'s, 'm, A, C, H> {
    pub(crate) fn new(number: usize, space: &'s Space<'m, A, C, H>, board: &'s Board) -> Self {
        Worker {
            number,
            space,
            board,
            explorer: Explorer::new(space),
            juror: Juror::new(&space.judge, &space.boundary, space.parts.actors),
            doubt: None,
            share: Share { states: PairSet::default(), layers: Vec::new() },
            sorted: Vec::new(),
            pending: Vec::new(),
            homes: Vec::new(),
            outboxes: vec![Vec::new(); board.inboxes.len()],
            generated: 0,
            represented: 0,
            reported: 0,
            measured_at: 0,
        }
    }

    /// Searches until no states are left, or the search is stopped.
    pub(crate) fn run(mut self, initial: &[u64], options: &Options) -> Left<'s, 'm, A, C, H> {
        let _guard = AbandonOnPanic(&self.board.meeting);
        self.doubt = options.doubt.then(|| Doubt::new(self.space));
        // If another thread panicked, the caller, who joins it, panics too.
        let _ = self.search(initial, options);
        (self.share, self.explorer)
    }

    fn search(&mut self, initial: &[u64], options: &Options) -> Result<(), Abandoned> {
        for &state in initial {
            let hash = scramble(state);
            if owner(state, self.outboxes.len()) == self.number {
                self.pending.push((state, hash));
            }
        }
        self.accept(0);
        let mut begin = 0;
        for depth in 0.. {
            let end = self.share.states.len();
            self.share.layers.push(end);
            self.expand(begin..end, depth);
            self.board.meeting.wait()?;
            self.receive(depth + 1);
            self.report(0);
            self.board.meeting.wait()?;
            if self.number == 0 {
                self.conclude(depth, options);
            }
            self.board.meeting.wait()?;
            if self.board.over.load(Ordering::Relaxed) {
                break;
            }
            begin = end;
        }
        Ok(())
    }

    /// Decides whether there is another layer.
    fn conclude(&self, depth: usize, options: &Options) {
        let exhausted = self.board.progress().frontier == 0;
        let judge = &self.space.judge;
        let decided = options.stop_when_decided && judge.is_decided()
            || judge.is_violated(&options.stop_when_violated);
        let stopped = self.board.stop.load(Ordering::Relaxed);
        self.board.over.store(exhausted || decided || stopped, Ordering::Relaxed);
        if !exhausted {
            self.board.depth.store(depth + 1, Ordering::Relaxed);
        }
    }

    /// Expands a layer. States are sorted, so that a configuration's moves are looked up while they
    /// are in the processor's cache.
    fn expand(&mut self, layer: Range<u32>, depth: usize) {
        let mut states = std::mem::take(&mut self.sorted);
        let mut numbers = layer;
        while !numbers.is_empty() {
            states.clear();
            states
                .extend(numbers.by_ref().take(SORTED).map(|number| self.share.states.get(number)));
            states.sort_unstable();
            for batch in states.chunks(BATCH) {
                if self.board.stop.load(Ordering::Relaxed) {
                    return;
                }
                for state in batch {
                    self.expand_one(*state);
                    if self.pending.len() >= AT_ONCE {
                        self.accept(depth + 1);
                    }
                }
                self.accept(depth + 1);
                self.send();
                self.receive(depth + 1);
                self.report(batch.len());
            }
        }
        self.sorted = states;
    }

    fn expand_one(&mut self, state: u64) {
        let Worker { number, explorer, pending, outboxes, .. } = self;
        explorer.successors(state, |next| {
            let hash = scramble(next);
            let owner = owner(next, outboxes.len());
            if owner == *number {
                pending.push((next, hash));
            } else {
                outboxes[owner].push(next);
            }
            ControlFlow::Continue(())
        });
    }

    /// Stores and judges the pending states.
    fn accept(&mut self, depth: usize) {
        let Worker {
            space,
            explorer,
            juror,
            doubt,
            share,
            pending,
            homes,
            generated,
            represented,
            ..
        } = self;
        let Space { parts, steps, judge, boundary, .. } = space;
        share.states.prefetch(pending.iter().map(|(_, hash)| *hash), homes);
        for (state, hash) in pending.drain(..) {
            if let Some(doubt) = doubt {
                doubt.look(space, state);
            }
            // A stored state is within the boundary.
            let is_outside = boundary.reads_network()
                && share.states.find(state, hash).is_none()
                && !juror.lets_in(parts, steps.model, state);
            if is_outside {
                continue;
            }
            *generated += 1;
            if share.states.insert(state, hash).1 {
                juror.judge(judge, parts, steps.model, Found { depth, state });
                *represented += explorer.others_in_orbit(state);
            }
        }
    }

    /// Sends successors to the threads that own them.
    fn send(&mut self) {
        for (outbox, inbox) in self.outboxes.iter_mut().zip(&self.board.inboxes) {
            if !outbox.is_empty() {
                inbox.lock().push(std::mem::take(outbox));
            }
        }
    }

    fn receive(&mut self, depth: usize) {
        let received = std::mem::take(&mut *self.board.inboxes[self.number].lock());
        for states in received {
            for states in states.chunks(AT_ONCE) {
                self.pending.extend(states.iter().map(|state| (*state, scramble(*state))));
                self.accept(depth);
            }
        }
    }

    fn report(&mut self, expanded: usize) {
        let states = self.share.states.len() as usize;
        self.board.unique.fetch_add(states - self.reported, Ordering::Relaxed);
        self.reported = states;
        self.board.represented.fetch_add(std::mem::take(&mut self.represented), Ordering::Relaxed);
        self.board.generated.fetch_add(std::mem::take(&mut self.generated), Ordering::Relaxed);
        self.board.expanded.fetch_add(expanded, Ordering::Relaxed);
        if states < self.measured_at {
            return;
        }
        self.measured_at = states + states / 64 + BATCH;
        // The caches may use about one byte for each state.
        let entries_max = (states / 16).max(1 << 20);
        self.explorer.allow(entries_max);
        self.juror.allow(entries_max);
        let common = if self.number == 0 { self.space.parts.bytes() } else { 0 };
        let own = self.share.states.bytes() + self.explorer.bytes() + self.juror.bytes();
        self.board.bytes[self.number].store(own + common, Ordering::Relaxed);
    }
}

/// The thread that a state belongs to. It depends on the configuration only, so that one thread
/// alone computes the facts about a configuration.
fn owner(state: u64, threads: usize) -> usize {
    let (configuration, _) = unpair(state);
    (scramble(u64::from(configuration)) >> 32) as usize % threads
}

/// A state's owner, and its number there.
pub(crate) type Location = (usize, u32);

/// Where a state is stored. `None` if it is outside the boundary.
pub(crate) fn location_of(shares: &[Share], state: u64) -> Option<Location> {
    let hash = scramble(state);
    let owner = owner(state, shares.len());
    Some((owner, shares[owner].states.find(state, hash)?))
}
