//! Checking one scope, with either engine.

pub mod coverage;
mod partial_order;
pub mod symmetry;

use crate::catalogue::PROPERTIES;
use crate::property::{Kind, Property, goes_on};
use crate::scope::Scope;
use crate::scope::instance::Instance;
use crate::system::boundary;
use crate::system::{System, SystemState};
use crate::truth::Ghost;
use dynamo_model::process::Process;
use dynamo_model::rules::Rules;
use interned_checker::{BOUNDARY, Check, Convergence, Ending, Options, Reads};
use partial_order::TAKEN_FIRST;
use serde::Serialize;
use stateright::{Checker, Model, Path};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use symmetry::Symmetry;

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

/// With what, and how far.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The engine.
    pub engine: Engine,
    /// How many threads.
    pub threads: usize,
    /// The memory a check may take, in bytes, by the engine's own count. stateright's engine cannot
    /// be bounded.
    pub memory_bytes: Option<usize>,
    /// How long it may take.
    pub time: Option<Duration>,
    /// Visit states once that differ only by which of several interchangeable nodes and clients is
    /// which: see [`Scope::symmetries`]. The rules must treat nodes alike. stateright's engine
    /// never does.
    pub symmetry: bool,
    /// Take steps at once that commute with all others and that no property can see: answers on
    /// their way to clients, late words of replicas. What is found may then be found deeper than it
    /// is. stateright's engine never does.
    pub partial_order: bool,
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
    /// States of which it is known how they end; none before all are reached. stateright's engine
    /// does not tell.
    pub settled_states: Option<usize>,
    /// What the engine takes, in bytes, by its own count. stateright's engine does not tell.
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

/// What became of one property.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// [`Property::name`].
    pub name: &'static str,
    /// Always, reachable or converges.
    pub kind: Kind,
    /// Does it hold?
    pub holds: bool,
    /// The fewest steps to a state that violates it (always, converges) or shows it (reachable), if
    /// there is one. With stateright's engine, or with [`Effort::partial_order`], not always the
    /// fewest.
    pub depth: Option<usize>,
    /// The reason for which the scope does not claim it.
    pub excused: Option<&'static str>,
}

impl Verdict {
    /// Is it as the scope claims: true, or excused and really not true?
    pub fn is_as_claimed(&self) -> bool {
        self.holds != self.excused.is_some()
    }
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
    /// How far it came.
    #[serde(flatten)]
    pub progress: Progress,
    /// How many of the scope's states one that was visited stands for on average. `None`: no
    /// reduction was asked for, or it did not come to its end.
    pub reduction_factor: Option<f64>,
    /// Was every step taken? Not so with [`Effort::partial_order`].
    #[serde(skip)]
    pub all_steps: bool,
    /// How many states the scope says that it has.
    pub pinned_states: usize,
    /// How long it took.
    pub seconds: f64,
    /// What became of each property. stateright's engine does not check what must be so in the end.
    pub properties: Vec<Verdict>,
    /// How many distinct local steps of each kind were met, such as `deliver Store` or `crash`, and
    /// how many asked each rule, such as `ask put_may_ack`. stateright's engine does not tell.
    pub coverage: BTreeMap<String, usize>,
}

impl Report {
    /// What became of this property, if it was checked.
    pub fn verdict(&self, property: &Property) -> Option<&Verdict> {
        self.properties.iter().find(|verdict| verdict.name == property.name)
    }

    /// Is the scope proved: every state visited, everything claimed true, and no excuse made for
    /// nothing?
    pub fn holds(&self) -> bool {
        self.complete && self.properties.iter().all(Verdict::is_as_claimed)
    }

    /// Are there other states than the scope pins? Under the protocol's own rules this says that
    /// the protocol was changed. Nothing is known of it where the check was cut off, or where steps
    /// were left out.
    pub fn has_another_count(&self) -> bool {
        self.complete && self.all_steps && self.progress.orbit_states != self.pinned_states
    }
}

