//! A lesson as it is written: a TOML file in the folder `lessons/`.

use super::names::Cast;
use crate::explorer::scopes;
use dynamo_invariants::catalogue::{self, INVARIANTS};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use serde::Deserialize;
use thiserror::Error;

/// A lesson: an introduction and two tracks, which may begin with the same steps.
#[derive(Debug)]
pub(super) struct Lesson {
    /// Its position in the course, from 1.
    pub(super) number: usize,
    /// Its name in addresses.
    pub(super) name: String,
    pub(super) title: String,
    /// The invariant that it teaches. `None`: a question about the protocol as a whole.
    pub(super) invariant: Option<Invariant>,
    pub(super) intro: String,
    /// What the tracks differ in at their ends: a goal that only `off` reaches, or a property that
    /// only `off` violates.
    pub(super) condition: &'static Property,
    /// What readers call clients and values: `c3` may be Ann.
    pub(super) cast: Cast,
    /// How many steps at the beginning both tracks share.
    pub(super) shared: usize,
    /// The rule is off, and a client loses something.
    pub(super) off: Track,
    /// The rule is on.
    pub(super) on: Track,
}

/// One run of a scope, told in steps.
#[derive(Debug)]
pub(super) struct Track {
    /// What readers call it.
    pub(super) label: String,
    pub(super) scope: &'static Scope,
    /// `None`: the protocol's own rules.
    pub(super) defect: Option<&'static Defect>,
    pub(super) steps: Vec<Step>,
    /// How it ends, in one sentence with named clients.
    pub(super) end: String,
}

/// A narrated step. It covers some events of the run, or none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) text: String,
    /// The events, as `dynamo explore` prints them. An event that ends in `…` may go on.
    #[serde(default)]
    pub(super) events: Vec<String>,
    /// What the reader is asked after this step.
    pub(super) choice: Option<Choice>,
}

/// A question about what happens next, and its answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub(super) question: String,
    #[serde(rename = "option")]
    pub(super) options: Vec<Offer>,
}

/// An answer: an event that is possible now.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offer {
    /// The answer in words.
    pub(super) text: String,
    /// The event, as in [`Step::events`].
    pub(super) event: String,
    /// Why it is wrong. `None`: it is right, and the next step begins with it.
    pub(super) why: Option<String>,
}

/// What is wrong with a lesson's file.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("it is not TOML with a lesson's fields")]
    Syntax(#[from] toml::de::Error),
    #[error("there is no invariant {0}: write I1 to I9, or leave it out")]
    NoInvariant(String),
    #[error("there is no scope {0}: `dynamo check --list` lists them")]
    NoScope(String),
    #[error("there is no defect {0}: `dynamo defects --list` lists them")]
    NoDefect(String),
    #[error("there is no property, harm or goal {0}: the explorer lists them under Search")]
    NoCondition(String),
    #[error("the question {0:?} needs exactly one answer without a `why`")]
    NotOneRightAnswer(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    number: usize,
    name: String,
    title: String,
    invariant: Option<String>,
    intro: String,
    condition: String,
    #[serde(default)]
    cast: Cast,
    /// Steps that both tracks begin with.
    #[serde(default, rename = "step")]
    steps: Vec<Step>,
    off: WrittenTrack,
    on: WrittenTrack,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTrack {
    label: String,
    scope: String,
    defect: Option<String>,
    end: String,
    #[serde(rename = "step")]
    steps: Vec<Step>,
}

impl Lesson {
    /// Reads a lesson's file.
    pub(super) fn read(text: &str) -> Result<Lesson, Broken> {
        let written: Written = toml::from_str(text)?;
        let Written { number, name, title, intro, cast, .. } = written;
        let invariant = written
            .invariant
            .map(|id| INVARIANTS.into_iter().find(|it| it.id == id).ok_or(Broken::NoInvariant(id)));
        let condition = catalogue::property_named(&written.condition)
            .ok_or(Broken::NoCondition(written.condition))?;
        let invariant = invariant.transpose()?;
        let shared = written.steps.len();
        let off = Track::of(&written.steps, written.off)?;
        let on = Track::of(&written.steps, written.on)?;
        Ok(Lesson { number, name, title, invariant, intro, condition, cast, shared, off, on })
    }

    /// The track with this name in addresses.
    pub(super) fn track(&self, name: &str) -> Option<&Track> {
        self.tracks().into_iter().find_map(|(known, track)| (known == name).then_some(track))
    }

    /// Both tracks, with their names in addresses.
    pub(super) fn tracks(&self) -> [(&'static str, &Track); 2] {
        [("off", &self.off), ("on", &self.on)]
    }
}

impl Track {
    fn of(shared: &[Step], written: WrittenTrack) -> Result<Track, Broken> {
        let WrittenTrack { label, scope, defect, end, steps } = written;
        let scope = scopes::named(&scope).ok_or(Broken::NoScope(scope))?;
        let defect = defect.map(|name| Defect::named(&name).ok_or(Broken::NoDefect(name)));
        let steps: Vec<Step> = shared.iter().cloned().chain(steps).collect();
        for choice in steps.iter().filter_map(|step| step.choice.as_ref()) {
            if choice.options.iter().filter(|offer| offer.why.is_none()).count() != 1 {
                return Err(Broken::NotOneRightAnswer(choice.question.clone()));
            }
        }
        Ok(Track { label, scope, defect: defect.transpose()?, steps, end })
    }
}
