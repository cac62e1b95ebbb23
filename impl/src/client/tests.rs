//! A client against a node that the test plays.

use super::*;
use crate::secret::NodeSecret;
use crate::wire::tests::large_set;
use crate::wire::{self, Datagram};
use dynamo_model::message::Refusal;
use dynamo_model::version::Context;
use std::net::UdpSocket;
use std::thread;

/// Plays a node.
struct Stage {
    socket: UdpSocket,
    sessions: Sessions,
}

/// A played node and its address.
fn stage() -> (Stage, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    (Stage { socket, sessions: Sessions::of_node(&NodeSecret::OPEN) }, address)
}

impl Stage {
    /// The next payload from a client, and the client's address.
    fn receive(&mut self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 2000];
        loop {
            let (length, from) = self.socket.recv_from(&mut buffer).unwrap();
            let opened = self.sessions.open(from, &buffer[..length], Instant::now()).unwrap();
            let payload = opened.map(|opened| opened.payload.to_vec());
            self.send_outgoing();
            if let Some(payload) = payload {
                return (payload, from);
            }
        }
    }

    fn next_operation(&mut self) -> (Operation, SocketAddr) {
        let (payload, from) = self.receive();
        let messages = wire::decode(&payload).unwrap().messages;
        let [Message::Request(operation)] = &messages[..] else { panic!("{messages:?}") };
        (operation.clone(), from)
    }

    fn send(&mut self, to: SocketAddr, answer: Answer) {
        let mut datagram = Datagram::default();
        datagram.push(&Message::Answer(answer)).unwrap();
        self.send_payload(to, datagram.seal(&Parties::default()));
    }

    fn send_payload(&mut self, to: SocketAddr, payload: &[u8]) {
        if let Some(sealed) = self.sessions.seal(to, Callee::Client, payload, Instant::now()) {
            self.socket.send_to(sealed, to).unwrap();
        }
        self.send_outgoing();
    }

    /// Completes the handshake with a client, and sends what has waited for the session.
    fn meet(&mut self) {
        let mut buffer = [0; 2000];
        for _ in 0..2 {
            let (length, from) = self.socket.recv_from(&mut buffer).unwrap();
            self.sessions.open(from, &buffer[..length], Instant::now()).unwrap();
            self.send_outgoing();
        }
    }

    fn send_outgoing(&mut self) {
        for (to, datagram) in self.sessions.take_outgoing() {
            self.socket.send_to(&datagram, to).unwrap();
        }
    }
}

fn nothing_found(request: RequestId) -> Answer {
    Answer::GetAnswered {
        request,
        key: Key::new("k").unwrap(),
        siblings: Vec::new(),
        context: Context::new(),
    }
}

#[test]
fn only_answers_to_the_current_request_count_whatever_node_sends_them() {
    let (mut node, address) = stage();
    let client = Client::connect(address).unwrap();
    let played = thread::spawn(move || {
        let (operation, from) = node.next_operation();
        let request = operation.request();
        let mut other = stage().0;
        other.socket.send_to(b"noise", from).unwrap();
        node.send(
            from,
            Answer::GetFailed {
                request: RequestId { number: 99, ..request },
                answered: 0,
                needed: 1,
                in_person: 0,
                pr: 0,
            },
        );
        node.send(
            from,
            Answer::GetFailed {
                request: RequestId { client: ClientId(1), ..request },
                answered: 0,
                needed: 1,
                in_person: 0,
                pr: 0,
            },
        );
        other.send(from, nothing_found(request));
        other.meet();
    });
    assert!(client.get("k").unwrap().siblings.is_empty());
    played.join().unwrap();
}

/// Two nodes answer at once, as they may after a retransmission. Fragments of one answer overtake
/// those of the other.
#[test]
fn an_answer_too_large_for_a_datagram_arrives_in_fragments() {
    let (mut node, address) = stage();
    let client = Client::connect(address).unwrap();
    let set = large_set(25);
    let (siblings, context) = (set.versions().to_vec(), set.context().clone());
    let stamped = StampedContext { context: context.clone(), stamp: Stamp::default() };
    let found = Found { siblings: siblings.clone(), context: stamped };
    let played = thread::spawn(move || {
        let (operation, from) = node.next_operation();
        let mut datagram = Datagram::default();
        let request = operation.request();
        let key = Key::new("k").unwrap();
        datagram
            .push(&Message::Answer(Answer::GetAnswered { request, key, siblings, context }))
            .unwrap();
        let sealed = datagram.seal(&Parties::default());
        let (mut other, mut cutter) = (stage().0, Cutter::default());
        other.send_payload(from, b"hello");
        other.meet();
        let fragments = [(); 2].map(|()| cutter.cut(sealed).collect::<Vec<_>>());
        for (one, two) in fragments[0].iter().rev().zip(&fragments[1]) {
            node.send_payload(from, one);
            other.send_payload(from, two);
        }
    });
    assert!(client.get("k").unwrap() == found);
    played.join().unwrap();
}

