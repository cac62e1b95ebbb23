//! What a new replica does before it confirms puts and answers gets.

use super::bench::{Bench, CLIENT, answers, put, request};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{Act, Change, History, Tip};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::Timer;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};

fn key() -> Key {
    Key::new("k").unwrap()
}

fn siblings(node: NodeId) -> Siblings {
    let dot = Dot { issuer: node.into(), counter: 1 };
    let content = Content::Value(Value::new(b"old").unwrap());
    Siblings::new().put(Version { dot, clock: Context::new().with(dot), content }, |_| true)
}

fn at(node: NodeId) -> usize {
    usize::from(node.0)
}

/// A node that has just become one of the key's two replicas. With it: the three older members,
/// clockwise by the view before, and the history.
struct Newcomer {
    bench: Bench,
    others: Vec<NodeId>,
    history: History,
}

impl Newcomer {
    fn new() -> Self {
        let others = Bench::of(3, NodeId(0), 2, 1, 1).clockwise(&key());
        let history = |node: u16| History::founded_by([0, 1, 2, node].map(NodeId));
        let joined = |node: u16| {
            let mut bench = Bench::of(3, NodeId(node), 2, 1, 1);
            bench.receive(at(others[0]), Message::Changes { changes: history(node) });
            bench
        };
        let node = (3..100)
            .find(|node| joined(*node).clockwise(&key())[..2] == [others[0], NodeId(*node)]);
        let node = node.expect("one of a hundred nodes is the second replica");
        Newcomer { bench: joined(node), others, history: history(node) }
    }

    fn tip(&self) -> Tip {
        self.history.tip()
    }

    fn fetch(&self, number: u64) -> Message {
        Message::Fetch { tip: self.tip(), request: request(number), key: key() }
    }

    fn gathered(&self, siblings: &Siblings, is_all: bool) -> Message {
        Message::Gathered { tip: self.tip(), key: key(), siblings: siblings.clone(), is_all }
    }
}

/// The nodes that are asked what they hold.
fn asked(sent: &[(usize, Message)]) -> Vec<usize> {
    let mut asked: Vec<usize> = sent
        .iter()
        .filter(|(_, m)| matches!(m, Message::Gather { .. }))
        .map(|(to, _)| *to)
        .collect();
    asked.sort_unstable();
    asked
}

fn fetched(sent: &[(usize, Message)]) -> Vec<(usize, Siblings)> {
    let fetched = |(to, message): &(usize, Message)| match message {
        Message::Fetched { siblings, .. } => Some((*to, siblings.clone())),
        _ => None,
    };
    sent.iter().filter_map(fetched).collect()
}

