//! What there is to explore.

use super::scopes::OF_LESSONS;
use super::{front, words};
use crate::markdown::unindented;
use dynamo_invariants::catalogue::{DEFECTS, INVARIANTS, LIMITS, PROPERTIES, STORIES};
use dynamo_invariants::defect::{Defect, Limit};
use dynamo_invariants::describe;
use dynamo_invariants::goals::GOALS;
use dynamo_invariants::harms::HARMS;
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use serde_json::{Value, json};

pub(super) fn catalogue() -> Value {
    let of_each = |scopes: fn(&Invariant) -> &'static [Scope]| -> Vec<Value> {
        let all = INVARIANTS.iter().flat_map(|it| scopes(it).iter().map(|scope| (it.id, scope)));
        all.map(|(id, one)| scope_under(id, one)).collect()
    };
    json!({
        "invariants": front::catalogue(),
        "scopes": of_each(|invariant| invariant.scopes),
        "deep": of_each(|invariant| invariant.deep_scopes),
        "stories": STORIES.iter().chain(OF_LESSONS).map(scope).collect::<Vec<_>>(),
        "defects": DEFECTS.iter().map(defect).collect::<Vec<_>>(),
        "limits": LIMITS.iter().map(limit).collect::<Vec<_>>(),
        "properties": PROPERTIES.iter().chain(GOALS).chain(HARMS).map(property).collect::<Vec<_>>(),
        "glossary": words::glossary(),
        "notation": words::notation(),
    })
}

/// A scope in words.
pub(super) fn scope(scope: &Scope) -> Value {
    json!({
        "name": scope.name, "aim": scope.aim, "unique_states": scope.unique_states,
        "surroundings": describe::surroundings(scope),
    })
}

fn scope_under(invariant: &str, one: &Scope) -> Value {
    let mut words = scope(one);
    words["invariant"] = invariant.into();
    words
}

fn defect(defect: &Defect) -> Value {
    let first = defect.properties().next().map(Property::invariant);
    json!({
        "name": defect.name, "rule": defect.rule, "what": defect.what, "story": defect.story,
        "scope": defect.scope, "breaks": defect.breaks, "code": unindented(defect.code()),
        "missed_by": defect.missed_by, "invariant": first,
    })
}

fn limit(limit: &Limit) -> Value {
    json!({
        "name": limit.name, "what": limit.what, "story": limit.story, "scope": limit.scope,
        "property": limit.property, "invariant": limit.property().invariant(),
        "show": front::address_of_limit(limit),
    })
}

fn property(property: &Property) -> Value {
    json!({
        "name": property.name, "kind": property.kind, "statement": property.statement,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_invariants::catalogue::{DEEP, SCOPES};

    #[test]
    fn every_scope_is_listed_once_under_its_invariant() {
        let catalogue = catalogue();
        for (list, all) in [("scopes", SCOPES), ("deep", DEEP)] {
            let listed = catalogue[list].as_array().expect("a list");
            let names: Vec<_> = listed.iter().map(|scope| &scope["name"]).collect();
            let expected: Vec<_> = all.iter().map(|scope| scope.name).collect();
            assert_eq!(names, expected, "{list}");
        }
    }
}
