use super::*;
use std::ops::ControlFlow;

fn checked(scope: &Scope) -> Measured {
    let report = check(scope, Rules::default(), &Effort::threads(1), |_| ControlFlow::Continue(()));
    Measured { report, peak_memory_bytes: 0 }
}

#[test]
fn what_does_not_hold_is_told_and_decides_the_exit_code() {
    let good = catalogue::scope_named("forwarding").expect("a scope");
    let text = |failure: &Failure| failure.to_string();
    let other = [checked(&Scope { unique_states: 28, ..*good })];
    assert!(matches!(why_not(&other, 1, &[]), Failure::Operation(_)));
    assert!(text(&why_not(&other, 1, &[])).contains("27 states, and 28 are pinned"));
    let idle = [checked(&Scope { excused: &[], ..*good })];
    assert!(
        text(&why_not(&idle, 1, &[])).contains("not everything is as claimed, first in forwarding")
    );
    let mut cut_off = [checked(good)];
    cut_off[0].report.complete = false;
    assert!(matches!(why_not(&cut_off, 3, &[]), Failure::CutOff(_)));
    let surprises = surprises(&[checked(good)]);
    assert!(surprises.contains(&"ask may_be_gone: met by no scope".to_owned()));
    assert!(
        text(&why_not(&[checked(good)], 1, &surprises))
            .contains("ask may_be_gone: met by no scope")
    );
}

#[test]
fn every_kind_of_step_is_asked_for_where_all_scopes_are_checked_whole() {
    assert!(
        meets_every_step(&Arguments::default())
            && meets_every_step(&Arguments { deep: true, ..Arguments::default() })
    );
    for partly in [
        Arguments { scopes: vec!["loss".to_owned()], ..Arguments::default() },
        Arguments { symmetry: true, ..Arguments::default() },
        Arguments { partial_order: true, ..Arguments::default() },
        Arguments { engine: EngineName::Stateright, ..Arguments::default() },
    ] {
        assert!(!meets_every_step(&partly), "{partly:?}");
    }
}
