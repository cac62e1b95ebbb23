//! Makes a violation small enough to read: first another run with one key, then a path through that
//! key's scope, without the steps that the violation does not need.

use super::{Outcome, Plan, Size, run};
use dynamo_invariants::judge::Violation;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scope::own::OwnScope;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use dynamo_invariants::trace::shrink::shrink;
use dynamo_model::rules::Rules;

/// How many small runs are tried with each number of clients.
const TRIED_MAX: u64 = 400;
/// How many violating runs are compared.
const COMPARED: usize = 8;

/// The run with the fewest events among some small ones that violate this property: with one key,
/// and first with one client, then with more. `None`: none was found.
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
    let is_it = |outcome: &Outcome| {
        outcome.violation.as_ref().is_some_and(|it| it.property.name == property.name)
    };
    (1..=size.clients).find_map(|clients| {
        let size = Size { keys: 1, clients, nodes: None, ..*size };
        let numbers = (0..TRIED_MAX).take_while(|_| goes_on());
        let runs = numbers.map(|number| {
            let plan = Plan::draw(plan.seed, number, plan.profile, &size);
            let outcome = run(&plan, rules);
            (plan, outcome)
        });
        let violating = runs.filter(|(_, outcome)| is_it(outcome)).take(COMPARED);
        // A path through a scope is the easiest to read, so a run that has one comes first.
        violating.min_by_key(|(plan, outcome)| {
            let has_no_path = up_to_violation(plan, outcome, rules).is_none();
            (has_no_path, plan.nodes(), outcome.path.len())
        })
    })
}

/// The path of a run with one key through that key's scope, if it violates the property there too,
/// without the steps that the violation does not need. A *converges* property has none: a path that
/// ends violates no such property.
pub fn path_in_scope(
    plan: &Plan,
    outcome: &Outcome,
    rules: &Rules,
    defect: Option<&str>,
) -> Option<Trace> {
    let (property, run) = up_to_violation(plan, outcome, rules)?;
    shrink(&Trace::of(&run, defect.map(str::to_owned), property, None))
}

/// The path of a run with one key through that key's scope, up to the state in which it violates
/// the property. `None`: the scope cannot take all the steps that it takes to violate it.
fn up_to_violation(
    plan: &Plan,
    outcome: &Outcome,
    rules: &Rules,
) -> Option<(&'static Property, Run)> {
    // Its scope has only the faults that have happened.
    let Violation { property, scope, .. } = outcome.violation.as_ref()?;
    if property.kind != Kind::Always || plan.keys.len() != 1 {
        return None;
    }
    // A trace carries the scope. It may be larger than one of a reader's own may be.
    OwnScope::from(scope).scope().ok()?;
    let (mut run, _) = Run::of_what_can(scope, *rules, &outcome.path);
    let violates = |state| !(property.condition)(&run.model, state);
    let first = run.states.iter().position(violates)?;
    run.states.truncate(first + 1);
    run.events.truncate(first);
    Some((property, run))
}
