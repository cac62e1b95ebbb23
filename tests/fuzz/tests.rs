//! A brief run of every target: none panics, and each has accepted and refused inputs.

use crate::run::{self, Limit, Order};
use crate::targets::{Outcome, TARGETS, Target};

/// The same random seed in every run.
const SEED: u64 = 1;
/// The number of executions of a target without state.
const EXECUTIONS: u64 = 20_000;

/// About a tenth of a second for each target.
fn executions(target: &Target) -> u64 {
    match target.name {
        "traces" => 1_500,
        "scenarios" => 5_000,
        "journal" => 24,
        "entries" => 12,
        _ => EXECUTIONS,
    }
}

#[test]
fn no_target_panics_and_each_accepts_and_refuses_inputs() {
    for target in TARGETS {
        let order = Order { seed: SEED, limit: Limit::Executions(executions(target)), threads: 2 };
        let report = run::run(target, &order).unwrap_or_else(|failure| panic!("{failure}"));
        let [refused, checked, taken] = [Outcome::Refused, Outcome::Checked, Outcome::Taken]
            .map(|outcome| report.tally.of(outcome));
        assert!(report.tally.executions() >= executions(target), "{}", target.name);
        assert!(refused > 0 && taken > 0, "{}: {report}", target.name);
        // For a damaged file, a start returns only one kind of error.
        assert!(checked > 0 || target.name == "journal", "{}: {report}", target.name);
    }
}

/// A target that panics in its third execution.
static BROKEN: Target = Target {
    name: "broken",
    round: 10,
    begin: |_| {
        let mut executions = 0;
        Box::new(move |_, input| {
            executions += 1;
            *input = vec![0xab, executions];
            assert!(executions < 3, "broken on purpose");
            Outcome::Taken
        })
    },
};

#[test]
fn a_panic_is_reported_with_the_command_to_run_it_again() {
    let order = Order { seed: 7, limit: Limit::Round(5), threads: 1 };
    let failure = run::run(&BROKEN, &order).unwrap_err().to_string();
    for part in ["execution 3", "broken --seed 7 --round 5", "input: ab03"] {
        assert!(failure.contains(part), "{failure}");
    }
}