/// Checks every property in every reachable state of a scope.
///
/// `watch` is called some times a second; when it breaks, the check is given up and reported as not
/// complete. Our engine is told which rules are asked, in the place of [`Rules::asked`].
pub fn check(
    scope: &Scope,
    rules: Rules,
    effort: &Effort,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Report {
    check_watched(scope, &rules, effort, &mut watch)
}

/// Who watches a check. The engine is compiled once for all of them: that takes as long as all else
/// together.
type Watcher<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

fn check_watched(scope: &Scope, rules: &Rules, effort: &Effort, watch: Watcher<'_>) -> Report {
    let begun = Instant::now();
    let marking = Rules { asked: interned_checker::mark, ..*rules };
    let symmetries = if effort.symmetry { scope.symmetries() } else { Vec::new() };
    let reduced = effort.engine == Engine::Interned && (effort.symmetry || effort.partial_order);
    let Search { complete, progress, seen, coverage } = match effort.engine {
        Engine::Interned => {
            search_interned(&scope.model(marking, PROPERTIES), symmetries, effort, watch)
        }
        Engine::Stateright => search_stateright(scope.model(*rules, PROPERTIES), effort, watch),
    };
    let verdict = |property: &'static Property| {
        let depth = seen.get(property.name).copied();
        let holds = (property.kind == Kind::Reachable) == depth.is_some();
        Verdict {
            name: property.name,
            kind: property.kind,
            holds,
            depth,
            excused: scope.excuse(property),
        }
    };
    let checked = PROPERTIES
        .iter()
        .filter(|p| effort.engine == Engine::Interned || p.expectation().is_some());
    Report {
        name: scope.name,
        engine: effort.engine,
        threads: effort.threads,
        complete,
        progress,
        reduction_factor: (reduced && complete)
            .then(|| factor(scope.unique_states, progress.unique_states)),
        all_steps: !effort.partial_order,
        pinned_states: scope.unique_states,
        seconds: begun.elapsed().as_secs_f64(),
        properties: checked.map(verdict).collect(),
        coverage,
    }
}

#[expect(clippy::cast_precision_loss, reason = "fewer states than 2^52")]
fn factor(whole: usize, reduced: usize) -> f64 {
    whole as f64 / reduced.max(1) as f64
}

/// What the search for one property found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The shortest path to a state that violates (always) or shows (reachable) the property. For
    /// one that converges: to where it does not, and round.
    pub path: SystemPath,
    /// How many steps lead there. Any after them are a cycle that may go on for ever; only a
    /// property that converges has such.
    pub depth: usize,
}

/// Searches for a violation (always, converges) or a showing (reachable) of one property. Returns
/// how many states were visited, too.
pub fn find(scope: &Scope, rules: Rules, property: &'static Property) -> (Option<Finding>, usize) {
    let hunt = find_within(scope, rules, property, None, |_| ControlFlow::Continue(()));
    (hunt.finding, hunt.progress.unique_states)
}

/// What a search for one property came to.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// What it found.
    pub finding: Option<Finding>,
    /// Has it looked everywhere, if it found nothing?
    pub complete: bool,
    /// How far it came.
    pub progress: Progress,
}

