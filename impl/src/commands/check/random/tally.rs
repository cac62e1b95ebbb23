//! What was found in the scopes so far.

use super::crew::{Drawn, Plan};
use crate::commands::table;
use dynamo_invariants::property::Property;
use dynamo_invariants::random::Outcome;
use dynamo_invariants::scope::own::OwnScope;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The counts.
pub(super) struct Tally {
    pub(super) held: usize,
    pub(super) too_large: usize,
    /// The states visited, also those of scopes that turned out to be too large.
    pub(super) states: usize,
    /// In how many scopes that hold an occasion arose to violate a property, by its name.
    pub(super) occasions: BTreeMap<&'static str, usize>,
    pub(super) violations: Vec<Violation>,
    /// How many scopes and states it took to find the first violation.
    pub(super) first: Option<First>,
    /// The number of the first scope that is not counted.
    pub(super) next: u64,
}

/// What it took to find the first violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct First {
    pub(super) scopes: usize,
    pub(super) states: usize,
}

/// A violation in a drawn scope.
#[derive(Debug, Serialize)]
pub(super) struct Violation {
    pub(super) number: u64,
    pub(super) property: &'static str,
    /// The number of steps of the shortest path. `None`: it was not searched for, or not found
    /// before somebody stopped the check.
    pub(super) steps: Option<usize>,
    /// The scope: simplified if the violation was told in full.
    pub(super) scope: OwnScope,
    pub(super) scope_file: Option<PathBuf>,
    pub(super) trace_file: Option<PathBuf>,
}

impl Violation {
    /// One of a property that was told often enough.
    pub(super) fn untold(drawn: &Drawn, property: &Property) -> Violation {
        Violation {
            number: drawn.number,
            property: property.name,
            steps: None,
            scope: drawn.own.clone(),
            scope_file: None,
            trace_file: None,
        }
    }
}

impl Tally {
    pub(super) fn new(from: u64) -> Tally {
        Tally {
            held: 0,
            too_large: 0,
            states: 0,
            occasions: BTreeMap::new(),
            violations: Vec::new(),
            first: None,
            next: from,
        }
    }

    /// Counts a scope. One whose check was stopped does not count.
    pub(super) fn count(&mut self, drawn: &Drawn) {
        let examined = &drawn.examined;
        match examined.outcome {
            Outcome::Stopped => return,
            Outcome::Holds => self.held += 1,
            Outcome::TooLarge => self.too_large += 1,
            Outcome::Violates(_) => {
                let scopes = self.held + self.too_large + 1;
                self.first.get_or_insert(First { scopes, states: self.states + examined.states });
            }
        }
        self.states += examined.states;
        self.next = drawn.number + 1;
        for name in &examined.occasions {
            *self.occasions.entry(name).or_default() += 1;
        }
    }

    /// How many scopes of a plan are counted.
    pub(super) fn done(&self, plan: &Plan) -> u64 {
        self.next - plan.from
    }

    /// How many scopes of a plan are not.
    pub(super) fn left(&self, plan: &Plan) -> u64 {
        plan.count - self.done(plan)
    }

    pub(super) fn violations_of(&self, property: &str) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(move |it| it.property == property)
    }

    /// The counts in a line of progress.
    pub(super) fn in_short(&self) -> String {
        format!(
            "{} held, {} too large, {} violations, {} states",
            table::count(self.held),
            table::count(self.too_large),
            table::count(self.violations.len()),
            table::count(self.states)
        )
    }
}
