//! Walks a lesson's track on the present code: each event is found by its text among those that are
//! possible next.

use super::data::{Offer, Track};
use crate::explorer::location::Location;
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::replay::Run;
use thiserror::Error;

/// How many possible events an error names.
const NEAREST: usize = 3;

/// A run up to a narrated step.
pub(super) struct Walked {
    pub(super) run: Run,
    /// How many events of the run come before that step.
    pub(super) before: usize,
}

/// An event that a lesson names and that cannot happen there.
#[derive(Debug, Error)]
#[error("step {step}: {count} of the possible events match {wanted:?}; nearest: {nearest:?}")]
pub(super) struct Astray {
    /// The narrated step, from 1.
    pub(super) step: usize,
    pub(super) wanted: String,
    /// How many possible events match.
    pub(super) count: usize,
    /// The possible events that are most like it.
    pub(super) nearest: Vec<String>,
}

impl Track {
    /// The initial state of its scope, under its rules.
    pub(super) fn begin(&self) -> Location {
        Location::begin(self.scope, self.defect)
    }

    /// Takes the events of the first `count` narrated steps.
    pub(super) fn walk(&self, count: usize) -> Result<Walked, Astray> {
        let mut run = Run::begin(self.scope.model(self.begin().rules(), []));
        let mut before = 0;
        for (index, step) in self.steps.iter().take(count).enumerate() {
            before = run.events.len();
            for wanted in &step.events {
                take(&mut run, index + 1, wanted)?;
            }
        }
        Ok(Walked { run, before })
    }

    /// Takes the events of the first `count` narrated steps, and then the event of an answer to the
    /// question there.
    pub(super) fn answer(&self, count: usize, offer: &Offer) -> Result<Walked, Astray> {
        let Walked { mut run, .. } = self.walk(count)?;
        let before = run.events.len();
        take(&mut run, count, &offer.event)?;
        Ok(Walked { run, before })
    }
}

fn take(run: &mut Run, step: usize, wanted: &str) -> Result<(), Astray> {
    let possible: Vec<Event> = run.steps().into_iter().map(|(event, _)| event).collect();
    let mut matching = possible.iter().filter(|event| is_meant(wanted, &event.to_string()));
    if let (Some(event), None) = (matching.next(), matching.next()) {
        run.take(event).expect("it was possible");
        return Ok(());
    }
    let mut texts: Vec<String> = possible.iter().map(ToString::to_string).collect();
    let count = texts.iter().filter(|text| is_meant(wanted, text)).count();
    texts.sort_by_key(|text| std::cmp::Reverse(likeness(wanted, text)));
    texts.truncate(NEAREST);
    Err(Astray { step, wanted: wanted.to_owned(), count, nearest: texts })
}

fn is_meant(wanted: &str, text: &str) -> bool {
    wanted.strip_suffix('…').map_or(wanted == text, |beginning| text.starts_with(beginning))
}

/// How many words of one text the other has too.
fn likeness(one: &str, other: &str) -> usize {
    one.split_whitespace().filter(|word| other.split_whitespace().any(|it| it == *word)).count()
}
