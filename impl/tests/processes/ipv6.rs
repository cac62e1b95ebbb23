//! Nodes and clients with IPv6 addresses.

use crate::cluster::{Cluster, dynamo, program, run, wait};
use crate::folders::folder;
use crate::handoff::until;
use crate::secrets::Secrets;
use crate::starting::{Started, node, start};
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use dynamo::trial::addresses::claim;
use dynamo_model::ids::NodeId;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

/// Each client puts its own key through its node, and gets all keys. With five nodes and N=3, many
/// requests are forwarded.
fn all_serve(clients: &[Client], round: usize) {
    let keys: Vec<String> =
        (0..clients.len()).map(|index| format!("key-{index}/{round}")).collect();
    for (client, key) in clients.iter().zip(&keys) {
        client.put(key, key.as_bytes(), &StampedContext::new()).unwrap();
    }
    for client in clients {
        for key in &keys {
            let found = client.get(key).unwrap().siblings;
            assert!(
                matches!(&found[..], [one] if one.content.bytes() == key.as_bytes()),
                "{key}: {found:?}"
            );
        }
    }
}

#[test]
fn a_cluster_with_ipv6_addresses_serves_and_heals_and_grows() {
    let mut cluster =
        Cluster::prepare(6, &["--answer-within", "0.1", "--gossip-every", "0.1"]).over_ipv6();
    cluster.founded_by_first(5);
    cluster.start_nodes(0..5);
    let nodes = cluster.addresses.clone();
    let clients: Vec<Client> = nodes.iter().map(|node| Client::connect(*node).unwrap()).collect();
    all_serve(&clients[..5], 0);
    cluster.kill(0);
    all_serve(&clients[1..5], 1);
    cluster.start_nodes([0, 5]);
    all_serve(&clients, 2);
    let (code, listed, _) = dynamo(&["member", "list", "--node", &nodes[1].to_string()]);
    assert!(code == 0 && listed.contains(&nodes[5].to_string()), "{listed}");
    assert_eq!(Client::connect(nodes[5]).unwrap().status().unwrap().members.len(), 6);
}

/// The nodes listen on both kinds of addresses. Their own addresses are all of one kind.
#[test]
fn clients_use_ipv4_and_ipv6_if_the_nodes_listen_on_both() {
    for own in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        let (claims, directory, secrets) = (claim(5).unwrap(), folder(), Secrets::new());
        let ports: Vec<u16> = claims.iter().map(|claim| claim.address.port()).collect();
        let members = (0..5).map(|index| format!("{index}={}", SocketAddr::new(own, ports[index])));
        let members = members.collect::<Vec<_>>().join(",");
        let started = (0..5).map(|index| {
            let (id, listen) = (index.to_string(), format!("[::]:{}", ports[index]));
            let mut node = node(&id, &listen, &directory.path().join(&id), &["--member", &members]);
            node.env("DYNAMO_SECRET_FILE", secrets.path("node"));
            start(node)
        });
        let _started: Vec<Started> = started.collect();
        let both = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let all = both.iter().flat_map(|ip| ports.iter().map(|port| SocketAddr::new(*ip, *port)));
        all_serve(&all.map(|node| secrets.connect(node, "client")).collect::<Vec<_>>(), 0);
    }
}

/// A socket for both kinds could not tell a local IPv4 client from a forged source.
#[test]
fn without_a_secret_a_node_on_all_addresses_receives_only_ipv6() {
    let (claims, directory) = (claim(1).unwrap(), folder());
    let port = claims[0].address.port();
    let alone = ["--n", "1", "--r", "1", "--w", "1", "--member", &format!("A=[::1]:{port}")];
    let _a = start(node("A", &format!("[::]:{port}"), directory.path(), &alone));
    let put = |ip: IpAddr| {
        let client = Client::connect(SocketAddr::new(ip, port))
            .unwrap()
            .with_timeout(Duration::from_secs(1));
        client.put("k", b"v", &StampedContext::new())
    };
    put(Ipv6Addr::LOCALHOST.into()).unwrap();
    let error = put(Ipv4Addr::LOCALHOST.into()).unwrap_err();
    assert!(error.to_string().contains("no answer"), "{error}");
}

#[test]
fn inconsistent_addresses_are_refused_with_advice() {
    let directory = folder();
    let of_both = "A=127.0.0.1:9,B=[::1]:10,C=[::1]:11";
    let of_ipv6 = "A=[::1]:9,B=[::1]:10,C=[::1]:11";
    let cases: [(&str, &[&str], &str); 7] = [
        ("0.0.0.0:9", &["--member", of_ipv6], "or on [::], which is for both"),
        ("[::1]:9", &["--member", of_ipv6, "--reach", "B=[::]:10"], "cannot be reached"),
        ("[::1]:9", &["--member", "A=[::1]:9,B=[ff02::1]:10"], "is a multicast"),
        ("[::]:9", &["--member", of_both], "IPv4 addresses, or all IPv6 addresses"),
        (
            "0.0.0.0:9",
            &["--member", of_ipv6, "--advertise", "[::1]:9"],
            "or on [::], which is for both",
        ),
        ("[::1]:9", &["--member", "A=[::1]:9,B=[fe80::1]:10"], "link-local"),
        ("[::]:9", &["--join", "[::1]:10"], "with --advertise"),
    ];
    for (listen, more, hint) in cases {
        let refused = run(&mut node("A", listen, &directory.path().join("a"), more));
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && stderr.contains(hint), "{more:?}: {stderr}");
    }
    let (code, _, stderr) = dynamo(&["get", "--node", "[fe80::1]:4100", "k"]);
    assert!(code == 2 && stderr.contains("link-local"), "{stderr}");
}

