//! Is a history of a register linearizable? Each operation must have taken effect at one moment
//! between its begin and its end, so that every read shows the latest write.
//!
//! Dynamo does not promise that. The check tells how far a history is from it.
//!
//! The search is that of Wing and Gong, with Lowe's memory of the states that it has seen.

use super::{Act, Datum, History, Operation, Outcome};
use serde::Serialize;
use std::collections::HashSet;

/// What the search found about one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There is an order in which each operation takes effect.
    Linearizable,
    /// There is none.
    NotLinearizable {
        /// The line on which an operation began that no order explains, once all operations that
        /// the longest order has are done.
        line: usize,
    },
    /// The search took too many steps.
    Unknown,
}

/// The verdict of each key, in the order of the history.
pub fn check(history: &History, steps_max: u64) -> Vec<(Datum, Verdict)> {
    let keys = history.by_key().into_iter();
    keys.map(|(key, operations)| (key.clone(), search(&operations, steps_max))).collect()
}

/// The value of a register that nobody has written.
static NOTHING: Datum = Datum::Null;

/// Which operations have taken effect, and the value after them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State<'a> {
    done: Vec<u64>,
    value: &'a Datum,
}

impl<'a> State<'a> {
    fn has_done(&self, place: usize) -> bool {
        self.done[place / 64] & 1 << (place % 64) != 0
    }

    fn after(&self, place: usize, value: &'a Datum) -> State<'a> {
        let mut done = self.done.clone();
        done[place / 64] |= 1 << (place % 64);
        State { done, value }
    }

    fn count(&self) -> u32 {
        self.done.iter().map(|word| word.count_ones()).sum()
    }
}

fn search(operations: &[&Operation], steps_max: u64) -> Verdict {
    let counts = |operation: &&&Operation| match (&operation.act, operation.outcome) {
        (_, Outcome::Failed) | (Act::Get(_), Outcome::Unknown) => false,
        (..) => true,
    };
    let operations: Vec<&Operation> = operations.iter().filter(counts).copied().collect();
    let first = State { done: vec![0; operations.len().div_ceil(64)], value: &NOTHING };
    let (mut seen, mut pending) = (HashSet::new(), vec![first]);
    let (mut steps, mut deepest) = (0, (0, None));
    while let Some(state) = pending.pop() {
        steps += 1;
        if steps > steps_max {
            return Verdict::Unknown;
        }
        let (next, must) = candidates(&operations, &state);
        let Some(must) = must else { return Verdict::Linearizable };
        if deepest.1.is_none() || state.count() > deepest.0 {
            deepest = (state.count(), Some(operations[must].began));
        }
        for place in next.into_iter().rev() {
            if let Some(value) = effect(operations[place], state.value) {
                let after = state.after(place, value);
                if seen.insert(after.clone()) {
                    pending.push(after);
                }
            }
        }
    }
    deepest.1.map_or(Verdict::Linearizable, |line| Verdict::NotLinearizable { line })
}

/// The operations that may take effect next, and the one of them that must do so soonest. `None`: no
/// operation must.
fn candidates(operations: &[&Operation], state: &State<'_>) -> (Vec<usize>, Option<usize>) {
    let (mut next, mut must) = (Vec::new(), None);
    let mut soonest = usize::MAX;
    for (place, operation) in operations.iter().enumerate() {
        if state.has_done(place) {
            continue;
        }
        if operation.began > soonest {
            break;
        }
        next.push(place);
        let by = operation.ended.filter(|_| operation.outcome == Outcome::Done);
        if let Some(by) = by.filter(|by| *by < soonest) {
            (soonest, must) = (by, Some(place));
        }
    }
    (next, must)
}

/// The value after the operation; `None` if it cannot have had its answer at this value.
fn effect<'a>(operation: &'a Operation, value: &'a Datum) -> Option<&'a Datum> {
    match &operation.act {
        Act::Put(written) => Some(written),
        Act::Delete => Some(&NOTHING),
        Act::Get(read) => (read == value).then_some(value),
        Act::CompareAndSet(old, new) => (old == value).then_some(new),
    }
}
