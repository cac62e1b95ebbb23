//! Makes a violation small enough to read: first another run with one key, then that run with fewer
//! kinds of faults and shorter scripts, then a path through that key's scope, without the steps that
//! the violation does not need.

use super::simpler::simpler;
use super::{Outcome, Plan, Size, run};
use dynamo_invariants::judge::Violation;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scope::own::OwnScope;
use dynamo_invariants::scope::{Faults, Scope};
use dynamo_invariants::trace::replay::{Run, Stopped};
use dynamo_invariants::trace::shrink::shrink;
use dynamo_invariants::trace::{Event, Trace};
use dynamo_model::rules::Rules;
use std::time::Duration;

/// How many small runs are tried with each number of clients.
const TRIED_MAX: u64 = 400;
/// How many violating runs are compared.
const COMPARED: usize = 8;
/// How often a simpler plan is tried, each time with other random events.
const VARIANTS: u64 = 25;
/// How often a scope with bounds repeats hints and surveys of tombstones: few times if that is
/// enough.
const REPEATS: [u8; 2] = [1, 4];
/// Faults happen for no longer than this in a small run, if such a run is found.
const UNSAFE_FOR_MAX: Duration = Duration::from_secs(30);

/// The run with the fewest events among some small ones that violate this property, with one key
/// and as few clients, requests and kinds of faults as possible. `None`: none was found.
///
/// A smaller part of the given run would take other random choices, so it is as likely to violate
/// the property as any other small run is.
pub fn smallest(
    plan: &Plan,
    size: &Size,
    property: &Property,
    rules: &Rules,
    goes_on: impl Fn() -> bool,
) -> Option<(Plan, Outcome)> {
    let search = Search { property, rules, goes_on: &goes_on };
    let short = size.unsafe_for.min(UNSAFE_FOR_MAX);
    let first = search.first(plan, &Size { unsafe_for: short, ..*size });
    let long = || (size.unsafe_for > short).then(|| search.first(plan, size)).flatten();
    Some(search.simplified(first.or_else(long)?))
}

/// A search for runs that violate a property.
struct Search<'a> {
    property: &'a Property,
    rules: &'a Rules,
    goes_on: &'a dyn Fn() -> bool,
}

impl Search<'_> {
    /// The run of this plan, if it violates the property.
    fn violating(&self, plan: Plan) -> Option<(Plan, Outcome)> {
        let outcome = run(&plan, self.rules);
        let is_it = outcome.violation.as_ref()?.property.name == self.property.name;
        is_it.then_some((plan, outcome))
    }

    /// The smallest of some violating runs with one key: with one client if there is one, else with
    /// more.
    fn first(&self, plan: &Plan, size: &Size) -> Option<(Plan, Outcome)> {
        (1..=size.clients).find_map(|clients| {
            let size = Size { keys: 1, clients, nodes: None, ..*size };
            let numbers = (0..TRIED_MAX).take_while(|_| (self.goes_on)());
            let plans = numbers.map(|number| Plan::draw(plan.seed, number, plan.profile, &size));
            let violating = plans.filter_map(|plan| self.violating(plan)).take(COMPARED);
            let mut all: Vec<(Plan, Outcome)> = violating.collect();
            all.sort_by_key(|(plan, outcome)| (plan.nodes(), outcome.path.len()));
            // It takes long to look for a path among many nodes. So the first path ends the search.
            let mut numbers = (0..all.len()).take_while(|_| (self.goes_on)());
            let with_path = numbers.find(|number| self.has_path(&all[*number].0, &all[*number].1));
            (!all.is_empty()).then(|| all.swap_remove(with_path.unwrap_or(0)))
        })
    }

    /// The run without what the violation does not need. Each attempt takes other random choices,
    /// so it may miss the violation by chance. It is repeated with other ones then.
    fn simplified(&self, first: (Plan, Outcome)) -> (Plan, Outcome) {
        let has_path = self.has_path(&first.0, &first.1);
        let is_as_good =
            |(plan, outcome): &(Plan, Outcome)| !has_path || self.has_path(plan, outcome);
        let mut best = first;
        loop {
            let mut simpler = simpler(&best.0).into_iter().take_while(|_| (self.goes_on)());
            let Some(found) = simpler.find_map(|plan| self.variants(&plan).find(is_as_good)) else {
                break;
            };
            best = found;
        }
        let others: Vec<(Plan, Outcome)> = self.variants(&best.0).filter(is_as_good).collect();
        let all = std::iter::once(best).chain(others);
        all.min_by_key(|(_, outcome)| outcome.path.len()).expect("there is one")
    }

    /// Does the run's path through the scope of its key violate the property, too? A few paths do
    /// not, because a scope lacks a step that the run has taken.
    fn has_path(&self, plan: &Plan, outcome: &Outcome) -> bool {
        violating_part(plan, outcome, self.rules).is_some()
    }

    /// The violating ones among some runs of this plan.
    fn variants<'s>(&'s self, plan: &'s Plan) -> impl Iterator<Item = (Plan, Outcome)> + 's {
        let variants = (0..VARIANTS).take_while(|_| (self.goes_on)());
        variants.filter_map(|variant| self.violating(Plan { variant, ..plan.clone() }))
    }
}

