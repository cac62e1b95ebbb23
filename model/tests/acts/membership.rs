//! Joining, leaving and gossip. One act at a time, without a network.

use super::bench::{Bench, CLIENT, answers, put, request, tip};
use dynamo_model::address::Address;
use dynamo_model::client::{Client, ClientState, Line, Via};
use dynamo_model::ids::{ClientId, Key, NodeId, RequestId};
use dynamo_model::membership::{Act, Change, History, Standing};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::route::Routes;
use dynamo_model::rules::Rules;
use dynamo_model::version::Context;
use dynamo_model::wish::{ChangeRefusal, Wish};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

fn key() -> Key {
    Key::new("k").unwrap()
}

/// An administrator's next request.
pub(crate) fn administer(node: NodeId, wish: Wish) -> Message {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let request = RequestId { client: ClientId(9), number: NEXT.fetch_add(1, Ordering::Relaxed) };
    Message::Administer { request, node, wish }
}

/// Three members, and a node that would be the key's second replica if it joined. Returns the
/// second replica's bench, and the ids of the first replica, the second, and the newcomer.
fn newcomer() -> (Bench, NodeId, NodeId, NodeId) {
    for node in 3..100 {
        let joined = Bench::of(3, NodeId(0), 2, 1, 1);
        let before = joined.clockwise(&key());
        let with = History::founded_by([0, 1, 2, node].map(NodeId));
        let mut probe = joined.clone();
        probe.receive(CLIENT, Message::Changes { changes: with });
        let after = probe.clockwise(&key());
        if after[..2] == [before[0], NodeId(node)] {
            return (Bench::of(3, before[1], 2, 1, 1), before[0], before[1], NodeId(node));
        }
    }
    panic!("one of a hundred nodes would be the second replica")
}

#[test]
fn a_change_is_on_disk_before_it_is_answered_and_asking_again_changes_nothing() {
    let mut a = Bench::new(3, 2, 2);
    let join = administer(NodeId(7), Wish::Join(None));
    let first = a.receive(CLIENT, join.clone());
    let [Answer::Changed { history, .. }] = answers(&first)[..] else { panic!("{first:?}") };
    assert!(
        history
            .changes()
            .any(|change| *change == Change { node: NodeId(7), time: 1, act: Act::Join })
    );
    a.crash();
    assert_eq!(a.state.view.standing(NodeId(7)), Standing::Member);
    let again = a.receive(CLIENT, join);
    assert_eq!(answers(&again), answers(&first));
}

#[test]
fn impossible_changes_are_refused() {
    let mut a = Bench::new(3, 2, 2);
    let mut refused = |node: u16, wish| {
        let sent = a.receive(CLIENT, administer(NodeId(node), wish));
        match answers(&sent)[..] {
            [Answer::ChangeRefused { refusal, .. }] => Some(*refusal),
            [Answer::Changed { .. }] => None,
            _ => panic!("{sent:?}"),
        }
    };
    assert_eq!(refused(0, Wish::Remove), Some(ChangeRefusal::RemovesItself(NodeId(0))));
    assert_eq!(refused(7, Wish::Leave), Some(ChangeRefusal::NoMember(NodeId(7))));
    assert_eq!(refused(2, Wish::Remove), None);
    assert_eq!(refused(2, Wish::Join(None)), Some(ChangeRefusal::RemovedForGood(NodeId(2))));
    assert_eq!(refused(1, Wish::Leave), Some(ChangeRefusal::TooFewLeft { left: 1, needed: 2 }));
    assert_eq!(refused(3, Wish::Join(None)), None);
    assert_eq!(refused(1, Wish::Leave), None);
}

/// Tips are sent first. Histories are sent only if tips differ, in both directions.
#[test]
fn histories_are_sent_if_tips_differ() {
    let mut a = Bench::new(3, 2, 2);
    assert!(a.receive(1, Message::Gossip { tip: tip(3) }).is_empty(), "the tips are equal");
    a.receive(CLIENT, administer(NodeId(7), Wish::Join(None)));
    let sent = a.receive(1, Message::Gossip { tip: tip(3) });
    let [(1, Message::History { history })] = &sent[..] else { panic!("{sent:?}") };
    let mut b = Bench::of(3, NodeId(1), 3, 2, 2);
    b.receive(CLIENT, administer(NodeId(8), Wish::Join(None)));
    let sent = b.receive(0, Message::History { history: history.clone() });
    let [(0, Message::Changes { changes })] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(changes.len(), 1, "only the change that the other node lacks");
    assert!(a.receive(1, Message::Changes { changes: changes.clone() }).is_empty());
    assert_eq!(a.state.view.tip(), b.state.view.tip());
}

