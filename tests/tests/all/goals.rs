//! Every goal is reached in some scope, but not in its initial state.

use dynamo_invariants::catalogue;
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
