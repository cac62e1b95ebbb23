//! What a check is asked, and what it finds.

use dynamo_invariants::check::{Effort, Ended, Report};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scope::own::OwnScope;
use dynamo_model::rules::Rules;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Takes a line that is to be printed.
pub(in crate::commands) type Out<'a> = &'a mut dyn FnMut(&str);

#[expect(clippy::struct_excessive_bools, reason = "the options do not depend on each other")]
/// What to check, under which rules, and how.
pub(super) struct Session<'a> {
    pub(super) scopes: Vec<&'a Scope>,
    pub(super) rules: Rules,
    /// The defect that the rules are of. `None`: the protocol's own rules.
    pub(super) defect: Option<&'static Defect>,
    /// Must the number of states be the pinned one?
    pub(super) counts_are_pinned: bool,
    /// Must the default scopes take every kind of step together?
    pub(super) every_step: bool,
    pub(super) effort: Effort,
    pub(super) keep_going: bool,
    pub(super) verbose: bool,
    /// Where traces are saved. Empty: the current folder.
    pub(super) folder: PathBuf,
    pub(super) stop: &'a AtomicBool,
}

/// Why a scope's check stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stopped {
    /// A property was violated, and nobody asked to go on.
    Violation,
    /// It took too long.
    Time,
    /// It took too much memory.
    Memory,
    /// The user stopped it.
    Interrupted,
}

/// A scope's report, and what the process measured meanwhile.
#[derive(Serialize)]
pub(super) struct Measured {
    #[serde(flatten)]
    pub(super) report: Report,
    pub(super) peak_memory_bytes: usize,
    /// Why the check stopped before its end, if it did.
    pub(super) stopped: Option<Stopped>,
    /// The scope, if it is one of a reader's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) own_scope: Option<OwnScope>,
    /// Does the number of states differ from the pinned one, though it must not?
    #[serde(skip)]
    pub(super) has_another_count: bool,
}

impl Measured {
    /// Is everything in this scope as it should be?
    pub(super) fn holds(&self) -> bool {
        self.report.holds() && !self.has_another_count
    }

    pub(super) fn is_cut_off(&self) -> bool {
        self.report.ending == Ended::CutOff
    }

    pub(super) fn has_violation(&self) -> bool {
        self.report.properties.iter().any(dynamo_invariants::check::Verdict::is_violation)
    }
}

/// What came of it.
pub(super) struct Checked {
    pub(super) measured: Vec<Measured>,
    /// The scopes that were not checked, by name.
    pub(super) unchecked: Vec<&'static str>,
    /// Kinds of steps that were taken against expectation, or that were not taken: a sentence for
    /// each.
    pub(super) surprises: Vec<String>,
    /// The defect whose rules were checked.
    pub(super) defect: Option<&'static Defect>,
}
