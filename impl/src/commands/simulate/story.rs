//! A violation in a run, told: where, what it rests on, and how to see it again.

use super::series::{Series, Tally};
use crate::commands::check::failures;
use crate::commands::check::found::Out;
use crate::commands::check::smaller::Teller;
use dynamo::simulation::{Outcome, Plan, path_in_scope, smallest};
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::own::OwnScope;
use dynamo_invariants::scope::{Faults, NO_FAULTS};
use dynamo_invariants::trace::Trace;
use indicatif::ProgressBar;
use std::path::Path;

/// The most states that are visited in a search for a smaller scope or a shorter path.
const STATES_MAX: usize = 20_000;
/// How many violations of one property are told in full.
const TOLD_MAX: u64 = 1;

impl Series<'_> {
    /// Tells of a violation. Looks for a smaller run that violates the same property.
    pub(super) fn tell(
        &self,
        plan: &Plan,
        outcome: &Outcome,
        tally: &Tally,
        bar: &ProgressBar,
        out: Out<'_>,
    ) {
        let Some(violation) = &outcome.violation else { return };
        let property = violation.property;
        if tally.violated.get(property.name).is_some_and(|(runs, _)| *runs > TOLD_MAX) {
            return;
        }
        introduce(plan, outcome, out);
        out(&format!("\nThe same run again:\n  {}", self.again(plan)));
        if !self.shrinks {
            return;
        }
        bar.set_message(format!("looking for a smaller run that violates {}", property.name));
        let goes_on = || {
            bar.tick();
            !self.is_stopped()
        };
        let small = smallest(plan, &self.size, property, &self.rules, goes_on);
        let Some((plan, outcome)) = small else {
            return out("\nNo run with a single key was found that violates it.");
        };
        let defect = self.defect.map(|defect| defect.name);
        if let Some(trace) = path_in_scope(&plan, &outcome, &self.rules, defect) {
            self.show(&trace, &goes_on, out);
        } else if !self.search(&plan, property, &goes_on, out) {
            out("\nA smaller run, with a single key:");
            introduce(&plan, &outcome, out);
        }
    }

    fn teller<'s>(&self, goes_on: &'s dyn Fn() -> bool) -> Teller<'s> {
        let Series { rules, defect, .. } = *self;
        Teller { rules, defect, states_max: STATES_MAX, folder: Path::new(""), goes_on }
    }

    /// Searches small scopes with the scripts of this run, which has no path that shows the
    /// violation. Returns whether one of them shows it.
    fn search(
        &self,
        plan: &Plan,
        property: &'static Property,
        goes_on: &dyn Fn() -> bool,
        out: Out<'_>,
    ) -> bool {
        let (teller, own) = (self.teller(goes_on), OwnScope::from(&plan.keys[0]));
        let scopes = with_few_faults(own.faults).map(|faults| OwnScope { faults, ..own.clone() });
        let shows = |own: &OwnScope| {
            let scope = own.scope().ok();
            scope.is_some_and(|scope| teller.find(scope, property, STATES_MAX).is_some())
        };
        let found = scopes.iter().find(|own| goes_on() && shows(own));
        found.map(|own| teller.tell(own, property, out)).is_some()
    }

    /// Shows a path through a scope of one key. If the violation can be found in few states of a
    /// small scope, that scope and a shortest path in it are shown instead.
    fn show(&self, trace: &Trace, goes_on: &dyn Fn() -> bool, out: Out<'_>) {
        let property = trace.property();
        let own = trace.smallest_scope(&OwnScope::from(trace.scope()));
        let scope = own.scope().ok().filter(|scope| !scope.faults.endless);
        let teller = self.teller(goes_on);
        let is_found = |scope| teller.find(scope, property, STATES_MAX).is_some();
        if scope.is_some_and(is_found) {
            teller.tell(&own, property, out);
            return;
        }
        out("\nA path through a scope of one key that violates it, without needless steps:");
        let (run, _) = trace.run();
        failures::show(&run, property, None, out);
        let saved = failures::save(Path::new(""), trace, trace.scope(), out);
        if let (Some(saved), Some(_)) = (saved, scope) {
            out("Check all orders of its events, or print its scope with --print:");
            out(&format!("  dynamo check --from-trace {}", saved.display()));
        }
    }

    /// The command that makes the same run.
    fn again(&self, plan: &Plan) -> String {
        let of = |name: &str, value: Option<String>| {
            value.map(|value| format!(" {name} {value}")).unwrap_or_default()
        };
        let Series { seed, size, .. } = self;
        let profile = self.profile.map(|profile| format!("{profile:?}").to_lowercase());
        format!(
            "dynamo simulate --seed {seed} --from {} --runs 1{}{} --keys {} --clients {} \
             --minutes {}{}{}",
            plan.number,
            of("--profile", profile),
            of("--nodes", size.nodes.map(|nodes| nodes.to_string())),
            size.keys,
            size.clients,
            size.unsafe_for.as_secs_f64() / 60.0,
            size.quorum.map_or_else(String::new, |(n, r, w)| format!(" --n {n} --r {r} --w {w}")),
            of("--defect", self.defect.map(|defect| defect.name.to_owned())),
        )
    }
}

/// Some of these faults, few enough for a search of all states: the fewest first.
fn with_few_faults(faults: Faults) -> [Faults; 4] {
    let Faults { lost_disk, reaps, .. } = faults;
    let gossip = Faults { gossip: true, lost_disk, ..NO_FAULTS };
    let handoffs = Faults { timeouts: Some(0), handoffs: 1, lost_disk, ..NO_FAULTS };
    [
        gossip,
        handoffs,
        Faults { gossip: true, ..handoffs },
        Faults { exchange: true, reaps, lost_disk, ..NO_FAULTS },
    ]
}

/// Says what is violated, when, and what the verdict rests on.
fn introduce(plan: &Plan, outcome: &Outcome, out: Out<'_>) {
    let Some(violation) = &outcome.violation else { return };
    let (n, r, w) = violation.scope.quorum;
    let Property { name, statement, .. } = violation.property;
    out(&format!(
        "\nrun {}: {name} is violated after {:.3} s of virtual time",
        plan.number,
        outcome.virtual_time.as_secs_f64()
    ));
    out(&format!("It says: {statement}"));
    out(&format!("\n{} nodes, N={n}, R={r}, W={w}. For this key:", plan.nodes()));
    for fact in &violation.evidence {
        out(&format!("  {fact}"));
    }
}
