//! A key whose siblings do not fit one datagram, over a network that loses, duplicates and reorders
//! datagrams.

use crate::cluster::{Cluster, PATIENCE, dynamo};
use crate::handoff::{kept, until};
use dynamo::client::Client;
use dynamo::store::Store;
use dynamo::trial::proxy::{Badness, Proxy};
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::node::Durable;
use dynamo_model::ring::Ring;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use serde_json::Value as Json;

const NODES: usize = 4;

/// Siblings of 8,192 bytes from as many coordinators, 115 kB together. More than N coordinators
/// took puts while the ring changed.
fn siblings() -> Siblings {
    (0..14).fold(Siblings::new(), |siblings, index| {
        let dot = Dot { issuer: NodeId(100 + index).into(), counter: 1 };
        let content = Content::Value(Value::new(&[index as u8; Value::BYTES_MAX]).unwrap());
        siblings.put(Version { dot, clock: Context::new().with(dot), content }, |_| false)
    })
}

/// A key of which the first node is an intended replica.
fn key_of_the_first() -> Key {
    let members: Vec<NodeId> = (0..NODES as u16).map(NodeId).collect();
    let ring = Ring::new(&members, Ring::PARTITIONS, Ring::TOKENS).unwrap();
    let mut keys = (0..).map(|number: u32| Key::new(&format!("k{number}")).unwrap());
    keys.find(|key| ring.preference_list(key, 3).contains(&NodeId(0))).unwrap()
}

/// The only node that has the siblings leaves. It ends when the others have them on disk, and all
/// three serve them.
#[test]
fn a_leaving_node_hands_over_siblings_larger_than_a_datagram_through_a_bad_network() {
    let mut cluster =
        Cluster::prepare(NODES, &["--answer-within", "0.05", "--handoff-after", "0.05"]);
    let (key, siblings) = (key_of_the_first(), siblings());
    let mut store = Store::open(&cluster.data(0), NodeId(0)).unwrap();
    let durable = store.committed().clone();
    store
        .commit(&Durable { store: durable.store.update(key.clone(), siblings.clone()), ..durable })
        .unwrap();
    drop(store);

    let proxy =
        Proxy::start(&cluster.addresses, Badness { lost: 5, doubled: 80, late_ms: 5 }, 1).unwrap();
    for node in 0..NODES {
        cluster.detour(node, proxy.detour(node, cluster.addresses[node]));
    }
    cluster.start_nodes(0..NODES);
    let any = cluster.addresses[1];
    let (code, _, stderr) = dynamo(&["member", "remove", "A", "--node", &any.to_string()]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        cluster.wait_for_end(0).success(),
        "the node ends by itself when it has handed over everything"
    );
    until("no node keeps a hint", || {
        (1..NODES).all(|node| kept(&cluster, node).is_empty()).then_some(())
    });

    proxy.mend();
    for node in 1..NODES {
        let client = Client::connect(cluster.addresses[node])
            .unwrap()
            .with_timeout(PATIENCE)
            .with_in_person(3);
        let found = client.get(key.as_str()).unwrap();
        assert!(
            found.siblings == siblings.versions(),
            "node {node} shows {} siblings",
            found.siblings.len()
        );
    }
    let mut replayed = 0;
    for node in &cluster.addresses[1..] {
        let (code, text, stderr) = dynamo(&["status", "--node", &node.to_string(), "--json"]);
        assert_eq!(code, 0, "{stderr}");
        let dropped = &serde_json::from_str::<Json>(&text).unwrap()["dropped"];
        let counts = ["too_large", "fragment_malformed", "fragment_contradicts"]
            .map(|cause| dropped[cause].as_u64());
        assert_eq!(counts, [Some(0); 3], "{dropped}");
        replayed += dropped["replayed"].as_u64().unwrap();
    }
    assert!(replayed > 0, "fragments were duplicated");
    let (_, text, _) = dynamo(&["status", "--node", &any.to_string()]);
    assert!(text.contains("\ndropped    "), "{text}");
}
