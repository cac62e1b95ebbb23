//! The protocol's acts one by one, without a network: how a node answers messages and timeouts.

mod asked_again;
mod bench;
mod edges;
mod exchange;
mod forward;
mod handoff;
mod membership;
mod reap;
mod repeated;
mod settle;
mod timing;
mod values;

use bench::{Bench, CLIENT, answers, put, request, tip};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message, Operation, Refusal};
use dynamo_model::node::{State, Timer};
use dynamo_model::rules::Rules;
use dynamo_model::siblings::Siblings;
use dynamo_model::version::{Context, Dot, Issuer};
use std::sync::Arc;

#[test]
fn a_put_is_acknowledged_once_w_replicas_have_stored_it() {
    let mut a = Bench::new(3, 2, 3);
    let sent = a.receive(CLIENT, put(0, b"v", Context::new()));
    assert!(
        matches!(&sent[..], [(2, Message::Store { .. }), (1, Message::Store { .. })]),
        "{sent:?}"
    );
    let stored = Message::Stored { request: request(0) };
    assert!(a.receive(1, stored.clone()).is_empty());
    assert!(a.receive(1, stored.clone()).is_empty(), "a replica that confirms twice counts once");
    assert!(matches!(answers(&a.receive(2, stored))[..], [Answer::PutAcknowledged { .. }]));
    assert!(a.state.puts.is_empty(), "a put that all replicas have stored is forgotten");
}

#[test]
fn a_put_that_cannot_reach_w_fails_but_may_be_stored() {
    let mut a = Bench::new(3, 2, 2);
    a.receive(CLIENT, put(0, b"v", Context::new()));
    let timer = Timer::Put(NodeId(0), request(0));
    assert_eq!(a.time_out(&timer).len(), 2, "the coordinator retransmits to the other replicas");
    let sent = a.time_out(&timer);
    assert_eq!(
        answers(&sent),
        [&Answer::PutFailed { request: request(0), stored: 1, needed: 2, in_person: 1, pw: 0 }]
    );
    assert_eq!(a.state.durable.store.len(), 1, "the coordinator has stored it");
}

#[test]
fn a_retry_after_a_crash_is_the_same_put() {
    let mut a = Bench::new(3, 2, 1);
    let first = a.receive(CLIENT, put(0, b"v", Context::new()));
    a.crash();
    let second = a.receive(CLIENT, put(0, b"v", Context::new()));
    assert_eq!(answers(&first), answers(&second));
    assert_eq!(
        (a.state.durable.counter, a.state.durable.store[&Key::new("k").unwrap()].versions().len()),
        (1, 1)
    );
    a.receive(CLIENT, put(1, b"w", Context::new()));
    a.crash();
    assert!(
        a.receive(CLIENT, put(0, b"v", Context::new())).is_empty(),
        "a delayed copy of an older put does nothing"
    );
}

#[test]
fn memory_for_retries_is_bounded() {
    let mut a = Bench::new(1, 1, 1);
    a.state.view = Arc::new(Rules::default().view(&History::founded_by([NodeId(0)])));
    let remembered = a.node.config.puts_remembered() as u64;
    let mut put = |client: u64, context: Context| {
        let (key, value) = (Key::new("k").unwrap(), Value::new(b"v").unwrap());
        let request = RequestId { client: ClientId(client), number: 0 };
        let put = Operation::Put { request, key, content: Content::Value(value), context, pw: 0 };
        let answer = answers(&a.receive(CLIENT, Message::Request(put)))[0].clone();
        (answer, a.state.durable.issued.len() as u64)
    };
    let mut read = Context::new();
    for client in 0..remembered * 2 {
        let (Answer::PutAcknowledged { context, .. }, held) = put(client, read) else { panic!() };
        assert!(held < remembered * 2);
        read = context;
    }
    // Refused puts are remembered too, and for no longer than others.
    let foreign = Context::new().with_all_up_to(NodeId(0), u64::MAX);
    for client in remembered * 2..remembered * 4 {
        let (Answer::PutRefused { .. }, held) = put(client, foreign.clone()) else { panic!() };
        assert!(held < remembered * 2);
    }
    let (Answer::PutAcknowledged { .. }, held) = put(remembered * 4, read) else { panic!() };
    assert!((remembered..remembered * 2).contains(&held));
    let is_remembered = |client| a.state.durable.issued.contains_key(&ClientId(client));
    assert!(
        is_remembered(remembered * 4) && !is_remembered(0),
        "the oldest puts are forgotten, not the newest"
    );
}

