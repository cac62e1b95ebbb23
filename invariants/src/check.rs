//! Checking one scope, with either engine.

pub mod coverage;
mod find;
mod partial_order;
mod search;
mod summary;
pub mod symmetry;
mod verdict;

pub use find::{Finding, Hunt, find, find_within};
pub use summary::{InvariantVerdict, invariants};
pub use verdict::{Conclusion, Verdict};

use crate::catalogue::PROPERTIES;
use crate::property::Property;
use crate::scope::Scope;
use crate::system::{System, SystemState};
use dynamo_model::rules::Rules;
use search::{Search, search_interned, search_stateright};
use serde::Serialize;
use stateright::{Model, Path};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use verdict::verdicts;

/// A path through a scope's state space.
pub type SystemPath = Path<SystemState, <System as Model>::Action>;

/// What explores the states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Ours: exact, and fast.
    #[default]
    Interned,
    /// stateright's breadth-first checker: the reference. It keeps a hash for each state.
    Stateright,
}

#[expect(clippy::struct_excessive_bools, reason = "the options do not depend on each other")]
/// How to check a scope: with which engine, within which bounds, with which reductions.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The engine.
    pub engine: Engine,
    /// How many threads.
    pub threads: usize,
    /// The most memory a check may take, in bytes, by the engine's own count. stateright's engine
    /// knows no such bound.
    pub memory_bytes: Option<usize>,
    /// How long the check may take.
    pub time: Option<Duration>,
    /// Visit only one of several states that become equal when interchangeable nodes and clients
    /// are renamed: see [`Scope::symmetries`]. The rules must treat nodes alike. stateright's
    /// engine never does.
    pub symmetry: bool,
    /// Combine steps that commute with all others and that no property can observe: the delivery of
    /// answers to clients, and of late replies of replicas. Paths may then be longer than the
    /// shortest. stateright's engine never does.
    pub partial_order: bool,
    /// Stop after the breadth-first layer in which an *always* property was first violated. A
    /// property that the scope excuses does not count. stateright's engine never stops so.
    pub stop_when_violated: bool,
    /// Evaluate every property, and the boundary, on all of every state, and panic where one looks
    /// at more than it declares ([`LooksAt`](crate::property::LooksAt)). With one thread;
    /// stateright's engine evaluates everything anyway.
    pub doubt: bool,
}

impl Effort {
    /// Our engine, so many threads, no bounds, no reductions.
    pub fn threads(threads: usize) -> Self {
        Effort {
            engine: Engine::Interned,
            threads,
            memory_bytes: None,
            time: None,
            symmetry: false,
            partial_order: false,
            stop_when_violated: false,
            doubt: false,
        }
    }
}

/// How far a check has come.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// States reached, each counted once.
    pub unique_states: usize,
    /// The states that these stand for: as many as would be unique without [`Effort::symmetry`].
    pub orbit_states: usize,
    /// States reached, counted as often as reached.
    pub generated_states: usize,
    /// Steps to the layer being reached. With stateright's engine and several threads, the most
    /// steps taken, which vary.
    pub depth: usize,
    /// States reached whose successors were not looked at yet. stateright's engine does not tell.
    pub frontier: Option<usize>,
    /// States that are checked for convergence; none before all are reached. stateright's engine
    /// does not tell.
    pub settled_states: Option<usize>,
    /// The memory that the engine uses, in bytes, by its own count. stateright's engine does not
    /// tell.
    pub memory_bytes: Option<usize>,
}

