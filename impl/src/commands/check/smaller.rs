//! A violation in a scope, told in the smallest scope that shows it.

use super::failures::{self, STRONG};
use super::found::Out;
use super::saving;
use dynamo::scope_file;
use dynamo_invariants::check::{Finding, find_within};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::random::simplify;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scope::own::OwnScope;
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Tells violations under these rules.
pub(in crate::commands) struct Teller<'a> {
    pub(in crate::commands) rules: Rules,
    /// The defect that the rules are of. `None`: the protocol's own rules.
    pub(in crate::commands) defect: Option<&'static Defect>,
    /// The most states to visit in each attempt to simplify a scope.
    pub(in crate::commands) states_max: usize,
    /// Where scopes and traces are saved. Empty: the current folder.
    pub(in crate::commands) folder: &'a Path,
    /// Is asked some times a second whether to go on.
    pub(in crate::commands) goes_on: &'a dyn Fn() -> bool,
}

/// A violation that was told.
pub(in crate::commands) struct Told {
    /// The smallest scope that shows it.
    pub(in crate::commands) scope: OwnScope,
    /// How many steps its shortest path has, if a path was found.
    pub(in crate::commands) steps: Option<usize>,
    pub(in crate::commands) scope_file: Option<PathBuf>,
    pub(in crate::commands) trace_file: Option<PathBuf>,
}

impl Teller<'_> {
    /// Simplifies the scope, searches a shortest path, and tells and saves both.
    pub(in crate::commands) fn tell(
        &self,
        own: &OwnScope,
        property: &'static Property,
        out: Out<'_>,
    ) -> Told {
        let own = simplify(own, self.rules, property, self.states_max, self.goes_on);
        let scope = own.leak().expect("a simpler scope is valid");
        let finding = self.find(&scope, property, usize::MAX);
        let steps = finding.as_ref().map(|finding| finding.depth);
        introduce(&own, property, steps, out);
        let trace_file =
            finding.and_then(|finding| self.show_path(&scope, property, &finding, out));
        let scope_file = self.save_scope(&own, out);
        Told { scope: own, steps, scope_file, trace_file }
    }

    /// Searches a shortest path in about this many states.
    pub(in crate::commands) fn find(
        &self,
        scope: &Scope,
        property: &'static Property,
        states_max: usize,
    ) -> Option<Finding> {
        let hunt = find_within(scope, self.rules, property, None, |progress| {
            if (self.goes_on)() && progress.unique_states <= states_max {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        hunt.finding
    }

    /// Shows and saves the path. Returns the file.
    fn show_path(
        &self,
        scope: &Scope,
        property: &Property,
        finding: &Finding,
        out: Out<'_>,
    ) -> Option<PathBuf> {
        let run = Run::found(scope, self.rules, finding);
        let cycle_from = (property.kind == Kind::Converges).then_some(finding.depth);
        failures::show(&run, property, cycle_from, out);
        let defect = self.defect.map(|defect| defect.name.to_owned());
        let trace = Trace::of(&run, defect, property, cycle_from);
        failures::save(self.folder, &trace, scope, out)
    }

    /// Saves the scope, and tells how to check it. Returns the file.
    fn save_scope(&self, own: &OwnScope, out: Out<'_>) -> Option<PathBuf> {
        match saving::save_scope(self.folder, own) {
            Ok(saved) => {
                let under = under(self.defect);
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
}

/// The option that checks the rules of this defect.
pub(in crate::commands) fn under(defect: Option<&Defect>) -> String {
    defect.map_or_else(String::new, |defect| format!(" --defect {}", defect.name))
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
