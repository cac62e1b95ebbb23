//! One page of HTML with everything in it: the diagram, every state, and the few lines of script
//! that step through them.

use super::{Story, svg};
use dynamo_invariants::describe::{self, Change};
use serde_json::{Value, json};

const PAGE: &str = include_str!("page.html");

pub(super) fn text(story: &Story<'_>) -> String {
    let property = story.trace.property();
    let states = story.facts.iter().enumerate().map(|(index, facts)| {
        let changes =
            index.checked_sub(1).map(|before| describe::changes(&story.facts[before], facts));
        let holds = (property.condition)(&story.run.model, &story.run.states[index]);
        json!({
            "text": index.checked_sub(1).map_or("initial state", |step| &story.texts[step]),
            "facts": facts,
            "changes": changes.unwrap_or_default().iter().map(change).collect::<Vec<_>>(),
            "holds": holds,
        })
    });
    let data = json!({
        "property": property.name,
        "statement": property.statement,
        "cycle_from": story.trace.cycle_from,
        "everyone": story.everyone.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "surroundings": describe::surroundings(story.trace.scope()),
        "states": states.collect::<Vec<_>>(),
    });
    // In a script element only "</" could end it, and "<!--" hide the rest.
    let data = data.to_string().replace('<', "\\u003c");
    PAGE.replace("{{TITLE}}", &escaped(&story.title()))
        .replace("{{DIAGRAM}}", &svg::text(story))
        .replace("{{DATA}}", &data)
}

fn change(change: &Change) -> Value {
    json!({ "of": change.of, "about": change.about, "before": change.before, "after": change.after })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