#[test]
fn siblings_that_would_not_fit_a_datagram_are_refused_and_nothing_changes() {
    let mut a = Bench::new(3, 2, 1);
    let value = value_max();
    assert!(matches!(
        answers(&a.receive(CLIENT, put(0, &value, Context::new())))[..],
        [Answer::PutAcknowledged { .. }]
    ));
    assert!(matches!(
        answers(&a.receive(CLIENT, put(1, &value, Context::new())))[..],
        [Answer::PutAcknowledged { .. }]
    ));
    let before = a.state.durable.clone();
    let sent = a.receive(CLIENT, put(2, &value, Context::new()));
    let refused = |answer: &Answer| {
        matches!(answer, Answer::PutRefused { refusal: Refusal::SiblingsTooLarge { .. }, .. })
    };
    assert!(answers(&sent).into_iter().all(refused) && sent.len() == 1);
    assert!(a.state.durable.store == before.store && a.state.durable.counter == before.counter);

    // Another client makes room. A late copy of the refused put stays refused, after a crash too.
    let read = before.store[&Key::new("k").unwrap()].context().clone();
    let (key, value) = (Key::new("k").unwrap(), Value::new(b"both").unwrap());
    let other = RequestId { client: ClientId(8), number: 0 };
    a.receive(
        CLIENT,
        Message::Request(Operation::Put {
            request: other,
            key,
            content: Content::Value(value),
            context: read,
            pw: 0,
        }),
    );
    a.crash();
    assert!(
        answers(&a.receive(CLIENT, put(2, &value_max(), Context::new()))).into_iter().all(refused)
    );
}

fn value_max() -> [u8; Value::BYTES_MAX] {
    [b'x'; Value::BYTES_MAX]
}

#[test]
fn a_context_of_puts_never_issued_is_refused() {
    let mut a = Bench::new(3, 2, 1);
    let foreign = Context::new().with_all_up_to(NodeId(0), 1000);
    let sent = a.receive(CLIENT, put(0, b"v", foreign));
    let refusal = Refusal::ForeignContext;
    assert_eq!(answers(&sent), [&Answer::PutRefused { request: request(0), refusal }]);
    assert!(a.state.durable.store.is_empty() && a.state.durable.counter == 0);
}

/// Another coordinator cannot detect that the context is foreign. What it passes on must neither
/// block this node nor suppress its puts.
#[test]
fn a_foreign_context_from_another_coordinator_does_not_block_puts() {
    let mut a = Bench::new(3, 2, 1);
    let key = Key::new("k").unwrap();
    let siblings: Siblings = postcard::from_bytes(&foreign_siblings()).unwrap();
    a.receive(1, Message::Store { tip: tip(3), request: request(0), key: key.clone(), siblings });
    a.receive(CLIENT, put(0, b"v", Context::new()));
    let dot =
        |state: &State| state.durable.store[&key].versions().last().expect("there is one").dot;
    let named = Issuer { node: NodeId(0), incarnation: 0, epoch: 1 };
    assert_eq!(
        dot(&a.state),
        Dot { issuer: named, counter: 1 },
        "the first epoch that no context names"
    );
    let read = a.state.durable.store[&key].context().clone();
    let sent = a.receive(CLIENT, put(1, b"w", read));
    assert!(
        matches!(&sent[0].1, Message::Store { .. }),
        "a client can replace what it has read: {sent:?}"
    );

    // A foreign context may name the largest counter, in the epoch that has begun.
    let nothing = Vec::<u8>::new;
    let end =
        postcard::to_stdvec(&(vec![(named, u64::MAX)], nothing(), nothing(), nothing())).unwrap();
    let siblings: Siblings = postcard::from_bytes(&end).unwrap();
    a.receive(1, Message::Store { tip: tip(3), request: request(0), key: key.clone(), siblings });
    a.receive(CLIENT, put(2, b"x", Context::new()));
    let other = Issuer { epoch: a.state.durable.epochs[&key].number, ..named };
    assert!(other.epoch > named.epoch, "a new epoch has begun");
    assert_eq!(dot(&a.state), Dot { issuer: other, counter: 1 });
    assert!(a.state.durable.counter > other.epoch, "no later epoch gets this number");
}

