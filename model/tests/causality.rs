//! The version algebra against a dumb second implementation: the causal history itself, as sets of puts.

use dynamo_model::ids::{Content, NodeId, Value};
use dynamo_model::rules::Rules;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Causality, Context, Dot, Epoch, Issuer};
use proptest::prelude::*;
use std::collections::BTreeSet;

const REPLICAS: usize = 3;
const CLIENTS: usize = 2;

/// What may happen to one key.
#[derive(Clone, Debug)]
enum Event {
    /// A client puts with the context it has, or with none.
    Put { replica: usize, client: usize, informed: bool },
    /// A client reads one replica.
    Get { replica: usize, client: usize },
    /// One replica's set is merged into another's.
    Merge { from: usize, into: usize },
    /// The replica drops all that it has, and knows no more which dots it gave.
    Drop { replica: usize },
}

fn event() -> impl Strategy<Value = Event> {
    let (replica, client) = (0..REPLICAS, 0..CLIENTS);
    prop_oneof![
        3 => (replica.clone(), client.clone(), any::<bool>())
            .prop_map(|(replica, client, informed)| Event::Put { replica, client, informed }),
        2 => (replica.clone(), client).prop_map(|(replica, client)| Event::Get { replica, client }),
        3 => (replica.clone(), replica.clone()).prop_map(|(from, into)| Event::Merge { from, into }),
        1 => replica.prop_map(|replica| Event::Drop { replica }),
    ]
}

/// The protocol's way: dotted version vectors.
#[derive(Default)]
struct Dotted {
    epochs: [Epoch; REPLICAS],
    replicas: [Siblings; REPLICAS],
    clients: [Context; CLIENTS],
}

/// The dumb way: every put by number, with all the puts it saw; a replica is the puts it has learnt of.
#[derive(Default)]
struct Naive {
    saw: Vec<BTreeSet<usize>>,
    replicas: [BTreeSet<usize>; REPLICAS],
    clients: [BTreeSet<usize>; CLIENTS],
}

impl Naive {
    /// The puts that no other put the replica has learnt of saw.
    fn siblings(&self, replica: usize) -> BTreeSet<usize> {
        let known = &self.replicas[replica];
        known.iter().copied().filter(|put| !known.iter().any(|other| self.saw[*other].contains(put))).collect()
    }
}

fn apply(event: &Event, dotted: &mut Dotted, naive: &mut Naive) {
    match *event {
        Event::Put { replica, client, informed } => {
            let node = NodeId(replica as u16);
            let epoch = &mut dotted.epochs[replica];
            epoch.issued += 1;
            let issuer = Issuer { node, incarnation: 0, epoch: epoch.number };
            let dot = Dot { issuer, counter: epoch.issued };
            let read = if informed { dotted.clients[client].clone() } else { Context::new() };
            let before = &dotted.replicas[replica];
            let rules = Rules::default();
            let clock = rules.put_context(&read, dot, before);
            let number = naive.saw.len();
            let value = Value::new(&number.to_be_bytes()).unwrap();
            let version = Version { dot, clock: clock.clone(), content: Content::Value(value) };
            dotted.replicas[replica] = before.put(version, |sibling| rules.version_replaces(&read, dot, sibling));
            dotted.clients[client] = clock;

            let saw = if informed { naive.clients[client].clone() } else { BTreeSet::new() };
            naive.replicas[replica].extend(&saw);
            naive.replicas[replica].insert(number);
            naive.clients[client] = saw.iter().copied().chain([number]).collect();
            naive.saw.push(saw);
        }
        Event::Get { replica, client } => {
            dotted.clients[client] = dotted.replicas[replica].context().clone();
            naive.clients[client].clone_from(&naive.replicas[replica]);
        }
        Event::Merge { from, into } => {
            dotted.replicas[into] = dotted.replicas[into].merge(&dotted.replicas[from]);
            let learnt = naive.replicas[from].clone();
            naive.replicas[into].extend(learnt);
        }
        Event::Drop { replica } => {
            dotted.replicas[replica] = Siblings::new();
            dotted.epochs[replica] = Epoch { number: dotted.epochs[replica].number + 1, issued: 0 };
            naive.replicas[replica].clear();
        }
    }
}

fn play<'a>(events: impl IntoIterator<Item = &'a Event>) -> (Dotted, Naive) {
    let (mut dotted, mut naive) = (Dotted::default(), Naive::default());
    for event in events {
        apply(event, &mut dotted, &mut naive);
    }
    (dotted, naive)
}

