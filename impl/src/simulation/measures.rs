//! Measures of a run, beyond the properties: how long clients wait, how stale gets are, how soon a
//! cluster settles, and what that costs.
//!
//! A run records values while it goes on. Each measure is a distribution over all values of all
//! runs.

mod distribution;
mod plot;
mod recorder;

pub use distribution::Distribution;
pub use plot::plot;
pub(super) use recorder::Recorder;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How long a client waited until its put or delete was acknowledged.
    PutLatency,
    /// How long a client waited until its get was answered.
    GetLatency,
    /// How many puts a get misses.
    Staleness,
    /// How long a cluster took to settle.
    Convergence,
    /// How many hints all nodes keep.
    Hints,
    /// How many siblings a key has.
    Siblings,
    /// The bytes that a request takes.
    RequestBytes,
    /// The bytes that background work takes.
    BackgroundBytes,
    /// How many requests succeed in a second.
    Goodput,
    /// The share of a node in the work.
    Load,
}

/// How a measure is told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Its name in JSON, and of its plot.
    pub name: &'static str,
    /// Its name in a table.
    pub title: &'static str,
    /// One value of it, in a sentence.
    pub meaning: &'static str,
    /// The unit of the values told.
    pub unit: &'static str,
    /// How many recorded values make one of the unit.
    pub per_unit: u32,
}

impl Measure {
    /// All measures, in the order in which they are told.
    pub const ALL: [Measure; 10] = [
        Measure::PutLatency,
        Measure::GetLatency,
        Measure::Staleness,
        Measure::Convergence,
        Measure::Hints,
        Measure::Siblings,
        Measure::RequestBytes,
        Measure::BackgroundBytes,
        Measure::Goodput,
        Measure::Load,
    ];

    /// How it is told.
    pub fn told(self) -> Told {
        TOLD[self as usize]
    }
}

/// How each measure is told, in the order of [`Measure::ALL`].
const TOLD: [Told; Measure::ALL.len()] = [
    Told {
        name: "put_latency",
        title: "latency of a put",
        meaning: "virtual time from a put's first message to its acknowledgement",
        unit: "ms",
        per_unit: 1_000,
    },
    Told {
        name: "get_latency",
        title: "latency of a get",
        meaning: "virtual time from a get's first message to its answer",
        unit: "ms",
        per_unit: 1_000,
    },
    Told {
        name: "staleness",
        title: "puts missed by a get",
        meaning: "puts acknowledged before a get began that its answer neither shows nor supersedes",
        unit: "puts",
        per_unit: 1,
    },
    Told {
        name: "convergence",
        title: "time to settle",
        meaning: "virtual time from the end of faults until every converges property holds for good",
        unit: "s",
        per_unit: 1_000_000,
    },
    Told {
        name: "hints",
        title: "hints outstanding",
        meaning: "hints on the disks of all nodes, each virtual second while faults happen",
        unit: "hints",
        per_unit: 1,
    },
    Told {
        name: "siblings",
        title: "siblings of a key",
        meaning: "the most versions of a key on one disk, each virtual second for one key in turn",
        unit: "versions",
        per_unit: 1,
    },
    Told {
        name: "request_bytes",
        title: "bytes of a request",
        meaning: "bytes that arrived for a put or a get, with answers, copies and repairs",
        unit: "bytes",
        per_unit: 1,
    },
    Told {
        name: "background_bytes",
        title: "background bytes",
        meaning: "bytes of gossip, exchanges, handoffs and reaping that reach a node each second",
        unit: "bytes/s",
        per_unit: 1,
    },
    Told {
        name: "goodput",
        title: "goodput",
        meaning: "puts and gets that succeed each virtual second while faults happen, in a run",
        unit: "requests/s",
        per_unit: 1_000,
    },
    Told {
        name: "load",
        title: "load of a node",
        meaning: "messages that reach a node, compared with the mean of its run's nodes",
        unit: "% of mean",
        per_unit: 1,
    },
];

/// What was measured in a run, or in many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures([Distribution; Measure::ALL.len()]);

impl Measures {
    /// The values of one measure.
    pub fn of(&self, measure: Measure) -> &Distribution {
        &self.0[measure as usize]
    }

    /// Adds what was measured in another run.
    pub fn add(&mut self, other: &Measures) {
        for (own, others) in self.0.iter_mut().zip(&other.0) {
            own.add(others);
        }
    }

    fn record(&mut self, measure: Measure, value: u64) {
        self.0[measure as usize].record(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_kept_at_its_place_in_the_list() {
        for (index, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!(measure as usize, index, "{}", measure.told().name);
        }
    }

    #[test]
    fn runs_are_added_measure_by_measure() {
        let (mut one, mut other) = (Measures::default(), Measures::default());
        one.record(Measure::Hints, 2);
        other.record(Measure::Hints, 4);
        other.record(Measure::Load, 100);
        one.add(&other);
        assert_eq!((one.of(Measure::Hints).count(), one.of(Measure::Load).count()), (2, 1));
        assert_eq!(one.of(Measure::Staleness).count(), 0);
    }
}
