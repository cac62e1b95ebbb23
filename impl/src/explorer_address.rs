//! How the explorer's addresses name a state: `/SCOPE/RULES/PATH`, with six letters for each step.
//! The gallery links to these addresses, and needs no web server for that.

use data_encoding::BASE64URL_NOPAD;
use dynamo_invariants::trace::{Event, Trace, digest};

/// What an address calls the protocol's own rules, where a defect's name may stand.
pub(crate) const PROTOCOL: &str = "protocol";
/// How many letters name a step: 36 bits of its digest. No two steps from one state share them: a
/// test looks for that.
pub(crate) const CODE: usize = 6;

/// The letters that name a step.
pub(crate) fn code(event: &Event) -> String {
    let mut code = BASE64URL_NOPAD.encode(&digest::event(event).0.to_be_bytes());
    code.truncate(CODE);
    code
}

/// The address of the state at the end of a trace.
pub(crate) fn of_trace(trace: &Trace) -> String {
    let rules = trace.defect.as_deref().unwrap_or(PROTOCOL);
    let codes: String = trace.steps.iter().map(|step| code(&step.event)).collect();
    of(&trace.scope, rules, &codes)
}

/// The address of a state.
pub(crate) fn of(scope: &str, rules: &str, codes: &str) -> String {
    format!("/{scope}/{rules}/{codes}")
}
