//! Checks one scope, with one of two engines.

pub mod coverage;
mod find;
mod partial_order;
mod search;
mod summary;
pub mod symmetry;
mod verdict;

pub use find::{Finding, Hunt, find, find_within};
pub use summary::{InvariantVerdict, invariants};
pub use verdict::{Conclusion, Found, Verdict};

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
use verdict::{Searched, verdicts};

/// A path through a scope's state space.
pub type SystemPath = Path<SystemState, <System as Model>::Action>;

/// The engine that explores the states.
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
/// How to check a scope: the engine, the limits and the reductions.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The engine.
    pub engine: Engine,
    /// The number of threads.
    pub threads: usize,
    /// The most memory that a check may use, in bytes, by the engine's own count. stateright's
    /// engine has no such limit.
    pub memory_bytes: Option<usize>,
    /// The longest time that a check may take.
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
    /// property that does not apply in the scope does not count. stateright's engine never stops
    /// so.
    pub stop_when_violated: bool,
    /// Evaluate every property, and the boundary, on every whole state. Panic if one reads more
    /// than it declares in its [`LooksAt`](crate::property::LooksAt). Needs one thread.
    /// stateright's engine always evaluates whole states.
    pub doubt: bool,
}

impl Effort {
    /// Our engine with this many threads, without limits and reductions.
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

/// The progress of a check.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// States reached, each counted once.
    pub unique_states: usize,
    /// The states that the unique states represent: the number of unique states without
    /// [`Effort::symmetry`].
    pub orbit_states: usize,
    /// States reached, counted as often as they are reached.
    pub generated_states: usize,
    /// Steps from the initial state to the present layer. With stateright's engine and several
    /// threads: the longest path so far, which differs from run to run.
    pub depth: usize,
    /// The frontier: states reached whose successors have not been computed yet. stateright's
    /// engine does not report it.
    pub frontier: Option<usize>,
    /// States whose convergence is known. Zero before all states are reached. stateright's engine
    /// does not report it.
    pub settled_states: Option<usize>,
    /// The memory that the engine uses, in bytes, by its own count. stateright's engine does not
    /// report it.
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
    /// A limit or the watching function stopped the check.
    CutOff,
}

/// The result of checking one scope.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scope.
    pub name: &'static str,
    /// The engine.
    pub engine: Engine,
    /// The number of threads.
    pub threads: usize,
    /// Was every reachable state visited?
    pub complete: bool,
    /// Why it ended.
    pub ending: Ended,
    /// Its final progress.
    #[serde(flatten)]
    pub progress: Progress,
    /// How many of the scope's states a visited state represents on average. `None`: no reduction
    /// was requested, the check was not complete, or the number of the scope's states is unknown.
    pub reduction_factor: Option<f64>,
    /// Was every step taken? [`Effort::partial_order`] leaves steps out.
    #[serde(skip)]
    pub all_steps: bool,
    /// The number of states that the scope pins.
    pub pinned_states: usize,
    /// How long it took.
    pub seconds: f64,
    /// The verdict on each property. stateright's engine does not check *converges* properties.
    pub properties: Vec<Verdict>,
    /// How many distinct local steps of each kind were taken, such as `deliver Store` or `crash`,
    /// and how many asked each rule, such as `ask put_may_ack`. stateright's engine reports none.
    pub coverage: BTreeMap<String, usize>,
    /// Does some run end within the scope? If not, no *converges* property was tested: each has the
    /// verdict [`Conclusion::NoOccasion`], unless it is excused. False also if the check was not
    /// complete, or if stateright's engine made it.
    pub has_end: bool,
}

impl Report {
    /// The verdict on this property, if it was checked.
    pub fn verdict(&self, property: &Property) -> Option<&Verdict> {
        self.properties.iter().find(|verdict| verdict.name == property.name)
    }

    /// Was every state visited, is every claimed property true, and is no *reachable* property
    /// shown that the scope does not claim?
    pub fn holds(&self) -> bool {
        self.complete && self.properties.iter().all(Verdict::is_as_claimed)
    }

    /// Was every state visited, and does no run end within the scope? Then its *converges*
    /// properties were not tested.
    pub fn lacks_end(&self) -> bool {
        self.complete && self.engine == Engine::Interned && !self.has_end
    }

    /// How many states the scope has: the pinned number, or else what this check found. `None`: the
    /// check was cut off or left steps out, and no number is pinned.
    pub fn states(&self) -> Option<usize> {
        let found = (self.complete && self.all_steps).then_some(self.progress.orbit_states);
        if self.pinned_states > 0 { Some(self.pinned_states) } else { found }
    }

    /// Does the number of states differ from the pinned one, if there is one? Under the protocol's
    /// own rules this means that the protocol or the scope was changed. False if the check was cut
    /// off or left steps out, because then the number says nothing.
    pub fn has_another_count(&self) -> bool {
        let is_pinned = self.pinned_states > 0;
        is_pinned
            && self.complete
            && self.all_steps
            && self.progress.orbit_states != self.pinned_states
    }
}

/// Checks every property in every reachable state of a scope.
///
/// The check calls `watch` some times a second. If `watch` breaks, the check is cut off, and its
/// report is not complete. Our engine records which rules are asked; it replaces [`Rules::asked`]
/// for that.
pub fn check(
    scope: &Scope,
    rules: Rules,
    effort: &Effort,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Report {
    check_watched(scope, &rules, effort, &mut watch)
}

/// The caller's function that watches a check. It is a trait object so that the engine is compiled
/// once and not for each caller, which would double the time of a build.
type Watcher<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

fn check_watched(scope: &Scope, rules: &Rules, effort: &Effort, watch: Watcher<'_>) -> Report {
    let begun = Instant::now();
    let marking = Rules { asked: interned_checker::mark, ..*rules };
    let symmetries = if effort.symmetry { scope.symmetries() } else { Vec::new() };
    let reduced = effort.engine == Engine::Interned && (effort.symmetry || effort.partial_order);
    let Search { ending, progress, seen, has_end, coverage } = match effort.engine {
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
    let mut report = Report {
        name: scope.name,
        engine: effort.engine,
        threads: effort.threads,
        complete,
        ending,
        progress,
        reduction_factor: None,
        all_steps: !effort.partial_order,
        pinned_states: scope.unique_states,
        seconds: begun.elapsed().as_secs_f64(),
        properties: verdicts(scope, checked, &Searched { seen: &seen, has_end, complete }),
        coverage,
        has_end,
    };
    let whole = report.states().filter(|_| reduced && complete);
    report.reduction_factor = whole.map(|whole| factor(whole, progress.unique_states));
    report
}

#[expect(clippy::cast_precision_loss, reason = "fewer states than 2^52")]
fn factor(whole: usize, reduced: usize) -> f64 {
    whole as f64 / reduced.max(1) as f64
}
