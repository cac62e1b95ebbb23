use super::*;
use crate::address::Members;
use crate::counters::{Counters, Dropped};
use crate::doorkeeper::Doorkeeper;
use crate::fragments::tests::encoded;
use crate::fragments::{Cutter, Fragment, PIECE_BYTES_MAX};
use crate::identity::{ClusterId, Life, Parties};
use crate::interpreter::Network as _;
use crate::secret::NodeSecret;
use crate::sessions::{Callee, Sessions};
use crate::transport::{Received, Transport};
use crate::wire::tests::large;
use crate::wire::{self, Datagram};
use dynamo_model::ids::{NodeId, Value};
use socket2::SockRef;
use stateright::actor::Id;
use std::borrow::Cow;
use std::net::Ipv4Addr;

/// A node's transport on a socket.
struct Node {
    transport: Transport,
    socket: NodeSocket,
    buffer: Vec<u8>,
}

impl Node {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        self.transport.through(&mut self.socket, Instant::now()).send(to, datagram);
    }

    fn receive_within(&mut self, at_most: Duration) -> Option<Received> {
        let Node { transport, socket, buffer } = self;
        let arrived = socket.receive_within(buffer, at_most).unwrap()?;
        let Arrived::Datagram(length, from) = arrived else { panic!("a forged source") };
        Some(transport.receive(from, &buffer[..length], Instant::now(), socket))
    }
}

fn bound(node: u16) -> (Node, SocketAddr) {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let doorkeeper = Doorkeeper::new(ClusterId::UNKNOWN, NodeId(node), Life::default());
    let (udp, nobody) = (Udp::bind(here).unwrap(), Members::new([]).unwrap());
    let sessions = Sessions::of_node(&NodeSecret::OPEN);
    let transport =
        Transport::new(nobody, doorkeeper, &NodeSecret::OPEN, sessions, Cutter::default());
    let socket = NodeSocket::new(udp).unwrap();
    let address = socket.udp.socket().local_addr().unwrap();
    (Node { transport, socket, buffer: vec![0; wire::DATAGRAM_BYTES_MAX + 1] }, address)
}

/// Two nodes that have a session.
fn two_that_have_met() -> (Node, Node, NodeId) {
    let ((mut here, own), (mut there, address)) = (bound(0), bound(1));
    let other = NodeId(1);
    here.transport.members = Members::new([(NodeId(0), own), (other, address)]).unwrap();
    there.transport.members = here.transport.members.clone();
    here.send(other.actor(), &mut Datagram::default());
    for _ in 0..2 {
        there.receive_within(Duration::from_secs(1));
        here.receive_within(Duration::from_millis(20));
    }
    (here, there, other)
}

/// Both nodes are on one thread: while one sends, nobody receives, and the operating system holds
/// all datagrams.
#[test]
fn a_burst_of_thirty_fragments_survives_a_receiver_that_is_busy() {
    let (mut here, mut there, other) = two_that_have_met();
    let (before, got_before) = (here.transport.counters(), there.transport.counters());
    let granted = SockRef::from(there.socket.udp.socket()).recv_buffer_size().unwrap();
    // Linux charges 16 KiB for each fragment, and a little for its own bookkeeping.
    let fragments = (granted / (17 * 1024)).min(30);
    assert!(fragments >= 12, "the operating system holds only {granted} bytes");
    let siblings = fragments * PIECE_BYTES_MAX / (Value::BYTES_MAX + 64);
    let message = large(siblings as u16);
    let mut datagram = Datagram::default();
    datagram.push(&message).unwrap();
    here.send(other.actor(), &mut datagram);
    let Counters { datagrams_sent, messages_sent, dropped, .. } = here.transport.counters();
    let datagrams_sent = datagrams_sent - before.datagrams_sent;
    assert!(datagrams_sent as usize >= fragments - 1, "{datagrams_sent} of {fragments}");
    assert_eq!((messages_sent, dropped), (1, Dropped::default()));

    let mut received = Vec::new();
    while let Some(one) = there.receive_within(Duration::from_millis(20)) {
        let Received::Messages(_, messages) = one else { continue };
        received.extend(messages);
    }
    assert!(received == [message], "{} messages", received.len());
    let Counters { datagrams_received, messages_received, dropped, .. } =
        there.transport.counters();
    let datagrams_received = datagrams_received - got_before.datagrams_received;
    assert_eq!(
        (datagrams_received, messages_received, dropped),
        (datagrams_sent, 1, Dropped::default())
    );
}

#[test]
fn invalid_fragments_are_counted_by_cause() {
    let (mut sender, mut here, other) = two_that_have_met();
    let address = sender.transport.members.address(other).unwrap();
    let mut datagram = Datagram::default();
    datagram.push(&large(10)).unwrap();
    let frame = datagram.seal(&Parties::default()).to_vec();
    let good: Vec<Vec<u8>> = Cutter::default().cut(&frame).map(Cow::into_owned).collect();
    // The same message id with another length.
    let contradicting = {
        let Fragment { message, .. } = Fragment::decode(&good[0]).unwrap();
        let fragment = Fragment { message, index: 1, count: 2, total: 20, piece: &[7; 10] };
        encoded(&fragment)
    };
    let mut malformed = good[0].clone();
    malformed[19..21].copy_from_slice(&[0, 0]);
    wire::seal(*b"DYNF", &mut malformed);
    for fragment in [&good[0], &good[0], &contradicting, &malformed] {
        let Node { transport, socket, .. } = &mut sender;
        transport.send_payload(address, Callee::Node, fragment, Instant::now(), socket);
    }
    while here.receive_within(Duration::from_millis(20)).is_some() {}
    let expected = Dropped {
        fragment_malformed: 1,
        fragment_contradicts: 1,
        fragment_not_needed: 1,
        ..Dropped::default()
    };
    assert_eq!(here.transport.counters().dropped, expected);
    // While the node waits, it gives up the unfinished message.
    here.transport.on_time(Instant::now() + Duration::from_mins(1));
    assert_eq!(here.transport.counters().dropped, Dropped { unfinished_too_old: 1, ..expected });
}
