//! What a node does not do: for strangers, too early, or if nothing has changed. Scopes are too
//! small or too uniform to reach some of it.

use super::bench::{Bench, CLIENT, put, request, tip};
use dynamo_model::config::{AntiEntropy, Config, Handoff};
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{Act, Change, History};
use dynamo_model::message::{Answer, Message, Operation, Refusal, kinds};
use dynamo_model::node::{Choice, Durable, Timer};
use dynamo_model::ring::Partition;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tally::{Counted, StandIn, Tally, Verdict};
use dynamo_model::tree::Digest;
use dynamo_model::version::{Context, Dot, Issuer};
use stateright::actor::{Actor, Command, Out};
use std::net::SocketAddr;
use std::time::Duration;

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn siblings() -> Siblings {
    let dot = Dot { issuer: NodeId(0).into(), counter: 1 };
    let content = Content::Value(Value::new(b"v").unwrap());
    Siblings::new().put(Version { dot, clock: Context::new().with(dot), content }, |_| true)
}

fn actor(node: NodeId) -> usize {
    usize::from(node.0)
}

#[test]
fn an_answer_of_a_node_that_was_not_asked_is_merged_and_does_not_count() {
    let clockwise = Bench::of(5, NodeId(0), 3, 2, 2).clockwise(&key("k"));
    let mut a = Bench::of(5, clockwise[0], 3, 2, 2);
    a.receive(
        CLIENT,
        Message::Request(Operation::Get { request: request(0), key: key("k"), pr: 0 }),
    );
    let before = a.state.gets[&request(0)].collecting.clone();
    let sent = a.receive(
        actor(clockwise[3]),
        Message::Fetched { request: request(0), siblings: siblings() },
    );
    assert!(sent.is_empty());
    let get = &a.state.gets[&request(0)];
    assert_eq!(get.collecting, before, "no fallback was asked");
    assert!(get.replies.contains(&(clockwise[3], siblings())), "it may have been asked before");
}

/// A holder with two hints for one recipient and a window of 1.
struct Holder {
    bench: Bench,
    recipient: NodeId,
    timer: Timer,
    hints: [HintId; 2],
}

fn holder() -> Holder {
    let clockwise = Bench::of(5, NodeId(0), 3, 2, 2).clockwise(&key("k"));
    let (recipient, id) = (clockwise[0], clockwise[3]);
    let handoff = Handoff { first_after: Duration::from_secs(2), doublings: 4, window: 1 };
    let mut bench = Bench::of(5, id, 3, 2, 2).with(|config| config.with_handoff(handoff));
    let hints = ["k", "l"].map(|name| HintId { recipient, key: key(name) });
    for hint in &hints {
        let store = Message::StoreHint {
            tip: tip(5),
            request: request(0),
            hint: hint.clone(),
            siblings: siblings(),
        };
        bench.receive(actor(clockwise[1]), store);
    }
    Holder { bench, recipient, timer: Timer::Handoff(id, recipient), hints }
}

fn has_all(key: &Key) -> Message {
    Message::HandedOff { tip: tip(5), key: key.clone(), context: siblings().context().clone() }
}

#[test]
fn no_more_hints_are_in_transfer_than_the_window_allows() {
    let Holder { mut bench, timer, hints, .. } = holder();
    let states =
        |bench: &Bench| hints.clone().map(|hint| bench.state.hint_state(&bench.node, &hint));
    assert_eq!(states(&bench), [HintState::Stored, HintState::Stored]);
    bench.time_out(&timer);
    assert_eq!(states(&bench), [HintState::InTransfer, HintState::Stored]);
}

