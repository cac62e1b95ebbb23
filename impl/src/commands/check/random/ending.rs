//! The last sentences about drawn scopes, the JSON, and the exit code.

use super::tally::{First, Tally};
use super::{Failure, STATES_MAX, Session};
use crate::commands::check::found::Out;
use crate::commands::check::smaller::under;
use crate::commands::table;
use anyhow::anyhow;
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::notation::words;
use dynamo_invariants::property::{Kind, Property};
use serde_json::{Map, Value, json};

impl Session<'_> {
    /// Tells what was found in all scopes together.
    pub(super) fn conclude(&self, tally: &Tally, out: Out<'_>) {
        out("");
        // A check that stops at the first violation has put too little to the test to say so.
        if self.keep_going || tally.violations.is_empty() {
            tell_occasions(tally, out);
        }
        for (property, count) in violated(tally) {
            out(&format!("VIOLATED in {}: {property}", words::counted(count, "scope")));
        }
        if let Some(First { scopes, states }) = tally.first {
            let (states, scopes) = (table::count(states), words::counted(scopes, "scope"));
            out(&format!("The first violation was found after {scopes} and {states} states."));
        }
        self.tell_counts(tally, out);
        if self.is_cut_off(tally) {
            out(&format!("To go on:\n  {}", self.how_to_go_on(tally)));
        }
    }

    fn tell_counts(&self, tally: &Tally, out: Out<'_>) {
        let Tally { held, too_large, violations, states, .. } = tally;
        let under = self.defect.map_or_else(String::new, |it| format!(" under {}", it.name));
        let drawn = words::counted(self.done(tally), "scope");
        let (seed, states) = (self.plan.seed, table::count(*states));
        out(&format!("Drawn with seed {seed}{under}: {drawn}, {states} states in all."));
        let most = table::count(self.plan.states_max);
        let mut row =
            |count: usize, what: &str| out(&format!("  {:>7}  {what}", table::count(count)));
        row(*held, "hold in every reachable state");
        row(violations.len(), "violate a property");
        row(*too_large, &format!("have more than {most} states: nothing is proved about these"));
    }

    pub(super) fn as_json(&self, tally: &Tally) -> Value {
        let occasions = violable().map(|property| {
            (property.name.to_owned(), json!(tally.occasions.get(property.name).unwrap_or(&0)))
        });
        json!({
            "seed": self.plan.seed,
            "from": self.plan.from,
            "count": self.plan.count,
            "states_max": self.plan.states_max,
            "defect": self.defect.map(|defect| defect.name),
            "held": tally.held,
            "too_large": tally.too_large,
            "stopped": tally.left(&self.plan),
            "states": tally.states,
            "first_violation": tally.first,
            "violations": tally.violations,
            "properties": occasions.collect::<Map<String, Value>>(),
        })
    }

    /// A violation fails the check. Without one, a check proves nothing if somebody stopped it or
    /// every scope was too large.
    pub(super) fn outcome(&self, tally: &Tally) -> Result<(), Failure> {
        if let [first, others @ ..] = &tally.violations[..] {
            let more = match others.len() {
                0 => String::new(),
                more => format!(" ({} scopes fail)", more + 1),
            };
            let (property, scope) = (first.property, &first.scope.name);
            return Err(Failure::Operation(anyhow!("{property} is violated in {scope}{more}")));
        }
        if self.is_cut_off(tally) {
            let left = words::counted(self.left(tally), "scope");
            let held = tally.held;
            return Err(Failure::CutOff(anyhow!("cut off: {held} hold, {left} left to check")));
        }
        if tally.held == 0 {
            return Err(Failure::CutOff(anyhow!(
                "nothing is proved: every scope has more than {} states; raise --states-max",
                table::count(self.plan.states_max)
            )));
        }
        Ok(())
    }

    /// Did somebody stop the check before the last scope?
    fn is_cut_off(&self, tally: &Tally) -> bool {
        self.is_stopped() && self.left(tally) > 0
    }

    fn done(&self, tally: &Tally) -> usize {
        tally.done(&self.plan) as usize
    }

    fn left(&self, tally: &Tally) -> usize {
        tally.left(&self.plan) as usize
    }

    /// The command that checks the scopes that are left.
    fn how_to_go_on(&self, tally: &Tally) -> String {
        let (seed, from, left) = (self.plan.seed, tally.next, self.left(tally));
        let states_max = match self.plan.states_max {
            STATES_MAX => String::new(),
            most => format!(" --states-max {most}"),
        };
        let defect = under(self.defect);
        let keep_going =
            if self.defect.is_some() && self.keep_going { " --keep-going" } else { "" };
        format!(
            "dynamo check --random {left} --seed {seed} --from {from}{states_max}{defect}\
             {keep_going}"
        )
    }
}

/// The properties that a scope can violate.
fn violable() -> impl Iterator<Item = &'static Property> {
    PROPERTIES.iter().filter(|property| property.kind != Kind::Reachable)
}

/// Tells in how many scopes each property was put to the test.
fn tell_occasions(tally: &Tally, out: Out<'_>) {
    if tally.held == 0 {
        return;
    }
    out("In how many scopes that hold an occasion arose to violate a property:");
    let width = violable().map(|property| property.name.len()).max().unwrap_or_default();
    for Property { name, .. } in violable() {
        let count = tally.occasions.get(name).copied().unwrap_or_default();
        out(&format!("  {name:<width$}  {:>7}", table::count(count)));
    }
    out("");
}

/// The violated properties, and how many scopes violate each.
fn violated(tally: &Tally) -> Vec<(&'static str, usize)> {
    let count = |property: &Property| (property.name, tally.violations_of(property.name).count());
    violable().map(count).filter(|(_, count)| *count > 0).collect()
}
