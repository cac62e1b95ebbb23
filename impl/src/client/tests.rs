//! Against a node that is played by the test.

use super::*;
use crate::wire::tests::large_set;
use crate::wire::{self, Datagram};
use std::thread;

/// A socket that plays the node.
fn stage() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn next_operation(socket: &UdpSocket) -> (Operation, SocketAddr) {
    let mut buffer = [0; 2000];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    let messages = wire::decode(&buffer[..length]).unwrap().messages;
    let [Message::Request(operation)] = &messages[..] else { panic!("{messages:?}") };
    (operation.clone(), from)
}

fn send(socket: &UdpSocket, to: SocketAddr, answer: Answer) {
    let mut datagram = Datagram::default();
    datagram.push(&Message::Answer(answer)).unwrap();
    socket.send_to(datagram.seal(&Parties::default()), to).unwrap();
}

fn nothing_found(request: RequestId) -> Answer {
    Answer::GetAnswered { request, siblings: Vec::new(), context: Context::new() }
}

#[test]
fn only_the_answer_to_the_request_under_way_counts_from_whomever_it_comes() {
    let (node, address) = stage();
    let client = Client::connect(address).unwrap();
    let played = thread::spawn(move || {
        let (operation, from) = next_operation(&node);
        let request = operation.request();
        let other = stage().0;
        other.send_to(b"noise", from).unwrap();
        send(
            &node,
            from,
            Answer::GetFailed {
                request: RequestId { number: 99, ..request },
                answered: 0,
                needed: 1,
                in_person: 0,
                pr: 0,
            },
        );
        send(
            &node,
            from,
            Answer::GetFailed {
                request: RequestId { client: ClientId(1), ..request },
                answered: 0,
                needed: 1,
                in_person: 0,
                pr: 0,
            },
        );
        send(&other, from, nothing_found(request));
    });
    assert!(client.get("k").unwrap().siblings.is_empty());
    played.join().unwrap();
}

/// Two nodes answer at once, as they may when a request was sent twice, and fragments of one
/// overtake one another.
#[test]
fn an_answer_too_large_for_a_datagram_arrives_in_fragments() {
    let (node, address) = stage();
    let client = Client::connect(address).unwrap();
    let set = large_set(25);
    let (siblings, context) = (set.versions().to_vec(), set.context().clone());
    let found = Found { siblings: siblings.clone(), context: context.clone() };
    let played = thread::spawn(move || {
        let (operation, from) = next_operation(&node);
        let mut datagram = Datagram::default();
        let request = operation.request();
        datagram.push(&Message::Answer(Answer::GetAnswered { request, siblings, context })).unwrap();
        let sealed = datagram.seal(&Parties::default());
        let (other, mut cutter) = (stage().0, Cutter::default());
        let fragments = [(); 2].map(|()| cutter.cut(sealed).collect::<Vec<_>>());
        for (one, two) in fragments[0].iter().rev().zip(&fragments[1]) {
            node.send_to(one, from).unwrap();
            other.send_to(two, from).unwrap();
        }
    });
    assert!(client.get("k").unwrap() == found);
    played.join().unwrap();
}

#[test]
fn a_retry_carries_the_same_request_and_the_next_request_another() {
    let (node, address) = stage();
    let client = Client::connect(address).unwrap();
    let played = thread::spawn(move || {
        let (first, _) = next_operation(&node);
        let (again, from) = next_operation(&node);
        send(&node, from, nothing_found(again.request()));
        let (second, from) = next_operation(&node);
        send(&node, from, nothing_found(second.request()));
        (first, again, second)
    });
    client.get("k").unwrap();
    client.get("k").unwrap();
    let (first, again, second) = played.join().unwrap();
    assert_eq!(first, again);
    assert_eq!((first.request().number, second.request().number), (0, 1));
}

#[test]
fn a_silent_node_is_a_timeout_in_time() {
    let (_node, address) = stage();
    let client = Client::connect(address).unwrap().with_timeout(Duration::from_millis(300));
    let start = Instant::now();
    let error = client.put("k", b"v", &Context::new()).unwrap_err();
    assert!(error.to_string().contains("within 0.3 s; is the node running? The put is possibly stored"), "{error}");
    assert!((290..400).contains(&start.elapsed().as_millis()), "took {:?}", start.elapsed());
}

#[test]
fn refusals_say_what_to_do() {
    let (node, address) = stage();
    let client = Client::connect(address).unwrap();
    let refusals = [Refusal::ForeignContext, Refusal::SiblingsTooLarge { bytes: 30_000, bytes_max: 21_333 }];
    let played = thread::spawn(move || {
        for refusal in refusals {
            let (operation, from) = next_operation(&node);
            send(&node, from, Answer::PutRefused { request: operation.request(), refusal });
        }
    });
    let refused = || client.put("k", b"v", &Context::new()).unwrap_err().to_string();
    assert!(refused().contains("its context is from another cluster"));
    assert!(refused().contains("would take 30000 bytes, 21333 are allowed. Get the key"));
    played.join().unwrap();
}

fn refuse(socket: &UdpSocket, to: SocketAddr, request: RequestId, milliseconds: u64) {
    let mut busy = crate::admission::Busy::default();
    busy.push(request, Duration::from_millis(milliseconds));
    socket.send_to(&busy.encode(), to).unwrap();
}

#[test]
fn a_client_that_is_refused_comes_back_when_it_was_told_to_with_the_same_request() {
    let (node, address) = stage();
    let client = Client::connect(address).unwrap();
    let played = thread::spawn(move || {
        let (first, from) = next_operation(&node);
        let told = Instant::now();
        refuse(&node, from, RequestId { client: ClientId(1), number: 0 }, 5000);
        refuse(&node, from, first.request(), 400);
        let (again, from) = next_operation(&node);
        let waited = told.elapsed();
        send(&node, from, nothing_found(again.request()));
        (first == again, waited)
    });
    client.get("k").unwrap();
    let (is_same, waited) = played.join().unwrap();
    assert!(is_same);
    assert!(waited >= Duration::from_millis(400), "after {waited:?}, though it asks a silent node sooner");
}

#[test]
fn who_is_refused_until_the_time_is_up_is_told_whether_a_put_may_be_stored() {
    for silent in [0, 1] {
        let (node, address) = stage();
        let client = Client::connect(address).unwrap().with_timeout(Duration::from_millis(600));
        let played = thread::spawn(move || {
            (0..silent).for_each(|_| drop(next_operation(&node)));
            let (operation, from) = next_operation(&node);
            refuse(&node, from, operation.request(), 10_000);
        });
        let error = client.put("k", b"v", &Context::new()).unwrap_err();
        played.join().unwrap();
        let expected = silent > 0;
        assert!(matches!(error, ClientError::Busy { is_in_doubt, .. } if is_in_doubt == expected), "{error:?}");
    }
}
