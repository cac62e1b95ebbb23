//! Overloaded nodes: which requests they refuse, and which they keep serving.

use crate::cluster::{Cluster, dynamo};
use crate::handoff::until;
use dynamo::admission::{Busy, Limits};
use dynamo::client::Client;
use dynamo::identity::Parties;
use dynamo::inspect::{Numbered, Question};
use dynamo::secret::{Credentials, NodeSecret};
use dynamo::sessions::{Callee, Heard, SealedSocket, Sessions};
use dynamo::stamp::StampedContext;
use dynamo::wire::{self, DATAGRAM_BYTES_MAX, Datagram};
use dynamo_model::ids::{ClientId, Key, RequestId};
use dynamo_model::message::{Message, Operation};
use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const GETS: u64 = 1000;

/// A datagram with a thousand gets.
fn gets(client: u64) -> Vec<u8> {
    let mut datagram = Datagram::default();
    for number in 0..GETS {
        let request = RequestId { client: ClientId(client), number };
        let key = Key::new("large").unwrap();
        datagram.push(&Message::Request(Operation::Get { request, key, pr: 0 })).unwrap();
    }
    datagram.seal(&Parties::default()).to_vec()
}

fn socket() -> SealedSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    SealedSocket::new(
        socket.try_into().unwrap(),
        Sessions::of_client(Credentials::open()),
        Callee::Node,
    )
}

/// Receives a payload. Handles handshake messages meanwhile.
fn receive(socket: &SealedSocket, buffer: &mut [u8]) -> Vec<u8> {
    loop {
        if let (Heard::Payload(payload), _) = socket.receive_from(buffer).unwrap() {
            return payload;
        }
    }
}

/// A socket that floods these nodes, and has a session with each.
fn flood(nodes: &[SocketAddr]) -> SealedSocket {
    let (flood, mut buffer) = (socket(), vec![0; DATAGRAM_BYTES_MAX]);
    for node in nodes {
        flood.send_to(&Numbered { number: 0, content: Question::Status }.encode(), *node).unwrap();
        receive(&flood, &mut buffer);
    }
    flood
}

/// Puts and gets of a well-behaved client. All succeed.
fn ask(node: SocketAddr, prefix: &str) {
    let client = Client::connect(node).unwrap();
    for number in 0..20 {
        let key = format!("{prefix}-{number}");
        client.put(&key, b"v", &StampedContext::new()).unwrap();
        assert_eq!(client.get(&key).unwrap().siblings.len(), 1);
    }
}

#[test]
fn of_a_thousand_gets_in_a_datagram_a_few_are_answered_and_the_rest_refused() {
    let cluster = Cluster::start();
    Client::connect(cluster.addresses[0])
        .unwrap()
        .put("large", &[7; 8000], &StampedContext::new())
        .unwrap();
    let asker = socket();
    asker.send_to(&gets(1), cluster.addresses[0]).unwrap();
    let (mut answered, mut refused, mut buffer) =
        (BTreeSet::new(), BTreeSet::new(), vec![0; DATAGRAM_BYTES_MAX]);
    while answered.len() + refused.len() < GETS as usize {
        let payload = receive(&asker, &mut buffer);
        if let Some(busy) = Busy::decode(&payload) {
            assert!(busy.waits.iter().all(|(_, milliseconds)| *milliseconds > 0));
            refused.extend(busy.waits.iter().map(|(request, _)| *request));
        } else {
            let messages = wire::decode(&payload).unwrap().messages.into_iter();
            answered.extend(messages.map(|message| match message {
                Message::Answer(answer) => answer.request(),
                other => panic!("{other:?}"),
            }));
        }
    }
    assert!(
        answered.len() <= Limits::default().requests_per_address,
        "{} were answered",
        answered.len()
    );
    assert!(answered.is_disjoint(&refused));
    let told = Client::connect(cluster.addresses[0]).unwrap().status().unwrap().overload;
    assert_eq!(told.busy_address, refused.len() as u64, "{told:?}");
    let (code, text, _) = dynamo(&["status", "--node", &cluster.addresses[0].to_string()]);
    assert!(code == 0 && text.contains("refused: too many from one address"), "{text}");
}

#[test]
fn while_one_address_is_refused_all_requests_of_others_are_served() {
    let cluster = Cluster::start();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let flood = flood(&cluster.addresses);
            for client in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                flood.send_to(&gets(client), cluster.addresses[client as usize % 3]).unwrap();
                thread::sleep(Duration::from_millis(5));
            }
        });
        let honest: Vec<_> = cluster
            .addresses
            .iter()
            .map(|node| scope.spawn(|| ask(*node, &node.to_string())))
            .collect();
        let outcomes: Vec<_> = honest.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
    });
    until("a flood was refused", || {
        let refused = |node: &SocketAddr| {
            Client::connect(*node).unwrap().status().unwrap().overload.busy_address
        };
        cluster.addresses.iter().any(|node| refused(node) > 0).then_some(())
    });
}

#[test]
fn while_questions_flood_in_nodes_serve_each_other_and_their_clients() {
    let cluster = Cluster::start();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let (flood, mut number) = (flood(&cluster.addresses), 0);
            while !is_over.load(Ordering::Relaxed) {
                for node in cluster.addresses.iter().cycle().take(60) {
                    flood
                        .send_to(&Numbered { number, content: Question::Status }.encode(), *node)
                        .unwrap();
                    number += 1;
                }
                thread::sleep(Duration::from_millis(3));
            }
        });
        let honest = scope.spawn(|| {
            ask(cluster.addresses[0], "questions");
            // Another asker gets a reply too, and no node is suspected for long.
            until("nobody is suspected", || {
                let status = |node: &SocketAddr| Client::connect(*node).unwrap().status().unwrap();
                cluster.addresses.iter().all(|node| status(node).suspected.is_empty()).then_some(())
            });
        });
        let outcome = honest.join();
        is_over.store(true, Ordering::Relaxed);
        assert!(outcome.is_ok());
    });
}

#[test]
fn a_command_that_is_refused_until_its_timeout_says_so() {
    let node = UdpSocket::bind("127.0.0.1:0").unwrap();
    let node = SealedSocket::new(
        node.try_into().unwrap(),
        Sessions::of_node(&NodeSecret::OPEN),
        Callee::Client,
    );
    let address = node.socket().local_addr().unwrap().to_string();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
            node.socket().set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                let Ok((Heard::Payload(payload), from)) = node.receive_from(&mut buffer) else {
                    continue;
                };
                let messages = wire::decode(&payload).unwrap().messages;
                let [Message::Request(operation)] = &messages[..] else { panic!("{messages:?}") };
                let mut busy = Busy::default();
                busy.push(operation.request(), Duration::from_millis(60));
                node.send_to(&busy.encode(), from).unwrap();
            }
        });
        let (code, _, error) = dynamo(&["put", "--node", &address, "--timeout", "0.4", "k", "v"]);
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(code, 1);
        assert!(error.contains("has too much to do, and refused the request"), "{error}");
        assert!(error.contains("nothing was changed"), "{error}");
    });
}
