//! `dynamo check --list`: the scopes, and what each aims at.

use super::super::table;
use crate::output::say;
use dynamo_invariants::scope::Scope;
use serde_json::json;

pub(super) fn print(scopes: &[&Scope], json: bool) {
    if json {
        let shown = |scope: &&Scope| {
            let (n, r, w) = scope.quorum;
            json!({
                "name": scope.name, "aim": scope.aim, "nodes": scope.nodes, "n": n, "r": r, "w": w,
                "clients": scope.clients.len(), "unique_states": scope.unique_states,
            })
        };
        say!("{:#}", json!({ "scopes": scopes.iter().map(shown).collect::<Vec<_>>() }));
        return;
    }
    let mut rows = table::new(&["scope", "nodes", "N,R,W", "clients", "states", "aim"]);
    for scope in scopes {
        let (n, r, w) = scope.quorum;
        rows.add_row([
            scope.name.to_owned(),
            scope.nodes.to_string(),
            format!("{n},{r},{w}"),
            scope.clients.len().to_string(),
            if scope.is_pinned() { table::count(scope.unique_states) } else { String::new() },
            scope.aim.to_owned(),
        ]);
    }
    say!("{rows}");
}
