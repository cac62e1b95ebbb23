//! Logs for `ShiViz` (<https://bestchai.bitbucket.io/shiviz/>): an event a line with its vector
//! clock. In the first line the expression by which they are read; the second, which would separate
//! several runs, is empty.

use super::Story;
use dynamo_invariants::describe::flight::End;
use dynamo_invariants::notation::Who;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// By which the lines are read.
pub(super) const PARSER: &str = r"(?<host>\S+) (?<clock>\{.*?\}) (?<event>.*)";

type Clock = BTreeMap<Who, u64>;

pub(super) fn text(story: &Story<'_>) -> String {
    let mut lines = vec![PARSER.to_owned(), String::new()];
    let mut clocks = BTreeMap::<Who, Clock>::new();
    // The clocks of all after each step: a message carries its sender's of when it was sent.
    let mut after = Vec::new();
    for who in &story.everyone {
        tick(&mut clocks, *who);
        lines.push(line(*who, &clocks[who], "starts"));
    }
    after.push(clocks.clone());
    for (index, (event, text)) in story.run.events.iter().zip(&story.texts).enumerate() {
        let arrived = story
            .ended_in(index + 1)
            .filter(|flight| matches!(flight.ended, Some((_, End::Arrived))));
        if let Some(at) = event.at() {
            if let Some(flight) = arrived {
                merge(&mut clocks, at, &after[flight.sent][&flight.from]);
            }
            tick(&mut clocks, at);
            lines.push(line(at, &clocks[&at], text));
        }
        after.push(clocks.clone());
    }
    lines.join("\n") + "\n"
}

fn tick(clocks: &mut BTreeMap<Who, Clock>, who: Who) {
    *clocks.entry(who).or_default().entry(who).or_default() += 1;
}

fn merge(clocks: &mut BTreeMap<Who, Clock>, who: Who, other: &Clock) {
    let clock = clocks.entry(who).or_default();
    for (host, time) in other {
        let own = clock.entry(*host).or_default();
        *own = (*own).max(*time);
    }
}

fn line(who: Who, clock: &Clock, event: &str) -> String {
    let clock: Map<String, Value> =
        clock.iter().map(|(host, time)| (host.to_string(), (*time).into())).collect();
    format!("{who} {} {event}", Value::Object(clock))
}