fn sorted(nodes: &[NodeId]) -> Vec<usize> {
    let mut all: Vec<usize> = nodes.iter().map(|node| at(*node)).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_new_replica_answers_once_all_others_have() {
    let mut new = Newcomer::new();
    let [first, displaced, third] = new.others[..] else { panic!() };
    let old = siblings(displaced);
    let sent = new.bench.receive(at(first), new.fetch(0));
    assert_eq!(
        asked(&sent),
        sorted(&new.others),
        "the coordinator too: it has not said what it holds"
    );
    assert!(fetched(&sent).is_empty());
    assert!(new.bench.receive(at(displaced), new.gathered(&old, false)).is_empty());
    assert!(new.bench.receive(at(first), new.gathered(&Siblings::new(), true)).is_empty());
    let sent = new.bench.receive(at(third), new.gathered(&Siblings::new(), true));
    assert_eq!(fetched(&sent), [(at(first), old.clone())]);
    assert!(new.bench.state.gatherings.is_empty());

    new.bench.crash();
    assert_eq!(new.bench.state.durable.store[&key()], old, "it saved what it answered with");
    let sent = new.bench.receive(at(first), new.fetch(1));
    assert_eq!(
        asked(&sent),
        [at(displaced)],
        "it still awaits the node that keeps more for it, after a crash too"
    );
    let hand_off =
        |is_all| Message::HandOff { tip: new.tip(), key: key(), siblings: old.clone(), is_all };
    let (some, all) = (hand_off(false), hand_off(true));
    let late = Message::HandOff { tip: Tip(1), key: key(), siblings: old.clone(), is_all: true };
    assert!(fetched(&new.bench.receive(at(displaced), some)).is_empty());
    assert!(
        fetched(&new.bench.receive(at(displaced), late)).is_empty(),
        "a handoff under another view settles nothing"
    );
    assert_eq!(
        fetched(&new.bench.receive(at(displaced), all)).len(),
        1,
        "the last handoff settles it"
    );
    new.bench.crash();
    assert_eq!(fetched(&new.bench.receive(at(third), new.fetch(3))).len(), 1, "now it has settled");
}

#[test]
fn a_new_replica_that_leaves_tells_whom_it_owes_an_answer() {
    let mut new = Newcomer::new();
    let [first, displaced, third] = new.others[..] else { panic!() };
    let own = new.bench.clockwise(&key())[1];
    for (coordinator, number) in [(first, 0), (first, 1), (third, 2)] {
        assert!(fetched(&new.bench.receive(at(coordinator), new.fetch(number))).is_empty());
    }
    let mut changes = History::default();
    changes.insert(Change { node: own, time: 1, act: Act::Leave });
    let sent = new.bench.receive(at(displaced), Message::Changes { changes });
    let told = sent.iter().filter(|(_, message)| matches!(message, Message::History { .. }));
    let told: Vec<NodeId> = told.map(|(to, _)| NodeId(*to as u16)).collect();
    assert_eq!(sorted(&told), sorted(&[first, third]), "each of them once");
    assert!(fetched(&sent).is_empty() && new.bench.state.gatherings.is_empty());
}

#[test]
fn a_new_replica_that_coordinates_counts_itself_only_then() {
    let mut new = Newcomer::new();
    let [first, displaced, third] = new.others[..] else { panic!() };
    let sent = new.bench.receive(CLIENT, put(0, b"v", Context::new()));
    assert_eq!(asked(&sent), sorted(&new.others));
    assert!(answers(&sent).is_empty(), "W is 1, and the coordinator does not count yet");
    let own = new.bench.clockwise(&key())[1];
    let mut late = new.bench.clone();
    for _ in 0..4 {
        late.time_out(&Timer::Put(own, request(0)));
    }
    assert!(
        late.state.suspected.contains(&first) && !late.state.suspected.contains(&own),
        "no node suspects itself"
    );
    for node in [first, displaced] {
        assert!(
            answers(&new.bench.receive(at(node), new.gathered(&Siblings::new(), true))).is_empty()
        );
    }
    let sent = new.bench.receive(at(third), new.gathered(&siblings(displaced), true));
    assert!(matches!(answers(&sent)[..], [Answer::PutAcknowledged { .. }]));
    assert_eq!(
        new.bench.state.durable.store[&key()].versions().len(),
        2,
        "the gathered sibling is beside the put"
    );
}

#[test]
fn a_coordinator_that_sends_a_put_under_an_equal_tip_need_not_be_asked() {
    let new = Newcomer::new();
    let [first, displaced, third] = new.others[..] else { panic!() };
    let store =
        |tip| Message::Store { tip, request: request(0), key: key(), siblings: Siblings::new() };
    let sent = new.bench.clone().receive(at(first), store(new.tip()));
    assert_eq!(asked(&sent), sorted(&[displaced, third]));
    let sent = new.bench.clone().receive(at(first), store(Tip(1)));
    assert_eq!(
        asked(&sent),
        sorted(&new.others),
        "under another view it may still serve as a replica"
    );
}

#[test]
fn a_silent_node_is_asked_again_and_then_suspected_and_no_longer_awaited() {
    let mut new = Newcomer::new();
    let [first, displaced, third] = new.others[..] else { panic!() };
    let timer =
        Timer::Gather(NodeId(u16::try_from(at(new.bench.clockwise(&key())[1])).unwrap()), key());
    new.bench.receive(at(first), new.fetch(0));
    assert!(new.bench.timers.contains(&timer));
    new.bench.receive(at(displaced), new.gathered(&Siblings::new(), false));
    new.bench.receive(at(first), new.gathered(&Siblings::new(), false));
    assert_eq!(asked(&new.bench.time_out(&timer)), [at(third)]);
    assert_eq!(fetched(&new.bench.time_out(&timer)).len(), 1);
    let sent = new.bench.receive(at(first), new.fetch(1));
    assert_eq!(asked(&sent), sorted(&new.others), "the suspected node is asked too");
    for node in [displaced, first] {
        let told = fetched(&new.bench.receive(at(node), new.gathered(&Siblings::new(), false)));
        assert_eq!(told.len(), usize::from(node == first), "the suspected node is not waited for");
    }
}

#[test]
fn after_another_change_all_nodes_are_asked_again() {
    let mut new = Newcomer::new();
    let [first, displaced, third] = new.others[..] else { panic!() };
    new.bench.receive(at(first), new.fetch(0));
    for node in [first, displaced] {
        new.bench.receive(at(node), new.gathered(&Siblings::new(), true));
    }
    let late = new.gathered(&siblings(displaced), true);
    let leaves: History =
        [Change { node: displaced, time: 1, act: Act::Leave }].into_iter().collect();
    let sent = new.bench.receive(at(first), Message::Changes { changes: leaves.clone() });
    assert_eq!(
        asked(&sent),
        sorted(&new.others),
        "nodes that kept nothing for it under the old view are asked too"
    );
    assert!(
        new.bench.receive(at(third), late).is_empty(),
        "an answer under the old view no longer counts"
    );
    assert!(new.bench.state.durable.store.is_empty());
    new.history = new.history.union(&leaves);
    for node in [first, displaced] {
        assert!(
            fetched(&new.bench.receive(at(node), new.gathered(&Siblings::new(), true))).is_empty()
        );
    }
    let sent = new.bench.receive(at(third), new.gathered(&siblings(third), true));
    assert_eq!(fetched(&sent), [(at(first), siblings(third))]);
    assert!(
        sent.iter().any(|(to, m)| *to == at(first) && matches!(m, Message::History { .. })),
        "it sends the coordinator its history"
    );
}

#[test]
fn a_node_says_whether_it_keeps_more_for_the_new_replica() {
    let mut new = Newcomer::new();
    let newcomer = new.bench.clockwise(&key())[1];
    let displaced = new.others[1];
    let mut b = Bench::of(3, displaced, 2, 1, 1);
    b.receive(CLIENT, put(0, b"v", Context::new()));
    b.receive(at(new.others[0]), Message::Changes { changes: new.history.clone() });
    assert!(
        b.state.durable.hints.contains_key(&HintId { recipient: newcomer, key: key() }),
        "the old replica keeps a hint for the new one"
    );
    let gather = |tip, key| Message::Gather { tip, key };
    let told = |sent: Vec<(usize, Message)>| match &sent[..] {
        [(to, Message::Gathered { siblings, is_all, .. })] if *to == at(newcomer) => {
            (siblings.versions().len(), *is_all)
        }
        _ => panic!("{sent:?}"),
    };
    assert_eq!(
        told(b.receive(at(newcomer), gather(new.tip(), key()))),
        (1, true),
        "this key is all that it keeps"
    );
    let other = Key::new("another").unwrap();
    assert_eq!(
        told(b.receive(at(newcomer), gather(new.tip(), other))),
        (0, false),
        "it keeps another key"
    );
    let sent = b.receive(at(newcomer), gather(Tip(1), key()));
    assert!(
        matches!(&sent[..], [(_, Message::History { .. })]),
        "to another tip it answers with its history only"
    );
    let operation =
        Operation::Get { request: RequestId { client: ClientId(8), number: 0 }, key: key(), pr: 0 };
    let sent = new.bench.receive(CLIENT, Message::Request(operation));
    assert_eq!(asked(&sent), sorted(&new.others));
}

/// A hint is for new replicas as well. A holder that is one of them stores it as its own copy.
#[test]
fn a_hint_is_for_new_replicas_too() {
    let rules = dynamo_model::rules::Rules::default();
    let [a, b, c, d] = [0, 1, 2, 3].map(NodeId);
    assert_eq!(rules.hint_goes_to(a, &[a, b], &[a, b]), [a]);
    assert_eq!(rules.hint_goes_to(a, &[a, b], &[a, c]), [a, c]);
    assert_eq!(rules.hint_goes_to(a, &[a], &[a, b]), [a, b]);
    assert_eq!(
        rules.hint_goes_to(a, &[a, b], &[d, b]),
        [d, b],
        "all replicas, if the recipient is none any more"
    );
}
