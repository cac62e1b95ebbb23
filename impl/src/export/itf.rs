//! Informal Trace Format: <https://apalache-mc.org/docs/adr/015adr-trace.html>. A variable for each
//! node and client, and three more, each a map from what is told of to what is so.

use super::Story;
use dynamo_invariants::describe::{Fact, MESSAGES, TRUTH};
use serde_json::{Map, Value, json};

const ACTION: &str = "action";

pub(super) fn text(story: &Story<'_>) -> String {
    let mut of: Vec<String> = story.everyone.iter().map(ToString::to_string).collect();
    of.extend([TRUTH.to_owned(), MESSAGES.to_owned()]);
    let variables: Vec<String> =
        of.iter().map(|name| variable(name)).chain([ACTION.to_owned()]).collect();
    let mut types: Map<String, Value> =
        of.iter().map(|name| (variable(name), json!("Str -> Str"))).collect();
    types.insert(ACTION.to_owned(), json!("Str"));
    let states = story.facts.iter().enumerate().map(|(index, facts)| {
        let mut state = Map::from_iter([("#meta".to_owned(), json!({ "index": index }))]);
        state.extend(of.iter().map(|name| (variable(name), map(facts, name))));
        let action = index.checked_sub(1).map_or("initial state", |step| &story.texts[step]);
        state.insert(ACTION.to_owned(), json!(action));
        Value::Object(state)
    });
    let mut trace = json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": story.trace.scope,
            "description": story.title(),
            "varTypes": types,
        },
        "params": [],
        "vars": variables,
        "states": states.collect::<Vec<_>>(),
    });
    if let Some(from) = story.trace.cycle_from {
        trace["loop"] = json!(from);
    }
    format!("{trace:#}\n")
}

/// A name that TLA+ can take.
fn variable(name: &str) -> String {
    name.replace(' ', "_")
}

fn map(facts: &[Fact], of: &str) -> Value {
    let facts = facts.iter().filter(|fact| fact.of == of);
    json!({ "#map": facts.map(|fact| json!([fact.about, fact.text])).collect::<Vec<_>>() })
}
