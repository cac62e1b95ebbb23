//! Two or three processes, and a network that the test plays.

use super::limits::CLIENT_SESSIONS_MAX;
use super::*;
use crate::format::VERSION;
use quickcheck::{Arbitrary, Gen, QuickCheck};
use std::time::Duration;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

const CLIENT: u16 = 1;
const NODE: u16 = 2;

fn secret() -> NodeSecret {
    NodeSecret::generate()
}

/// A client and a node without a session.
fn strangers() -> (Sessions, Sessions) {
    let secret = secret();
    (Sessions::of_client(secret.credentials(Right::Client)), Sessions::of_node(&secret))
}

fn only(sessions: &mut Sessions) -> Vec<u8> {
    let outgoing = sessions.take_outgoing();
    let [(_, datagram)] = &outgoing[..] else { panic!("{} datagrams", outgoing.len()) };
    datagram.clone()
}

/// A client and a node with a session. The client has sent "first" in it. Also returns the
/// datagrams that they exchanged.
fn met() -> (Sessions, Sessions, [Vec<u8>; 3], Instant) {
    let ((mut client, mut node), now) = (strangers(), Instant::now());
    assert!(
        client.seal(address(NODE), Callee::Node, b"first", now).is_none(),
        "there is no session yet"
    );
    let hello = only(&mut client);
    assert_eq!(node.open(address(CLIENT), &hello, now), Ok(None));
    let welcome = only(&mut node);
    assert_eq!(client.open(address(NODE), &welcome, now), Ok(None));
    let first = only(&mut client);
    let opened = Opened { right: Right::Client, payload: &b"first"[..] };
    assert_eq!(node.open(address(CLIENT), &first, now), Ok(Some(opened)));
    (client, node, [hello, welcome, first], now)
}

#[test]
fn waiting_data_arrives_after_the_handshake_and_each_end_knows_the_others_right() {
    let (mut client, mut node, _, now) = met();
    let there = node.seal(address(CLIENT), Callee::Client, b"answer", now).unwrap().to_vec();
    let opened = Opened { right: Right::Node, payload: &b"answer"[..] };
    assert_eq!(client.open(address(NODE), &there, now), Ok(Some(opened)));
    assert!(node.take_outgoing().is_empty() && client.take_outgoing().is_empty());
}

#[test]
fn a_datagram_is_accepted_once_from_its_address_and_by_its_receiver_only() {
    let (mut client, mut node, [hello, welcome, first], now) = met();
    assert_eq!(node.open(address(CLIENT), &first, now), Err(SessionError::Replayed));
    assert_eq!(
        node.open(address(9), &first, now),
        Err(SessionError::Unknown),
        "the session is with another address"
    );
    assert_eq!(
        client.open(address(NODE), &first, now),
        Err(SessionError::Unknown),
        "the datagram is its own"
    );
    assert_eq!(
        client.open(address(NODE), &welcome, now),
        Err(SessionError::Unknown),
        "the call is over"
    );
    assert_eq!(
        client.open(address(NODE), &hello, now),
        Err(SessionError::Handshake),
        "nobody calls a client"
    );
    node.take_outgoing();
    // A replayed hello gets the same welcome, which is useless to an attacker, and the session
    // stays. From another address the hello is dropped.
    assert_eq!(node.open(address(CLIENT), &hello, now), Ok(None));
    assert_eq!(only(&mut node), welcome);
    assert_eq!(node.open(address(9), &hello, now), Err(SessionError::Replayed));
    assert!(node.take_outgoing().is_empty());
    assert_eq!(node.open(address(CLIENT), &first, now), Err(SessionError::Replayed));
    assert!(node.seal(address(CLIENT), Callee::Client, b"x", now).is_some());
}

#[test]
fn a_node_rejects_its_own_hello() {
    let (mut node, now) = (Sessions::of_node(&secret()), Instant::now());
    assert!(node.seal(address(7), Callee::Node, b"x", now).is_none());
    let hello = only(&mut node);
    assert_eq!(node.open(address(7), &hello, now), Err(SessionError::Handshake));
    assert!(node.take_outgoing().is_empty());
}

