//! Tries out a property, a defect and a scope that the catalogue does not have (yet).
//! `invariants/ADDING.md` walks through one; `examples/own_property.rs` is its code.

use dynamo_invariants::check::{Conclusion, Effort, Hunt, Report, check, find_within};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::describe::diagram;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;
use std::process::ExitCode;

/// The most memory that each search may use, in bytes. A small scope needs a hundredth of it.
const MEMORY_BYTES: usize = 1 << 30;

/// A property with all that the catalogue demands of one.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// The *always* property.
    pub property: &'static Property,
    /// The *reachable* property which shows that `property` could have been violated.
    pub occasion: &'static Property,
    /// The defect that breaks `property`.
    pub defect: &'static Defect,
    /// The scope that shows all this.
    pub scope: &'static Scope,
}

impl Trial {
    /// Prints what the check finds: the shortest trace to the violation, and everything that is not
    /// as claimed. The exit code is 1 if anything is.
    pub fn run(&self) -> ExitCode {
        println!("{}", self.story());
        let problems = self.problems();
        if problems.is_empty() {
            let (states, Trial { scope, property, .. }) = (self.scope.unique_states, self);
            println!("\n{} holds in all {states} states of {}.", property.name, scope.name);
            println!("{} breaks exactly what it says.", self.defect.name);
            return ExitCode::SUCCESS;
        }
        for problem in problems {
            println!("\n{problem}");
        }
        ExitCode::FAILURE
    }

    /// The shortest trace to a violation under the defect, as a diagram.
    pub fn story(&self) -> String {
        let Trial { property, defect, scope, .. } = self;
        let Some(finding) = self.find(defect.rules, property).finding else {
            return format!("{} does not break {} in {}", defect.name, property.name, scope.name);
        };
        let run = Run::found(scope, (defect.rules)(), &finding);
        let lines = diagram::lines(&run, None).join("\n");
        format!("the shortest trace to {}, under {}:\n\n{lines}", property.name, defect.name)
    }

    /// Everything that is not as claimed, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let Trial { property, occasion, defect, scope } = *self;
        if !property.occasions.contains(&occasion.name) {
            problems.push(format!("{} does not name {}", property.name, occasion.name));
        }
        let correct = self.find(Rules::default, property);
        if correct.finding.is_some() {
            problems.push(format!("{} fails under the correct rules", property.name));
        } else if !correct.complete {
            problems.push(too_large(scope, "the correct rules"));
            return problems;
        }
        if self.find(Rules::default, occasion).finding.is_none() {
            problems.push(format!("no state of {} shows {}", scope.name, occasion.name));
        }
        problems.extend(self.problems_of_the_scope());
        let broken = self.find(defect.rules, property);
        match broken.finding {
            Some(_) => problems.extend(self.problems_of_the_defect()),
            None if !broken.complete => problems.push(too_large(scope, defect.name)),
            None => problems.push(format!("{} does not break {}", defect.name, property.name)),
        }
        problems
    }

    /// Where the scope, under the correct rules, is not what it claims.
    fn problems_of_the_scope(&self) -> Vec<String> {
        let report = self.check(Rules::default);
        let mut problems = Vec::new();
        if !report.complete {
            return vec![too_large(self.scope, "the correct rules")];
        }
        if report.progress.unique_states != self.scope.unique_states {
            let (states, scope) = (report.progress.unique_states, self.scope);
            problems.push(format!(
                "{} has {states} states, and pins {}: set unique_states to {states}",
                scope.name, scope.unique_states
            ));
        }
        for verdict in report.properties.iter().filter(|verdict| !verdict.is_as_claimed()) {
            let what = match verdict.verdict {
                Conclusion::ExcusedButHolds => "is shown, so leave it out of unseen",
                Conclusion::NotShown => "is not shown by any state: name it in unseen",
                _ => "is violated, so its precondition or the protocol is wrong",
            };
            problems.push(format!("{}: {} {what}", self.scope.name, verdict.name));
        }
        problems
    }

    /// Where the defect breaks other properties than it names.
    fn problems_of_the_defect(&self) -> Vec<String> {
        let Trial { property, defect, .. } = *self;
        let report = self.check(defect.rules);
        if !report.complete {
            return vec![too_large(self.scope, defect.name)];
        }
        let found = report.properties.iter().filter(|verdict| verdict.is_violation());
        let mut broken: Vec<&str> = found.map(|verdict| verdict.name).collect();
        broken.push(property.name);
        let mut named = defect.breaks.to_vec();
        broken.sort_unstable();
        named.sort_unstable();
        if broken == named {
            return Vec::new();
        }
        vec![format!("{} breaks {broken:?}, and names {named:?}", defect.name)]
    }

    /// Checks all properties of the catalogue in the scope.
    fn check(&self, rules: fn() -> Rules) -> Report {
        let effort = Effort { memory_bytes: Some(MEMORY_BYTES), ..Effort::threads(1) };
        check(self.scope, rules(), &effort, |_| ControlFlow::Continue(()))
    }

    /// Searches for a violation of a property, or for a state that shows it.
    fn find(&self, rules: fn() -> Rules, property: &'static Property) -> Hunt {
        let go_on = |_| ControlFlow::Continue(());
        find_within(self.scope, rules(), property, Some(MEMORY_BYTES), go_on)
    }
}

fn too_large(scope: &Scope, rules: &str) -> String {
    format!(
        "{} does not fit {} GiB under {rules}, so nothing is proved: take fewer nodes, requests or \
         faults",
        scope.name,
        MEMORY_BYTES >> 30
    )
}
