//! Searches a scope for a violation of one property, or for a state that shows it.

use super::search::{convergence, reads};
use super::{Progress, SystemPath, Watcher};
use crate::property::Property;
use crate::scope::Scope;
use dynamo_model::rules::Rules;
use interned_checker::{Check, Ending, Options};
use std::ops::ControlFlow;

/// What the search for one property found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The shortest path to a state that violates (always) or shows (reachable) the property. For a
    /// *converges* property: the path to a cycle that violates it, and once round that cycle.
    pub path: SystemPath,
    /// The number of steps to that state. For a *converges* property, the steps after them are the
    /// cycle. There are none if the path ends in a state without further steps.
    pub depth: usize,
}

/// Searches for a state that violates (always, converges) or shows (reachable) one property. Also
/// returns how many states were visited.
pub fn find(scope: &Scope, rules: Rules, property: &'static Property) -> (Option<Finding>, usize) {
    let hunt = find_within(scope, rules, property, None, |_| ControlFlow::Continue(()));
    (hunt.finding, hunt.progress.unique_states)
}

/// The result of a search for one property, with its progress.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// The finding, if there is one.
    pub finding: Option<Finding>,
    /// Was every reachable state visited? If it was and there is no finding, no such state exists.
    pub complete: bool,
    /// Its final progress.
    pub progress: Progress,
}

/// Searches as [`find`] does, in at most `memory_bytes` by the engine's own count. The search calls
/// `watch` some times a second, and ends if `watch` breaks. The property need not be one of
/// [`PROPERTIES`](crate::catalogue::PROPERTIES).
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
