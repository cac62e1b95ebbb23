//! Searching a scope for one property: a violation of it, or a state that shows it.

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
    /// How many steps lead there. For a *converges* property the steps after them are the cycle,
    /// which may go on for ever. There are none if nothing goes on.
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
    /// What it found.
    pub finding: Option<Finding>,
    /// Was every reachable state visited? If so and nothing was found, there is nothing to find.
    pub complete: bool,
    /// How far it came.
    pub progress: Progress,
}

/// Searches as [`find`] does, in bounded memory: in bytes, by the engine's own count. `watch` is
/// called some times a second. When it breaks, the search ends. The property need not be one of
/// [`PROPERTIES`](crate::property::PROPERTIES).
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
