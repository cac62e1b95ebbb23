//! `dynamo check --from-trace`: checks the scope of a trace, which has one order of events, in all
//! orders.

use super::super::{Failure, trace};
use super::print;
use anyhow::anyhow;
use dynamo_invariants::catalogue;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Trace;
use std::path::Path;

/// What a trace says to check.
pub(super) struct Traced {
    /// The smallest scope that has room for the trace.
    pub(super) scope: &'static Scope,
    /// The defect whose rules the trace follows. `None`: the protocol's own rules.
    pub(super) defect: Option<&'static Defect>,
}

/// Reads a trace, and makes its scope as small as the trace allows.
pub(super) fn read(file: &Path) -> Result<Traced, Failure> {
    let (file, trace) = trace::named(file)?;
    trace::replayed(&trace, &file)?;
    let scope = trace.scope();
    let own = catalogue::as_own(scope).unwrap_or_else(|| print::copy(scope));
    let scope = catalogue::own_scope(&trace.smallest_scope(&own)).map_err(Failure::usage)?;
    Ok(Traced { scope, defect: defect(&trace) })
}

fn defect(trace: &Trace) -> Option<&'static Defect> {
    trace.defect.as_deref().and_then(Defect::named)
}

/// Refuses a scope of which no check can visit all states.
pub(super) fn refuse_endless(scope: &Scope) -> Result<(), Failure> {
    if scope.faults.endless {
        return Err(Failure::CutOff(anyhow!(
            "the trace repeats hints, histories or exchanges more often than a scope with bounds \
             allows, so that no check can visit all states: nothing is proved"
        )));
    }
    Ok(())
}
