//! What a search cannot reach in a scope, because of the scope's data.

use crate::property::{Kind, Property};
use crate::scope::{Ask, Scope};

impl Scope {
    /// Why a search cannot succeed in this scope; `None` if it may. The scope's data decide this:
    ///
    /// - a goal or a *reachable* property, if the scope lacks what it needs;
    /// - an *always* property, if no state of the scope can put it to the test under the correct
    ///   rules.
    pub fn out_of_reach(&self, sought: &Property) -> Option<&'static str> {
        match sought.kind {
            Kind::Reachable => self.excuse(sought).or_else(|| self.rules_out(sought.name)),
            Kind::Always if self.excuse(sought).is_none() => self.never_tests(sought),
            Kind::Always | Kind::Converges => None,
        }
    }

    fn rules_out(&self, goal: &str) -> Option<&'static str> {
        let has_hints = self.has_stand_ins() || self.changes();
        let (is_possible, reason) = match goal {
            "goal.hint-kept" | "goal.hint-in-transfer" => {
                (has_hints, "no node keeps a hint here: there are no fallbacks and no moves")
            }
            "goal.tombstone" => (self.asks(Ask::Delete), "no client deletes here"),
            _ => (true, ""),
        };
        (!is_possible).then_some(reason)
    }

    /// Why nothing tests an *always* property here: each state that could violate it is of a kind
    /// that the scope does not have.
    fn never_tests(&self, property: &Property) -> Option<&'static str> {
        let occasions = property.occasions.iter().filter_map(|name| Property::named(name));
        let reasons: Vec<_> = occasions.map(|occasion| self.excuse(occasion)).collect();
        let is_tested = reasons.iter().any(Option::is_none);
        reasons.first().copied().flatten().filter(|_| !is_tested)
    }
}