#[test]
fn without_the_secret_no_process_is_accepted_or_passes_for_a_node() {
    let (node_secret, now) = (secret(), Instant::now());
    let mut node = Sessions::of_node(&node_secret);
    let mut thief = Sessions::of_client(secret().credentials(Right::Client));
    thief.seal(address(NODE), Callee::Node, b"x", now);
    let hello = only(&mut thief);
    assert_eq!(node.open(address(CLIENT), &hello, now), Err(SessionError::WrongSecret));
    let refusal = only(&mut node);
    assert!(refusal.len() < hello.len());
    assert_eq!(
        thief.open(address(9), &refusal, now),
        Err(SessionError::Unknown),
        "node 9 was not called"
    );
    assert_eq!(
        thief.open(address(NODE), &refusal, now),
        Err(SessionError::NoEntry(NoEntry::WrongSecret))
    );

    // A client's secret is not enough for a hello with another right.
    let as_client = node_secret.credentials(Right::Client);
    for right in [Right::Administrator, Right::Node] {
        let mut climber = Sessions::of_client(Credentials { right, ..as_client.clone() });
        climber.seal(address(NODE), Callee::Node, b"x", now);
        assert_eq!(
            node.open(address(CLIENT), &only(&mut climber), now),
            Err(SessionError::WrongSecret)
        );
        node.take_outgoing();
    }

    // A process that knows exactly what clients know tries to answer as a node. The client would
    // not believe it.
    let mut client = Sessions::of_client(as_client);
    client.seal(address(NODE), Callee::Node, b"x", now);
    let hello = only(&mut client);
    let doors = Doors::new(secret().private(), |right| node_secret.shared(right));
    let mut poser = Sessions::of_node(&node_secret);
    poser.host = Some(Host { doors, only_this_machine: false, budgets: Default::default() });
    assert_eq!(
        poser.open(address(CLIENT), &hello, now),
        Err(SessionError::Handshake),
        "the process cannot even read the hello"
    );
}

#[test]
fn a_cluster_without_secrets_accepts_nobody_from_another_machine() {
    let now = Instant::now();
    let (mut node, mut client) =
        (Sessions::of_node(&NodeSecret::OPEN), Sessions::of_client(Credentials::open()));
    let elsewhere = SocketAddr::from(([10, 0, 0, 1], 5));
    client.seal(address(NODE), Callee::Node, b"x", now);
    let hello = only(&mut client);
    assert_eq!(node.open(elsewhere, &hello, now), Err(SessionError::OtherMachine));
    assert_eq!(
        client.open(address(NODE), &only(&mut node), now),
        Err(SessionError::NoEntry(NoEntry::OtherMachine))
    );
    assert_eq!(node.open(address(CLIENT), &hello, now), Ok(None));
}

#[test]
fn a_client_that_gets_a_knock_calls_and_gets_the_waiting_data() {
    let ((mut client, mut node), now) = (strangers(), Instant::now());
    assert!(node.seal(address(CLIENT), Callee::Client, b"forwarded", now).is_none());
    let knock = only(&mut node);
    assert!(node.seal(address(CLIENT), Callee::Client, b"more", now).is_none());
    assert!(node.take_outgoing().is_empty(), "the node does not knock again at once");
    assert_eq!(client.open(address(NODE), &knock, now), Ok(None));
    let hello = only(&mut client);
    assert!(hello.len() <= knock.len());
    node.open(address(CLIENT), &hello, now).unwrap();
    client.open(address(NODE), &only(&mut node), now).unwrap();
    assert_eq!(
        node.open(address(CLIENT), &only(&mut client), now),
        Ok(None),
        "an empty payload only proves the address"
    );
    let waited = node.take_outgoing();
    let mut open = |index: usize| {
        client.open(address(NODE), &waited[index].1, now).unwrap().unwrap().payload.to_vec()
    };
    assert_eq!([open(0), open(1)], [b"forwarded".to_vec(), b"more".to_vec()]);
    assert_eq!(node.waiting_bytes, 0);
}

/// The node still has the session of an earlier client at the same address.
#[test]
fn a_client_that_is_answered_in_anothers_session_gets_its_own_session() {
    let (_, mut node, _, now) = met();
    let mut client = Sessions::of_client(node.credentials.clone());
    let to_other = node.seal(address(CLIENT), Callee::Client, b"lost", now).unwrap().to_vec();
    assert_eq!(client.open(address(NODE), &to_other, now), Err(SessionError::Unknown));
    let hello = only(&mut client);
    assert!(hello.len() <= to_other.len());
    node.open(address(CLIENT), &hello, now).unwrap();
    client.open(address(NODE), &only(&mut node), now).unwrap();
    assert!(client.take_lost() && !client.take_lost(), "the client must ask again, once");
    node.open(address(CLIENT), &only(&mut client), now).unwrap();
    let arrives = node.seal(address(CLIENT), Callee::Client, b"arrives", now).unwrap().to_vec();
    assert_eq!(client.open(address(NODE), &arrives, now).unwrap().unwrap().payload, b"arrives");
}

