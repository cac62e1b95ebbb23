//! # An exact, fast checking engine for stateright actor models
//!
//! The input is any [`ActorModel`]. The output is what `stateright`'s own checkers give — how many states there are, which
//! properties hold, a shortest path to each violation — much faster, in much less memory, and **exactly**: two states are the same
//! only if they are equal, never because their hashes are. Checkers that keep a 64-bit hash for each state merge
//! two different ones with a probability of about n²/2⁶⁵ for n states (3 in 10,000 for 10⁸), and without saying so; and a flaw in how
//! a hash is made merges many.
//!
//! ## How
//!
//! Every part of a state — an actor with its timers and its storage, an envelope, the history — is stored once and known by a number.
//! Sequences of such numbers are stored once and known by numbers again: one for the network, one for all the rest, the
//! *configuration*. A state is a pair of the two: 8 bytes in one set. A local step (actor, envelope) is computed once, by the
//! model's own code; afterwards it is looked up. What the history makes of a step is remembered too. Small caches in front of all
//! this hold (configuration, envelope) → configuration and (network, change) → network, so that most transitions cost two look-ups
//! and one insertion.
//!
//! The search is breadth-first, layer by layer, on all threads; unique and generated counts, depth, and the lengths of
//! counterexamples depend neither on the number of threads nor on the run.
//!
//! A property is evaluated once for each state that it can tell apart: see [`Reads`].
//!
//! ## What is refused
//!
//! *Eventually* properties (their check in stateright misses cycles and joins) and more than 64 properties: see [`Refused`].

mod cache;
mod coverage;
mod explorer;
mod index;
mod judge;
mod meeting;
mod network;
mod parts;
mod path;
mod projection;
mod reads;
mod search;
mod shared;
mod steps;
mod subject;

use explorer::Space;
use judge::Judge;
use parts::{Parts, pair};
pub use path::ActorPath;
pub use reads::Reads;
use search::{Board, Share, Worker};
use stateright::actor::{Actor, ActorModel, ActorModelState};
use stateright::{Expectation, Model};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use steps::Steps;
pub use subject::{History, Subject};
use thiserror::Error;

/// How often the watcher is called.
const WATCH_EVERY: Duration = Duration::from_millis(20);

/// What to check, and how far to go.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads.
    pub threads: usize,
    /// The memory the search may take, in bytes, by its own count, which leaves out what lies behind pointers in the parts. `None`:
    /// no bound. Bounds are looked at some fifty times a second: a search that is over sooner is not cut off.
    pub memory_bytes: Option<usize>,
    /// How long it may take. `None`: no bound.
    pub time: Option<Duration>,
    /// Stop after the layer in which the last property was decided, instead of visiting every state.
    pub stop_when_decided: bool,
    /// Make the shortest path to every violation and to every state that was to be shown reachable.
    pub paths: bool,
}

impl Default for Options {
    /// One thread, no bounds, no paths.
    fn default() -> Self {
        Options { threads: 1, memory_bytes: None, time: None, stop_when_decided: false, paths: false }
    }
}

/// What is asked of the boundary in [`check`]'s `reads`, instead of a property's name.
pub const BOUNDARY: &str = "the boundary";

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// States reached, each counted once.
    pub unique_states: usize,
    /// States reached, counted as often as reached.
    pub generated_states: usize,
    /// States reached whose successors were not looked at yet.
    pub frontier: usize,
    /// Steps from the initial state to the layer being reached.
    pub depth: usize,
    /// What the search takes, by its own count.
    pub memory_bytes: usize,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every reachable state was visited: the only ending that proves anything.
    Exhausted,
    /// Every property was decided, and [`Options::stop_when_decided`] was asked for.
    Decided,
    /// The watcher, or a bound, stopped it; perhaps just as it was decided.
    CutOff,
}

/// What was seen of a property: the first state that violates it (always) or shows it (reachable).
pub struct Discovery<A: Actor, H> {
    /// Steps to it. There is no shorter way.
    pub depth: usize,
    /// The way, if [`Options::paths`] was asked for.
    pub path: Option<ActorPath<A, H>>,
}

/// What a search found.
pub struct Report<A: Actor, H> {
    /// How it ended.
    pub ending: Ending,
    /// How far it came.
    pub progress: Progress,
    /// What was seen, by the property's name.
    pub discoveries: BTreeMap<&'static str, Discovery<A, H>>,
    /// How many distinct local steps of each kind were met, by the names that `Debug` shows: `deliver Store`, `lose Store`,
    /// `time out Put`, `crash`, `recover`, `choose`. Deliveries that change nothing are no steps.
    pub coverage: BTreeMap<String, usize>,
}

