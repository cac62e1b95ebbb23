//! A node that answers a get twice: first in the place of another, then as a replica. And a node
//! that begins on an empty disk while it leaves. Simulated runs found both.

use super::bench::{Bench, CLIENT, answers, request};
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::membership::{Act, Change, History, Standing};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Durable, Timer};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use stateright::actor::{Actor, Out};

fn key() -> Key {
    Key::new("k").unwrap()
}

fn at(node: NodeId) -> usize {
    usize::from(node.0)
}

fn siblings(node: NodeId) -> Siblings {
    let dot = Dot { issuer: node.into(), counter: 1 };
    let content = Content::Value(Value::new(b"gathered").unwrap());
    Siblings::new().put(Version { dot, clock: Context::new().with(dot), content }, |_| true)
}

fn leaves(node: NodeId) -> History {
    [Change { node, time: 1, act: Act::Leave }].into_iter().collect()
}

#[test]
fn the_answer_with_which_a_node_counts_is_merged() {
    let clockwise = Bench::of(4, NodeId(0), 3, 2, 2).clockwise(&key());
    let [own, leaver, _silent, stand_in] = clockwise[..] else { panic!("four nodes") };
    let mut bench = Bench::of(4, own, 3, 2, 2);
    let get = Operation::Get { request: request(0), key: key(), pr: 2 };
    bench.receive(CLIENT, Message::Request(get));
    let asks = |sent: &[(usize, Message)]| {
        sent.iter().any(|(to, it)| *to == at(stand_in) && matches!(it, Message::Fetch { .. }))
    };
    let timer = Timer::Get(own, request(0));
    assert!((0..3).any(|_| asks(&bench.time_out(&timer))), "a fallback stands in for the leaver");
    let answer = |siblings| Message::Fetched { request: request(0), siblings };
    let sent = bench.receive(at(stand_in), answer(Siblings::new()));
    assert!(answers(&sent).is_empty(), "two replicas must answer in person");

    let sent = bench.receive(at(leaver), Message::Changes { changes: leaves(leaver) });
    assert!(asks(&sent), "it is a replica now");
    let gathered = siblings(leaver);
    let sent = bench.receive(at(stand_in), answer(gathered.clone()));
    let answers = answers(&sent);
    let [Answer::GetAnswered { siblings, .. }] = answers[..] else { panic!("{sent:?}") };
    assert_eq!(siblings, gathered.versions());
}

#[test]
fn a_leaving_node_with_an_empty_disk_is_gone() {
    let bench = Bench::of(4, NodeId(0), 3, 2, 2);
    let old =
        Durable { history: bench.node.founders.union(&leaves(NodeId(0))), ..Durable::default() };
    let disk = bench.node.new_disk_after(&old, 7);
    let state = bench.node.on_start(NodeId(0).actor(), &Some(disk), &mut Out::new());
    assert_eq!(state.view.standing(NodeId(0)), Standing::Gone);
}