#[test]
fn an_answer_makes_room_for_the_next_hint_only_after_the_first_attempt() {
    let Holder { mut bench, recipient, timer, hints } = holder();
    let mut early = bench.clone();
    assert!(
        early.receive(actor(recipient), has_all(&hints[0].key)).is_empty(),
        "the first attempt is not due yet"
    );
    assert!(
        early.state.durable.hints.contains_key(&hints[1])
            && !early.state.durable.hints.contains_key(&hints[0])
    );

    bench.time_out(&timer);
    let sent = bench.receive(actor(recipient), has_all(&hints[0].key));
    assert!(
        matches!(&sent[..], [(_, Message::HandOff { key, .. })] if *key == hints[1].key),
        "{sent:?}"
    );
    assert!(bench.pauses.is_empty(), "after the first attempt the pause is already the shortest");
}

#[test]
fn a_recipient_that_is_up_again_gets_the_short_pause() {
    let Holder { mut bench, recipient, timer, hints } = holder();
    for _ in 0..3 {
        bench.time_out(&timer);
    }
    bench.receive(actor(recipient), has_all(&hints[0].key));
    assert_eq!(bench.pauses, [(timer, Duration::from_secs(4)..Duration::from_secs(6))]);
}

#[test]
fn no_handoff_starts_for_a_recipient_that_is_no_member() {
    let mut bench = Bench::of(4, NodeId(0), 3, 2, 2);
    let mut changes = History::default();
    changes.insert(Change { node: NodeId(3), time: 0, act: Act::Remove });
    bench.receive(1, Message::Changes { changes });
    let tip = bench.state.view.tip();
    let hint = HintId { recipient: NodeId(3), key: key("k") };
    bench.receive(
        1,
        Message::StoreHint { tip, request: request(0), hint: hint.clone(), siblings: siblings() },
    );
    assert_eq!(bench.timers, []);
}

#[test]
fn a_node_that_becomes_the_first_replica_reaps_tombstones() {
    let clockwise = Bench::of(4, NodeId(0), 2, 1, 1).clockwise(&key("k"));
    let mut second = Bench::of(4, clockwise[1], 2, 1, 1)
        .with(|config| config.with_reaping_after(Duration::from_hours(1)));
    let content = Content::Tombstone(Value::new(b"").unwrap());
    let dot = Dot { issuer: clockwise[0].into(), counter: 1 };
    let tombstone =
        Siblings::new().put(Version { dot, clock: Context::new().with(dot), content }, |_| true);
    let store =
        Message::Store { tip: tip(4), request: request(0), key: key("k"), siblings: tombstone };
    second.receive(actor(clockwise[0]), store);
    let reaps = |bench: &Bench| bench.timers.iter().any(|timer| matches!(timer, Timer::Reap(..)));
    assert!(!reaps(&second), "another node is the first replica");
    let mut changes = History::default();
    changes.insert(Change { node: clockwise[0], time: 0, act: Act::Remove });
    second.receive(actor(clockwise[2]), Message::Changes { changes });
    assert!(reaps(&second), "{:?}", second.timers);
}

#[test]
fn a_node_compares_with_a_random_peer_that_shares_partitions() {
    let mut a = Bench::new(3, 2, 2).with(|config| config.with_anti_entropy(AntiEntropy::LOCAL));
    let timer = Timer::Exchange(NodeId(0), None);
    a.time_out(&timer);
    let peers = [NodeId(1), NodeId(2)].map(Choice::Exchange).to_vec();
    assert_eq!(a.choices, [("exchange".to_owned(), peers)]);
    let mut alone = Bench::of(1, NodeId(0), 1, 1, 1)
        .with(|config| config.with_anti_entropy(AntiEntropy::LOCAL));
    alone.time_out(&timer);
    assert!(alone.choices.is_empty());
    assert_eq!(alone.timers, [timer], "it tries again later");
}

