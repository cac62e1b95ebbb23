//! Checking one scope after another: when to go on, and when to stop.

use super::super::progress::Watch;
use super::found::{Checked, Measured, Out, Session, Stopped};
use super::{failures, invariants, lines, occasions, verbose};
use dynamo_invariants::catalogue::{self, SCOPES};
use dynamo_invariants::check::{Effort, Ended, InvariantVerdict, Report, Verdict, check, coverage};
use dynamo_invariants::scope::Scope;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

impl Session<'_> {
    /// Checks the scopes. A line tells of each as soon as it is known.
    pub(super) fn check(&self, out: Out<'_>) -> Checked {
        let columns = lines::Columns::of(&self.scopes);
        let mut measured: Vec<Measured> = Vec::new();
        for (index, scope) in self.scopes.iter().enumerate() {
            let one = self.check_one(index, scope);
            out(&columns.line(&one));
            let goes_on = self.goes_on_after(&one);
            measured.push(one);
            if !goes_on {
                break;
            }
        }
        let unchecked = self.scopes[measured.len()..].iter().map(|scope| scope.name).collect();
        let surprises = if self.every_step { surprises(&measured) } else { Vec::new() };
        Checked { measured, unchecked, surprises, defect: self.defect }
    }

    fn check_one(&self, index: usize, scope: &Scope) -> Measured {
        let Effort { threads, time, .. } = self.effort;
        let of = format!("{}/{} {}", index + 1, self.scopes.len(), scope.name);
        let mut watch = Watch::new(format!("{of}, {threads} threads"), self.stop);
        let report = check(scope, self.rules, &self.effort, |progress| watch.tick(progress));
        let stopped = match report.ending {
            Ended::Exhausted => None,
            Ended::Violated => Some(Stopped::Violation),
            Ended::CutOff if self.stop.load(Ordering::Relaxed) => Some(Stopped::Interrupted),
            Ended::CutOff if time.is_some_and(|most| report.seconds >= most.as_secs_f64()) => {
                Some(Stopped::Time)
            }
            Ended::CutOff => Some(Stopped::Memory),
        };
        let has_another_count = self.counts_are_pinned && report.has_another_count();
        let own_scope = catalogue::as_own(scope);
        let peak_memory_bytes = watch.finish();
        Measured { report, peak_memory_bytes, stopped, own_scope, has_another_count }
    }

    fn goes_on_after(&self, last: &Measured) -> bool {
        let fails = last.has_violation() || last.is_cut_off();
        last.stopped != Some(Stopped::Interrupted) && (self.keep_going || !fails)
    }

    /// Tells what was found in all scopes together.
    pub(super) fn tell(&self, checked: &Checked, out: Out<'_>) {
        if self.verbose {
            verbose::tell(checked, self.effort.symmetry || self.effort.partial_order, out);
        }
        // Without a complete scope the table would say "unknown" nine times.
        if checked.measured.iter().any(|one| one.report.complete) {
            out("");
            out(&invariants::table(&checked.invariants()));
        }
        for (one, scope) in checked.measured.iter().zip(&self.scopes) {
            if one.own_scope.is_some() {
                occasions::tell(scope, &one.report, out);
            }
        }
        failures::tell(self, checked, out);
        for surprise in &checked.surprises {
            out(surprise);
        }
        checked.conclude(out);
    }
}

impl Checked {
    pub(super) fn reports(&self) -> Vec<&Report> {
        self.measured.iter().map(|one| &one.report).collect()
    }

    /// How many scopes were to be checked.
    pub(super) fn asked(&self) -> usize {
        self.measured.len() + self.unchecked.len()
    }

    pub(super) fn invariants(&self) -> Vec<InvariantVerdict> {
        dynamo_invariants::check::invariants(&self.reports(), self.asked())
    }

    /// Is everything proved that was to be?
    pub(super) fn holds(&self) -> bool {
        self.surprises.is_empty()
            && self.unchecked.is_empty()
            && self.measured.iter().all(Measured::holds)
    }

    /// The same. `None`: the check stopped before it could tell.
    fn known(&self) -> Option<bool> {
        let fails = |one: &Measured| {
            one.has_another_count || one.report.properties.iter().any(Verdict::is_failure)
        };
        if self.holds() {
            Some(true)
        } else if !self.surprises.is_empty() || self.measured.iter().any(fails) {
            Some(false)
        } else {
            None
        }
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "holds": self.known(),
            "defect": self.defect.map(|defect| defect.name),
            "invariants": self.invariants(),
            "scopes": self.measured,
            "unchecked_scopes": self.unchecked,
            "surprises": self.surprises,
        })
    }
}

/// Which kinds of steps were taken against expectation, or not taken. Nothing is known about that
/// as long as a scope's check was stopped.
pub(super) fn surprises(measured: &[Measured]) -> Vec<String> {
    // Deep scopes must not make up for what the default ones do not take.
    let is_default = |report: &&Report| SCOPES.iter().any(|scope| scope.name == report.name);
    let reports = || measured.iter().map(|one| &one.report).filter(is_default);
    if reports().all(|report| report.complete) {
        coverage::surprises(reports())
    } else {
        Vec::new()
    }
}