#[test]
fn after_a_nodes_restart_the_next_datagram_leads_to_a_new_session() {
    let node_secret = secret();
    let (mut a, mut b, now) =
        (Sessions::of_node(&node_secret), Sessions::of_node(&node_secret), Instant::now());
    let meet = |a: &mut Sessions, b: &mut Sessions| {
        for _ in 0..2 {
            a.take_outgoing().iter().for_each(|(_, bytes)| drop(b.open(address(1), bytes, now)));
            b.take_outgoing().iter().for_each(|(_, bytes)| drop(a.open(address(2), bytes, now)));
        }
    };
    a.seal(address(2), Callee::Node, b"x", now);
    meet(&mut a, &mut b);
    b = Sessions::of_node(&node_secret);
    let lost = a.seal(address(2), Callee::Node, b"lost", now).unwrap().to_vec();
    assert_eq!(b.open(address(1), &lost, now), Err(SessionError::Unknown));
    let knock = only(&mut b);
    assert!(knock.len() <= lost.len());
    a.open(address(2), &knock, now).unwrap();
    meet(&mut a, &mut b);
    let arrives = a.seal(address(2), Callee::Node, b"arrives", now).unwrap().to_vec();
    assert_eq!(b.open(address(1), &arrives, now).unwrap().unwrap().payload, b"arrives");
}

/// The network delays the hello by more than the retransmission time. The answer to any copy of the
/// hello is valid.
#[test]
fn a_call_succeeds_although_the_hello_was_retransmitted_before_the_answer_came() {
    let ((mut client, mut node), start) = (strangers(), Instant::now());
    let mut hellos = Vec::new();
    for turn in 0..10 {
        let now = start + Duration::from_millis(60 * turn);
        client.seal(address(NODE), Callee::Node, b"x", now);
        hellos.push(only(&mut client));
    }
    let now = start + Duration::from_millis(700);
    let welcomes: Vec<Vec<u8>> = hellos
        .iter()
        .map(|hello| {
            node.open(address(CLIENT), hello, now).unwrap();
            only(&mut node)
        })
        .collect();
    assert!(
        hellos.iter().all(|hello| *hello == hellos[0])
            && welcomes.iter().all(|welcome| *welcome == welcomes[0])
    );
    client.open(address(NODE), &welcomes[0], now).unwrap();
    let (_, first) = &client.take_outgoing()[0];
    assert!(node.open(address(CLIENT), first, now).unwrap().is_some());
}

/// A client that takes all sessions for clients takes none of a node's. Other clients still get
/// sessions.
#[test]
fn clients_leave_room_for_nodes_and_for_each_other() {
    let (node_secret, now) = (secret(), Instant::now());
    let mut node = Sessions::of_node(&node_secret);
    for port in 0..CLIENT_SESSIONS_MAX + 10 {
        let mut client = Sessions::of_client(node_secret.credentials(Right::Client));
        client.seal(address(NODE), Callee::Node, b"x", now);
        // Enough time passes that more handshakes are allowed.
        let now = now + Duration::from_millis(port as u64);
        node.open(SocketAddr::from(([127, 0, 1, 1], port as u16 + 1)), &only(&mut client), now)
            .unwrap();
        node.take_outgoing();
    }
    assert_eq!((node.clients, node.by_index.len()), (CLIENT_SESSIONS_MAX, CLIENT_SESSIONS_MAX));
    let mut other = Sessions::of_client(node_secret.credentials(Right::Node));
    other.seal(address(NODE), Callee::Node, b"x", now);
    assert_eq!(node.open(address(9), &only(&mut other), now), Ok(None));
}