#[test]
fn nobody_joins_with_an_address_of_another_kind() {
    let cluster = Cluster::start();
    let (claims, directory, contact) =
        (claim(1).unwrap(), folder(), cluster.addresses[0].to_string());
    let at = format!("[::1]:{}", claims[0].address.port());
    let refused = run(&mut node("D", &at, &directory.path().join("d"), &["--join", &contact]));
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(
        refused.status.code() == Some(2) && stderr.contains("IPv4 addresses, or all IPv6"),
        "{stderr}"
    );
    let (code, _, stderr) = dynamo(&["member", "add", &format!("D={at}"), "--node", &contact]);
    assert!(code == 2 && stderr.contains("IPv4 addresses, or all IPv6"), "{stderr}");
    let (code, _, stderr) = dynamo(&["member", "add", "D=0.0.0.0:9", "--node", &contact]);
    assert!(code == 2 && stderr.contains("cannot be reached"), "{stderr}");
    assert_eq!(Client::connect(cluster.addresses[1]).unwrap().status().unwrap().members.len(), 3);
}

/// An invalid address is found before the cluster hears of the node.
#[test]
fn a_node_refused_for_its_address_has_not_joined() {
    let cluster = Cluster::start();
    let contact = cluster.addresses[0].to_string();
    for (listen, advertised) in [("0.0.0.0:9", "192.0.2.2:9"), ("[::]:9", "[2001:db8::1]:9")] {
        let more = ["--join", &contact, "--advertise", advertised];
        let refused = run(&mut node("D", listen, &folder().path().join("d"), &more));
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(
            refused.status.code() == Some(2) && stderr.contains("without a secret"),
            "{stderr}"
        );
    }
    assert_eq!(Client::connect(cluster.addresses[1]).unwrap().status().unwrap().members.len(), 3);
}

/// One node has lost its disk and was started with a wrong list. The other nodes must not suffer.
#[test]
fn a_node_starts_at_its_address_whatever_address_another_node_has() {
    let (claims, directory, secrets) = (claim(3).unwrap(), folder(), Secrets::new());
    let ports: Vec<u16> = claims.iter().map(|claim| claim.address.port()).collect();
    let members = |ip: &str| {
        ["A", "B", "C"].iter().zip(&ports).map(|(id, port)| format!("{id}={ip}:{port}")).collect()
    };
    let [of_ipv4, of_ipv6] = ["127.0.0.1", "[::1]"].map(|ip| {
        let list: Vec<String> = members(ip);
        list.join(",")
    });
    let begin = |index: usize, more: &[&str]| {
        let id = ["A", "B", "C"][index];
        let mut node =
            node(id, &format!("[::]:{}", ports[index]), &directory.path().join(id), more);
        node.env("DYNAMO_SECRET_FILE", secrets.path("node"));
        start(node)
    };
    let nodes: Vec<Started> = (0..3).map(|index| begin(index, &["--member", &of_ipv4])).collect();
    let client = secrets.connect(claims[1].address, "client");
    client.put("k", b"v", &StampedContext::new()).unwrap();
    let [a, b, c] = <[Started; 3]>::try_from(nodes).unwrap_or_else(|_| unreachable!());
    drop(a);
    let _a = begin(0, &["--forget-disk", "--member", &of_ipv6]);
    let at = format!("[::1]:{}", ports[0]);
    until("B knows A's other address", || {
        let history = client.history().unwrap();
        let address = history.address(NodeId(0)).unwrap().to_string();
        (address == at).then_some(())
    });
    drop((b, c));
    let (_b, _c) = (begin(1, &[]), begin(2, &[]));
    let client = secrets.connect(claims[2].address, "client").with_timeout(Duration::from_secs(20));
    assert_eq!(client.get("k").unwrap().siblings.len(), 1);
}

#[test]
fn a_local_cluster_may_use_ipv6() {
    let mut cluster = program();
    cluster.args(["cluster", "--nodes", "3", "--ipv6"]).stdout(Stdio::piped());
    let mut cluster = Started(cluster.spawn().unwrap());
    let mut lines = BufReader::new(cluster.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    // A line of output: node A  [::1]:4100  pid 123  data /tmp/…
    let first = lines.next().unwrap();
    let address: SocketAddr = first.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert_eq!(address.ip(), Ipv6Addr::LOCALHOST);
    let secret = lines
        .find_map(|line| line.split_once("DYNAMO_SECRET_FILE=").map(|(_, file)| file.to_owned()))
        .unwrap();
    let put = run(program()
        .args(["put", "--node", &address.to_string(), "k", "v"])
        .env("DYNAMO_SECRET_FILE", secret));
    assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));
    let pid = rustix::process::Pid::from_raw(cluster.0.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(wait(&mut cluster.0, "the cluster").success());
}
