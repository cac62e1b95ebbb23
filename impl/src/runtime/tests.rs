use super::*;
use crate::client::{Client, Found};
use crate::counters::Dropped;
use crate::stamp::StampedContext;
use dynamo_model::config::{Config, Handoff, Patience};
use dynamo_model::node::{Durable, Node};
use dynamo_model::wish::Wish;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;

mod large;
mod replay;

fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn settings(address: SocketAddr, data: &std::path::Path) -> Settings {
    let members = Members::new([(NodeId(0), address)]).unwrap();
    let config = Config::new(1, 1, 1).unwrap().with_patience(Patience::LOCAL);
    Settings::new(NodeId(0), address, &members, config, data.to_owned()).unwrap()
}

#[test]
fn a_node_survives_noise_and_counts_it_by_kind() {
    let directory = tempfile::tempdir().unwrap();
    let node = Running::start(settings(free_address(), directory.path())).unwrap();
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    let zeros = vec![0; 60_000];
    let ours = |filler: usize| [b"DYNS", &[crate::wire::VERSION][..], &vec![b'.'; filler]].concat();
    let (short, of_no_session) = (ours(2), ours(80));
    for datagram in
        [&b""[..], b"GET / HTTP/1.1", b"DYNS\xff..............", &short, &of_no_session, &zeros]
    {
        noise.send_to(datagram, node.address()).unwrap();
    }
    let client = Client::connect(node.address()).unwrap();
    client.put("k", b"v", &StampedContext::new()).unwrap();
    let counters = node.stop().unwrap();
    let Dropped { too_short, not_ours, version, unknown_session, .. } = counters.dropped;
    assert_eq!((too_short, not_ours, version, unknown_session), (1, 3, 1, 1), "{counters}");
    assert!(
        (1..=2).contains(&counters.commits),
        "one commit of the initial state, and one of the put: {counters}"
    );
}

#[test]
fn a_node_starts_again_on_its_data_and_its_port() {
    let directory = tempfile::tempdir().unwrap();
    let address = free_address();
    for round in 0..3u8 {
        let node = Running::start(settings(address, directory.path())).unwrap();
        let client = Client::connect(address).unwrap();
        let found = client.get("k").unwrap();
        assert_eq!(found.siblings.len(), usize::from(round.min(1)));
        client.put("k", &[round], &found.context).unwrap();
        node.stop().unwrap();
    }
}

#[test]
fn a_port_in_use_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let error =
        Running::start(settings(taken.local_addr().unwrap(), directory.path())).unwrap_err();
    assert!(error.to_string().contains("is the port in use"), "{error}");
}

#[test]
fn inconsistent_settings_are_refused() {
    let here: SocketAddr = "127.0.0.1:4100".parse().unwrap();
    let members = || Members::new([(NodeId(0), here)]).unwrap();
    let config = |n| Config::new(n, 1, 1).unwrap();
    let error = |id, listen: &str, n| {
        let listen: SocketAddr = listen.parse().unwrap();
        Settings::new(NodeId(id), listen, &members(), config(n), PathBuf::new())
            .unwrap_err()
            .to_string()
    };
    assert!(error(1, "127.0.0.1:4100", 1).contains("node B is not among the members [A]"));
    assert!(error(0, "127.0.0.1:4101", 1).contains("the members list has it at 127.0.0.1:4100"));
    assert!(error(0, "[::1]:4100", 1).contains("make the two the same"));
    assert!(error(0, "127.0.0.1:4100", 2).contains("the number of members is 1"));
}
