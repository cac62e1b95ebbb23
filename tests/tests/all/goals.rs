//! Every goal is reached in some scope, but not in its initial state. No goal is reached in a scope
//! whose data rule it out.

use dynamo_invariants::catalogue::{self, PROPERTIES};
use dynamo_invariants::check::find;
use dynamo_invariants::goals::GOALS;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;

#[test]
fn each_goal_is_reached_in_some_scope_but_not_initially() {
    let small: Vec<_> =
        catalogue::SCOPES.iter().filter(|scope| scope.unique_states < 50_000).collect();
    for goal in GOALS {
        let found = small
            .iter()
            .find_map(|scope| find(scope, Rules::default(), goal).0.map(|found| (scope, found)));
        let (scope, finding) = found.unwrap_or_else(|| panic!("no scope reaches {}", goal.name));
        let run = Run::found(scope, Rules::default(), &finding);
        assert!((goal.condition)(&run.model, run.last()), "{}", goal.name);
        assert!(
            !(goal.condition)(&run.model, &run.states[0]),
            "{} holds in the initial state",
            goal.name
        );
    }
}

#[test]
fn no_search_finds_what_a_scope_rules_out() {
    let small = catalogue::SCOPES.iter().filter(|scope| scope.unique_states < 3_000);
    let mut ruled_out = 0;
    for scope in small {
        for sought in GOALS.iter().chain(PROPERTIES) {
            let Some(reason) = scope.out_of_reach(sought) else { continue };
            ruled_out += 1;
            let (finding, _) = find(scope, Rules::default(), sought);
            assert!(finding.is_none(), "{} has {}, but: {reason}", scope.name, sought.name);
        }
    }
    assert!(ruled_out > 100, "the scopes rule out only {ruled_out} searches");
}
