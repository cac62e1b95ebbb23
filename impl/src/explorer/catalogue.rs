//! What there is to explore.

use super::scopes::OF_LESSONS;
use dynamo_invariants::catalogue::{DEEP, DEFECTS, PROPERTIES, SCOPES, STORIES};
use dynamo_invariants::describe;
use dynamo_invariants::goals::GOALS;
use dynamo_invariants::harms::HARMS;
use dynamo_invariants::scope::Scope;
use serde_json::{Value, json};

/// A scope in words.
pub(super) fn scope(scope: &Scope) -> Value {
    json!({
        "name": scope.name, "aim": scope.aim, "unique_states": scope.unique_states,
        "surroundings": describe::surroundings(scope),
    })
}

pub(super) fn catalogue() -> Value {
    let scopes: Vec<Value> = SCOPES.iter().chain(STORIES).chain(OF_LESSONS).map(scope).collect();
    let deep: Vec<Value> = DEEP.iter().map(scope).collect();
    let defects: Vec<Value> = DEFECTS
        .iter()
        .map(|defect| {
            json!({
                "name": defect.name, "rule": defect.rule, "what": defect.what, "scope": defect.scope,
                "breaks": defect.breaks, "code": defect.code(), "missed_by": defect.missed_by,
            })
        })
        .collect();
    let properties: Vec<Value> = PROPERTIES
        .iter()
        .chain(GOALS)
        .chain(HARMS)
        .map(|property| json!({ "name": property.name, "kind": property.kind, "statement": property.statement }))
        .collect();
    json!({ "invariants": super::front::catalogue(), "scopes": scopes, "deep": deep, "defects": defects, "properties": properties })
}
