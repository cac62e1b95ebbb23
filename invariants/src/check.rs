//! Checking one scope, with stateright's breadth-first engine.

use crate::property::{Kind, PROPERTIES, Property};
use crate::scope::{Scope, System, SystemState};
use dynamo_model::rules::Rules;
use serde::Serialize;
use stateright::{Checker, Model, Path};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// A path through a scope's state space.
pub type SystemPath = Path<SystemState, <System as Model>::Action>;

/// How far a check has come.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// States reached, each counted once.
    pub unique_states: usize,
    /// States reached, counted as often as reached.
    pub generated_states: usize,
    /// The most steps taken from the initial state. With several threads not the same in every run: one may be ahead of another.
    pub depth: usize,
}

/// What became of one property.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// [`Property::name`].
    pub name: &'static str,
    /// Always or reachable.
    pub kind: Kind,
    /// Does it hold?
    pub holds: bool,
    /// The reason for which the scope does not claim it.
    pub excused: Option<&'static str>,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scope.
    pub name: &'static str,
    /// The engine.
    pub engine: &'static str,
    /// How many threads it had.
    pub threads: usize,
    /// Was every reachable state visited?
    pub complete: bool,
    /// How far it came.
    #[serde(flatten)]
    pub progress: Progress,
    /// How long it took.
    pub seconds: f64,
    /// What became of each property.
    pub properties: Vec<Verdict>,
}

impl Verdict {
    /// Is it as the scope claims: true, or excused and really not true?
    pub fn is_as_claimed(&self) -> bool {
        self.holds != self.excused.is_some()
    }
}

impl Report {
    /// Is the scope proved: every state visited, everything claimed true, and no excuse made for nothing?
    pub fn holds(&self) -> bool {
        self.complete && self.properties.iter().all(Verdict::is_as_claimed)
    }
}

/// Checks every property in every reachable state of a scope.
///
/// `watch` is called some times a second; when it breaks, the check is given up and reported as not complete.
pub fn check(
    scope: &Scope,
    rules: Rules,
    threads: usize,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Report {
    let begun = Instant::now();
    let mut checker = scope.model(rules, PROPERTIES).checker().threads(threads).spawn_bfs();
    let handles = checker.handles();
    let mut given_up = false;
    while !given_up && !handles.iter().all(std::thread::JoinHandle::is_finished) {
        given_up = watch(progress(&checker)).is_break();
        std::thread::sleep(Duration::from_millis(2));
    }
    if !given_up {
        for handle in handles {
            handle.join().expect("a checker thread panicked: the protocol broke an invariant of its own types");
        }
    }
    let discoveries = checker.discoveries();
    let verdict = |property: &'static Property| {
        let holds = (property.kind == Kind::Reachable) == discoveries.contains_key(property.name);
        Verdict { name: property.name, kind: property.kind, holds, excused: scope.excuse(property) }
    };
    // The engine stops early once it has a path for every property; with one left it goes on until nothing is left to visit.
    let exhausted = discoveries.len() < PROPERTIES.len();
    Report {
        name: scope.name,
        engine: "stateright",
        threads,
        complete: exhausted && !given_up,
        progress: progress(&checker),
        seconds: begun.elapsed().as_secs_f64(),
        properties: PROPERTIES.iter().map(verdict).collect(),
    }
}

/// The shortest path to a state that violates (always) or shows (reachable) one property, and how many states were visited to
/// find it; no path if there is none.
pub fn find(scope: &Scope, rules: Rules, property: &'static Property) -> (Option<SystemPath>, usize) {
    // One property and one thread: only so are stateright's paths the shortest.
    let checker = scope.model(rules, [property]).checker().threads(1).spawn_bfs().join();
    (checker.discovery(property.name), checker.unique_state_count())
}

fn progress(checker: &impl Checker<System>) -> Progress {
    Progress {
        unique_states: checker.unique_state_count(),
        generated_states: checker.state_count(),
        depth: checker.max_depth().saturating_sub(1),
    }
}