#[test]
fn unused_sessions_are_removed_and_late_payloads_are_dropped() {
    let (mut client, mut node, _, now) = met();
    node.seal(address(9), Callee::Client, &[0; 1000], now);
    assert_eq!(node.waiting_bytes, 1000);
    let later = now + IDLE + Duration::from_secs(1);
    node.forget_old(later);
    client.forget_old(later);
    assert_eq!((node.by_index.len(), node.peers.len(), node.waiting_bytes), (0, 0, 0));
    assert_eq!((client.by_index.len(), client.peers.len()), (0, 0));
    for port in 0..100 {
        node.seal(address(1000 + port), Callee::Client, &vec![0; 1_000_000], later);
    }
    assert!(node.waiting_bytes <= WAITING_BYTES_MAX);
    node.seal(address(1000), Callee::Client, &vec![0; limits::PEER_WAITING_BYTES_MAX + 1], later);
    assert!(node.waiting_bytes <= WAITING_BYTES_MAX);
}

#[test]
fn a_session_gets_new_keys_after_a_time_and_stays_usable() {
    let (mut client, mut node, _, start) = met();
    let now = start + RENEW_AFTER + Duration::from_secs(1);
    let old = client.seal(address(NODE), Callee::Node, b"old", now).unwrap().to_vec();
    let hello = only(&mut client);
    node.open(address(CLIENT), &hello, now).unwrap();
    client.open(address(NODE), &only(&mut node), now).unwrap();
    let confirms = only(&mut client);
    node.open(address(CLIENT), &confirms, now).unwrap();
    let new = client.seal(address(NODE), Callee::Node, b"new", now).unwrap().to_vec();
    assert_ne!(old[5..9], new[5..9]);
    for (datagram, payload) in [(new, &b"new"[..]), (old, b"old")] {
        assert_eq!(node.open(address(CLIENT), &datagram, now).unwrap().unwrap().payload, payload);
    }
}

/// What may happen to a datagram in flight.
#[derive(Clone, Debug)]
struct Mishap {
    which: usize,
    at: usize,
    byte: u8,
    cut: bool,
    from_elsewhere: bool,
}

impl Arbitrary for Mishap {
    fn arbitrary(g: &mut Gen) -> Self {
        let [which, at] = [(); 2].map(|()| usize::arbitrary(g));
        Mishap {
            which,
            at,
            byte: u8::arbitrary(g),
            cut: bool::arbitrary(g),
            from_elsewhere: u8::arbitrary(g) % 8 == 0,
        }
    }
}

/// Datagrams are replayed, reflected, damaged, cut and reordered. None is accepted, and no address
/// without a session gets more bytes than came from there.
#[test]
fn an_attacker_with_recorded_datagrams_gets_nothing_accepted() {
    fn holds(mishaps: Vec<Mishap>) -> bool {
        let (mut client, mut node, mut recorded, now) = {
            let (client, node, recorded, now) = met();
            (client, node, recorded.to_vec(), now)
        };
        recorded.push(node.seal(address(CLIENT), Callee::Client, &[7; 200], now).unwrap().to_vec());
        client.open(address(NODE), &recorded[3], now).unwrap();
        mishaps.into_iter().all(|Mishap { which, at, byte, cut, from_elsewhere }| {
            let mut datagram = recorded[which % recorded.len()].clone();
            let at = at % datagram.len();
            if cut {
                datagram.truncate(at);
            } else if byte % 3 > 0 {
                datagram[at] ^= byte;
            }
            let is_let_in = [&mut client, &mut node].map(|end| {
                let port = if from_elsewhere { 9 } else { CLIENT };
                let has_brought = matches!(end.open(address(port), &datagram, now), Ok(Some(_)));
                let answered: usize =
                    end.take_outgoing().iter().map(|(_, bytes)| bytes.len()).sum();
                has_brought || answered > datagram.len()
            });
            is_let_in == [false; 2]
        })
    }
    QuickCheck::new().tests(40).quickcheck(holds as fn(Vec<Mishap>) -> bool);
}

#[test]
fn arbitrary_bytes_never_make_opening_panic() {
    use rand::rngs::SmallRng;
    use rand::{Rng as _, RngExt as _, SeedableRng as _};
    let (mut client, mut node, _, now) = met();
    let mut random = SmallRng::seed_from_u64(1);
    for _ in 0..200_000 {
        let mut bytes = vec![0; random.random_range(0..200)];
        random.fill_bytes(&mut bytes);
        if bytes.len() > 6 {
            bytes[..5].copy_from_slice(&[
                b'D',
                b'Y',
                b'N',
                b"HWSKN"[random.random_range(0..5)],
                VERSION,
            ]);
            bytes[5] %= 4;
        }
        for end in [&mut client, &mut node] {
            assert!(!matches!(end.open(address(CLIENT), &bytes, now), Ok(Some(_))));
            end.take_outgoing();
        }
    }
}
