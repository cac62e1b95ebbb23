//! Trace tables of runs that no script makes.

use dynamo_invariants::scopes;
use dynamo_invariants::tables::{Cast, Table};
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::message::Message;
use dynamo_model::rules::Rules;

#[test]
fn histories_of_one_length_that_differ_have_different_names() {
    let scope = scopes::named("five-nodes").expect("a scope in which two nodes are asked for changes");
    let mut run = Run::begin(scope.model(Rules::default(), []));
    let wish = |event: &Event| matches!(event, Event::Deliver { message: Message::Administer { .. }, .. });
    while let Some(event) = run.possible().into_iter().find(wish) {
        run.take(&event).expect("it is possible");
    }
    let table = Table::of(9, &run, &Cast::of(&run.model.cfg)).expect("members change").to_string();
    let names = table.split_whitespace().filter(|word| word.starts_with('m') && word.ends_with('b'));
    let mut names = names.map(|name| name.trim_end_matches('b'));
    assert!(names.any(|name| table.split_whitespace().any(|word| word == name)), "{table}");
}