/// No siblings, with the context `[A:1000]`.
fn foreign_siblings() -> Vec<u8> {
    postcard::to_stdvec(&(Context::new().with_all_up_to(NodeId(0), 1000), Vec::<u8>::new()))
        .unwrap()
}

#[test]
fn peers_messages_from_strangers_are_ignored() {
    let mut a = Bench::new(3, 1, 1);
    let store = Message::Store {
        tip: tip(3),
        request: request(0),
        key: Key::new("k").unwrap(),
        siblings: Siblings::new(),
    };
    for stranger in [3, CLIENT] {
        assert!(a.receive(stranger, store.clone()).is_empty());
        assert!(
            a.receive(
                stranger,
                Message::Fetch { tip: tip(3), request: request(0), key: Key::new("k").unwrap() }
            )
            .is_empty()
        );
    }
}

#[test]
fn ill_formed_contexts_and_siblings_are_not_decoded() {
    let dot = |counter| Dot { issuer: NodeId(0).into(), counter };
    let nodes = |entries: &[(u16, u64)]| {
        entries.iter().map(|(n, c)| (Issuer::from(NodeId(*n)), *c)).collect::<Vec<_>>()
    };
    let naming = |vector: Vec<(Issuer, u64)>,
                  dots: Vec<Dot>,
                  requests: Vec<(usize, u64, RequestId)>| {
        postcard::from_bytes::<Context>(&postcard::to_stdvec(&(vector, dots, requests)).unwrap())
    };
    let decode = |vector, dots| naming(vector, dots, vec![]);
    assert!(decode(nodes(&[(0, 1), (1, 2)]), vec![dot(3)]).is_ok());
    assert!(decode(nodes(&[(1, 1), (0, 2)]), vec![]).is_err(), "out of order");
    assert!(decode(nodes(&[(0, 0)]), vec![]).is_err(), "an entry with no dots");
    assert!(decode(nodes(&[(0, 1)]), vec![dot(1)]).is_err(), "a dot that the vector covers");
    assert!(
        decode(nodes(&[(0, 1)]), vec![dot(2)]).is_err(),
        "a dot that directly follows the vector"
    );
    assert!(decode(vec![], vec![dot(0)]).is_err(), "a dot before the first");
    assert!(decode(vec![], vec![dot(5), dot(3)]).is_err(), "dots out of order");

    let named = |counters: &[u64]| {
        counters.iter().map(|counter| (0, *counter, request(*counter))).collect()
    };
    assert!(naming(nodes(&[(0, 3)]), vec![dot(5)], named(&[3, 5])).is_ok());
    assert!(
        naming(nodes(&[(0, 3)]), vec![dot(5)], named(&[5, 3])).is_err(),
        "requests out of order"
    );
    assert!(
        naming(nodes(&[(0, 3)]), vec![], named(&[4])).is_err(),
        "the request of a dot that is not in the set"
    );
    assert!(
        naming(nodes(&[(0, 3)]), vec![], named(&[1, 2, 3])).is_err(),
        "more requests than a context may name"
    );
    let of_nobody = vec![(2, 5, request(0))];
    assert!(
        naming(nodes(&[(0, 3)]), vec![dot(5)], of_nobody).is_err(),
        "the request of an issuer that does not exist"
    );
}
