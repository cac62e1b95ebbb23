//! Hinted handoff with real processes: a replica is away, a fallback keeps a hint, and hands it
//! over.

use crate::cluster::{Cluster, PATIENCE, dynamo};
use dynamo::client::Client;
use dynamo::inspect::HintLine;
use dynamo::stamp::StampedContext;
use dynamo::trial::addresses::claim;
use dynamo_model::hint::HintState;
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::ring::Ring;
use serde_json::Value as Json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Five nodes that soon suspect a dead node, but not a slow one.
fn five() -> Cluster {
    Cluster::of(5, &["--answer-within", "0.1", "--handoff-after", "0.1"])
}

/// The nodes in order of position: clockwise from the key.
fn clockwise(key: &str) -> Vec<usize> {
    let members: Vec<NodeId> = (0..5).map(NodeId).collect();
    let ring = Ring::new(&members, Ring::PARTITIONS, Ring::TOKENS).unwrap();
    let key = Key::new(key).unwrap();
    ring.preference_list(&key, 5).iter().map(|node| usize::from(node.0)).collect()
}

fn client(cluster: &Cluster, node: usize) -> Client {
    Client::connect(cluster.addresses[node]).unwrap().with_timeout(PATIENCE)
}

/// Waits until `look` returns a value.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Tells clients to stop when it is dropped, even if the test fails. Otherwise the test would wait
/// for them for ever.
pub(crate) struct Stopping<'a>(pub(crate) &'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until this many more puts are acknowledged.
pub(crate) fn until_more(acknowledged: &AtomicUsize, count: usize) {
    let enough = acknowledged.load(Ordering::Relaxed) + count;
    until("more puts are acknowledged", || {
        (acknowledged.load(Ordering::Relaxed) >= enough).then_some(())
    });
}

/// The hints that a node has on its disk.
pub(crate) fn kept(cluster: &Cluster, node: usize) -> Vec<HintLine> {
    let mut hints = client(cluster, node).hints().unwrap();
    hints.retain(|hint| hint.state != HintState::Created);
    hints
}

fn values(found: &dynamo::client::Found) -> Vec<&[u8]> {
    found.siblings.iter().map(|version| version.content.bytes()).collect()
}

fn a_replica_away(away: impl Fn(&mut Cluster, usize), back: impl Fn(&mut Cluster, usize)) {
    let mut cluster = five();
    let [coordinator, recipient, other, holder, _] = clockwise("k")[..] else { panic!() };
    away(&mut cluster, recipient);
    away(&mut cluster, other);
    // W=2 is reached with a fallback.
    client(&cluster, coordinator).put("k", b"v", &StampedContext::new()).unwrap();
    let hint = until("a hint is kept", || kept(&cluster, holder).pop());
    assert_eq!((usize::from(hint.recipient.0), hint.key.as_str()), (recipient, "k"));
    assert!(hint.bytes > 0);
    let mut expected = [recipient, other].map(|node| NodeId(node as u16));
    expected.sort_unstable();
    until("exactly the nodes that are away are suspected", || {
        (client(&cluster, coordinator).status().ok()?.suspected == expected).then_some(())
    });
    // A read is answered too: the fallbacks answer for the nodes that are away.
    assert_eq!(values(&client(&cluster, coordinator).get("k").unwrap()), [b"v"]);

    // The holder of the hint is killed meanwhile. The hint is on its disk.
    cluster.kill(holder);
    cluster.start_node(holder);
    assert_eq!(kept(&cluster, holder).len(), 1);
    back(&mut cluster, recipient);
    back(&mut cluster, other);
    until("the hint is handed over and cleared", || {
        kept(&cluster, holder).is_empty().then_some(())
    });
    until("no node keeps a hint", || {
        (0..5).all(|node| kept(&cluster, node).is_empty()).then_some(())
    });
    // Both replicas have the value themselves: without the coordinator, a read needs both.
    cluster.kill(coordinator);
    let read = client(&cluster, recipient).with_in_person(2).get("k").unwrap();
    assert_eq!(values(&read), [b"v"]);
}

#[test]
fn a_hint_outlives_its_holders_crash_and_reaches_a_replica_that_was_killed() {
    a_replica_away(Cluster::kill, Cluster::start_node);
}

#[test]
fn a_hint_reaches_a_replica_that_was_frozen() {
    a_replica_away(
        |cluster, node| cluster.freeze(node, true),
        |cluster, node| cluster.freeze(node, false),
    );
}

