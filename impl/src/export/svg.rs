//! Space-time diagrams: time downwards, a line for each node and client, and each message from
//! where it was sent to where it arrived.

use super::Story;
use crate::svg_parts::{line, words};
use dynamo_invariants::describe::diagram::{AND_THEN, NOTHING_MORE};
use dynamo_invariants::describe::flight::{End, Flight};
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event;
use svg::Document;
use svg::node::element::{Circle, Definitions, Group, Marker, Path, Style, Title};

const LEFT: usize = 50;
const TOP: usize = 60;
const PITCH: usize = 110;
const STEP: usize = 34;
/// About how wide a letter of the texts is.
const LETTER: usize = 7;

const STYLE: &str = "\
svg { background: #fff; color: #1b1b1b; font: 12px system-ui, sans-serif; }
text { fill: currentColor; } .name { font-weight: 600; text-anchor: middle; } .step { fill: #777; text-anchor: end; }
.life { stroke: #999; } .down { stroke: #d9d9d9; stroke-dasharray: 3 4; } .message { stroke: #2667b0; fill: none; }
.lost { stroke: #c33; stroke-dasharray: 5 3; fill: none; } .pending { stroke: #bbb; stroke-dasharray: 2 3; fill: none; }
.event { fill: #1b1b1b; } .fault { fill: #c33; } .head { fill: #2667b0; } .round { stroke: #b8860b; stroke-dasharray: 6 4; }
.at { fill: none; } .here .at { fill: rgba(184, 134, 11, .18); }
@media (prefers-color-scheme: dark) { svg { background: #1b1b1b; color: #eee; } .event { fill: #eee; } .life { stroke: #777; }
.down { stroke: #3a3a3a; } .message { stroke: #7db4f0; } .head { fill: #7db4f0; } }";

pub(super) fn text(story: &Story<'_>) -> String {
    let longest = story.texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let width = x(story.everyone.len()) + longest * LETTER + 20;
    let height = y(story.texts.len()) + 40;
    let mut document = Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .add(Title::new(story.title()))
        .add(Style::new(STYLE))
        .add(Definitions::new().add(arrow_head()));
    for (index, who) in story.everyone.iter().enumerate() {
        document = document
            .add(words("name", x(index), TOP - 26, &who.to_string()))
            .add(lifeline(story, index));
    }
    if let Some(from) = story.trace.cycle_from {
        document =
            document.add(line("round", (20, y(from) + STEP / 2), (width - 20, y(from) + STEP / 2)));
        let what = if from == story.texts.len() { NOTHING_MORE } else { AND_THEN };
        document = document.add(words("", x(story.everyone.len()), y(from) + STEP / 2 - 4, what));
    }
    for flight in &story.flights {
        document = document.add(arrow(flight, story.texts.len()));
    }
    for (index, (event, text)) in story.run.events.iter().zip(&story.texts).enumerate() {
        document = document.add(step(index + 1, event, text, x(story.everyone.len()), width));
    }
    format!("{document}\n")
}

fn x(index: usize) -> usize {
    LEFT + index * PITCH
}

fn y(step: usize) -> usize {
    TOP + step * STEP
}

fn column(who: Who) -> usize {
    x(usize::from(who.id()))
}

fn arrow_head() -> Marker {
    Marker::new()
        .set("id", "head")
        .set("viewBox", "0 0 10 10")
        .set("refX", 14)
        .set("refY", 5)
        .set("markerWidth", 7)
        .set("markerHeight", 7)
        .set("orient", "auto-start-reverse")
        .add(Path::new().set("class", "head").set("d", "M 0 0 L 10 5 L 0 10 z"))
}

/// From state to state, pale where the node is down.
fn lifeline(story: &Story<'_>, index: usize) -> Group {
    let pieces = story.run.states.iter().enumerate().map(|(step, state)| {
        let class =
            if state.crashed.get(index).is_some_and(|is_down| *is_down) { "down" } else { "life" };
        line(class, (x(index), y(step)), (x(index), y(step + 1)))
    });
    pieces.fold(Group::new(), Group::add)
}

fn arrow(flight: &Flight, steps: usize) -> Group {
    let (from, to) = (column(flight.from), column(flight.to));
    let (class, end) = match flight.ended {
        Some((step, End::Arrived)) => ("message", (to, y(step))),
        // It is drawn two thirds of the distance.
        Some((step, End::Lost)) => ("lost", ((from + 2 * to) / 3, y(step))),
        None => ("pending", ((2 * from + to) / 3, y(steps) + STEP / 2)),
    };
    let drawn = line(class, (from, y(flight.sent)), end);
    let drawn = if class == "message" { drawn.set("marker-end", "url(#head)") } else { drawn };
    let text = dynamo_invariants::notation::words::brief(&flight.message);
    let group = Group::new().add(Title::new(text)).add(drawn);
    if class == "lost" { group.add(words("fault", end.0 + 4, end.1 + 4, "✕")) } else { group }
}

fn step(step: usize, event: &Event, text: &str, right: usize, width: usize) -> Group {
    let is_fault = matches!(
        event,
        Event::Lose { .. }
            | Event::Crash { .. }
            | Event::LoseDisk { .. }
            | Event::ReturnToCopy { .. }
    );
    let at = svg::node::element::Rectangle::new()
        .set("class", "at")
        .set("x", 0)
        .set("y", y(step) - STEP / 2)
        .set("width", width)
        .set("height", STEP);
    let group = Group::new()
        .set("class", "step-row")
        .set("data-step", step)
        .add(at)
        .add(words("step", LEFT - 24, y(step) + 4, &step.to_string()))
        .add(words("", right, y(step) + 4, text));
    let class = if is_fault { "fault" } else { "event" };
    match event.at() {
        Some(who) => group.add(
            Circle::new().set("class", class).set("cx", column(who)).set("cy", y(step)).set("r", 4),
        ),
        None => group,
    }
}