/// A node that is no longer a replica hands over its copy. It drops a hint only once the recipient
/// has all of it (Dynamo paper §4.9).
#[test]
fn an_old_replica_keeps_its_copy_until_the_new_replicas_have_it() {
    let (mut old, first, second, new) = newcomer();
    let store = old.receive(CLIENT, put(0, b"v", Context::new()));
    let [(_, Message::Store { siblings, .. }), ..] = &store[..] else { panic!("{store:?}") };
    let siblings = siblings.clone();
    old.receive(CLIENT, administer(new, Wish::Join(None)));
    assert!(old.state.durable.store.is_empty());
    let recipients: Vec<NodeId> =
        old.state.durable.hints.keys().map(|hint| hint.recipient).collect();
    let mut expected = vec![first, new];
    expected.sort_unstable();
    assert_eq!(recipients, expected);
    for node in [first, new] {
        assert!(!old.state.durable.hints.is_empty());
        let context = siblings.context().clone();
        old.receive(
            usize::from(node.0),
            Message::HandedOff { tip: old.state.view.tip(), key: key(), context },
        );
    }
    assert!(old.state.durable.hints.is_empty());

    // A node that does not know the change yet is told, and not served.
    let stale = Message::Store { tip: tip(3), request: request(1), key: key(), siblings };
    let sent = old.receive(usize::from(first.0), stale);
    assert!(
        matches!(&sent[..], [(to, Message::History { .. })] if *to == usize::from(first.0)),
        "{sent:?}"
    );
    assert_ne!(second, new);
}

#[test]
fn a_leaving_node_says_that_it_is_gone_and_stops_once_that_is_known() {
    let mut c = Bench::of(4, NodeId(3), 3, 2, 2);
    c.receive(CLIENT, administer(NodeId(3), Wish::Leave));
    assert_eq!(c.state.view.standing(NodeId(3)), Standing::Gone, "it has nothing to hand over");
    assert!(!c.state.retired);
    let tip = c.state.view.tip();
    let mut a = Bench::of(4, NodeId(0), 3, 2, 2);
    a.receive(3, Message::History { history: c.state.durable.history.clone() });
    let sent = a.receive(3, Message::Gossip { tip });
    assert_eq!(sent, [(3, Message::Gossip { tip })], "the node learns that others know it is gone");
    c.receive(0, sent[0].1.clone());
    assert!(c.state.retired);
    assert!(c.receive(CLIENT, put(0, b"v", Context::new())).is_empty());
}

#[test]
fn a_node_that_is_gone_finishes_its_gets_before_it_stops() {
    let first = Bench::of(4, NodeId(0), 3, 2, 2).clockwise(&key())[0];
    let mut c = Bench::of(4, first, 3, 2, 2);
    c.receive(CLIENT, Message::Request(Operation::Get { request: request(0), key: key(), pr: 0 }));
    c.receive(CLIENT, administer(first, Wish::Leave));
    assert_eq!(c.state.view.standing(first), Standing::Gone, "it has nothing to hand over");
    assert_eq!(c.state.gets.len(), 1, "the client still waits");
    let tip = c.state.view.tip();
    let other = usize::from(first.0 == 0);
    c.receive(other, Message::Gossip { tip });
    assert!(!c.state.retired);
}

/// A client with an old view is served, and told the changes.
#[test]
fn a_client_with_its_own_view_is_told_the_changes_it_lacks() {
    let mut a = Bench::new(3, 1, 1);
    let get = |number| Operation::Get { request: request(number), key: key(), pr: 0 };
    let sent = a.receive(CLIENT, Message::Routed { tip: tip(3), operation: get(0) });
    assert!(
        sent.iter().all(|(_, message)| !matches!(message, Message::History { .. })),
        "{sent:?}"
    );
    let sent = a.receive(CLIENT, Message::Routed { tip: tip(2), operation: get(1) });
    assert!(
        matches!(&sent[0], (CLIENT, Message::History { history }) if *history == a.state.durable.history)
    );
    assert!(matches!(answers(&sent)[..], [Answer::GetAnswered { .. }]), "{sent:?}");
}

#[test]
fn without_members_there_is_no_route() {
    let mut a = Bench::of(0, NodeId(0), 3, 1, 1);
    let sent = a.receive(CLIENT, put(0, b"v", Context::new()));
    assert_eq!(answers(&sent), [&Answer::NoRoute { request: request(0) }]);
}

