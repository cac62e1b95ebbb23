//! Runs one of the two engines on a scope.

use super::coverage;
use super::partial_order::TAKEN_FIRST;
use super::symmetry::Symmetry;
use super::{Effort, Ended, Progress, SystemPath, Watcher};
use crate::catalogue::PROPERTIES;
use crate::property::{Kind, Property, goes_on};
use crate::scope::Scope;
use crate::scope::instance::Instance;
use crate::system::{System, boundary};
use crate::truth::Ghost;
use dynamo_model::process::Process;
use interned_checker::{BOUNDARY, Check, Convergence, Ending, Options, Reads};
use stateright::{Checker, Model};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The *converges* properties among these, for the engine.
pub(super) fn convergence(
    properties: impl IntoIterator<Item = &'static Property>,
) -> Convergence<Process, Instance, Ghost> {
    let converges = properties.into_iter().filter(|property| property.kind == Kind::Converges);
    Convergence {
        goes_on,
        is_cut: |model, state| boundary::is_cut(&model.cfg, state),
        properties: converges.map(|property| (property.name, property.condition)).collect(),
    }
}

/// The result of either engine.
pub(super) struct Search {
    pub(super) ending: Ended,
    pub(super) progress: Progress,
    /// The properties that some state violates (always, converges) or shows (reachable), each with
    /// the steps to the first such state.
    pub(super) seen: BTreeMap<&'static str, usize>,
    /// Does some run end within the scope? If not, no *converges* property was tested.
    pub(super) has_end: bool,
    pub(super) coverage: BTreeMap<String, usize>,
}

/// What a property reads; if the name is [`BOUNDARY`], what the scope's boundary reads.
pub(super) fn reads(
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

pub(super) fn search_interned(
    scope: &Scope,
    model: &System,
    symmetries: Vec<Symmetry>,
    effort: &Effort,
    watch: Watcher<'_>,
) -> Search {
    let Effort { threads, memory_bytes, time, partial_order, doubt, .. } = *effort;
    let claimed = PROPERTIES.iter().filter(|property| scope.excuse(property).is_none());
    let claimed = claimed.map(|property| property.name);
    let stop_when_violated = if effort.stop_when_violated { claimed.collect() } else { Vec::new() };
    let options =
        Options { threads, memory_bytes, time, doubt, stop_when_violated, ..Options::default() };
    let renamings = symmetries.into_iter().map(|symmetry| Box::new(symmetry) as _).collect();
    let reads = |name| reads(&model.cfg, Property::named(name), name);
    let mut check = Check::new(model, reads).converges(convergence(PROPERTIES)).symmetry(renamings);
    if partial_order {
        check = check.partial_order(TAKEN_FIRST);
    }
    let report = check.run(&options, |now| watch(Progress::of(now)));
    let report = report
        .unwrap_or_else(|refused| panic!("the engine refuses the scope {}: {refused}", scope.name));
    Search {
        ending: match report.ending {
            Ending::Exhausted => Ended::Exhausted,
            Ending::Violated | Ending::Decided => Ended::Violated,
            Ending::CutOff => Ended::CutOff,
        },
        progress: Progress::of(report.progress),
        seen: report.discoveries.into_iter().map(|(name, found)| (name, found.depth)).collect(),
        has_end: report.has_end,
        coverage: report
            .coverage
            .into_iter()
            .map(|(kind, count)| (coverage::named(kind), count))
            .collect(),
    }
}

pub(super) fn search_stateright(model: System, effort: &Effort, watch: Watcher<'_>) -> Search {
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
    // stateright's engine stops early once it has a path for every property. Otherwise it visits
    // every state.
    let exhausted = seen.len() < properties;
    Search {
        ending: if exhausted && !given_up { Ended::Exhausted } else { Ended::CutOff },
        progress: progress(&checker),
        seen,
        has_end: false,
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
