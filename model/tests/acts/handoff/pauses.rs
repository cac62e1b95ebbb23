//! When a handoff begins, and what does not delay it.

use super::*;

fn store_hint(tip: Tip, recipient: NodeId, key: Key) -> Message {
    let hint = HintId { recipient, key };
    Message::StoreHint { tip, request: request(0), hint, siblings: siblings(1) }
}

/// A hint for a node that is no member waits. It is sent once the node has joined.
#[test]
fn a_hint_for_a_node_that_joins_later_is_handed_over() {
    let [coordinator, _, _, fallback, _] = clockwise()[..] else { panic!() };
    let joined = |node: NodeId| History::founded_by((0..5).map(NodeId).chain([node]));
    let is_replica = |node: &NodeId| {
        let mut probe = Bench::of(5, fallback, 3, 2, 2);
        probe.receive(CLIENT, Message::Changes { changes: joined(*node) });
        probe.clockwise(&key())[..3].contains(node)
    };
    let late = (5..500).map(NodeId).find(is_replica).unwrap();
    let timer = Timer::Handoff(fallback, late);
    for crashes in [false, true] {
        let mut d = Bench::of(5, fallback, 3, 2, 2);
        d.receive(actor(coordinator), store_hint(tip(5), late, key()));
        assert!(!d.timers.contains(&timer), "the recipient is no member yet");
        if crashes {
            d.crash();
        }
        d.receive(actor(coordinator), Message::Changes { changes: joined(late) });
        assert!(d.timers.contains(&timer), "{:?}", d.timers);
        let sent = d.time_out(&timer);
        assert!(
            matches!(&sent[..], [(to, Message::HandOff { .. })] if *to == actor(late)),
            "{sent:?}"
        );
    }
}

/// More hints, nodes that join, and nodes that move do not reset the timer of a running handoff.
#[test]
fn nothing_delays_a_running_handoff() {
    let [coordinator, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let timer = Timer::Handoff(fallback, second);
    d.receive(actor(coordinator), store_hint(tip(5), second, key()));
    assert!(d.timers.contains(&timer));
    let mut turns = 0;
    for node in (5..500).map(NodeId) {
        let joins = [Change { node, time: 1, act: Act::Join }].into_iter().collect();
        let joins = Message::Changes { changes: joins };
        let mut probe = d.clone();
        probe.receive(actor(coordinator), joins.clone());
        if turns == 20 || probe.clockwise(&key())[..3] != d.clockwise(&key())[..3] {
            // The hint would be readdressed.
            continue;
        }
        turns += 1;
        d.receive(actor(coordinator), joins);
        assert!(!d.timers.contains(&timer), "node {node} has joined");
        let at = SocketAddr::from(([127, 0, 0, 1], turns as u16));
        let moves = [Change { node: second, time: turns, act: Act::Move(at.into()) }];
        d.receive(actor(second), Message::Changes { changes: moves.into_iter().collect() });
        assert!(!d.timers.contains(&timer), "the recipient has moved");
        let tip = d.state.view.tip();
        d.receive(
            actor(coordinator),
            store_hint(tip, second, Key::new(&format!("{turns}")).unwrap()),
        );
        assert!(!d.timers.contains(&timer), "there is more to hand over");
    }
    assert_eq!(turns, 20);
    assert_eq!(d.state.hint_state(&d.node, &hint(second)), HintState::Stored);
}

/// A recipient that answers repeatedly shortens the pause once, and delays nothing.
#[test]
fn answers_do_not_delay_a_lost_hint() {
    let [coordinator, second, _, fallback, _] = clockwise()[..] else { panic!() };
    let mut d = Bench::of(5, fallback, 3, 2, 2);
    let timer = Timer::Handoff(fallback, second);
    let key = |index: u8| Key::new(&format!("{index:03}")).unwrap();
    for index in 0..30 {
        d.receive(actor(coordinator), store_hint(tip(5), second, key(index)));
    }
    (0..5).for_each(|_| drop(d.time_out(&timer)));
    let mut answered = 1..30;
    for _ in 0..3 {
        for turn in 0..5 {
            let context = siblings(1).context().clone();
            d.receive(
                actor(second),
                Message::HandedOff { tip: tip(5), key: key(answered.next().unwrap()), context },
            );
            let pause = d.node.config.handoff().first_after * 2;
            let expected = (turn == 0).then(|| (timer.clone(), pause..pause + pause / 2));
            assert_eq!(d.pauses, expected.into_iter().collect::<Vec<_>>(), "answer {turn}");
        }
        let lost = key(0);
        let sent = d.time_out(&timer);
        assert!(matches!(&sent[0], (_, Message::HandOff { key, .. }) if *key == lost), "{sent:?}");
    }
}
