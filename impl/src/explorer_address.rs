//! How the explorer's addresses name a state: `/SCOPE/RULES/PATH`, with six letters for each step.
//! The gallery links to these addresses, and needs no web server for that.
//!
//! The server keeps no state, so an address has everything. A scope of a reader's own stands in it
//! whole: `own-`, and then the scope in postcard's encoding, as base64.

use data_encoding::BASE64URL_NOPAD;
use dynamo_invariants::catalogue;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scope::own::{OwnScope, OwnScopeError};
use dynamo_invariants::trace::{Event, Trace, digest};
use thiserror::Error;

/// What an address calls the protocol's own rules, where a defect's name may stand.
pub(crate) const PROTOCOL: &str = "protocol";
/// How many letters name a step: 36 bits of its digest. No two steps from one state share them: a
/// test looks for that.
pub(crate) const CODE: usize = 6;

/// What the name of a scope of a reader's own begins with. No scope of the catalogue does.
const OWN: &str = "own-";
/// The first byte of such a scope. Another version of the encoding has another.
const VERSION: u8 = 1;
/// The most letters of such a scope: far more than the largest valid one has.
const OWN_MAX: usize = 8_192;

/// Why an address names no scope.
#[derive(Debug, Error)]
pub(crate) enum ScopeError {
    /// There is no such scope in the catalogue.
    #[error("there is no scope {0:?}")]
    Unknown(String),
    /// The letters after `own-` are no scope.
    #[error(
        "the scope in this address cannot be read: copy the whole address, \
         and open it with the version of dynamo that made it"
    )]
    Unreadable,
    /// The scope has values that are not valid.
    #[error("the scope in this address is not valid")]
    Invalid(#[source] OwnScopeError),
}

/// How addresses name a scope.
pub(crate) fn scope_name(scope: &Scope) -> String {
    catalogue::as_own(scope).map_or_else(|| scope.name.to_owned(), |own| encoded(&own))
}

/// How addresses name a scope of a reader's own.
pub(crate) fn encoded(own: &OwnScope) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(postcard::to_stdvec(own).expect("a scope is plain data"));
    format!("{OWN}{}", BASE64URL_NOPAD.encode(&bytes))
}

/// The scope that an address names, which may be anything.
pub(crate) fn scope_named(name: &str) -> Result<&'static Scope, ScopeError> {
    let Some(letters) = name.strip_prefix(OWN) else {
        let scope = catalogue::scope_named(name);
        return scope.ok_or_else(|| ScopeError::Unknown(name.to_owned()));
    };
    if letters.len() > OWN_MAX {
        return Err(ScopeError::Unreadable);
    }
    let bytes = BASE64URL_NOPAD.decode(letters.as_bytes()).map_err(|_| ScopeError::Unreadable)?;
    let Some((&VERSION, bytes)) = bytes.split_first() else { return Err(ScopeError::Unreadable) };
    let own: OwnScope = postcard::from_bytes(bytes).map_err(|_| ScopeError::Unreadable)?;
    catalogue::own_scope(&own).map_err(ScopeError::Invalid)
}

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
    of(trace.scope(), rules, &codes)
}

/// The address of a state.
pub(crate) fn of(scope: &Scope, rules: &str, codes: &str) -> String {
    format!("/{}/{rules}/{codes}", scope_name(scope))
}