impl Progress {
    fn of(progress: interned_checker::Progress) -> Self {
        Progress {
            unique_states: progress.unique_states,
            orbit_states: progress.orbit_states,
            generated_states: progress.generated_states,
            depth: progress.depth,
            frontier: Some(progress.frontier),
            settled_states: Some(progress.settled_states),
            memory_bytes: Some(progress.memory_bytes),
        }
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Every reachable state was visited. Only this ending proves anything.
    Exhausted,
    /// A property was violated, and [`Effort::stop_when_violated`] was asked for.
    Violated,
    /// A bound was reached, or whoever watched the check stopped it.
    CutOff,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scope.
    pub name: &'static str,
    /// The engine.
    pub engine: Engine,
    /// How many threads it had.
    pub threads: usize,
    /// Was every reachable state visited?
    pub complete: bool,
    /// Why it ended.
    pub ending: Ended,
    /// How far it came.
    #[serde(flatten)]
    pub progress: Progress,
    /// How many of the scope's states a visited state stands for on average. `None`: no reduction
    /// was asked for, or the check was not complete.
    pub reduction_factor: Option<f64>,
    /// Was every step taken? [`Effort::partial_order`] leaves steps out.
    #[serde(skip)]
    pub all_steps: bool,
    /// How many states the scope pins.
    pub pinned_states: usize,
    /// How long it took.
    pub seconds: f64,
    /// What became of each property. stateright's engine does not check *converges* properties.
    pub properties: Vec<Verdict>,
    /// How many distinct local steps of each kind were taken, such as `deliver Store` or `crash`,
    /// and how many asked each rule, such as `ask put_may_ack`. stateright's engine does not tell.
    pub coverage: BTreeMap<String, usize>,
}

impl Report {
    /// What became of this property, if it was checked.
    pub fn verdict(&self, property: &Property) -> Option<&Verdict> {
        self.properties.iter().find(|verdict| verdict.name == property.name)
    }

    /// Is the scope proved: every state visited, everything claimed true, and no excuse needless?
    pub fn holds(&self) -> bool {
        self.complete && self.properties.iter().all(Verdict::is_as_claimed)
    }

    /// Does the number of states differ from the pinned one? Under the protocol's own rules this
    /// says that the protocol or the scope was changed. Nothing is known about it if the check was
    /// cut off, or if steps were left out.
    pub fn has_another_count(&self) -> bool {
        self.complete && self.all_steps && self.progress.orbit_states != self.pinned_states
    }
}

/// Checks every property in every reachable state of a scope.
///
/// `watch` is called some times a second. When it breaks, the check is cut off, and reported as not
/// complete. Our engine records which rules are asked; it replaces [`Rules::asked`] for that.
pub fn check(
    scope: &Scope,
    rules: Rules,
    effort: &Effort,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Report {
    check_watched(scope, &rules, effort, &mut watch)
}

/// The caller's function that watches a check. As a trait object it makes the compiler translate
/// the engine once, and not for each caller: that takes as long as everything else together.
type Watcher<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

fn check_watched(scope: &Scope, rules: &Rules, effort: &Effort, watch: Watcher<'_>) -> Report {
    let begun = Instant::now();
    let marking = Rules { asked: interned_checker::mark, ..*rules };
    let symmetries = if effort.symmetry { scope.symmetries() } else { Vec::new() };
    let reduced = effort.engine == Engine::Interned && (effort.symmetry || effort.partial_order);
    let Search { ending, progress, seen, coverage } = match effort.engine {
        Engine::Interned => {
            let model = scope.model(marking, PROPERTIES);
            search_interned(scope, &model, symmetries, effort, watch)
        }
        Engine::Stateright => search_stateright(scope.model(*rules, PROPERTIES), effort, watch),
    };
    let complete = ending == Ended::Exhausted;
    let checked = PROPERTIES
        .iter()
        .filter(|p| effort.engine == Engine::Interned || p.expectation().is_some());
    Report {
        name: scope.name,
        engine: effort.engine,
        threads: effort.threads,
        complete,
        ending,
        progress,
        reduction_factor: (reduced && complete)
            .then(|| factor(scope.unique_states, progress.unique_states)),
        all_steps: !effort.partial_order,
        pinned_states: scope.unique_states,
        seconds: begun.elapsed().as_secs_f64(),
        properties: verdicts(scope, checked, &seen, complete),
        coverage,
    }
}

#[expect(clippy::cast_precision_loss, reason = "fewer states than 2^52")]
fn factor(whole: usize, reduced: usize) -> f64 {
    whole as f64 / reduced.max(1) as f64
}