#[test]
fn a_key_deleted_while_a_replica_is_away_stays_deleted() {
    let mut cluster = five();
    let [coordinator, recipient, ..] = clockwise("k")[..] else { panic!() };
    let through = client(&cluster, coordinator);
    let written = through.put("k", b"v", &StampedContext::new()).unwrap();
    until("all nodes have the value", || {
        let found = client(&cluster, recipient).with_in_person(3).get("k").ok()?;
        (values(&found) == [b"v"]).then_some(())
    });
    cluster.kill(recipient);
    through.delete("k", &written).unwrap();
    cluster.start_node(recipient);
    until("no node keeps a hint", || {
        (0..5).all(|node| kept(&cluster, node).is_empty()).then_some(())
    });
    let found = client(&cluster, recipient).with_in_person(3).get("k").unwrap();
    assert!(
        found.siblings.iter().all(|version| version.content.value().is_none())
            && found.siblings.len() == 1
    );
    // A put with the tombstone's context replaces the tombstone.
    through.put("k", b"again", &found.context).unwrap();
    assert_eq!(values(&through.get("k").unwrap()), [b"again"]);
}

#[test]
fn tombstones_are_reaped() {
    let cluster = Cluster::of(5, &["--reap-after", "0.1"]);
    let through = client(&cluster, 0);
    let written = through.put("k", b"v", &StampedContext::new()).unwrap();
    through.delete("k", &written).unwrap();
    let keys = || (0..5).map(|node| client(&cluster, node).status().unwrap().keys).sum::<usize>();
    until("no node holds anything of the key", || (keys() == 0).then_some(()));
    assert!(through.get("k").unwrap().siblings.is_empty());
    let again = through.put("k", b"again", &StampedContext::new()).unwrap();
    assert_eq!(values(&through.get("k").unwrap()), [b"again"]);
    assert!(!again.is_empty());
}

#[test]
fn the_command_line_shows_hints_and_suspects() {
    let mut cluster = five();
    let [coordinator, recipient, other, holder, _] = clockwise("k")[..] else { panic!() };
    let [first, keeper, idle] =
        [coordinator, holder, other].map(|node| cluster.addresses[node].to_string());
    cluster.kill(recipient);
    let (code, _, stderr) =
        dynamo(&["put", "--node", &first, "k", "v", "--pw", "3", "--timeout", "60"]);
    assert!(code == 1 && stderr.contains("PW=3 are needed"), "{stderr}");
    for asked in [&["get", "k", "--pr", "4"][..], &["put", "k", "v", "--pw", "4"]] {
        let (code, _, stderr) = dynamo(&[asked, &["--node", &first]].concat());
        assert!(code == 2 && stderr.contains("Require at most 3"), "{asked:?}: {stderr}");
    }
    let parse = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    let hints = until("a hint", || {
        let hints = parse(&dynamo(&["hints", "--node", &keeper, "--json"]).1);
        hints["hints"].as_array().unwrap().first().cloned()
    });
    let name = NodeId(recipient as u16).to_string();
    assert_eq!((hints["recipient"].as_str(), hints["key"].as_str()), (Some(&*name), Some("k")));
    assert!(["STORED", "IN_TRANSFER"].contains(&hints["state"].as_str().unwrap()), "{hints}");
    for number in ["age_ms", "attempts", "bytes"] {
        assert!(hints[number].is_u64(), "{hints}");
    }
    let (_, table, _) = dynamo(&["hints", "--node", &keeper]);
    assert!(table.contains("recipient") && table.contains(&name), "{table}");
    // On a busy machine, another node may be suspected for a moment.
    let status = until("only this node is suspected", || {
        let status = parse(&dynamo(&["status", "--node", &first, "--json"]).1);
        (status["suspected"] == serde_json::json!([name])).then_some(status)
    });
    assert_eq!(status["members"].as_array().unwrap().len(), 5);
    assert_eq!(status["dropped"]["too_large"], serde_json::json!(0));
    until("the text output shows that too", || {
        let (_, text, _) = dynamo(&["status", "--node", &first]);
        text.contains(&format!("suspected  {name}\n")).then_some(())
    });

    let nobody = claim(1).unwrap();
    let (code, _, stderr) =
        dynamo(&["hints", "--node", &nobody[0].address.to_string(), "--timeout", "0.3"]);
    assert!(code == 1 && stderr.contains("is the node running"), "{stderr}");
    let (_, _, stderr) = dynamo(&["hints", "--node", &idle]);
    assert!(stderr.contains("no hints"), "{stderr}");

    // The put had failed, but was stored. The delete removes it, and a get finds nothing.
    let (code, _, stderr) = dynamo(&["delete", "--node", &first, "k", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let got = parse(&dynamo(&["get", "--node", &first, "k", "--json"]).1);
    assert_eq!(
        (got["siblings"].as_array().unwrap().len(), &got["deleted"]),
        (0, &Json::Bool(true))
    );
    let (_, text, _) = dynamo(&["get", "--node", &first, "k"]);
    assert!(text.starts_with("(deleted)  ["), "{text}");
    let (code, _, stderr) = dynamo(&["delete", "--node", &first, "never"]);
    assert!(code == 0 && stderr.contains("there is nothing to delete"), "{stderr}");
}
