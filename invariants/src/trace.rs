//! Traces: paths through a scope, recorded in a file.
//!
//! A trace names its scope and its rules. If the scope is one of a reader's own, such as that of a
//! scenario, the trace carries it. For each step it has the event, and a [`digest`] of each
//! part of the state that the step changed. An event is recorded by its content, not by its number
//! among the possible steps, so a trace stays readable when the code changes.
//!
//! A later version of the code can [`replay`] a trace. If it behaves differently, the replay names
//! the first step that differs, and the parts of the state that do. [`shrink`] shortens a trace.

pub mod digest;
mod event;
mod fit;
pub mod replay;
pub mod shrink;

use crate::catalogue::{self, PROPERTIES};
use crate::check::Finding;
use crate::defect::Defect;
use crate::property::{Kind, Property};
use crate::scope::Scope;
use crate::scope::own::{OwnScope, OwnScopeError};
use crate::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

pub use digest::StateDigest;
pub use event::Event;

/// A trace file of format 1, in JSON. Unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// [`Trace::FORMAT`].
    pub format: u32,
    /// The name of the scope.
    pub scope: String,
    /// The scope, if it is one of a reader's own. `None`: it is one of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_scope: Option<OwnScope>,
    /// The name of the defect whose rules the nodes follow. `None`: the protocol's own rules.
    pub defect: Option<String>,
    /// The name of the property that the trace violates (always, converges), or of the property,
    /// harm or goal that it shows (reachable).
    pub property: String,
    /// Only for a *converges* property: the number of steps before the cycle. The steps after them
    /// are the cycle, which can repeat for ever. If there are none, the path ends in a state
    /// without further steps.
    pub cycle_from: Option<usize>,
    /// Digests of all parts of the initial state.
    pub initial: BTreeMap<String, StateDigest>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// A step of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The event.
    pub event: Event,
    /// Digests of the parts of the state that the step changed, by name. No step removes a part.
    pub changed: BTreeMap<String, StateDigest>,
    /// The digest of the whole state after the step.
    pub state: StateDigest,
}

/// Why a file cannot be read as a trace.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file is too long.
    #[error("the file has {bytes} bytes, but a trace has at most {}", Trace::BYTES_MAX)]
    TooLong {
        /// The length of the file.
        bytes: usize,
    },
    /// The file is not JSON, or a field is missing or has an invalid value.
    #[error("the file is not a trace of format {}", Trace::FORMAT)]
    Malformed(#[from] serde_json::Error),
    /// The trace has another format.
    #[error(
        "the field format says {format}, but this version reads only format {}: \
         use the version that wrote the file",
        Trace::FORMAT
    )]
    Format {
        /// The format that the file names.
        format: u64,
    },
    /// The trace has too many steps.
    #[error("the field steps has {count} entries, but a trace has at most {}", Trace::STEPS_MAX)]
    TooManySteps {
        /// The number of steps.
        count: usize,
    },
    /// The cycle begins after the last step.
    #[error("the field cycle_from says {0}, but there are fewer steps")]
    Cycle(usize),
    /// The property is a *converges* property, and the trace does not say where the cycle begins.
    #[error("the field cycle_from is missing, but {0} is a converges property and needs it")]
    NoCycle(String),
    /// The trace has a cycle, and the property is not a *converges* property.
    #[error("the field cycle_from is there, but {0} is not a converges property")]
    NeedlessCycle(String),
    /// The trace carries a scope of a reader's own that is not valid.
    #[error("the field own_scope is not valid")]
    OwnScope(#[from] OwnScopeError),
    /// The trace names another scope than it carries.
    #[error("the field scope says {scope:?}, but the field own_scope is the scope {own}")]
    OtherScope {
        /// The name.
        scope: String,
        /// The name of the scope that the trace carries.
        own: &'static str,
    },
    /// The trace names an unknown scope, defect or property.
    #[error("the field {field} says {name:?}, which is unknown")]
    Unknown {
        /// The field.
        field: &'static str,
        /// The unknown name.
        name: String,
    },
}