fn numbers(siblings: &Siblings) -> BTreeSet<usize> {
    let number = |version: &Version| usize::from_be_bytes(version.content.bytes().try_into().unwrap());
    siblings.versions().iter().map(number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// After every event of a random history each replica holds exactly the siblings that the true causal order says.
    #[test]
    fn siblings_are_the_maximal_puts(events in prop::collection::vec(event(), 0..40)) {
        let (mut dotted, mut naive) = (Dotted::default(), Naive::default());
        for event in &events {
            apply(event, &mut dotted, &mut naive);
            for replica in 0..REPLICAS {
                prop_assert_eq!(numbers(&dotted.replicas[replica]), naive.siblings(replica));
            }
        }
    }

    /// The order of replicas' contexts is the order of what they have learnt.
    #[test]
    fn compare_is_the_order_of_histories(events in prop::collection::vec(event(), 0..40)) {
        let (dotted, naive) = play(&events);
        for one in 0..REPLICAS {
            for other in 0..REPLICAS {
                let (a, b) = (&naive.replicas[one], &naive.replicas[other]);
                let expected = match (a.is_subset(b), b.is_subset(a)) {
                    (true, true) => Causality::Equal,
                    (true, false) => Causality::Before,
                    (false, true) => Causality::After,
                    (false, false) => Causality::Concurrent,
                };
                prop_assert_eq!(dotted.replicas[one].compare(&dotted.replicas[other]), expected);
            }
        }
    }

    /// Merge is associative, commutative and idempotent on sets that grew from one history.
    #[test]
    fn merge_is_a_semilattice(events in prop::collection::vec(event(), 0..40)) {
        let (dotted, _) = play(&events);
        let [a, b, c] = &dotted.replicas;
        prop_assert_eq!(a.merge(b), b.merge(a));
        prop_assert_eq!(a.merge(b).merge(c), a.merge(&b.merge(c)));
        prop_assert_eq!(&a.merge(a), a);
    }

    /// Names mean nothing to merge and compare: it is the same whether nodes and values get others before or after.
    #[test]
    fn renaming_commutes(events in prop::collection::vec(event(), 0..40), by in 0..3_u16) {
        let (dotted, _) = play(&events);
        let renamed = |siblings: &Siblings| {
            let content = |content: &Content| Content::Value(Value::new(&[content.bytes(), b"'"].concat()).unwrap());
            siblings.renamed(|node| NodeId((node.0 + by) % 3), content)
        };
        let [a, b, _] = &dotted.replicas;
        prop_assert_eq!(renamed(&a.merge(b)), renamed(a).merge(&renamed(b)));
        prop_assert_eq!(renamed(a).compare(&renamed(b)), a.compare(b));
        prop_assert_eq!(renamed(a).versions().len(), a.versions().len());
        prop_assert!(renamed(a).versions().windows(2).all(|pair| pair[0].dot < pair[1].dot));
    }

    /// The bound on the encoded size that a coordinator goes by is one.
    #[test]
    fn the_bound_on_the_size_holds(events in prop::collection::vec(event(), 0..40)) {
        let (dotted, _) = play(&events);
        for siblings in &dotted.replicas {
            prop_assert!(postcard::to_stdvec(siblings).unwrap().len() <= siblings.bytes_max());
        }
    }
}

/// A client that chains puts on its own contexts stays at two siblings, and its context stays
/// short while it is alone.
#[test]
fn a_lone_chain_has_one_sibling_and_a_short_context() {
    let (mut dotted, mut naive) = (Dotted::default(), Naive::default());
    for _ in 0..100 {
        apply(&Event::Put { replica: 0, client: 0, informed: true }, &mut dotted, &mut naive);
        assert_eq!(dotted.replicas[0].versions().len(), 1);
        assert_eq!(dotted.clients[0].entries(), 1);
    }
}

#[test]
#[should_panic(expected = "issued twice")]
fn a_dot_issued_twice_is_a_broken_invariant() {
    let dot = Dot { issuer: NodeId(0).into(), counter: 1 };
    let version = Version { dot, clock: Context::new().with(dot), content: Content::Value(Value::new(b"v").unwrap()) };
    let once = Siblings::new().put(version.clone(), |_| false);
    let _ = once.put(version, |_| false);
}
