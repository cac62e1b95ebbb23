//! Where a trace violates its property, and which step is decisive.

use dynamo_invariants::property::Kind;
use dynamo_invariants::trace::replay::Run;
use dynamo_invariants::trace::{Event, Trace};
use dynamo_model::rules::Rules;

/// The number of the last state in which the property does not hold.
pub(super) fn violated(trace: &Trace, run: &Run) -> usize {
    let property = trace.property();
    let holds = |state| (property.condition)(&run.model, state);
    let last = run.states.len() - 1;
    match property.kind {
        Kind::Always | Kind::Reachable => last,
        Kind::Converges => run.states.iter().rposition(|state| !holds(state)).unwrap_or(last),
    }
}

/// The first step after which the protocol and the defect differ, or that the protocol cannot take.
/// `None`: there is no defect, or they differ only in what can happen next.
pub(super) fn decisive(trace: &Trace, run: &Run) -> Option<usize> {
    trace.defect.as_ref()?;
    let (mut protocol, _) = Run::of(trace.scope(), Rules::default(), &[]);
    let differs =
        |(event, state): (&Event, _)| protocol.take(event).is_err() || protocol.last() != state;
    run.events.iter().zip(&run.states[1..]).position(differs).map(|index| index + 1)
}