#[test]
fn a_retry_has_the_same_request_id_and_the_next_request_another() {
    let (mut node, address) = stage();
    let client = Client::connect(address).unwrap();
    let played = thread::spawn(move || {
        let (first, _) = node.next_operation();
        let (again, from) = node.next_operation();
        node.send(from, nothing_found(again.request()));
        let (second, from) = node.next_operation();
        node.send(from, nothing_found(second.request()));
        (first, again, second)
    });
    client.get("k").unwrap();
    client.get("k").unwrap();
    let (first, again, second) = played.join().unwrap();
    assert_eq!(first, again);
    assert_eq!((first.request().number, second.request().number), (0, 1));
}

#[test]
fn a_silent_node_causes_a_timeout_on_time() {
    let (_node, address) = stage();
    let client = Client::connect(address).unwrap().with_timeout(Duration::from_millis(300));
    let start = Instant::now();
    let error = client.put("k", b"v", &StampedContext::new()).unwrap_err();
    assert!(
        error.to_string().contains("within 0.3 s; is the node running? The put is possibly stored"),
        "{error}"
    );
    assert!((290..400).contains(&start.elapsed().as_millis()), "took {:?}", start.elapsed());
}

#[test]
fn refusals_say_what_to_do() {
    let (mut node, address) = stage();
    let client = Client::connect(address).unwrap();
    let refusals = [
        Refusal::ForeignContext,
        Refusal::SiblingsTooLarge { bytes: 30_000, bytes_max: 21_333 },
        Refusal::TooManyReplicas { required: 4, n: 3 },
    ];
    let played = thread::spawn(move || {
        for refusal in refusals {
            let (operation, from) = node.next_operation();
            node.send(from, Answer::PutRefused { request: operation.request(), refusal });
        }
    });
    let refused = || client.put("k", b"v", &StampedContext::new()).unwrap_err().to_string();
    assert!(refused().contains("its context belongs to another key or cluster"));
    assert!(refused().contains("would take 30000 bytes, and the limit is 21333. Get the key"));
    assert!(refused().contains("and a key has N=3. Require at most 3"));
    played.join().unwrap();
}

fn refuse(node: &mut Stage, to: SocketAddr, request: RequestId, milliseconds: u64) {
    let mut busy = crate::admission::Busy::default();
    busy.push(request, Duration::from_millis(milliseconds));
    node.send_payload(to, &busy.encode());
}

#[test]
fn a_refused_client_waits_as_told_and_retries_with_the_same_request_id() {
    let (mut node, address) = stage();
    let client = Client::connect(address).unwrap();
    let played = thread::spawn(move || {
        let (first, from) = node.next_operation();
        let told = Instant::now();
        refuse(&mut node, from, RequestId { client: ClientId(1), number: 0 }, 5000);
        refuse(&mut node, from, first.request(), 400);
        let (again, from) = node.next_operation();
        let waited = told.elapsed();
        node.send(from, nothing_found(again.request()));
        (first == again, waited)
    });
    client.get("k").unwrap();
    let (is_same, waited) = played.join().unwrap();
    assert!(is_same);
    assert!(
        waited >= Duration::from_millis(400),
        "waited {waited:?}: the node had told the client to wait longer than for a silent node"
    );
}

#[test]
fn after_refusals_until_the_timeout_the_error_says_whether_a_put_may_be_stored() {
    for silent in [0, 1] {
        let (mut node, address) = stage();
        let client = Client::connect(address).unwrap().with_timeout(Duration::from_millis(600));
        let played = thread::spawn(move || {
            (0..silent).for_each(|_| drop(node.next_operation()));
            let (operation, from) = node.next_operation();
            refuse(&mut node, from, operation.request(), 10_000);
        });
        let error = client.put("k", b"v", &StampedContext::new()).unwrap_err();
        played.join().unwrap();
        let expected = silent > 0;
        assert!(
            matches!(error, ClientError::Busy { is_in_doubt, .. } if is_in_doubt == expected),
            "{error:?}"
        );
    }
}
