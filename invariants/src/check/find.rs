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
