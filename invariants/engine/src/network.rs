//! A network as a canonical sequence of envelope numbers, and the effects of sending, delivering
//! and losing on it.
//!
//! *Unordered, not duplicating*: the envelopes in flight in ascending order, with repetitions.
//! *Unordered, duplicating*: one word for the envelope delivered last (its number plus one, or 0),
//! because stateright makes it part of the state; then the envelopes in ascending order. *Ordered*:
//! the channels in ascending order, each in the order of sending.

use stateright::actor::Id;

/// What a step takes from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Taken {
    Nothing,
    Delivered(u32),
    Lost(u32),
}

/// What a step does to the network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Change {
    pub(crate) taken: Taken,
    pub(crate) sent: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unordered,
    Duplicating,
    Ordered,
}

impl Kind {
    /// The part of the sequence that is envelopes in flight.
    pub(crate) fn in_flight(self, words: &[u32]) -> &[u32] {
        if self == Kind::Duplicating { &words[1..] } else { words }
    }

    /// Every distinct envelope that may be delivered.
    pub(crate) fn deliverable(
        self,
        words: &[u32],
        channel: impl Fn(u32) -> (Id, Id),
    ) -> impl Iterator<Item = u32> {
        let mut before = None;
        self.in_flight(words).iter().copied().filter(move |&envelope| {
            let behind = |before| {
                before == envelope || self == Kind::Ordered && channel(before) == channel(envelope)
            };
            !before.replace(envelope).is_some_and(behind)
        })
    }

    /// Applies a change to the sequence.
    pub(crate) fn apply(
        self,
        words: &mut Vec<u32>,
        change: &Change,
        channel: impl Fn(u32) -> (Id, Id),
    ) {
        match (self, change.taken) {
            (_, Taken::Nothing) => {}
            (Kind::Duplicating, Taken::Delivered(envelope)) => words[0] = envelope + 1,
            (Kind::Duplicating, Taken::Lost(envelope)) => remove(words, 1, envelope),
            (_, Taken::Delivered(envelope) | Taken::Lost(envelope)) => remove(words, 0, envelope),
        }
        for &envelope in &change.sent {
            match self {
                Kind::Unordered => {
                    let position = words.partition_point(|other| *other < envelope);
                    words.insert(position, envelope);
                }
                Kind::Duplicating => {
                    let position = 1 + words[1..].partition_point(|other| *other < envelope);
                    if words.get(position) != Some(&envelope) {
                        words.insert(position, envelope);
                    }
                }
                Kind::Ordered => {
                    let position =
                        words.partition_point(|other| channel(*other) <= channel(envelope));
                    words.insert(position, envelope);
                }
            }
        }
    }
}

fn remove(words: &mut Vec<u32>, from: usize, envelope: u32) {
    let position = words[from..]
        .iter()
        .position(|other| *other == envelope)
        .expect("only an envelope in flight is taken");
    words.remove(from + position);
}