/// More differing trees than fit one message.
#[test]
fn what_is_below_many_roots_fits_a_datagram() {
    let how = AntiEntropy::LOCAL;
    let mut a = Bench::of(2, NodeId(0), 2, 1, 1).with(|config| config.with_anti_entropy(how));
    let tip = a.state.view.tip();
    for number in 0..20_000 {
        let sync = Message::Sync { tip, key: key(&format!("key {number}")), siblings: siblings() };
        a.receive(1, sync);
    }
    let roots = (0..256).map(|partition| (Partition(partition), Digest(1))).collect();
    let sent = a.receive(1, Message::Roots { tip, roots });
    let [(1, subtrees @ Message::Subtrees { subtrees: told, .. })] = &sent[..] else {
        panic!("{sent:?}")
    };
    let bytes = postcard::to_stdvec(subtrees).unwrap().len();
    assert!(bytes <= Config::DATAGRAM_BYTES / 2, "{bytes}");
    assert!(
        told.len() < 256 && told.iter().any(|subtree| subtree.children.len() > 20),
        "the message is full"
    );
}

#[test]
fn a_start_saves_what_is_new_and_nothing_else() {
    let bench = Bench::new(3, 2, 2);
    let saves = |node: &dynamo_model::node::Node, storage: Option<Durable>| {
        let mut out = Out::new();
        node.on_start(NodeId(0).actor(), &storage, &mut out);
        out.iter().any(|command| matches!(command, Command::Save(_)))
    };
    assert!(!saves(&bench.node, None), "a new node has nothing to save");
    let disk = bench.state.durable.clone();
    assert!(!saves(&bench.node, Some(disk.clone())), "the disk has everything that the node knows");
    let mut moved = bench.node;
    moved.address = Some(SocketAddr::from(([127, 0, 0, 1], 9)).into());
    assert!(saves(&moved, Some(disk)), "the node has another address");
}

#[test]
fn names_and_changes_are_shown_readably() {
    assert_eq!(format!("{:?}", RequestId { client: ClientId(3), number: 1 }), "c3#1");
    let again = Dot { issuer: Issuer { node: NodeId(0), incarnation: 2, epoch: 0 }, counter: 7 };
    assert_eq!(
        format!("{again:?} {:?} {:?}", again.issuer, Digest(0xab)),
        "A~2:7 A~2 h00000000000000ab"
    );
    let change = |time, act| format!("{:?}", Change { node: NodeId(3), time, act });
    assert_eq!(change(0, Act::Join), "D joins");
    assert_eq!(change(1, Act::Leave), "D leaves");
    assert_eq!(change(2, Act::Join), "D joins (2)");
    assert_eq!(format!("{:?}", History::founded_by([NodeId(0)])), "{A joins}");
    let kinds = kinds();
    for kind in [
        "Request Put",
        "Request Get",
        "Answer PutAcknowledged",
        "Answer NoRoute",
        "Store",
        "Sync",
        "Changes",
    ] {
        assert!(kinds.iter().any(|other| other == kind), "{kind} is not among {kinds:?}");
    }
    assert!(!kinds.iter().any(|kind| kind == "Answer" || kind == "Request"));
}

#[test]
fn histories_are_ordered_by_what_is_in_them() {
    let (small, large) =
        (History::founded_by([0, 1].map(NodeId)), History::founded_by([0, 2].map(NodeId)));
    assert!(small < large && small.partial_cmp(&large).is_some());
    assert!(small != large);
}

/// A put's size, on disk and in messages, includes the context that the client has read.
#[test]
fn a_context_that_is_too_large_is_refused() {
    let read = |nodes: u16| {
        (0..nodes).fold(Context::new(), |all, node| all.with_all_up_to(NodeId(node), 1))
    };
    let refused = |nodes| {
        let first = Bench::of(5, NodeId(0), 3, 2, 2).clockwise(&key("k"))[0];
        let mut a = Bench::of(5, first, 3, 2, 2);
        let context = read(nodes).renamed(|node| NodeId(node.0 + 100), |request| request);
        let sent = a.receive(CLIENT, put(0, b"v", context));
        let answers = super::bench::answers(&sent);
        matches!(
            answers[..],
            [Answer::PutRefused { refusal: Refusal::SiblingsTooLarge { .. }, .. }]
        )
    };
    assert!(!refused(3));
    assert!(refused(20_000));
}

