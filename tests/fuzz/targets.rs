//! The fuzzing targets.

mod decoders;
mod fragments;
mod journal;
mod sessions;
mod texts;

use crate::chance::Chance;

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The input was refused at the first check, for example by its checksum.
    Refused,
    /// The input passed the first check and was refused later, or was valid but had no content.
    Checked,
    /// The input was valid.
    Taken,
}

/// Makes an input, leaves it in the buffer in case of a panic, and executes it.
pub(crate) type Execute = Box<dyn FnMut(&mut Chance, &mut Vec<u8>) -> Outcome>;

/// Code that reads what other programs wrote.
pub(crate) struct Target {
    /// The name of the target.
    pub(crate) name: &'static str,
    /// The number of executions in a round.
    pub(crate) round: u64,
    /// Begins a round.
    pub(crate) begin: fn(&mut Chance) -> Execute,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Executions in a round of a target without state.
const ROUND: u64 = 4096;

/// All targets, the fastest first.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "questions", round: ROUND, begin: decoders::questions },
    Target { name: "refusals", round: ROUND, begin: decoders::refusals },
    Target { name: "fragments", round: ROUND, begin: fragments::single },
    Target { name: "secrets", round: ROUND, begin: texts::secrets },
    Target { name: "datagrams", round: ROUND, begin: decoders::datagrams },
    Target { name: "replies", round: ROUND, begin: decoders::replies },
    Target { name: "contexts", round: ROUND, begin: texts::contexts },
    Target { name: "reassembly", round: ROUND, begin: fragments::together },
    Target { name: "sessions", round: ROUND, begin: sessions::begin },
    Target { name: "scenarios", round: 256, begin: texts::scenarios },
    Target { name: "traces", round: 64, begin: texts::traces },
    Target { name: "journal", round: 1, begin: journal::files },
    Target { name: "entries", round: 1, begin: journal::entries },
];
