use super::*;
use crate::counters::Dropped;
use crate::fragments::tests::encoded;
use crate::fragments::{Fragment, PIECE_BYTES_MAX};
use crate::identity::{ClusterId, Life, Parties};
use crate::sessions::Callee;
use crate::wire;
use crate::wire::tests::large;
use dynamo_model::ids::{NodeId, Value};
use socket2::SockRef;
use std::borrow::Cow;
use std::net::Ipv4Addr;

fn bound(node: u16) -> (NodeSocket, SocketAddr) {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let doorkeeper = Doorkeeper::new(ClusterId::UNKNOWN, NodeId(node), Life::default());
    let (udp, nobody) = (Udp::bind(here).unwrap(), Members::new([]).unwrap());
    let socket = NodeSocket::new(udp, nobody, doorkeeper, &NodeSecret::OPEN).unwrap();
    let address = socket.udp.socket().local_addr().unwrap();
    (socket, address)
}

/// Two nodes that have a session.
fn two_that_have_met() -> (NodeSocket, NodeSocket, NodeId) {
    let ((mut here, own), (mut there, address)) = (bound(0), bound(1));
    let other = NodeId(1);
    here.members = Members::new([(NodeId(0), own), (other, address)]).unwrap();
    there.members = here.members.clone();
    here.send(other.actor(), &mut Datagram::default());
    for _ in 0..2 {
        there.receive_within(Duration::from_secs(1)).unwrap();
        here.receive_within(Duration::from_millis(20)).unwrap();
    }
    (here, there, other)
}

/// Both nodes are on one thread: while one sends, nobody receives, and the operating system holds
/// all datagrams.
#[test]
fn a_burst_of_thirty_fragments_survives_a_receiver_that_is_busy() {
    let (mut here, mut there, other) = two_that_have_met();
    let (before, got_before) = (here.counters(), there.counters());
    let granted = SockRef::from(there.udp.socket()).recv_buffer_size().unwrap();
    // Linux charges 16 KiB for each fragment, and a little for its own bookkeeping.
    let fragments = (granted / (17 * 1024)).min(30);
    assert!(fragments >= 12, "the operating system holds only {granted} bytes");
    let siblings = fragments * PIECE_BYTES_MAX / (Value::BYTES_MAX + 64);
    let message = large(siblings as u16);
    let mut datagram = Datagram::default();
    datagram.push(&message).unwrap();
    here.send(other.actor(), &mut datagram);
    let Counters { datagrams_sent, messages_sent, dropped, .. } = here.counters();
    let datagrams_sent = datagrams_sent - before.datagrams_sent;
    assert!(datagrams_sent as usize >= fragments - 1, "{datagrams_sent} of {fragments}");
    assert_eq!((messages_sent, dropped), (1, Dropped::default()));

    let mut received = Vec::new();
    while let Some(one) = there.receive_within(Duration::from_millis(20)).unwrap() {
        let Received::Messages(_, messages) = one else { continue };
        received.extend(messages);
    }
    assert!(received == [message], "{} messages", received.len());
    let Counters { datagrams_received, messages_received, dropped, .. } = there.counters();
    let datagrams_received = datagrams_received - got_before.datagrams_received;
    assert_eq!(
        (datagrams_received, messages_received, dropped),
        (datagrams_sent, 1, Dropped::default())
    );
}

#[test]
fn invalid_fragments_are_counted_by_cause() {
    let (mut sender, mut here, other) = two_that_have_met();
    let address = sender.members.address(other).unwrap();
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
        sender.send_payload(address, Callee::Node, fragment).unwrap();
    }
    while here.receive_within(Duration::from_millis(20)).unwrap().is_some() {}
    let expected = Dropped {
        fragment_malformed: 1,
        fragment_contradicts: 1,
        fragment_not_needed: 1,
        ..Dropped::default()
    };
    assert_eq!(here.counters().dropped, expected);
    // While the node waits, it gives up the unfinished message.
    here.reassembly.forget_old(Instant::now() + Duration::from_mins(1));
    assert_eq!(here.counters().dropped, Dropped { unfinished_too_old: 1, ..expected });
}
