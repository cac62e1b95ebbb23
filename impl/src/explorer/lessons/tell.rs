//! Lessons and their steps as the page gets them.

use super::data::{Choice, Lesson, Offer, Track};
use super::names::{renamed, with_requests};
use super::walk::Walked;
use crate::explorer::{Refusal, front, scene};
use axum::http::StatusCode;
use dynamo_invariants::describe::{self, MESSAGES};
use dynamo_invariants::harms::HARMS;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde_json::{Value, json};

/// A lesson in the list of all lessons.
pub(super) fn heading(lesson: &Lesson) -> Value {
    let Lesson { number, name, title, intro, .. } = lesson;
    json!({
        "number": number, "name": name, "title": title, "intro": paragraphs(intro),
        "invariant": lesson.invariant.map(|it| json!({ "id": it.id, "name": it.name })),
    })
}

/// A lesson without its steps.
pub(super) fn lesson(lesson: &Lesson, next: Option<&Lesson>) -> Value {
    let tracks = lesson.tracks().into_iter().map(|(name, track)| {
        let defect = track
            .defect
            .map(|defect| json!({ "name": defect.name, "rule": defect.rule, "what": defect.what }));
        let told = json!({
            "label": track.label, "ends": ends(track), "defect": defect,
            "scope": track.scope.name, "aim": track.scope.aim,
        });
        (name.to_owned(), told)
    });
    let mut told = heading(lesson);
    told["tracks"] = Value::Object(tracks.collect());
    told["shared"] = json!(lesson.shared);
    told["cast"] = json!(lesson.cast);
    told["statement"] = json!(lesson.invariant.map(|it| it.statement));
    told["rule"] =
        json!(lesson.off.defect.and_then(|it| Rules::documentation(it.rule)).map(front::plain));
    told["next"] = json!(next.map(heading));
    told
}

/// How many events each narrated step ends after.
fn ends(track: &Track) -> Vec<usize> {
    let counts = track.steps.iter().map(|step| step.events.len());
    counts
        .scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        })
        .collect()
}

/// A narrated step: its text, its scene, the question there, and the end after the last one. With
/// an answer to the question: the scene after it, and whether it is right.
pub(super) fn step(
    lesson: &Lesson,
    track: &Track,
    step: usize,
    answer: Option<usize>,
) -> Result<Value, Refusal> {
    let narrated = &track.steps[step - 1];
    let offer = match (answer, &narrated.choice) {
        (None, _) => None,
        (Some(number), Some(choice)) if number < choice.options.len() => {
            Some(&choice.options[number])
        }
        _ => return Err(Refusal::not_found(format!("step {step} has no such answer"))),
    };
    let walked = match offer {
        None => track.walk(step),
        Some(offer) => track.answer(step, offer),
    };
    let walked = walked.map_err(|astray| {
        Refusal(StatusCode::INTERNAL_SERVER_ERROR, format!("lesson {}: {astray}", lesson.name))
    })?;
    let is_last = step == track.steps.len();
    let cast = with_requests(&lesson.cast, track.scope);
    let events = &walked.run.events[walked.before..];
    let events = events.iter().map(|event| renamed(json!(event.to_string()), &cast));
    Ok(json!({
        "step": step,
        "text": paragraphs(&narrated.text),
        "events": events.collect::<Vec<_>>(),
        "scene": renamed(scene_of(track, &walked)?, &cast),
        "choice": narrated.choice.as_ref().map(question),
        "why": offer.and_then(|offer| offer.why.as_deref()).map(paragraphs),
        "end": is_last.then(|| end(lesson, track, &walked.run)),
    }))
}

fn question(choice: &Choice) -> Value {
    let answer = |offer: &Offer| json!({ "text": offer.text, "is_right": offer.why.is_none() });
    let answers: Vec<Value> = choice.options.iter().map(answer).collect();
    json!({ "question": choice.question, "answers": answers })
}

/// How a track ends: in a sentence, and by the machine's verdict.
fn end(lesson: &Lesson, track: &Track, run: &Run) -> Value {
    json!({
        "text": paragraphs(&track.end).join(" "),
        "is_loss": is_shown(lesson.condition, run),
        "condition": {
            "name": lesson.condition.name, "statement": lesson.condition.statement,
            "is_harm": HARMS.iter().any(|harm| harm.name == lesson.condition.name),
        },
    })
}

/// Does the last state reach the goal, or violate the property?
pub(super) fn is_shown(condition: &Property, run: &Run) -> bool {
    (condition.condition)(&run.model, run.last()) == (condition.kind == Kind::Reachable)
}

/// The scene at the end of a run. What is new in it is what the events after the first `before`
/// changed.
fn scene_of(track: &Track, walked: &Walked) -> Result<Value, Refusal> {
    let Walked { run, before } = walked;
    let mut shown = scene::scene(&track.begin().after(run), run, None)?;
    let earlier = Run::of(track.scope, track.begin().rules(), &run.events[..*before]).0;
    let facts = |run: &Run| describe::facts(&run.model, run.last());
    let (facts_before, facts_now) = (facts(&earlier), facts(run));
    let changes = describe::changes(&facts_before, &facts_now);
    shown["changes"] = changes.iter().map(ToString::to_string).collect();
    shown["facts"] = facts_now
        .iter()
        .filter(|fact| fact.of != MESSAGES)
        .map(|fact| {
            let is_new = !facts_before.contains(fact);
            json!({ "of": fact.of, "about": fact.about, "text": fact.text, "is_new": is_new })
        })
        .collect();
    let earlier = scene::scene(&track.begin().after(&earlier), &earlier, None)?;
    mark_new(&mut shown["messages"], &earlier["messages"]);
    Ok(shown)
}

/// Marks as new the messages that were not in flight earlier.
fn mark_new(messages: &mut Value, earlier: &Value) {
    let addressed = |message: &Value| ["from", "to", "text"].map(|field| message[field].clone());
    let mut known: Vec<_> = earlier.as_array().into_iter().flatten().map(addressed).collect();
    for message in messages.as_array_mut().into_iter().flatten() {
        let index = known.iter().position(|other| *other == addressed(message));
        if let Some(index) = index {
            known.remove(index);
        }
        message["is_new"] = json!(index.is_none());
    }
}

/// The paragraphs of a text, each on one line.
fn paragraphs(text: &str) -> Vec<String> {
    let joined = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>());
    joined.map(|words| words.join(" ")).filter(|paragraph| !paragraph.is_empty()).collect()
}