/// The part of a trace that says how to read the rest.
#[derive(Deserialize)]
struct Header {
    format: u64,
}

impl Trace {
    /// The format that this version writes and reads.
    pub const FORMAT: u32 = 1;
    /// The longest file that can be read, in bytes.
    pub const BYTES_MAX: usize = 64 << 20;
    /// The most steps that can be read.
    pub const STEPS_MAX: usize = 10_000;

    /// The trace of a search's finding, under a defect's rules or the protocol's own.
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

    /// The trace of a run under this defect's rules that violates or shows this property.
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
            own_scope: catalogue::as_own(&run.model.cfg.scope),
            defect,
            property: property.name.to_owned(),
            cycle_from,
            initial: digests[0].clone(),
            steps: run.events.iter().zip(digests.windows(2)).map(step).collect(),
        }
    }

    /// The trace of the first thing that a run shows: an *always* property that its last state
    /// violates; else a *converges* property that a cycle at its end violates; else a *reachable*
    /// property that its last state shows. `None`: it shows nothing.
    ///
    /// In an [endless](crate::scope::Faults::endless) scope, no cycle is looked for: too many
    /// states can be reached.
    pub fn of_first_shown(run: &Run, defect: Option<&Defect>) -> Option<Trace> {
        let round = run.states.iter().position(|state| state == run.last());
        let round = round.filter(|_| !run.model.cfg.scope.faults.endless);
        let shown = |kind, cycle_from| {
            let mut of_kind = PROPERTIES.iter().filter(|property| property.kind == kind);
            let property =
                of_kind.find(|property| run.does_not_show(property, cycle_from).is_none())?;
            Some((property, cycle_from))
        };
        let cycle = || round.and_then(|_| shown(Kind::Converges, round));
        let (property, cycle_from) =
            shown(Kind::Always, None).or_else(cycle).or_else(|| shown(Kind::Reachable, None))?;
        let defect = defect.map(|defect| defect.name.to_owned());
        Some(Trace::of(run, defect, property, cycle_from))
    }

    /// Reads a trace from the text of a file. The text may be anything.
    ///
    /// # Errors
    /// If the text is not a trace of this format, or names an unknown scope, defect or property.
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
        match &trace.own_scope {
            None if catalogue::scope_named(&trace.scope).is_none() => {
                return unknown("scope", &trace.scope);
            }
            None => {}
            Some(own) => {
                let own = catalogue::own_scope(own)?.name;
                if own != trace.scope {
                    return Err(ReadError::OtherScope { scope: trace.scope, own });
                }
            }
        }
        if catalogue::property_named(&trace.property).is_none() {
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

    /// The text of this trace's file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("every part of a trace can be written as JSON");
        text.push('\n');
        text
    }

    /// The number of steps, without those of the cycle.
    pub fn depth(&self) -> usize {
        self.cycle_from.unwrap_or(self.steps.len())
    }

    /// The scope. Reading a trace has checked that it exists.
    pub fn scope(&self) -> &'static Scope {
        match &self.own_scope {
            None => catalogue::scope_named(&self.scope),
            Some(own) => catalogue::own_scope(own).ok(),
        }
        .expect("a trace that was read has a known scope")
    }

    /// The property that the trace violates or shows. Under the correct rules the trace shows a
    /// known limit, so the property comes without its precondition.
    pub fn property(&self) -> &'static Property {
        match self.defect {
            None => catalogue::claim_named(&self.property),
            Some(_) => catalogue::property_named(&self.property),
        }
        .expect("a trace that was read names a known property")
    }

    /// The rules that the nodes follow.
    pub fn rules(&self) -> Rules {
        let defect =
            self.defect.as_deref().map(|name| Defect::named(name).expect("a known defect"));
        defect.map_or_else(Rules::default, |defect| (defect.rules)())
    }
}
