//! A run of a scope, written down: what happened, step by step and by content, and what each step
//! led to.
//!
//! A trace names its scope and its rules, and says of each step what happened — never which of the
//! steps possible then it was, so that it can still be read when the code has changed — and a
//! digest of each part of the state that the step changed: [`digest`]. So it replays on the code of
//! another day, or tells at which step and in which part of the state that one differs: [`replay`].
//! A long one can be made shorter: [`shrink`].

pub mod digest;
mod event;
pub mod replay;
pub mod shrink;

use crate::catalogue;
use crate::check::Finding;
use crate::defect::Defect;
use crate::property::{Kind, Property};
use crate::scope::Scope;
use crate::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

pub use digest::StateDigest;
pub use event::Event;

/// A trace file, format 1: JSON. Fields that are not known are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// [`Trace::FORMAT`].
    pub format: u32,
    /// The scope, by name.
    pub scope: String,
    /// The defect whose rules the nodes follow, by name; `None`: the protocol's own.
    pub defect: Option<String>,
    /// The property that the trace violates, or shows, by name.
    pub property: String,
    /// Where the property is one that converges: how many steps lead to where it does not. The
    /// steps after them go on for ever.
    pub cycle_from: Option<usize>,
    /// Digests of all parts of the state before the first step.
    pub initial: BTreeMap<String, StateDigest>,
    /// What happened.
    pub steps: Vec<Step>,
}

/// A step of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What happened.
    pub event: Event,
    /// Digests of those parts of the state that it changed, by name. A part that is gone has none:
    /// none ever is.
    pub changed: BTreeMap<String, StateDigest>,
    /// The digest of the whole state that it led to.
    pub state: StateDigest,
}

/// Why a text is no trace that this program can read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is too long to be one.
    #[error("the file has {bytes} bytes; no trace has more than {}", Trace::BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It is no JSON, or a field is missing or makes no sense.
    #[error("this is no trace of format {}", Trace::FORMAT)]
    Malformed(#[from] serde_json::Error),
    /// It is of another format.
    #[error(
        "the field format says {format}; this program reads traces of format {} only: use a program of that time",
        Trace::FORMAT
    )]
    Format {
        /// What it says.
        format: u64,
    },
    /// It has too many steps.
    #[error("the field steps has {count} entries; at most {} are read", Trace::STEPS_MAX)]
    TooManySteps {
        /// How many.
        count: usize,
    },
    /// It goes round from a step that it has not got.
    #[error("the field cycle_from says {0}, and there are fewer steps")]
    Cycle(usize),
    /// It is about the end of all things, and does not say from where on it goes round.
    #[error("the field cycle_from is missing: {0} is about what comes in the end")]
    NoCycle(String),
    /// It goes round, and is about a single state.
    #[error("the field cycle_from is there: {0} is not about what comes in the end")]
    NeedlessCycle(String),
    /// It names a scope, a defect or a property that there is none of.
    #[error("the field {field} says {name:?}, which this program does not know")]
    Unknown {
        /// The field.
        field: &'static str,
        /// What it says.
        name: String,
    },
}

/// The part of a trace that says how to read the rest.
#[derive(Deserialize)]
struct Header {
    format: u64,
}

impl Trace {
    /// The format that this program writes.
    pub const FORMAT: u32 = 1;
    /// The longest file that is read.
    pub const BYTES_MAX: usize = 64 << 20;
    /// The most steps that are read.
    pub const STEPS_MAX: usize = 10_000;

    /// What a search found, under the protocol's rules or a defect's.
    pub fn record(
        scope: &Scope,
        defect: Option<&Defect>,
        property: &Property,
        finding: &Finding,
    ) -> Trace {
        let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
        let cycle_from = (property.kind == Kind::Converges).then_some(finding.depth);
        let defect = defect.map(|defect| defect.name.to_owned());
        Trace::of(&Run::found(scope, rules, finding), defect, property, cycle_from)
    }

    /// A run, written down: of the rules of this defect, to show this property.
    pub fn of(
        run: &Run,
        defect: Option<String>,
        property: &Property,
        cycle_from: Option<usize>,
    ) -> Trace {
        let digests: Vec<_> = run.states.iter().map(digest::parts).collect();
        let step = |(event, states): (&Event, &[BTreeMap<String, StateDigest>])| Step {
            event: event.clone(),
            changed: digest::difference(&states[0], &states[1]),
            state: digest::whole(&states[1]),
        };
        Trace {
            format: Trace::FORMAT,
            scope: run.model.cfg.scope.name.to_owned(),
            defect,
            property: property.name.to_owned(),
            cycle_from,
            initial: digests[0].clone(),
            steps: run.events.iter().zip(digests.windows(2)).map(step).collect(),
        }
    }

    /// Reads a trace from a file's text, which may be anything.
    ///
    /// # Errors
    /// Where it is no trace, or one of another format, or of scopes and rules that are not known.
    pub fn from_json(text: &[u8]) -> Result<Trace, ReadError> {
        if text.len() > Trace::BYTES_MAX {
            return Err(ReadError::TooLong { bytes: text.len() });
        }
        let Header { format } = serde_json::from_slice(text)?;
        if format != u64::from(Trace::FORMAT) {
            return Err(ReadError::Format { format });
        }
        let trace: Trace = serde_json::from_slice(text)?;
        let unknown = |field, name: &str| Err(ReadError::Unknown { field, name: name.to_owned() });
        if trace.steps.len() > Trace::STEPS_MAX {
            return Err(ReadError::TooManySteps { count: trace.steps.len() });
        }
        if catalogue::scope_named(&trace.scope).is_none() {
            return unknown("scope", &trace.scope);
        }
        if Property::named(&trace.property).is_none() {
            return unknown("property", &trace.property);
        }
        if let Some(defect) = trace.defect.as_deref().filter(|name| Defect::named(name).is_none()) {
            return unknown("defect", defect);
        }
        match (trace.cycle_from, trace.property().kind) {
            (Some(from), Kind::Converges) if from > trace.steps.len() => {
                Err(ReadError::Cycle(from))
            }
            (None, Kind::Converges) => Err(ReadError::NoCycle(trace.property)),
            (Some(_), Kind::Always | Kind::Reachable) => {
                Err(ReadError::NeedlessCycle(trace.property))
            }
            _ => Ok(trace),
        }
    }

    /// The text of a file with this trace.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("all of it has a form in JSON");
        text.push('\n');
        text
    }

    /// How many steps lead to where the property does not hold; those that then go round for ever
    /// not counted.
    pub fn depth(&self) -> usize {
        self.cycle_from.unwrap_or(self.steps.len())
    }

    /// The scope. It is known: else the trace could not have been read.
    pub fn scope(&self) -> &'static Scope {
        catalogue::scope_named(&self.scope)
            .expect("a trace that was read names a scope that exists")
    }

    /// The property that it violates, or shows.
    pub fn property(&self) -> &'static Property {
        Property::named(&self.property).expect("a trace that was read names a property that exists")
    }

    /// The rules that the nodes follow.
    pub fn rules(&self) -> Rules {
        let defect =
            self.defect.as_deref().map(|name| Defect::named(name).expect("a defect that exists"));
        defect.map_or_else(Rules::default, |defect| (defect.rules)())
    }
}
