//! Every goal is worth searching for.

use dynamo_invariants::catalogue;
use dynamo_invariants::check::find;
use dynamo_invariants::goals::GOALS;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;

#[test]
fn each_is_reached_somewhere_and_not_everywhere() {
    let small: Vec<_> =
        catalogue::SCOPES.iter().filter(|scope| scope.unique_states < 50_000).collect();
    for goal in GOALS {
        let found = small
            .iter()
            .find_map(|scope| find(scope, Rules::default(), goal).0.map(|found| (scope, found)));
        let (scope, finding) = found.unwrap_or_else(|| panic!("{} is reached nowhere", goal.name));
        let run = Run::found(scope, Rules::default(), &finding);
        assert!((goal.condition)(&run.model, run.last()), "{}", goal.name);
        assert!(
            !(goal.condition)(&run.model, &run.states[0]),
            "{} is so from the beginning",
            goal.name
        );
    }
}
