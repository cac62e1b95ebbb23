//! # An exact, fast checking engine for stateright actor models
//!
//! The input is any [`ActorModel`](stateright::actor::ActorModel). The output is what
//! `stateright`'s own checkers give — how many states there are, which properties hold, a shortest
//! path to each violation — much faster, in much less memory, and **exactly**: two states are the
//! same only if they are equal, never because their hashes are. Checkers that keep a 64-bit hash
//! for each state merge two different ones with a probability of about n²/2⁶⁵ for n states (3 in
//! 10,000 for 10⁸), and without saying so; and a flaw in how a hash is made merges many.
//!
//! ## How
//!
//! Every part of a state — an actor with its timers and its storage, an envelope, the history — is
//! stored once and known by a number. Sequences of such numbers are stored once and known by
//! numbers again: one for the network, one for all the rest, the *configuration*. A state is a pair
//! of the two: 8 bytes in one set. A local step (actor, envelope) is computed once, by the model's
//! own code; afterwards it is looked up. What the history makes of a step is remembered too. Small
//! caches in front of all this hold (configuration, envelope) → configuration and (network, change)
//! → network, so that most transitions cost two look-ups and one insertion.
//!
//! Parts stand in cells that never move, so that threads read them without locks. A state belongs
//! to the thread of its configuration, and a layer is expanded configuration by configuration: what
//! there is to know of one is found out once, and used while it is fresh.
//!
//! The search is breadth-first, layer by layer, on all threads; unique and generated counts, depth,
//! and the lengths of counterexamples depend neither on the number of threads nor on the run.
//!
//! The boundary and each property are evaluated once for all states that look the same to them, and
//! their verdicts remembered: see [`Reads`]. What they look at is a state that is put together once
//! and then changed where the next one differs.
//!
//! What must be so *in the end* is checked on the same states, once all are known: see
//! [`Convergence`].
//!
//! Two reductions can be asked for. Actors that are interchangeable make many states alike, which
//! can be visited once: see [`Check::symmetry`]. Steps that commute with all others can be taken at
//! once: see [`Check::partial_order`].
//!
//! ## What is refused
//!
//! *Eventually* properties (their check in stateright misses cycles and joins; [`Convergence`]
//! takes their place) and more than 64 properties: see [`Refused`].

mod assembly;
mod cache;
mod check;
mod chunks;
mod converge;
mod coverage;
mod doubt;
mod envelopes;
mod explorer;
mod index;
mod judge;
mod lens;
mod marks;
mod meeting;
mod network;
mod partial_order;
mod parts;
mod path;
mod projection;
mod reads;
mod search;
mod shared;
mod space;
mod steps;
mod subject;
mod summaries;
mod symmetry;

pub use check::{Check, check};
pub use converge::{Condition, Convergence, Filter};
pub use marks::mark;
pub use partial_order::First;
pub use path::ActorPath;
pub use reads::{ActorPart, ActorSummary, HistorySummary, Messages, NetworkSummary, Reads};
use stateright::actor::Actor;
use std::collections::BTreeMap;
use std::time::Duration;
pub use subject::{ActorAction, History, Subject};
pub use symmetry::Renaming;
use thiserror::Error;

/// What to check, and how far to go.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads.
    pub threads: usize,
    /// The memory the search may take, in bytes, by its own count, which leaves out what lies
    /// behind pointers in the parts. `None`: no bound. Bounds are looked at some fifty times a
    /// second: a search that is over sooner is not cut off.
    pub memory_bytes: Option<usize>,
    /// How long it may take. `None`: no bound.
    pub time: Option<Duration>,
    /// Stop after the layer in which the last property was decided, instead of visiting every
    /// state.
    pub stop_when_decided: bool,
    /// Stop after the layer in which one of these *always* properties was first violated, instead
    /// of visiting every state. Names of other properties have no effect. Empty: go on.
    pub stop_when_violated: Vec<&'static str>,
    /// Evaluate every property, and the boundary, on all of every state, and panic where two states
    /// that look the same by what a condition declares to read ([`Reads`]) are not the same to it.
    /// For tests: it takes many times as long, and one thread.
    pub doubt: bool,
    /// Make the shortest path to every violation and to every state that was to be shown reachable.
    pub paths: bool,
}

impl Default for Options {
    /// One thread, no bounds, no paths.
    fn default() -> Self {
        Options {
            threads: 1,
            memory_bytes: None,
            time: None,
            stop_when_decided: false,
            stop_when_violated: Vec::new(),
            doubt: false,
            paths: false,
        }
    }
}

/// What is asked of the boundary in [`check`]'s `reads`, instead of a property's name.
pub const BOUNDARY: &str = "the boundary";

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// States reached, each counted once.
    pub unique_states: usize,
    /// The states that these stand for, each counted once: with [`Check::symmetry`] all that they
    /// may be renamed to, else just these. So many would be unique without symmetry.
    pub orbit_states: usize,
    /// States reached, counted as often as reached. With symmetry, by steps from those that stand
    /// for others.
    pub generated_states: usize,
    /// States reached whose successors were not looked at yet.
    pub frontier: usize,
    /// Steps from the initial state to the layer being reached.
    pub depth: usize,
    /// States of which it is known how they end; none before all are reached.
    pub settled_states: usize,
    /// What the search takes, by its own count.
    pub memory_bytes: usize,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every reachable state was visited, and its end if there are convergence properties: the only
    /// ending that proves anything.
    Exhausted,
    /// Every property was decided, and [`Options::stop_when_decided`] was asked for.
    Decided,
    /// One of the properties of [`Options::stop_when_violated`] was violated. All states of the
    /// layer in which that was seen were visited, and none beyond it.
    Violated,
    /// The watcher, or a bound, stopped it; perhaps just as it was decided.
    CutOff,
}

/// What was seen of a property: the first state that violates it (always) or shows it (reachable),
/// or from which there is no way to what must be so in the end (converges).
pub struct Discovery<A: Actor, H> {
    /// Steps to it. There is no shorter way, unless [`Check::partial_order`] left it out.
    pub depth: usize,
    /// The way, if [`Options::paths`] was asked for. For what must be so in the end, the steps
    /// after the first `depth` are a cycle that may go on for ever, through a state where it is not
    /// so; where there is none, nothing goes on at all.
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
    /// How many distinct local steps of each kind were met, by the names that `Debug` shows:
    /// `deliver Store`, `lose Store`, `time out Put`, `crash`, `recover`, `choose`; and how many
    /// said each [`mark`]. Deliveries that change nothing are no steps.
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
    /// A renaming under which two actors would become one.
    #[error("a renaming makes one actor of two")]
    NotOneToOne,
    /// States that look the same would not be compared if two threads met them.
    #[error("doubt needs all states in one thread")]
    DoubtShared,
    /// No thread to work with.
    #[error("at least one thread is needed")]
    NoThread,
}