/// Why a model is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// An *eventually* property.
    #[error("the property \"{0}\" is an eventually property, which this engine does not check")]
    Eventually(&'static str),
    /// More properties than there are bits for.
    #[error("{0} properties; at most 64 can be checked at a time")]
    TooManyProperties(usize),
    /// Two properties that could not be told apart in the report.
    #[error("two properties are named \"{0}\"")]
    SameName(&'static str),
    /// No thread to work with.
    #[error("at least one thread is needed")]
    NoThread,
}

/// Visits every reachable state of the model, and evaluates its properties.
///
/// `reads` says what each property looks at, by its name, and for [`BOUNDARY`] what the boundary does. `watch` is called some times a second, on the calling thread; when it breaks, the
/// search is cut off.
///
/// # Errors
/// Where the model asks for something that this engine does not do.
pub fn check<A: Subject, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    reads: impl Fn(&'static str) -> Reads<A, C>,
    options: &Options,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Report<A, H>, Refused> {
    let space = space(model, reads, options)?;
    let board = Board::new(options.threads);
    let shares = search(&space, &board, options, &mut watch);
    let progress = board.progress();
    let ending = match (progress.frontier, board.stop.load(Ordering::Relaxed)) {
        (0, _) => Ending::Exhausted,
        (_, true) => Ending::CutOff,
        (_, false) => Ending::Decided,
    };
    let discovery = |found: judge::Found| {
        let path = options.paths.then(|| path::shortest(&space, &shares, found));
        Discovery { depth: found.depth, path }
    };
    let discoveries = space.judge.found().into_iter().map(|(name, found)| (name, discovery(found))).collect();
    Ok(Report { ending, progress, discoveries, coverage: space.steps.coverage(&space.parts) })
}

/// Runs the threads, and watches them and the bounds. Returns each thread's states.
fn search<A: Subject, C: Sync, H: History>(
    space: &Space<'_, A, C, H>,
    board: &Board,
    options: &Options,
    watch: &mut impl FnMut(Progress) -> ControlFlow<()>,
) -> Vec<Share> {
    let begun = Instant::now();
    let initial = initial_states(space);
    // Nothing is ever sent: that every sender is gone says that every thread has ended.
    let (running, ended) = channel::<()>();
    std::thread::scope(|scope| {
        let start = |number| {
            let (worker, initial, running) = (Worker::new(number, space, board), &initial, running.clone());
            scope.spawn(move || {
                let _running = running;
                worker.run(initial, options)
            })
        };
        let threads: Vec<_> = (0..options.threads).map(start).collect();
        drop(running);
        let _guard = StopOnPanic(board);
        while ended.recv_timeout(WATCH_EVERY) == Err(RecvTimeoutError::Timeout) {
            let progress = board.progress();
            let over = options.memory_bytes.is_some_and(|most| progress.memory_bytes > most)
                || options.time.is_some_and(|most| begun.elapsed() > most);
            if watch(progress).is_break() || over {
                board.stop.store(true, Ordering::Relaxed);
            }
        }
        threads.into_iter().map(|thread| thread.join().expect("a search thread panicked")).collect()
    })
}

/// Stops the threads if the watcher panics: the scope they run in waits for them.
struct StopOnPanic<'a>(&'a Board);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn initial_states<A: Subject, C, H: History>(space: &Space<'_, A, C, H>) -> Vec<u64> {
    let model = space.steps.model;
    let within = |state: &ActorModelState<A, H>| (model.within_boundary)(&model.cfg, state);
    let states = model.init_states().into_iter().filter(within);
    states.map(|state| space.parts.take_apart(&state)).map(|(c, n)| pair(c, n)).collect()
}

fn space<'m, A: Subject, C, H: History>(
    model: &'m ActorModel<A, C, H>,
    reads: impl Fn(&'static str) -> Reads<A, C>,
    options: &Options,
) -> Result<Space<'m, A, C, H>, Refused> {
    let properties = model.properties();
    if let Some(eventually) = properties.iter().find(|property| property.expectation == Expectation::Eventually) {
        return Err(Refused::Eventually(eventually.name));
    }
    if properties.len() > 64 {
        return Err(Refused::TooManyProperties(properties.len()));
    }
    let mut names: Vec<&'static str> = properties.iter().map(|property| property.name).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Refused::SameName(pair[0]));
    }
    if options.threads == 0 {
        return Err(Refused::NoThread);
    }
    let properties = properties.into_iter().map(|property| (reads(property.name), property));
    let judge = Judge::new(properties.map(|(reads, property)| (property, reads)).collect());
    Ok(Space { parts: Parts::new(model), steps: Steps::new(model), judge, boundary: reads(BOUNDARY) })
}
