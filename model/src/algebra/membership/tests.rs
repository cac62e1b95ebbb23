use super::*;
use crate::algebra::config::Config;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use quickcheck::{Arbitrary, Gen, quickcheck};

fn at(port: u8) -> Address {
    SocketAddr::from(([127, 0, 0, 1], port.into())).into()
}

impl Arbitrary for Change {
    fn arbitrary(g: &mut Gen) -> Self {
        let acts =
            [Act::Join, Act::Leave, Act::Gone, Act::Remove, Act::Move(at(u8::arbitrary(g) % 3))];
        Change {
            node: NodeId(u16::arbitrary(g) % 4),
            time: 1 + u32::arbitrary(g) % 3,
            act: *g.choose(&acts).expect("there are some"),
        }
    }
}

fn history(changes: &[Change]) -> History {
    changes.iter().copied().collect()
}

quickcheck! {
    fn union_is_commutative_associative_and_idempotent(a: Vec<Change>, b: Vec<Change>, c: Vec<Change>) -> bool {
        let (a, b, c) = (history(&a), history(&b), history(&c));
        a.union(&b) == b.union(&a) && a.union(&b).union(&c) == a.union(&b.union(&c)) && a.union(&a) == a
    }

    fn a_tip_follows_from_the_set_alone(changes: Vec<Change>) -> bool {
        let reversed: Vec<Change> = changes.iter().rev().copied().collect();
        history(&changes).tip() == history(&reversed).tip()
    }

    fn the_difference_is_what_is_missing(a: Vec<Change>, b: Vec<Change>) -> bool {
        let (a, b) = (history(&a), history(&b));
        b.union(&a.minus(&b)) == a.union(&b) && a.minus(&b).changes().all(|change| !b.includes(&history(&[*change])))
    }

    fn a_history_survives_its_encoding(changes: Vec<Change>) -> bool {
        let history = history(&changes);
        let bytes = postcard::to_stdvec(&history).unwrap();
        postcard::from_bytes::<History>(&bytes).is_ok_and(|read| read == history && read.tip() == history.tip())
    }
}

/// The last line of the table in the documentation of `membership`.
#[test]
fn the_later_address_wins_and_the_larger_if_times_are_equal() {
    let node = NodeId(0);
    let (one, other) = (at(1), at(2));
    let moved = |acts: &[(u32, Address)]| {
        let changes = acts.iter().map(|(time, address)| Change {
            node,
            time: *time,
            act: Act::Move(*address),
        });
        changes.collect::<History>().address(node)
    };
    assert_eq!(moved(&[(1, other), (2, one)]), Some(one));
    assert_eq!(moved(&[(1, one), (1, other)]), Some(other));
}

/// No node needs a node's earlier addresses. Only the latest is kept, in whatever order they
/// arrive.
#[test]
fn only_the_latest_address_is_kept() {
    let node = NodeId(3);
    let founded = History::founded_by([node]);
    let mut history = founded.clone();
    for turn in 0..10_000_u32 {
        history = history.moved(node, at((turn % 2) as u8));
        assert_eq!(history.len(), 2);
    }
    let moved = |time, byte| Change { node, time, act: Act::Move(at(byte)) };
    let in_order: History = founded.changes().copied().chain([moved(10_000, 1)]).collect();
    assert_eq!((history.tip(), &history), (in_order.tip(), &in_order));
    let old: History = [moved(9_999, 0)].into_iter().collect();
    assert!(history.includes(&old) && old.minus(&history).is_empty());
    assert_eq!(old.union(&history).tip(), history.tip());
}

/// A change that no later change could follow is not decoded. Nor is a history that is too long to
/// send.
#[test]
fn absurd_changes_and_histories_are_not_decoded() {
    let read = |changes: &[Change]| {
        let bytes =
            postcard::to_stdvec(&changes.iter().copied().collect::<im::OrdSet<Change>>()).unwrap();
        postcard::from_bytes::<History>(&bytes)
    };
    let change = |time, act| Change { node: NodeId(0), time, act };
    for act in [Act::Join, Act::Move(at(9))] {
        assert!(read(&[change(Change::TIME_MAX, act)]).is_ok());
        for time in [Change::TIME_MAX + 1, u32::MAX] {
            assert!(read(&[change(time, act)]).is_err(), "{time}");
        }
    }
    let nodes = |count: usize| {
        (0..count as u16).map(|node| Change { node: NodeId(node), time: 1, act: Act::Join })
    };
    assert!(read(&nodes(History::LENGTH_MAX).collect::<Vec<_>>()).is_ok());
    assert!(read(&nodes(History::LENGTH_MAX + 1).collect::<Vec<_>>()).is_err());
}

/// The largest history, of the largest changes, fits one datagram. With IPv6 addresses it fits two.
#[test]
fn the_longest_history_fits_a_datagram() {
    let bytes = |ip: IpAddr| {
        let act = Act::Move(SocketAddr::new(ip, u16::MAX).into());
        let nodes = (0..History::LENGTH_MAX as u16).map(|node| NodeId(u16::MAX - node));
        let history: History =
            nodes.map(|node| Change { node, time: Change::TIME_MAX, act }).collect();
        assert_eq!(history.len(), History::LENGTH_MAX);
        postcard::to_stdvec(&history).unwrap().len()
    };
    assert!(bytes(Ipv4Addr::BROADCAST.into()) <= Config::DATAGRAM_BYTES);
    assert!(bytes(Ipv6Addr::LOCALHOST.into()) <= 2 * Config::DATAGRAM_BYTES);
}

/// A history that is too long to merge is ignored, and no known change is forgotten.
#[test]
fn a_history_that_would_become_too_long_stays_as_it_is() {
    let some = |from: u16, count: usize| History::founded_by((from..).take(count).map(NodeId));
    let half = History::LENGTH_MAX / 2;
    let own = some(0, half);
    let merge = |other: &History| own.union_if_it_fits(other);
    assert_eq!(merge(&some(10_000, half)).len(), History::LENGTH_MAX);
    assert_eq!(merge(&some(10_000, half + 1)), own);
    // There is no room for a node's first address either.
    let full = some(0, History::LENGTH_MAX);
    assert_eq!(full.moved(NodeId(0), at(1)), full);
    let largest: History =
        [Change { node: NodeId(0), time: Change::TIME_MAX, act: Act::Move(at(1)) }]
            .into_iter()
            .collect();
    assert_eq!(largest.moved(NodeId(0), at(2)), largest, "no time is later than the largest");
}
