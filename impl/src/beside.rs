//! A run under a defect beside the same steps under the protocol: which step is decisive, and which
//! facts differ. The pages of the gallery and of the explorer both show this.

use dynamo_invariants::describe::{self, Change};
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;

/// The protocol after the same steps.
pub(crate) struct Protocol {
    /// The steps that the protocol can take.
    pub(crate) run: Run,
    /// The numbers, from 1, of the steps that it cannot take.
    pub(crate) skipped: Vec<usize>,
}

impl Protocol {
    /// Takes those of these steps that the protocol can take.
    pub(crate) fn after(scope: &Scope, events: &[Event]) -> Protocol {
        let (run, skipped) = Run::of_what_can(scope, Rules::default(), events);
        Protocol { run, skipped }
    }

    /// Which steps the protocol does not take, as the end of a sentence. Empty if it takes all.
    pub(crate) fn skipped_in_words(&self) -> String {
        let steps = self.skipped.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self.skipped.len() {
            0 => String::new(),
            1 => format!(", except step {steps}, which is impossible there or changes nothing"),
            _ => format!(", except steps {steps}, which are impossible there or change nothing"),
        }
    }
}

/// The first step after which the protocol and the run's rules differ, or that the protocol cannot
/// take. `None`: they differ only in what can happen next.
pub(crate) fn decisive(scope: &Scope, run: &Run) -> Option<usize> {
    let (mut protocol, _) = Run::of(scope, Rules::default(), &[]);
    let differs =
        |(event, state): (&Event, _)| protocol.take(event).is_err() || protocol.last() != state;
    run.events.iter().zip(&run.states[1..]).position(differs).map(|index| index + 1)
}

/// The facts that differ at the end of two runs: `before` is so under the protocol, `after` under
/// the defect.
pub(crate) fn differences(protocol: &Run, defect: &Run) -> Vec<Change> {
    let facts = |run: &Run| describe::facts(&run.model, run.last());
    describe::changes(&facts(protocol), &facts(defect))
}