/// The path of a run with one key through that key's scope, if it violates the property there too,
/// without the steps that the violation does not need.
pub fn path_in_scope(
    plan: &Plan,
    outcome: &Outcome,
    rules: &Rules,
    defect: Option<&str>,
) -> Option<Trace> {
    let property = outcome.violation.as_ref()?.property;
    let (run, cycle_from) = violating_part(plan, outcome, rules)?;
    // A trace carries the scope. It may be larger than one of a reader's own may be.
    OwnScope::from(&run.model.cfg.scope).scope().ok()?;
    shrink(&Trace::of(&run, defect.map(str::to_owned), property, cycle_from))
}

/// The path of a run with one key through that key's scope, up to the first state that violates the
/// property, and where its cycle begins if it is a *converges* property. Steps that the scope does
/// not have are left out.
///
/// If it can, the path goes through a scope with bounds, which has fewer of the messages that nodes
/// repeat. Then a check can visit all its states.
fn violating_part(plan: &Plan, outcome: &Outcome, rules: &Rules) -> Option<(Run, Option<usize>)> {
    let Violation { property, scope, .. } = outcome.violation.as_ref()?;
    if plan.keys.len() != 1 {
        return None;
    }
    // Sessions drop the second copy of a datagram, so few paths have one.
    let bounded = |times| Faults { duplication: false, ..scope.faults.bounded(times) };
    let faults = REPEATS.map(bounded).into_iter();
    // A search for a cycle in a scope without bounds would not end.
    let endless = (property.kind != Kind::Converges).then_some(scope.faults);
    faults.chain(endless).find_map(|faults| {
        let scope = Scope { faults, ..*scope };
        violating(followed(&scope, rules, &outcome.path), property)
    })
}

/// A run of those of these steps that the scope has. A path does not say which messages are lost.
/// Where one that never arrives keeps a step out of the scope, it is lost just before.
fn followed(scope: &Scope, rules: &Rules, path: &[Event]) -> Run {
    let (mut run, _) = Run::of(scope, *rules, &[]);
    for (index, event) in path.iter().enumerate() {
        if run.take(event) == Err(Stopped::OutOfScope) && run.lose_in_flight(&path[index + 1..]) {
            let _ = run.take(event);
        }
    }
    run
}

/// The run up to the first state that violates the property, and where its cycle begins, if it
/// needs one.
fn violating(mut run: Run, property: &Property) -> Option<(Run, Option<usize>)> {
    if property.kind == Kind::Converges {
        // At rest, all messages of the run have arrived, or they are lost.
        run.lose_in_flight(&[]);
        let cycle_from = run.stay(property)?;
        return Some((run, Some(cycle_from)));
    }
    let violates = |state| !(property.condition)(&run.model, state);
    let first = run.states.iter().position(violates)?;
    run.cut_after(first);
    Some((run, None))
}
