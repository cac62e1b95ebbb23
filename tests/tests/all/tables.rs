//! Trace tables of runs that no script makes.

use dynamo_invariants::scopes;
use dynamo_invariants::tables::{Cast, Table};
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::message::Message;
use dynamo_model::rules::Rules;

/// What two administrators have asked for at two nodes has arrived there.
fn after_two_wishes() -> Run {
    let scope = scopes::named("five-nodes").expect("a scope in which two nodes are asked for changes");
    let mut run = Run::begin(scope.model(Rules::default(), []));
    let wish = |event: &Event| matches!(event, Event::Deliver { message: Message::Administer { .. }, .. });
    while let Some(event) = run.possible().into_iter().find(wish) {
        run.take(&event).expect("it is possible");
    }
    run
}

#[test]
fn histories_of_one_length_that_differ_have_different_names() {
    let names_both = |event: &Event| {
        let mut run = after_two_wishes();
        if run.take(event).is_err() {
            return false;
        }
        let table = Table::of(9, &run, &Cast::of(&run.model.cfg)).map(|table| table.to_string()).unwrap_or_default();
        let is_named = |name: &str| table.split([' ', ',', '\n']).any(|word| word == name);
        is_named("m5") && is_named("m5b")
    };
    assert!(after_two_wishes().possible().iter().any(names_both));
}
