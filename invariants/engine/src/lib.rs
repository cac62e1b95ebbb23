//! # An exact, fast checking engine for stateright actor models
//!
//! The input is any [`ActorModel`](stateright::actor::ActorModel). The output is the same as that
//! of `stateright`'s own checkers: the number of states, the verdicts of the properties, and a
//! shortest path to each violation. This engine is much faster, needs much less memory, and is
//! **exact**: it merges two states only if they are equal. Checkers that keep a 64-bit hash of each
//! state merge different states with a probability of about n²/2⁶⁵ for n states (3 in 10,000 for
//! 10⁸), without saying so. A flaw in the hash merges many.
//!
//! ## How
//!
//! Every part of a state is stored once and has a number. Parts are an actor with its timers and
//! its storage, an envelope, and the history. Sequences of such numbers are stored once and have
//! numbers too: one for the network, and one for all the rest, the *configuration*. A state is a
//! pair of these two numbers: 8 bytes in one set. A local step (actor, envelope) is computed once
//! by the model's own code, and looked up afterwards. What the history records of a step is stored
//! too. Small caches hold (configuration, envelope) → configuration and (network, change) →
//! network, so that most transitions cost two look-ups and one insertion.
//!
//! Parts are in cells that never move, so threads read them without locks. A state belongs to the
//! thread of its configuration. A layer is expanded configuration by configuration, so that the
//! facts about a configuration are computed once and used while they are in the processor's cache.
//!
//! The search is breadth-first, layer by layer, on all threads. The counts of unique and generated
//! states, the depth, and the lengths of counterexamples depend neither on the number of threads
//! nor on the run.
//!
//! The boundary and each property are evaluated once for all states that look the same to them: see
//! [`Reads`]. They are evaluated on a state that is assembled once; for the next state only the
//! parts that differ are replaced.
//!
//! Convergence is checked on the same states, once all are known: see [`Convergence`].
//!
//! There are two reductions. If actors are interchangeable, one of many symmetric states is
//! visited: see [`Check::symmetry`]. Steps that commute with all others are taken first: see
//! [`Check::partial_order`].
//!
//! ## What is refused
//!
//! *Eventually* properties, because stateright's check of them misses cycles and joins
//! ([`Convergence`] replaces them), and more than 64 properties: see [`Refused`].

mod assembly;
mod cache;
mod check;
mod chunks;
mod claims;
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
pub use claims::Untrue;
pub use converge::{Condition, Convergence};
pub use marks::mark;
pub use partial_order::First;
pub use path::ActorPath;
pub use reads::{ActorPart, ActorSummary, HistorySummary, Messages, NetworkSummary, Reads};
use stateright::actor::Actor;
use std::collections::BTreeMap;
use std::time::Duration;
pub use subject::{ActorAction, Filter, History, Subject};
pub use symmetry::Renaming;
use thiserror::Error;

/// Options of a check.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of threads.
    pub threads: usize,
    /// The most memory of the search, in bytes, by its own count, which omits data behind pointers
    /// in the parts. `None`: no limit. Limits are checked about fifty times a second, so a short
    /// search is not cut off.
    pub memory_bytes: Option<usize>,
    /// The longest time. `None`: no limit.
    pub time: Option<Duration>,
    /// Stop after the layer in which the last property was decided, instead of visiting every
    /// state.
    pub stop_when_decided: bool,
    /// Stop after the layer in which one of these *always* properties was first violated, instead
    /// of visiting every state. Names of other properties have no effect. Empty: go on.
    pub stop_when_violated: Vec<&'static str>,
    /// Evaluate every property and the boundary on every whole state. Panic if a condition differs
    /// on two states that look the same by its declared [`Reads`]. Test what is claimed of
    /// reductions in every state, not in some. For tests: it takes many times as long, and one
    /// thread.
    pub doubt: bool,
    /// Find the shortest path to every violation and to every reached state of a reachable
    /// property.
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

/// The name under which [`check`]'s `reads` gets the boundary, instead of a property's name.
pub const BOUNDARY: &str = "the boundary";

/// The progress of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// States reached, each counted once.
    pub unique_states: usize,
    /// The states that the unique states represent, each counted once. With [`Check::symmetry`]:
    /// including all renamed ones, so this is the number of unique states without symmetry.
    pub orbit_states: usize,
    /// States reached, counted as often as they are reached. With symmetry, only steps from
    /// representatives count.
    pub generated_states: usize,
    /// The frontier: states reached whose successors have not been computed yet.
    pub frontier: usize,
    /// Steps from the initial state to the present layer.
    pub depth: usize,
    /// States whose convergence is known. Zero before all states are reached.
    pub settled_states: usize,
    /// The memory of the search, by its own count.
    pub memory_bytes: usize,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every reachable state was visited, and its convergence checked if there are such properties.
    /// Only this ending proves anything.
    Exhausted,
    /// Every property was decided, and [`Options::stop_when_decided`] was set.
    Decided,
    /// One of the properties of [`Options::stop_when_violated`] was violated. All states of the
    /// layer in which that was seen were visited, and none beyond it.
    Violated,
    /// The watcher or a limit stopped the search, perhaps just as it was decided.
    CutOff,
}

/// The first state that violates a property (always) or reaches it (reachable), or from which a run
/// need not converge (converges).
pub struct Discovery<A: Actor, H> {
    /// Steps to that state. No path is shorter, unless [`Check::partial_order`] was used.
    pub depth: usize,
    /// The path, if [`Options::paths`] was set. For convergence, the steps after the first `depth`
    /// are a cycle through a state that violates the condition. Without such steps, the run ends in
    /// a state without further steps.
    pub path: Option<ActorPath<A, H>>,
}

/// The result of a search.
pub struct Report<A: Actor, H> {
    /// How the search ended.
    pub ending: Ending,
    /// Its final progress.
    pub progress: Progress,
    /// The deciding states, by the property's name.
    pub discoveries: BTreeMap<&'static str, Discovery<A, H>>,
    /// Does some run end within the boundary? If not, no convergence property was tested. False
    /// also if there is none, or if the search did not visit every state.
    pub has_end: bool,
    /// How many distinct local steps of each kind were taken, by their `Debug` names: `deliver
    /// Store`, `lose Store`, `time out Put`, `crash`, `recover`, `choose`; and how many set each
    /// [`mark`]. Deliveries that change nothing are not steps.
    pub coverage: BTreeMap<String, usize>,
}

/// Why a model is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// An *eventually* property, which this engine does not check.
    #[error("the property \"{0}\" is an eventually property, which this engine does not check")]
    Eventually(&'static str),
    /// More than 64 properties.
    #[error("{0} properties; at most 64 can be checked at a time")]
    TooManyProperties(usize),
    /// Two properties with one name.
    #[error("two properties are named \"{0}\"")]
    SameName(&'static str),
    /// A renaming that maps two actors to one.
    #[error("a renaming maps two actors to one")]
    NotOneToOne,
    /// Renamings of which two, one after the other, are none of them.
    #[error("two renamings, one after the other, are not one of the renamings")]
    NotAGroup,
    /// A reduction that would miss states, because what the model claims of it is untrue.
    #[error("a reduction would miss states: {0}")]
    Untrue(#[from] Untrue),
    /// Two threads could not compare states that look the same.
    #[error("doubt needs exactly one thread")]
    DoubtShared,
    /// No threads.
    #[error("at least one thread is needed")]
    NoThread,
}
