//! The version algebra against a naive second implementation: causality as sets of puts.

use dynamo_model::ids::{ClientId, Content, NodeId, RequestId, Value};
use dynamo_model::rules::{Freshness, Rules};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Causality, Context, Dot, Epoch, Issuer};
use proptest::prelude::*;
use std::collections::BTreeSet;

const REPLICAS: usize = 3;
const CLIENTS: usize = 2;

/// An event for one key.
#[derive(Clone, Debug)]
enum Event {
    /// A client puts, with the context it has or with none.
    Put { replica: usize, client: usize, informed: bool },
    /// A client retries its latest put, perhaps through another replica.
    Again { replica: usize, client: usize },
    /// A client reads one replica.
    Get { replica: usize, client: usize },
    /// One replica's set is merged into another's.
    Merge { from: usize, into: usize },
    /// The replica drops all that it holds, and forgets which dots it has issued.
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

/// An event, or a retry.
fn event_or_retry() -> impl Strategy<Value = Event> {
    let again =
        (0..REPLICAS, 0..CLIENTS).prop_map(|(replica, client)| Event::Again { replica, client });
    prop_oneof![9 => event(), 1 => again]
}

/// The protocol's implementation: dotted version vectors.
#[derive(Default)]
struct Dotted {
    epochs: [Epoch; REPLICAS],
    replicas: [Siblings; REPLICAS],
    clients: [Context; CLIENTS],
    /// Each client's latest put: its number, and the context that the client sent with it.
    latest: [Option<(usize, Context)>; CLIENTS],
}

impl Dotted {
    /// A replica coordinates a put, unless it already holds that put. Returns the context for the
    /// client.
    fn put(&mut self, replica: usize, client: usize, number: usize, read: &Context) -> Context {
        let (rules, before) = (Rules::default(), &self.replicas[replica]);
        let request = RequestId { client: ClientId(client as u64), number: number as u64 };
        if rules.put_freshness(None, request, before.context()) == Freshness::Known {
            let dots = before.context().dots_of(request);
            return dots.fold(read.clone(), |context, dot| context.with_put(dot, request));
        }
        let epoch = &mut self.epochs[replica];
        if epoch.issued == Context::REQUESTS_NAMED as u64 {
            // A new epoch keeps every request named.
            *epoch = Epoch { number: epoch.number + 1, issued: 0 };
        }
        epoch.issued += 1;
        let issuer = Issuer { node: NodeId(replica as u16), incarnation: 0, epoch: epoch.number };
        let dot = Dot { issuer, counter: epoch.issued };
        let clock = rules.put_context(read, dot, request, before);
        let value = Value::new(&number.to_be_bytes()).unwrap();
        let version = Version { dot, clock: clock.clone(), content: Content::Value(value) };
        self.replicas[replica] =
            before.put(version, |sibling| rules.version_replaces(read, dot, sibling));
        clock
    }
}

/// The naive implementation: every put by number, with all puts that it superseded. A replica is
/// the set of puts that it has learnt of.
#[derive(Default)]
struct Naive {
    saw: Vec<BTreeSet<usize>>,
    replicas: [BTreeSet<usize>; REPLICAS],
    clients: [BTreeSet<usize>; CLIENTS],
}

impl Naive {
    /// The puts of a replica that no other put of it superseded.
    fn siblings(&self, replica: usize) -> BTreeSet<usize> {
        let known = &self.replicas[replica];
        known
            .iter()
            .copied()
            .filter(|put| !known.iter().any(|other| self.saw[*other].contains(put)))
            .collect()
    }
}

fn apply(event: &Event, dotted: &mut Dotted, naive: &mut Naive) {
    match *event {
        Event::Put { replica, client, informed } => {
            let number = naive.saw.len();
            let read = if informed { dotted.clients[client].clone() } else { Context::new() };
            dotted.clients[client] = dotted.put(replica, client, number, &read);
            dotted.latest[client] = Some((number, read));

            let saw = if informed { naive.clients[client].clone() } else { BTreeSet::new() };
            naive.replicas[replica].extend(&saw);
            naive.replicas[replica].insert(number);
            naive.clients[client] = saw.iter().copied().chain([number]).collect();
            naive.saw.push(saw);
        }
        Event::Again { replica, client } => {
            let Some((number, read)) = dotted.latest[client].clone() else { return };
            dotted.put(replica, client, number, &read);
            naive.replicas[replica].extend(&naive.saw[number].clone());
            naive.replicas[replica].insert(number);
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
    let number =
        |version: &Version| usize::from_be_bytes(version.content.bytes().try_into().unwrap());
    siblings.versions().iter().map(number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// After every event of a random run, each replica holds exactly the siblings that the real
    /// causal order requires.
    #[test]
    fn siblings_are_the_maximal_puts(events in prop::collection::vec(event_or_retry(), 0..40)) {
        let (mut dotted, mut naive) = (Dotted::default(), Naive::default());
        for event in &events {
            apply(event, &mut dotted, &mut naive);
            for replica in 0..REPLICAS {
                prop_assert_eq!(numbers(&dotted.replicas[replica]), naive.siblings(replica));
            }
        }
    }

    /// The order of the replicas' contexts is the order of the sets of puts that they have learnt
    /// of, if each put has one dot.
    #[test]
    fn compare_is_the_order_of_what_replicas_have_learnt(events in prop::collection::vec(event(), 0..40)) {
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

    /// Merge is associative, commutative and idempotent on sets from one run.
    #[test]
    fn merge_is_a_semilattice(events in prop::collection::vec(event_or_retry(), 0..40)) {
        let (dotted, _) = play(&events);
        let [a, b, c] = &dotted.replicas;
        prop_assert_eq!(a.merge(b), b.merge(a));
        prop_assert_eq!(a.merge(b).merge(c), a.merge(&b.merge(c)));
        prop_assert_eq!(&a.merge(a), a);
    }

    /// Names have no meaning for merge and compare. Renaming nodes and values before or after them
    /// gives equal results.
    #[test]
    fn renaming_commutes(events in prop::collection::vec(event_or_retry(), 0..40), by in 0..3_u16) {
        let (dotted, _) = play(&events);
        let renamed = |siblings: &Siblings| {
            let content = |content: &Content| Content::Value(Value::new(&[content.bytes(), b"'"].concat()).unwrap());
            let request = |request: RequestId| RequestId { number: request.number + 1, ..request };
            siblings.renamed(|node| NodeId((node.0 + by) % 3), request, content)
        };
        let [a, b, _] = &dotted.replicas;
        prop_assert_eq!(renamed(&a.merge(b)), renamed(a).merge(&renamed(b)));
        prop_assert_eq!(renamed(a).compare(&renamed(b)), a.compare(b));
        prop_assert_eq!(renamed(a).versions().len(), a.versions().len());
        prop_assert!(renamed(a).versions().windows(2).all(|pair| pair[0].dot < pair[1].dot));
    }

    /// The bound on the encoded size that coordinators use is correct.
    #[test]
    fn the_bound_on_the_size_holds(events in prop::collection::vec(event_or_retry(), 0..40)) {
        let (dotted, _) = play(&events);
        for siblings in &dotted.replicas {
            prop_assert!(postcard::to_stdvec(siblings).unwrap().len() <= siblings.bytes_max());
        }
    }
}

/// A client that chains puts on its own contexts keeps one sibling. While it is the only client,
/// its context stays short.
#[test]
fn a_lone_chain_has_one_sibling_and_a_short_context() {
    let (mut dotted, mut naive) = (Dotted::default(), Naive::default());
    for _ in 0..100 {
        apply(&Event::Put { replica: 0, client: 0, informed: true }, &mut dotted, &mut naive);
        assert_eq!(dotted.replicas[0].versions().len(), 1);
        let epochs = dotted.epochs[0].number + 1;
        assert_eq!(dotted.clients[0].entries() as u64, epochs, "one entry for each epoch");
    }
}

#[test]
#[should_panic(expected = "issued twice")]
fn a_dot_issued_twice_is_a_broken_invariant() {
    let dot = Dot { issuer: NodeId(0).into(), counter: 1 };
    let version = Version {
        dot,
        clock: Context::new().with(dot),
        content: Content::Value(Value::new(b"v").unwrap()),
    };
    let once = Siblings::new().put(version.clone(), |_| false);
    let _ = once.put(version, |_| false);
}
