//! Forwarding: which node coordinates a request. One act at a time, without a network.

use super::bench::{Bench, CLIENT, answers, put, request, tip};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::message::{Answer, Message, Operation, Refusal};
use dynamo_model::node::Timer;
use dynamo_model::version::Context;
use std::collections::BTreeSet;

fn key() -> Key {
    Key::new("k").unwrap()
}

fn actor(node: NodeId) -> usize {
    usize::from(node.0)
}

/// A node of five that is not among the key's three replicas, and all five clockwise.
fn outside() -> (Bench, Vec<NodeId>) {
    let clockwise = Bench::of(5, NodeId(0), 3, 2, 2).clockwise(&key());
    (Bench::of(5, clockwise[3], 3, 2, 2), clockwise)
}

/// The nodes to which a request was forwarded.
fn forwarded(sent: &[(usize, Message)]) -> Vec<usize> {
    let forwards = sent.iter().filter(|(_, message)| matches!(message, Message::Forward { .. }));
    forwards.map(|(to, _)| *to).collect()
}

#[test]
fn a_request_is_forwarded_to_the_next_replica_when_the_first_is_silent() {
    let (mut d, clockwise) = outside();
    let timer = Timer::Forward(clockwise[3], request(0));
    let first = forwarded(&d.receive(CLIENT, put(0, b"v", Context::new())));
    let next = forwarded(&d.time_out(&timer));
    assert_eq!((first.len(), next.len()), (1, 1));
    assert_ne!(first, next);
    assert!(clockwise[..3].iter().any(|replica| actor(*replica) == next[0]));

    // Only the confirmation of the last node asked counts.
    d.receive(first[0], Message::Forwarded { request: request(0) });
    assert_eq!(d.state.forwards.len(), 1);
    d.receive(next[0], Message::Forwarded { request: request(0) });
    assert!(d.state.forwards.is_empty() && d.time_out(&timer).is_empty());

    // From now on the node skips the silent replica, until that sends a request.
    for number in 1..7 {
        assert_ne!(forwarded(&d.receive(CLIENT, put(number, b"v", Context::new()))), first);
        d.receive(next[0], Message::Forwarded { request: request(number) });
    }
    d.receive(first[0], Message::Gossip { tip: tip(5) });
    let fetch = Message::Fetch { tip: tip(5), request: request(9), key: key() };
    d.receive(first[0], fetch);
    let again =
        (7..10).map(|number| forwarded(&d.receive(CLIENT, put(number, b"v", Context::new()))));
    assert!(again.collect::<Vec<_>>().contains(&first));
}

#[test]
fn a_fallback_coordinates_when_all_replicas_are_silent_and_keeps_a_hint_for_each() {
    let (mut d, clockwise) = outside();
    d.receive(CLIENT, put(0, b"v", Context::new()));
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent = d.time_out(&Timer::Forward(clockwise[3], request(0)));
    }
    let recipients: BTreeSet<NodeId> =
        d.state.durable.hints.keys().map(|hint| hint.recipient).collect();
    assert_eq!(recipients, clockwise[..3].iter().copied().collect());
    assert!(d.state.durable.store.is_empty());
    let hints = sent.iter().filter_map(|(to, message)| match message {
        Message::StoreHint { hint, .. } => Some((*to, hint.recipient)),
        _ => None,
    });
    let hints: Vec<(usize, NodeId)> = hints.collect();
    let [(fallback, recipient)] = hints[..] else {
        panic!("the other fallback must stand in, once: {hints:?}")
    };
    assert_eq!(fallback, actor(clockwise[4]));
    assert!(answers(&sent).is_empty(), "W is 2, and the put is on one disk");

    let sent = d.receive(fallback, Message::StoredHint { request: request(0), recipient });
    let [Answer::PutAcknowledged { context, .. }] = answers(&sent)[..] else { panic!("{sent:?}") };
    assert_eq!(context.to_string(), format!("[{}:1]", clockwise[3]));

    // The fallback counts its puts up while it holds a hint for the key. After that it starts
    // again.
    let dots = |d: &Bench| {
        d.state
            .durable
            .hints
            .values()
            .map(|held| held.context().to_string())
            .collect::<BTreeSet<_>>()
    };
    d.receive(CLIENT, put(1, b"w", Context::new()));
    assert_eq!(dots(&d), BTreeSet::from([format!("[{}:2]", clockwise[3])]));
    let held: Vec<(HintId, Context)> = d
        .state
        .durable
        .hints
        .iter()
        .map(|(id, held)| (id.clone(), held.context().clone()))
        .collect();
    for (id, context) in held {
        d.receive(actor(id.recipient), Message::HandedOff { tip: tip(5), key: id.key, context });
    }
    assert!(d.state.durable.hints.is_empty() && d.state.durable.epochs.is_empty());
}

#[test]
fn a_get_is_coordinated_by_a_fallback_too() {
    let (mut d, clockwise) = outside();
    let get = Operation::Get { request: request(0), key: key(), pr: 0 };
    d.receive(CLIENT, Message::Request(get));
    for _ in 0..3 {
        d.time_out(&Timer::Forward(clockwise[3], request(0)));
    }
    let fetched =
        Message::Fetched { request: request(0), siblings: dynamo_model::siblings::Siblings::new() };
    let sent = d.receive(actor(clockwise[4]), fetched);
    assert!(
        matches!(answers(&sent)[..], [Answer::GetAnswered { .. }]),
        "R is 2, and two fallbacks have answered: {sent:?}"
    );
}

/// A failure would tell the client to ask again, and no number of nodes could ever satisfy it.
#[test]
fn a_request_that_requires_more_replicas_than_a_key_has_is_refused() {
    let first = outside().1[0];
    let ask = |number, replicas| {
        let mut coordinator = Bench::of(5, first, 3, 2, 2);
        let get = Operation::Get { request: request(number), key: key(), pr: replicas };
        let mut put = put(number, b"v", Context::new());
        let Message::Request(Operation::Put { pw, .. }) = &mut put else { unreachable!() };
        *pw = replicas;
        let sent = [Message::Request(get), put].map(|asked| coordinator.receive(CLIENT, asked));
        assert_eq!(coordinator.state.durable.store.is_empty(), replicas > 3);
        sent.iter().flat_map(|sent| answers(sent)).cloned().collect::<Vec<Answer>>()
    };
    assert_eq!(ask(0, 3), [], "the other replicas have not answered yet");
    let (request, refusal) = (request(1), Refusal::TooManyReplicas { required: 4, n: 3 });
    let refused =
        [Answer::GetRefused { request, refusal }, Answer::PutRefused { request, refusal }];
    assert_eq!(ask(1, 4), refused);
}
