//! The tables of defects, known limits and historic defects are consistent.

use dynamo_invariants::catalogue::{DEFECTS, LIMITS, PROPERTIES};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::historic::{HISTORIC, Told};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn each_historic_defect_names_one_of_our_cases_or_a_reason() {
    for historic in HISTORIC {
        match historic.told {
            Told::By(names) => {
                assert!(!names.is_empty(), "{}", historic.reference);
                for name in names {
                    let is_limit = LIMITS.iter().any(|limit| limit.name == *name);
                    assert!(is_limit || Defect::named(name).is_some(), "there is no {name}");
                }
            }
            Told::NotHere(reason) => assert!(reason.len() > 20, "{}", historic.reference),
        }
    }
}

#[test]
fn every_invariant_is_violated_by_at_least_three_defects() {
    let mut count = BTreeMap::<&str, BTreeSet<&str>>::new();
    for property in PROPERTIES {
        count.entry(property.invariant()).or_default();
    }
    for defect in DEFECTS {
        for property in defect.properties() {
            count.entry(property.invariant()).or_default().insert(defect.name);
        }
    }
    assert_eq!(
        count.keys().copied().collect::<Vec<_>>(),
        ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"]
    );
    for (invariant, defects) in count {
        assert!(defects.len() >= 3, "only {defects:?} break {invariant}");
    }
}

#[test]
fn each_defect_says_why_a_weaker_check_misses_it_and_is_found_in_its_source() {
    let said = DEFECTS.iter().map(|defect| (defect.name, defect.missed_by));
    for (name, why) in said.chain(LIMITS.iter().map(|limit| (limit.name, limit.missed_by))) {
        assert!(why.len() > 40 && why.ends_with('.'), "{name}");
    }
    for defect in DEFECTS {
        let code = defect.code();
        assert!(
            code.contains("Rules {") && code.contains(defect.rule) && code.lines().count() <= 20,
            "{}",
            defect.name
        );
    }
}
