//! A violation in a run, told: where, what it rests on, and how to see it again.

use super::series::{Series, Tally};
use crate::commands::check::failures;
use crate::commands::check::found::Out;
use dynamo::simulation::{Outcome, Plan, path_in_scope, smallest};
use dynamo_invariants::property::Property;
use dynamo_invariants::trace::Trace;
use indicatif::ProgressBar;
use std::path::Path;

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
            show(&trace, property, out);
        } else {
            out("\nA smaller run, with a single key:");
            introduce(&plan, &outcome, out);
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
             --unsafe {}{}",
            plan.number,
            of("--profile", profile),
            of("--nodes", size.nodes.map(|nodes| nodes.to_string())),
            size.keys,
            size.clients,
            size.unsafe_for.as_secs_f64(),
            of("--defect", self.defect.map(|defect| defect.name.to_owned())),
        )
    }
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

fn show(trace: &Trace, property: &Property, out: Out<'_>) {
    out("\nA path through a scope of one key that violates it, without needless steps:");
    let (run, _) = trace.run();
    failures::show(&run, property, None, out);
    failures::save(Path::new(""), trace, trace.scope(), out);
}
