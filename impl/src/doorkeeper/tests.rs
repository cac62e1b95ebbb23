use super::*;
use crate::memory::Recall;
use std::net::SocketAddr;

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn members() -> Members {
    Members::new([(A, 1), (B, 2), (C, 3)].map(|(node, port)| (node, at(port)))).unwrap()
}

fn cluster(digit: char) -> ClusterId {
    digit.to_string().repeat(16).parse().unwrap()
}

fn life(start: u64) -> Life {
    Life { incarnation: 7, start }
}

/// A's doorkeeper.
fn doorkeeper() -> Doorkeeper {
    Doorkeeper::new(cluster('1'), A, life(10))
}

fn from(node: NodeId, start: u64) -> Parties {
    Parties {
        cluster: cluster('1'),
        from: Sender::Node(node, life(start)),
        to: Some(A),
        recall: Recall::default(),
    }
}

fn client() -> Parties {
    Parties { cluster: cluster('1'), ..Parties::default() }
}

#[test]
fn a_node_is_accepted_as_itself_only_from_its_known_address() {
    let (mut door, now) = (doorkeeper(), Instant::now());
    let mut admit =
        |parties: &Parties, port| door.admit(parties, Right::Node, at(port), &members(), now);
    assert_eq!(admit(&from(B, 5), 2), Verdict::From(B.actor()));
    assert_eq!(
        admit(&from(B, 5), 9),
        Verdict::From(client_id(at(9))),
        "a node at another address counts as a client"
    );
    assert_eq!(
        admit(&from(B, 5), 3),
        Verdict::From(client_id(at(3))),
        "also at the address of another node"
    );
    assert_eq!(
        admit(&client(), 2),
        Verdict::From(client_id(at(2))),
        "a client at a node's address is still a client"
    );
    assert_eq!(
        admit(&Parties::default(), 9),
        Verdict::From(client_id(at(9))),
        "a client that knows no cluster yet"
    );
}

#[test]
fn refused_datagrams_are_counted_by_reason_with_the_last_address() {
    let (mut door, now) = (doorkeeper(), Instant::now());
    let other = |parties: Parties| Parties { cluster: cluster('2'), ..parties };
    let nameless = |parties: Parties| Parties { cluster: ClusterId::UNKNOWN, ..parties };
    let refused = [
        (other(from(B, 5)), 2, Refused::OtherCluster),
        (other(client()), 8, Refused::OtherCluster),
        (nameless(from(B, 5)), 4, Refused::OtherCluster),
        (Parties { to: Some(C), ..from(B, 5) }, 2, Refused::ForOtherNode),
        (Parties { to: Some(C), ..client() }, 8, Refused::ForOtherNode),
        (from(A, 10), 1, Refused::FromOneself),
        (Parties { to: Some(C), ..from(A, 10) }, 1, Refused::FromOneself),
    ];
    for (parties, port, why) in refused {
        assert_eq!(
            door.admit(&parties, Right::Node, at(port), &members(), now),
            Verdict::Refused(why),
            "{parties:?}"
        );
    }
    let counts: Vec<_> =
        door.refusals().iter().map(|one| (one.why, one.count, one.last_from.port())).collect();
    let expected = [
        (Refused::OtherCluster, 3, 4),
        (Refused::ForOtherNode, 2, 8),
        (Refused::FromOneself, 2, 1),
    ];
    assert_eq!(counts, expected);
    assert_eq!(door.twins(now), []);
}

#[test]
fn after_a_later_start_nothing_is_accepted_from_an_earlier_one() {
    let (mut door, now) = (doorkeeper(), Instant::now());
    let recall = Recall { is_confirmed: true, ..Recall::default() };
    let parties = |start| Parties { recall, ..from(B, start) };
    let mut admit =
        |start, port| door.admit(&parties(start), Right::Node, at(port), &members(), now);
    assert_eq!(admit(5, 2), Verdict::From(B.actor()));
    assert_eq!(admit(9, 7), Verdict::From(client_id(at(7))));
    assert_eq!(
        admit(5, 2),
        Verdict::From(B.actor()),
        "a sender at another address has not proved that it is B"
    );
    assert_eq!(admit(6, 2), Verdict::From(B.actor()));
    assert_eq!(admit(5, 2), Verdict::Refused(Refused::EarlierStart));
    assert_eq!(admit(5, 7), Verdict::Refused(Refused::EarlierStart), "also from elsewhere");
    assert_eq!(admit(6, 2), Verdict::From(B.actor()));
}

#[test]
fn two_living_processes_with_one_id_are_reported_and_told_of_each_other() {
    let (mut door, start) = (doorkeeper(), Instant::now());
    let moved = Members::new([(B, at(7))]).unwrap();
    let mut admit =
        |start: u64, port, now| door.admit(&from(B, start), Right::Node, at(port), &moved, now);
    assert_eq!(admit(6, 7, start), Verdict::From(B.actor()));
    let soon = start + IN_FLIGHT / 2;
    assert_eq!(
        admit(5, 2, soon),
        Verdict::Refused(Refused::EarlierStart),
        "it may have been in flight"
    );
    let later = start + IN_FLIGHT;
    let Verdict::TwoLive(told) = admit(5, 2, later) else { panic!() };
    let [(one, of_one), (other, of_other)] = *told;
    assert_eq!((one, other), (at(2), at(7)));
    assert_eq!(
        (of_one, of_other),
        (Parties { to: Some(B), ..from(B, 6) }, Parties { to: Some(B), ..from(B, 5) })
    );
    assert_eq!(
        admit(5, 2, later),
        Verdict::Refused(Refused::EarlierStart),
        "they are told at most once in TOLD_EVERY"
    );
    assert!(matches!(admit(5, 2, later + TOLD_EVERY), Verdict::TwoLive(_)));
    assert_eq!(door.twins(later + TOLD_EVERY), [Twin { node: B, heard_at: at(2), ago_ms: 0 }]);

    // One of the two processes hears of the other.
    let mut first = Doorkeeper::new(cluster('1'), B, life(5));
    assert_eq!(
        first.admit(&of_one, Right::Node, at(1), &moved, later),
        Verdict::Refused(Refused::FromOneself)
    );
    assert_eq!(first.twins(later), [Twin { node: B, heard_at: at(1), ago_ms: 0 }]);
}

#[test]
fn only_nodes_count_as_nodes_and_only_administrators_change_the_members() {
    use dynamo_model::ids::{ClientId, RequestId};
    use dynamo_model::membership::{History, Tip};
    use dynamo_model::wish::Wish;
    let (mut door, now) = (doorkeeper(), Instant::now());
    for right in [Right::Client, Right::Administrator] {
        let verdict = door.admit(&from(B, 5), right, at(2), &members(), now);
        assert_eq!(verdict, Verdict::Refused(Refused::NoRight), "{right:?}");
        assert_eq!(
            door.admit(&client(), right, at(2), &members(), now),
            Verdict::From(client_id(at(2)))
        );
    }
    assert_eq!(
        door.admit(&from(B, 5), Right::Node, at(2), &members(), now),
        Verdict::From(B.actor())
    );
    let request = RequestId { client: ClientId(1), number: 2 };
    let rights = [
        (Message::Gossip { tip: Tip(1) }, Right::Client),
        (Message::Administer { request, node: B, wish: Wish::Leave }, Right::Administrator),
        (Message::Changes { changes: History::default() }, Right::Administrator),
        (Message::History { history: History::default() }, Right::Node),
        (Message::Stored { request }, Right::Node),
    ];
    assert!(rights.iter().all(|(message, right)| right_for(message) == *right));
}
