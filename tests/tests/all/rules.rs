//! The rules' documentation compared with their defects.

use dynamo_invariants::catalogue::DEFECTS;
use dynamo_model::rules::Rules;
use std::collections::BTreeSet;

/// The invariants in the first paragraph of a rule's documentation, such as `(I1, I4)`.
fn named(rule: &str) -> BTreeSet<&'static str> {
    let documentation = Rules::documentation(rule).expect("the rule exists");
    let first = documentation.split("\n\n").next().unwrap_or_default();
    let list = first.rsplit_once("(I").and_then(|(before, after)| {
        let end = after.find(')')?;
        Some(&first[before.len() + 1..before.len() + 2 + end])
    });
    list.unwrap_or_default().split(", ").filter(|name| !name.is_empty()).collect()
}

/// A reader can go from a rule to the invariants that are violated without it.
#[test]
fn a_rule_names_the_invariants_that_its_defects_violate() {
    let mut wrong = Vec::new();
    for rule in Rules::NAMES {
        let defects = DEFECTS.iter().filter(|defect| defect.rule == *rule);
        let broken: BTreeSet<&str> = defects
            .flat_map(|defect| defect.breaks)
            .filter_map(|property| property.split('.').next())
            .collect();
        // A rule without a defect says what it is for, but nothing shows it.
        if !broken.is_empty() && named(rule) != broken {
            wrong.push(format!(
                "{rule}: its documentation names {:?}, its defects violate {broken:?}",
                named(rule)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
