//! Names in the scenarios' tables.

use dynamo_invariants::catalogue;
use dynamo_invariants::tables::{Cast, history_name};
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::message::Message;
use dynamo_model::rules::Rules;

#[test]
fn different_histories_of_one_length_have_different_names() {
    let scope = catalogue::scope_named("five-nodes")
        .expect("a scope in which two nodes are asked for changes");
    let mut run = Run::begin(scope.model(Rules::default(), []));
    let wish =
        |event: &Event| matches!(event, Event::Deliver { message: Message::Administer { .. }, .. });
    while let Some(event) = run.possible().into_iter().find(wish) {
        run.take(&event).expect("it is possible");
    }
    let cast = Cast::of(&run.model.cfg);
    let mut names = [0, 2].map(|position| history_name(&run, &cast, position));
    names.sort_unstable();
    assert_eq!(names[1], format!("{}b", names[0]));
}