#[test]
fn a_quorum_is_met_or_impossible_or_pending() {
    let mut tally = Tally::new(&[0, 1, 2].map(NodeId));
    assert_eq!(
        [0, 1, 3, 4].map(|needed| tally.verdict(needed)),
        [Verdict::Met, Verdict::Pending, Verdict::Pending, Verdict::Impossible]
    );
    tally.count(Counted { intended: NodeId(1), by: NodeId(1) });
    tally.give_up();
    assert_eq!([1, 2].map(|needed| tally.verdict(needed)), [Verdict::Met, Verdict::Impossible]);
    tally.stand_ins.push(StandIn { fallback: NodeId(4), intended: NodeId(0) });
    assert_eq!([0, 3, 4].map(|node| tally.was_asked(NodeId(node))), [true, false, true]);
}

#[test]
fn a_peer_with_another_tip_is_told_and_neither_compares_nor_reaps() {
    let mut a = Bench::new(3, 2, 2).with(|config| config.with_anti_entropy(AntiEntropy::LOCAL));
    let own = a.state.view.tip();
    a.receive(1, Message::Sync { tip: own, key: key("k"), siblings: siblings() });
    let held = a.state.durable.store.clone();
    let old = tip(2);
    let roots = (0..256).map(|partition| (Partition(partition), Digest(1))).collect();
    let asked = [
        Message::Roots { tip: old, roots },
        Message::Survey { tip: old, key: key("k"), siblings: siblings() },
        Message::Reap { tip: old, key: key("k"), siblings: siblings() },
    ];
    for message in asked {
        let sent = a.receive(1, message);
        assert!(matches!(&sent[..], [(1, Message::History { .. })]), "{sent:?}");
        assert_eq!(a.state.durable.store, held);
    }
}

#[test]
fn hints_for_a_removed_node_go_to_the_new_replicas() {
    let Holder { mut bench, recipient, timer, hints } = holder();
    let mut changes = History::default();
    changes.insert(Change { node: recipient, time: 0, act: Act::Remove });
    bench.receive(actor(bench.clockwise(&key("k"))[1]), Message::Changes { changes });
    let id = bench.clockwise(&key("k"));
    assert!(!id.contains(&recipient));
    let kept = &bench.state.durable.hints;
    assert!(!hints.iter().any(|hint| kept.contains_key(hint)), "{kept:?}");
    let others = kept.keys().filter(|hint| hint.key == key("k")).map(|hint| hint.recipient);
    let others: Vec<NodeId> = others.collect();
    let responsible = &id[..3];
    let Timer::Handoff(holder, _) = timer else { panic!() };
    assert!(
        responsible.contains(&holder) && kept.keys().all(|hint| hint.recipient != holder),
        "{kept:?}"
    );
    assert_eq!(
        bench.state.durable.store.get(&key("k")),
        Some(&siblings()),
        "the holder is one of them now"
    );
    assert!(!others.is_empty() && others.iter().all(|node| responsible.contains(node)), "{kept:?}");
}

#[test]
fn only_an_answer_about_these_tombstones_counts_as_clear() {
    let first = Bench::new(3, 2, 2).clockwise(&key("k"))[0];
    let mut a = Bench::of(3, first, 3, 2, 2)
        .with(|config| config.with_reaping_after(Duration::from_hours(1)));
    let content = Content::Tombstone(Value::new(b"").unwrap());
    let operation = Operation::Put {
        request: request(0),
        key: key("k"),
        content,
        context: Context::new(),
        pw: 0,
    };
    a.receive(CLIENT, Message::Request(operation));
    let other = a.clockwise(&key("k"))[1];
    let before = a.state.reaping.clone();
    a.receive(actor(other), Message::Surveyed { tip: tip(3), key: key("k"), siblings: siblings() });
    assert_eq!(a.state.reaping, before);
    let tombstones = a.state.durable.store[&key("k")].clone();
    a.receive(actor(other), Message::Surveyed { tip: tip(3), key: key("k"), siblings: tombstones });
    assert!(a.state.reaping[&key("k")].contains(&other));
}
