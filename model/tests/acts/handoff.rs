//! Sloppy quorum and hinted handoff. One act at a time, without a network.

mod pauses;

use super::bench::{Bench, CLIENT, answers, put, request, tip};
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::membership::{Act, Change, History, Tip};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::Timer;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use std::net::SocketAddr;

fn key() -> Key {
    Key::new("k").unwrap()
}

/// The preference list of the key in a cluster of five, and the two fallbacks.
fn clockwise() -> Vec<NodeId> {
    let bench = Bench::of(5, NodeId(0), 3, 2, 2);
    bench.clockwise(&key())
}

fn actor(node: NodeId) -> usize {
    usize::from(node.0)
}

fn siblings(counter: u64) -> Siblings {
    let put = |siblings: Siblings, counter: u64| {
        let dot = Dot { issuer: NodeId(0).into(), counter };
        let clock = siblings.context().clone().with(dot);
        let content = Content::Value(Value::new(format!("{counter}").as_bytes()).unwrap());
        siblings.put(Version { dot, clock, content }, |_| true)
    };
    (1..=counter).fold(Siblings::new(), put)
}

fn hint(recipient: NodeId) -> HintId {
    HintId { recipient, key: key() }
}

/// The coordinator suspects a node that does not answer in time. The next fallback stands in, and
/// its answer counts towards W.
#[test]
fn a_fallback_stands_in_for_a_replica_that_does_not_answer() {
    let [coordinator, second, third, fallback, last] = clockwise()[..] else { panic!() };
    let mut a = Bench::of(5, coordinator, 3, 2, 2);
    a.receive(CLIENT, put(0, b"v", Context::new()));
    let timer = Timer::Put(coordinator, request(0));
    a.time_out(&timer);
    let sent = a.time_out(&timer);
    let asked: Vec<(usize, NodeId)> = sent
        .iter()
        .map(|(to, message)| match message {
            Message::StoreHint { hint, .. } => (*to, hint.recipient),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(asked, [(actor(fallback), second), (actor(last), third)]);
    assert_eq!(a.state.suspected.iter().copied().collect::<Vec<_>>().len(), 2);
    assert_eq!(a.state.hint_state(&a.node, &hint(second)), HintState::Created);
    let of_another_key = HintId { recipient: second, key: Key::new("l").unwrap() };
    assert_eq!(a.state.hint_state(&a.node, &of_another_key), HintState::Cleared);

    let stored = Message::StoredHint { request: request(0), recipient: second };
    let sent = a.receive(actor(fallback), stored.clone());
    assert!(matches!(answers(&sent)[..], [Answer::PutAcknowledged { .. }]));
    assert!(a.receive(actor(fallback), stored).is_empty(), "one answer counts once");
    assert!(
        a.receive(actor(second), Message::Stored { request: request(0) }).is_empty(),
        "the fallback's answer counts for it already"
    );
    assert!(!a.state.suspected.contains(&second), "it has answered, so it is up");
    assert_eq!(
        a.state.puts[&request(0)].collecting.tally.in_person(),
        2,
        "its answer replaces the fallback's"
    );
    assert!(
        a.receive(actor(last), Message::StoredHint { request: request(0), recipient: third })
            .is_empty()
    );
    assert!(
        a.state.puts.contains_key(&request(0)),
        "the coordinator still waits for the third replica, though its fallback counts for it"
    );
    a.time_out(&timer);
    a.time_out(&timer);
    assert!(a.state.puts.is_empty());
    assert!(a.state.suspected.contains(&third));

    // The next put asks a fallback at once for a suspected replica, and that replica too.
    let sent = a.receive(CLIENT, put(1, b"w", Context::new()));
    let to = |wanted: NodeId| sent.iter().filter(|(to, _)| *to == actor(wanted)).count();
    assert_eq!([second, third, fallback, last].map(to), [1, 1, 1, 0]);
}

/// PW: fallbacks do not count as replicas that confirm in person.
#[test]
fn in_person_means_the_intended_replicas_themselves() {
    let [coordinator, second, third, fallback, last] = clockwise()[..] else { panic!() };
    let mut a = Bench::of(5, coordinator, 3, 2, 2);
    let (value, context) = (Value::new(b"v").unwrap(), Context::new());
    let operation = Operation::Put {
        request: request(0),
        key: key(),
        content: Content::Value(value),
        context,
        pw: 2,
    };
    a.receive(CLIENT, Message::Request(operation));
    let timer = Timer::Put(coordinator, request(0));
    a.time_out(&timer);
    a.time_out(&timer);
    let stored = |recipient| Message::StoredHint { request: request(0), recipient };
    assert!(
        a.receive(actor(fallback), stored(second)).is_empty(),
        "two nodes have it, one of them in person"
    );
    assert!(
        a.receive(actor(last), stored(third)).is_empty(),
        "an answer counts for each of the three, but only one in person"
    );

    // A slow replica still counts after a fallback has stood in for it.
    let mut with_a_slow_one = a.clone();
    let sent = with_a_slow_one.receive(actor(third), Message::Stored { request: request(0) });
    assert!(matches!(answers(&sent)[..], [Answer::PutAcknowledged { .. }]));

    let sent = a.time_out(&timer);
    let asked: Vec<usize> = sent.iter().map(|(to, _)| *to).collect();
    assert_eq!(
        asked,
        [actor(second), actor(third)],
        "silent replicas are asked again, fallbacks that answered are not"
    );
    let failed =
        Answer::PutFailed { request: request(0), stored: 3, needed: 2, in_person: 1, pw: 2 };
    assert_eq!(answers(&a.time_out(&timer)), [&failed]);
}

/// A get finds the hints that a fallback keeps.
#[test]
fn a_get_finds_hints() {
    let [coordinator, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let store = Message::StoreHint {
        tip: tip(5),
        request: request(0),
        hint: hint(second),
        siblings: siblings(1),
    };
    d.receive(actor(coordinator), store);
    assert!(d.state.durable.store.is_empty(), "the fallback stores only a hint");
    let sent = d.receive(
        actor(coordinator),
        Message::Fetch { tip: tip(5), request: request(1), key: key() },
    );
    assert_eq!(sent[0].1, Message::Fetched { request: request(1), siblings: siblings(1) });
}

/// A hint is stored, in transfer, cleared. A crash in each state leads back to what is on disk.
#[test]
fn a_hint_survives_crashes_in_every_state() {
    let [coordinator, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let state = |d: &Bench| d.state.hint_state(&d.node, &hint(second));
    let timer = Timer::Handoff(fallback, second);
    let store = |counter| Message::StoreHint {
        tip: tip(5),
        request: request(0),
        hint: hint(second),
        siblings: siblings(counter),
    };
    assert_eq!(state(&d), HintState::Cleared);
    let sent = d.receive(actor(coordinator), store(1));
    assert_eq!(
        sent,
        [(actor(coordinator), Message::StoredHint { request: request(0), recipient: second })]
    );
    assert_eq!(state(&d), HintState::Stored);
    d.crash();
    assert_eq!(state(&d), HintState::Stored);
    let sent = d.time_out(&timer);
    assert_eq!(
        sent,
        [(
            actor(second),
            Message::HandOff { tip: tip(5), key: key(), siblings: siblings(1), is_all: true }
        )]
    );
    assert_eq!(state(&d), HintState::InTransfer);
    d.crash();
    assert_eq!(state(&d), HintState::Stored);

    // The hint grows while it is in flight. The answer to the first transfer does not clear it.
    d.time_out(&timer);
    d.receive(actor(coordinator), store(2));
    let handed_over = |counter| Message::HandedOff {
        tip: tip(5),
        key: key(),
        context: siblings(counter).context().clone(),
    };
    d.receive(actor(second), handed_over(1));
    assert_eq!(state(&d), HintState::InTransfer);
    let sent = d.time_out(&timer);
    assert_eq!(
        sent,
        [(
            actor(second),
            Message::HandOff { tip: tip(5), key: key(), siblings: siblings(2), is_all: true }
        )]
    );
    d.receive(actor(coordinator), handed_over(2));
    assert_eq!(state(&d), HintState::InTransfer, "only the recipient can confirm");
    d.receive(actor(second), handed_over(2));
    assert_eq!(state(&d), HintState::Cleared);
    d.crash();
    assert_eq!(state(&d), HintState::Cleared);
    assert!(d.state.handoffs.is_empty() && d.time_out(&timer).is_empty());
}

/// The recipient merges, saves, and confirms what it has on disk.
#[test]
fn a_recipient_merges_a_hint() {
    let [_, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut b = Bench::of(5, second, 3, 2, 2);
    for (old, new) in [(1, 2), (2, 2)] {
        let hand_off =
            Message::HandOff { tip: tip(5), key: key(), siblings: siblings(new), is_all: true };
        b.receive(actor(fallback), hand_off);
        let sent = b.receive(
            actor(fallback),
            Message::HandOff { tip: tip(5), key: key(), siblings: siblings(old), is_all: true },
        );
        let context = siblings(2).context().clone();
        assert_eq!(
            sent,
            [(actor(fallback), Message::HandedOff { tip: tip(5), key: key(), context })]
        );
        b.crash();
        assert_eq!(b.state.durable.store[&key()], siblings(2));
    }
}

/// At most as many hints as the window allows are in flight. Each that arrives makes room for the
/// next.
#[test]
fn a_window_limits_the_hints_in_flight() {
    let [coordinator, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let window = d.node.config.handoff().window;
    let key = |index: usize| Key::new(&format!("{index:04}")).unwrap();
    for index in 0..window + 3 {
        let hint = HintId { recipient: second, key: key(index) };
        d.receive(
            actor(coordinator),
            Message::StoreHint { tip: tip(5), request: request(0), hint, siblings: siblings(1) },
        );
    }
    let handed = |sent: Vec<(usize, Message)>| -> Vec<Key> {
        let key = |message| {
            if let Message::HandOff { key, .. } = message { key } else { panic!("{message:?}") }
        };
        sent.into_iter().map(|(_, message)| key(message)).collect()
    };
    assert_eq!(
        handed(d.time_out(&Timer::Handoff(fallback, second))),
        (0..window).map(key).collect::<Vec<_>>()
    );
    for arrived in 0..window + 3 {
        let context = siblings(1).context().clone();
        let sent = d
            .receive(actor(second), Message::HandedOff { tip: tip(5), key: key(arrived), context });
        let next = (arrived + window < window + 3).then(|| key(arrived + window));
        assert_eq!(handed(sent), next.into_iter().collect::<Vec<_>>());
    }
    assert!(d.state.durable.hints.is_empty());
}

/// A recipient that answers gets shorter pauses than one that is down.
#[test]
fn an_answer_shortens_the_pauses() {
    let [coordinator, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let key = |index: u8| Key::new(&index.to_string()).unwrap();
    for index in 0..2 {
        let hint = HintId { recipient: second, key: key(index) };
        d.receive(
            actor(coordinator),
            Message::StoreHint { tip: tip(5), request: request(0), hint, siblings: siblings(1) },
        );
    }
    for _ in 0..4 {
        d.time_out(&Timer::Handoff(fallback, second));
    }
    assert_eq!(d.state.handoffs[&second], 4);
    let context = siblings(1).context().clone();
    d.receive(actor(second), Message::HandedOff { tip: tip(5), key: key(0), context });
    assert_eq!(d.state.handoffs[&second], 1, "the hint that was lost is resent soon");
}

/// A hint for a node that is no member is neither sent nor dropped.
#[test]
fn a_hint_for_no_member_stays_and_is_shown() {
    let [coordinator, _, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let gone = NodeId(77);
    d.receive(
        actor(coordinator),
        Message::StoreHint {
            tip: tip(5),
            request: request(0),
            hint: hint(gone),
            siblings: siblings(1),
        },
    );
    d.crash();
    assert_eq!(d.state.hint_state(&d.node, &hint(gone)), HintState::Undeliverable);
}
