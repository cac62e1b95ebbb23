//! Leaves out of a scope what a violation does not need.

use crate::check::find_within;
use crate::property::Property;
use crate::scope::own::OwnScope;
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;

/// A scope that violates the property too, and from which nothing more can be left out: no client,
/// no line, no fault, no node, no replica. Each attempt visits at most `states_max` states.
/// `goes_on` is asked some times a second whether to go on.
pub fn simplify(
    scope: &OwnScope,
    rules: Rules,
    property: &'static Property,
    states_max: usize,
    goes_on: impl Fn() -> bool,
) -> OwnScope {
    let mut best = scope.clone();
    let violates = |scope: &OwnScope| {
        let Ok(scope) = scope.leak() else { return false };
        let is_claimed = scope.excuse(property).is_none();
        let found = || {
            let hunt = find_within(&scope, rules, property, None, |progress| {
                if goes_on() && progress.unique_states <= states_max {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            hunt.finding.is_some()
        };
        is_claimed && found()
    };
    while let Some(simpler) = simpler(&best).into_iter().find(|scope| violates(scope)) {
        best = simpler;
    }
    best
}

/// Scopes with one thing less, the most promising first.
fn simpler(scope: &OwnScope) -> Vec<OwnScope> {
    let without = |leave_out: &dyn Fn(&mut OwnScope)| {
        let mut simpler = scope.clone();
        leave_out(&mut simpler);
        simpler
    };
    let mut all = Vec::new();
    for client in 0..scope.clients.len() {
        all.push(without(&|it| drop(it.clients.remove(client))));
    }
    all.extend(scope.faults.fewer().into_iter().map(|faults| without(&|it| it.faults = faults)));
    for (client, script) in scope.clients.iter().enumerate() {
        for line in 0..script.len() {
            all.push(without(&|it| {
                it.clients[client].remove(line);
            }));
        }
    }
    all.push(without(&|it| it.nodes = it.nodes.saturating_sub(1)));
    all.push(without(&|it| {
        let n = it.quorum.n.saturating_sub(1);
        let fits = |number: usize| number.min(n);
        (it.quorum.n, it.quorum.r, it.quorum.w) = (n, fits(it.quorum.r), fits(it.quorum.w));
    }));
    all.push(without(&|it| it.quorum.r = 1));
    all.push(without(&|it| it.quorum.w = 1));
    all.push(without(&|it| it.clients.retain(|script| !script.is_empty())));
    all.retain(|simpler| simpler != scope);
    all
}