/// What a scripted client sends.
fn sent(out: Out<Client>) -> Vec<(Id, Message)> {
    let sent =
        |command| if let Command::Send(to, message) = command { Some((to, message)) } else { None };
    out.into_iter().filter_map(sent).collect()
}

/// A client learns changes, tells the changes that it knows, and uses the new view for its next
/// request.
#[test]
fn a_client_uses_the_changes_it_was_told() {
    let (id, founders) = (Id::from(CLIENT), History::founded_by([0, 1, 2].map(NodeId)));
    let script = vec![(Via::OwnView, Line::Get { pr: 0 }); 2];
    let client =
        Client { key: key(), script, routes: Routes::new(founders.clone(), 1), retries: 1 };
    let mut out = Out::new();
    let mut state = Cow::Owned(client.on_start(id, &None, &mut out));
    let first = sent(out);
    let [(asked, Message::Routed { tip, .. })] = &first[..] else { panic!("{first:?}") };
    assert_eq!(*tip, founders.tip());

    let others = History::founded_by([7, 8, 9].map(NodeId));
    let told = |state: &mut Cow<'_, ClientState>, message| {
        let mut out = Out::new();
        client.on_msg(id, state, *asked, message, &mut out);
        sent(out)
    };
    let changes = told(&mut state, Message::History { history: others.clone() });
    assert_eq!(changes, [(*asked, Message::Changes { changes: founders.clone() })]);
    let request = RequestId { client: ClientId(CLIENT as u64), number: 0 };
    let answer = Answer::GetFailed { request, answered: 0, needed: 1, in_person: 0, pr: 0 };
    let next = told(&mut state, Message::Answer(answer));
    let [(_, Message::Routed { tip, .. })] = &next[..] else { panic!("{next:?}") };
    assert_eq!(*tip, founders.union(&others).tip());
}

/// A client may try a put first by an old view, at one replica, and again by the node's view. The
/// retry goes to the coordinator that this view names. It is still one put.
#[test]
fn a_routed_put_goes_to_the_one_coordinator() {
    for number in 0..3 {
        let mut a = Bench::new(3, 2, 1);
        let Message::Request(operation) = put(number, b"v", Context::new()) else { panic!() };
        let target = a.node.rules.coordinators(
            operation.request(),
            &a.clockwise(&key())[..3],
            &[],
            &BTreeSet::new(),
        )[0];
        let sent = a.receive(CLIENT, Message::Routed { tip: tip(3), operation: operation.clone() });
        let is_forwarded =
            matches!(&sent[..], [(to, Message::Forward { .. })] if *to == usize::from(target.0));
        assert_eq!(is_forwarded, target != NodeId(0), "{sent:?}");
        // The put has its dot here, so it stays here whatever the view says.
        a.receive(CLIENT, Message::Request(operation.clone()));
        let sent = a.receive(CLIENT, Message::Routed { tip: tip(3), operation });
        assert!(
            sent.iter().all(|(_, message)| !matches!(message, Message::Forward { .. })),
            "{sent:?}"
        );
    }
}

#[test]
fn a_node_at_another_address_cannot_take_a_member_s_id() {
    let (rules, node) = (Rules::default(), NodeId(1));
    let (own, other) = (at(1), at(2));
    let founded = History::founded_by([0, 1, 2].map(NodeId));
    let known = founded.moved(node, own);
    let join =
        |history: &History, address| history.with_wish(&rules, node, Wish::Join(Some(address)), 2);
    assert_eq!(join(&known, other), Err(ChangeRefusal::InUse(node)));
    assert_eq!(
        join(&known, own),
        Ok(known.clone()),
        "the node is a member at this address already"
    );
    assert!(join(&founded, other).is_ok(), "no address of the node is known");
}

/// A client retries when its coordinator is no longer a replica. While the coordinator has the put,
/// it continues. After that it cannot know whether the put is stored.
#[test]
fn a_retried_put_continues_where_it_got_its_dot_while_that_node_has_it() {
    let (mut old, first, _, new) = newcomer();
    old.receive(CLIENT, put(0, b"v", Context::new()));
    old.receive(usize::from(first.0), Message::Stored { request: request(0) });
    let context = old.state.durable.store[&key()].context().clone();
    old.receive(CLIENT, administer(new, Wish::Join(None)));
    assert!(old.state.puts.is_empty() && !old.state.durable.hints.is_empty());

    let sent = old.clone().receive(CLIENT, put(0, b"v", Context::new()));
    let stores = sent.iter().filter(|(_, message)| matches!(message, Message::Store { .. }));
    assert_eq!(stores.count(), 2, "both replicas are asked: {sent:?}");
    assert!(answers(&sent).is_empty());

    for node in [first, new] {
        old.receive(
            usize::from(node.0),
            Message::HandedOff { tip: old.state.view.tip(), key: key(), context: context.clone() },
        );
    }
    let sent = old.receive(CLIENT, put(0, b"v", Context::new()));
    assert!(matches!(answers(&sent)[..], [Answer::PutFailed { stored: 0, .. }]), "{sent:?}");
}