/// The same with bounded memory, in bytes by the engine's own count; `watch` is called some times a
/// second, and when it breaks, the search is given up. The property need not be one of
/// [`PROPERTIES`].
pub fn find_within(
    scope: &Scope,
    rules: Rules,
    property: &'static Property,
    memory_bytes: Option<usize>,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Hunt {
    hunt(scope, &rules, property, memory_bytes, &mut watch)
}

fn hunt(
    scope: &Scope,
    rules: &Rules,
    property: &'static Property,
    memory_bytes: Option<usize>,
    watch: Watcher<'_>,
) -> Hunt {
    let model = scope.model(*rules, [property]);
    let options =
        Options { stop_when_decided: true, paths: true, memory_bytes, ..Options::default() };
    let check = Check::new(&model, |name| reads(&model.cfg, Some(property), name))
        .converges(convergence([property]));
    let report = check.run(&options, |now| watch(Progress::of(now)));
    let mut report = report.expect("our properties are of the kinds that the engine checks");
    let discovery = report.discoveries.remove(property.name);
    Hunt {
        finding: discovery.map(|found| Finding {
            path: found.path.expect("it was asked for"),
            depth: found.depth,
        }),
        complete: report.ending == Ending::Exhausted,
        progress: Progress::of(report.progress),
    }
}

/// What of these properties must be so in the end.
fn convergence(
    properties: impl IntoIterator<Item = &'static Property>,
) -> Convergence<Process, Instance, Ghost> {
    let converges = properties.into_iter().filter(|property| property.kind == Kind::Converges);
    Convergence {
        goes_on,
        properties: converges.map(|property| (property.name, property.condition)).collect(),
    }
}

/// What either engine finds.
struct Search {
    complete: bool,
    progress: Progress,
    /// The properties that were seen violated (always, converges) or shown (reachable), and after
    /// how many steps.
    seen: BTreeMap<&'static str, usize>,
    coverage: BTreeMap<String, usize>,
}

/// What the property of this name, if it is one, and the boundary of a scope look at.
fn reads(
    instance: &Instance,
    property: Option<&Property>,
    name: &'static str,
) -> Reads<Process, Instance, Ghost> {
    if name == BOUNDARY {
        boundary::reads(instance)
    } else {
        property.map_or_else(Reads::everything, |p| p.looks_at.reads(instance))
    }
}

fn search_interned(
    model: &System,
    symmetries: Vec<Symmetry>,
    effort: &Effort,
    watch: Watcher<'_>,
) -> Search {
    let Effort { threads, memory_bytes, time, partial_order, doubt, .. } = *effort;
    let options = Options { threads, memory_bytes, time, doubt, ..Options::default() };
    let renamings = symmetries.into_iter().map(|symmetry| Box::new(symmetry) as _).collect();
    let reads = |name| reads(&model.cfg, Property::named(name), name);
    let mut check = Check::new(model, reads).converges(convergence(PROPERTIES)).symmetry(renamings);
    if partial_order {
        check = check.partial_order(TAKEN_FIRST);
    }
    let report = check.run(&options, |now| watch(Progress::of(now)));
    let report = report.expect("our properties are of the kinds that the engine checks");
    Search {
        complete: report.ending == Ending::Exhausted,
        progress: Progress::of(report.progress),
        seen: report.discoveries.into_iter().map(|(name, found)| (name, found.depth)).collect(),
        coverage: report
            .coverage
            .into_iter()
            .map(|(kind, count)| (coverage::named(kind), count))
            .collect(),
    }
}

fn search_stateright(model: System, effort: &Effort, watch: Watcher<'_>) -> Search {
    let begun = Instant::now();
    let properties = model.properties.len();
    let mut checker = model.checker().threads(effort.threads).spawn_bfs();
    let handles = checker.handles();
    let mut given_up = false;
    while !given_up && !handles.iter().all(std::thread::JoinHandle::is_finished) {
        let late = effort.time.is_some_and(|most| begun.elapsed() > most);
        given_up = watch(progress(&checker)).is_break() || late;
        std::thread::sleep(Duration::from_millis(2));
    }
    if !given_up {
        for handle in handles {
            handle.join().expect(
                "a checker thread panicked: the protocol broke an invariant of its own types",
            );
        }
    }
    let steps = |path: SystemPath| path.into_actions().len();
    let seen: BTreeMap<&'static str, usize> =
        checker.discoveries().into_iter().map(|(name, path)| (name, steps(path))).collect();
    // The engine stops early once it has a path for every property; with one left it goes on until
    // nothing is left to visit.
    let exhausted = seen.len() < properties;
    Search {
        complete: exhausted && !given_up,
        progress: progress(&checker),
        seen,
        coverage: BTreeMap::new(),
    }
}

fn progress(checker: &impl Checker<System>) -> Progress {
    Progress {
        unique_states: checker.unique_state_count(),
        orbit_states: checker.unique_state_count(),
        generated_states: checker.state_count(),
        depth: checker.max_depth().saturating_sub(1),
        frontier: None,
        settled_states: None,
        memory_bytes: None,
    }
}
