//! Mermaid sequence diagrams: <https://mermaid.js.org/syntax/sequenceDiagram.html>.

use super::Story;
use dynamo_invariants::notation::words;
use dynamo_invariants::trace::Event;

pub(super) fn text(story: &Story<'_>) -> String {
    let mut lines =
        vec!["sequenceDiagram".to_owned(), format!("    accTitle: {}", escaped(&story.title()))];
    lines.extend(story.everyone.iter().map(|who| format!("    participant {who}")));
    for (index, event) in story.run.events.iter().enumerate() {
        if story.trace.cycle_from == Some(index) {
            lines.push("    loop for ever".to_owned());
        }
        lines.push(format!("    {}", line(event)));
    }
    match story.trace.cycle_from {
        Some(from) if from < story.run.events.len() => lines.push("    end".to_owned()),
        Some(_) => lines.push(format!("    Note over {}: nothing goes on", story.everyone[0])),
        None => {}
    }
    lines.join("\n") + "\n"
}

fn line(event: &Event) -> String {
    match event {
        Event::Deliver { from, to, message } => {
            format!("{from}->>{to}: {}", escaped(&words::brief(message)))
        }
        Event::Lose { from, to, message } => {
            format!("{from}-x{to}: lost: {}", escaped(&words::brief(message)))
        }
        other => {
            let text = other.to_string();
            let what = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
            let at = other.at().expect("only a message is lost, and that was told");
            format!("Note over {at}: {}", escaped(what))
        }
    }
}

/// `#` begins an entity there, and `;` ends a line.
fn escaped(text: &str) -> String {
    let escape = |letter| match letter {
        '#' => "#35;".to_owned(),
        ';' => "#59;".to_owned(),
        '\n' => " ".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}