fn at(port: u16) -> Address {
    SocketAddr::from(([127, 0, 0, 1], port)).into()
}

/// A history in which three nodes have joined, and the first of them is at this address.
fn with_address(time: u32, address: Address) -> History {
    let mut history = History::founded_by([0, 1, 2].map(NodeId));
    history.insert(Change { node: NodeId(0), time, act: Act::Move(address) });
    history
}

/// Node A, started at an address on an empty disk.
fn started_at(address: Address) -> Bench {
    let mut a = Bench::new(3, 2, 2);
    a.node.address = Some(address);
    a.crash();
    assert_eq!(a.state.durable.history, with_address(1, address));
    a
}

/// A node that lost its disk starts at another address, and counts its moves from 1 again. Others
/// know an older address with an equal time, or with a later one.
#[test]
fn a_node_corrects_a_wrong_address() {
    for (time, theirs) in [(1, at(9)), (7, at(9)), (7, at(1))] {
        for told_all in [true, false] {
            let (mut a, known) = (started_at(at(5)), with_address(time, theirs));
            let told = if told_all {
                Message::History { history: known.clone() }
            } else {
                Message::Changes { changes: known.clone() }
            };
            let sent = a.receive(1, told);
            let corrected = with_address(time + 1, at(5));
            assert_eq!(a.state.durable.history, corrected);
            if told_all {
                // The sender is told at once, and then knows the corrected history.
                let [(1, Message::Changes { changes })] = &sent[..] else { panic!("{sent:?}") };
                assert_eq!(known.union(changes), corrected);
            }
            a.crash();
            assert_eq!(
                a.state.durable.history, corrected,
                "the node saved the correction before it told it"
            );
        }
    }
    // Of two addresses with equal times the larger counts. If that is the node's own, it has
    // nothing to tell.
    let mut a = started_at(at(5));
    a.receive(1, Message::Changes { changes: with_address(1, at(4)) });
    assert_eq!(a.state.durable.history, with_address(1, at(5)));
}

#[test]
fn a_node_that_starts_at_a_new_address_tells_it_with_a_later_time() {
    let mut a = started_at(at(5));
    a.receive(1, Message::Changes { changes: with_address(7, at(9)) });
    for (turn, address) in [(0, at(1)), (1, at(9)), (2, at(1))] {
        a.node.address = Some(address);
        a.crash();
        let told = |a: &Bench| {
            a.state.durable.history.changes().find(|it| matches!(it.act, Act::Move(_))).copied()
        };
        let expected = Change { node: NodeId(0), time: 9 + turn, act: Act::Move(address) };
        assert_eq!(told(&a), Some(expected));
        // The next change puts it on disk for certain. The next start at this address adds nothing.
        a.receive(CLIENT, administer(NodeId(7 + turn as u16), Wish::Join(None)));
        a.crash();
        assert_eq!(told(&a), Some(expected), "the node tells an address once, not at every start");
    }
}

/// Two processes with one id contradict each other once for each history that they are told. They
/// stop when they are told none.
#[test]
fn two_processes_with_one_id_do_not_contradict_each_other_for_ever() {
    let (mut one, mut other, mut third) =
        (started_at(at(5)), started_at(at(6)), Bench::of(3, NodeId(1), 3, 2, 2));
    for round in 0..10 {
        for process in [&mut one, &mut other] {
            // The process asks the third node. Its answer, and what follows, go to this process
            // only.
            let mut under_way = vec![(1, Message::Gossip { tip: process.state.view.tip() })];
            let mut messages = 0;
            while let Some((to, message)) = under_way.pop() {
                messages += 1;
                assert!(messages <= 3, "round {round}: {message:?}");
                let receiver = if to == 1 { &mut third } else { &mut *process };
                under_way.extend(receiver.receive(1 - to, message));
            }
            assert_eq!(third.state.durable.history.address(NodeId(0)), process.node.address);
            assert_eq!(third.state.durable.history.len(), 4);
        }
    }
}
