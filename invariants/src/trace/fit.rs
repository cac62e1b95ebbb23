//! The smallest scope for a trace: a check of it tries all other orders of the trace's events.

use crate::scope::Faults;
use crate::scope::own::OwnScope;
use crate::trace::Trace;
use crate::trace::replay::Run;

impl Trace {
    /// This scope without everything that the trace does not need: faults, requests, and clients at
    /// the end. Numbers such as that of retries become as small as the trace allows. `scope` is the
    /// trace's own scope, possibly with another name.
    ///
    /// If the scope is [endless](Faults::endless), so is what is returned only if no bounds have
    /// room for the trace.
    pub fn smallest_scope(&self, scope: &OwnScope) -> OwnScope {
        let mut best = bounded(scope);
        if !self.fits(&best) {
            best = scope.clone();
        }
        while let Some(smaller) = smaller(&best).into_iter().find(|scope| self.fits(scope)) {
            best = smaller;
        }
        best
    }

    /// Can the trace be taken in this scope, and does it violate or show its property there?
    fn fits(&self, scope: &OwnScope) -> bool {
        let Ok(scope) = scope.leak() else { return false };
        let property = self.property();
        // A scope may rule out the precondition of a property. No check of it looks at the property
        // then.
        if self.scope().excuse(property).is_none() && scope.excuse(property).is_some() {
            return false;
        }
        let (run, stopped) = Run::of(&scope, self.rules(), &self.events());
        stopped.is_none() && run.does_not_show(property, self.cycle_from).is_none()
    }
}

/// The scope with the widest bounds in the place of none.
fn bounded(scope: &OwnScope) -> OwnScope {
    let faults = scope.faults;
    if !faults.endless {
        return scope.clone();
    }
    let faults = faults.bounded(OwnScope::TRIES_MAX);
    OwnScope { faults, ..scope.clone() }
}

/// Scopes with one thing less.
fn smaller(scope: &OwnScope) -> Vec<OwnScope> {
    let faults = scope.faults;
    let mut fewer = faults.fewer();
    fewer.extend([
        Faults { crashes: faults.crashes.saturating_sub(1), ..faults },
        Faults { client_retries: faults.client_retries.saturating_sub(1), ..faults },
        Faults { timeouts: faults.timeouts.map(|times| times.saturating_sub(1)), ..faults },
    ]);
    let with = |faults| OwnScope { faults, ..scope.clone() };
    let mut all: Vec<OwnScope> = fewer.into_iter().map(with).collect();
    for client in 0..scope.clients.len() {
        let mut smaller = scope.clone();
        smaller.clients[client].pop();
        all.push(smaller);
    }
    // The ids of clients follow their places, so only the last one can go.
    if scope.clients.last().is_some_and(Vec::is_empty) {
        let mut smaller = scope.clone();
        smaller.clients.pop();
        all.push(smaller);
    }
    all.retain(|smaller| smaller != scope);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::find;
    use crate::defect::Defect;
    use crate::property::Property;

    #[test]
    fn a_scope_for_a_trace_has_only_what_the_trace_needs() {
        let defect = Defect::named("hint-dropped-when-sent").expect("a known defect");
        let scope = defect.scope();
        let property = Property::named("I8.hint-is-kept").expect("a known property");
        let finding = find(scope, (defect.rules)(), property).0.expect("it is found");
        let trace = Trace::record(scope, Some(defect), property, &finding);
        let mut large = OwnScope { name: "large".to_owned(), ..OwnScope::from(scope) };
        large.faults.crashes = 1;
        large.faults.duplication = true;
        large.faults.endless = true;
        large.faults.client_retries = 5;
        let small = trace.smallest_scope(&large);
        let Faults { crashes, duplication, endless, client_retries, handoffs, .. } = small.faults;
        assert_eq!((crashes, duplication, endless, client_retries), (0, false, false, 0));
        assert!(handoffs <= 1, "{small:?}");
        let found = find(small.scope().expect("a valid scope"), (defect.rules)(), property);
        assert_eq!(found.0.expect("it is found there too").depth, trace.depth());
    }
}
