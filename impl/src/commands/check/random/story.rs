//! A violation in a drawn scope, told in the smallest scope that shows it.

use super::crew::Drawn;
use super::tally::Violation;
use super::{Session, failures};
use crate::commands::check::failures::STRONG;
use crate::commands::check::found::Out;
use crate::commands::check::saving;
use dynamo::scope_file;
use dynamo_invariants::check::{Finding, find_within};
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::random::simplify;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scope::own::OwnScope;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::PathBuf;

impl Session<'_> {
    /// Simplifies the scope, searches a shortest path, and tells and saves both.
    pub(super) fn tell(
        &self,
        drawn: &Drawn,
        property: &'static Property,
        bar: &ProgressBar,
        out: Out<'_>,
    ) -> Violation {
        let goes_on = || {
            bar.tick();
            !self.is_stopped()
        };
        let (rules, states_max) = (self.plan.rules, self.plan.states_max);
        let own = simplify(&drawn.own, rules, property, states_max, goes_on);
        let scope = own.leak().expect("a simpler scope is valid");
        let watch = |_| if goes_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        let finding = find_within(&scope, rules, property, None, watch).finding;
        let steps = finding.as_ref().map(|finding| finding.depth);
        introduce(&own, property, steps, out);
        let trace_file =
            finding.and_then(|finding| self.show_path(&scope, property, &finding, out));
        let scope_file = self.save_scope(&own, out);
        let (number, property) = (drawn.number, property.name);
        Violation { number, property, steps, scope: own, scope_file, trace_file }
    }

    /// Shows and saves the path. Returns the file.
    fn show_path(
        &self,
        scope: &Scope,
        property: &Property,
        finding: &Finding,
        out: Out<'_>,
    ) -> Option<PathBuf> {
        let run = Run::found(scope, self.plan.rules, finding);
        let cycle_from = (property.kind == Kind::Converges).then_some(finding.depth);
        failures::show(&run, property, cycle_from, out);
        let defect = self.defect.map(|defect| defect.name.to_owned());
        let trace = Trace::of(&run, defect, property, cycle_from);
        failures::save(&self.folder, &trace, scope, out)
    }

    /// Saves the scope, and tells how to check it. Returns the file.
    fn save_scope(&self, own: &OwnScope, out: Out<'_>) -> Option<PathBuf> {
        match saving::save_scope(&self.folder, own) {
            Ok(saved) => {
                let under = self.under_defect();
                out("The scope is saved. Check it again:");
                out(&format!("  dynamo check --scope {}{under}", saved.display()));
                Some(saved)
            }
            Err(error) => {
                let file = self.folder.join(saving::scope_name(own, 1));
                out(&format!("The scope could not be saved as {}: {error}", file.display()));
                None
            }
        }
    }

    /// The option that checks the same rules.
    pub(super) fn under_defect(&self) -> String {
        self.defect.map_or_else(String::new, |defect| format!(" --defect {}", defect.name))
    }
}

/// Says what is violated, and in which scope.
fn introduce(own: &OwnScope, property: &Property, steps: Option<usize>, out: Out<'_>) {
    let after = steps.map_or_else(String::new, failures::after);
    let (name, of) = (property.name, &own.name);
    out("");
    out(&format!("{STRONG}{name} is violated in the scope {of}{after}.{STRONG:#}"));
    out(&format!("It says: {}", property.statement));
    out("\nThe scope, without what the violation does not need:\n");
    // The file says in comments what else a scope may have.
    for line in scope_file::text(own).lines().filter(|line| !line.starts_with('#')) {
        out(format!("  {line}").trim_end());
    }
    if steps.is_none() {
        out("\nNo path there is shown: you stopped its search.");
    }
}
