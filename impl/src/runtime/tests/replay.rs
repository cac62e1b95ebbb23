//! The runtime is a thin shell around the model's actor. Three fresh actors get the messages and
//! timers of three real nodes. They send what the nodes received, and save what is on the nodes'
//! disks.

use super::*;
use crate::interpreter::Event;
use dynamo_model::message::Message;
use dynamo_model::node::State;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// How often each message was sent from one node to another.
type Traffic = BTreeMap<(Id, Id, Message), usize>;

/// What a node did, and the state on its disk.
struct Record {
    id: NodeId,
    node: Node,
    events: Vec<Event>,
    counters: Counters,
    durable: Durable,
}

/// Runs a node until `stop` is set.
fn record(settings: Settings, stop: &AtomicBool) -> Record {
    let (id, node, data) = (settings.id, settings.node.clone(), settings.data.clone());
    let mut ready = Ready::new(settings).unwrap();
    ready.server = ready.server.recorded();
    while !stop.load(Ordering::Relaxed) {
        ready.batch().unwrap();
    }
    let (events, counters) = (ready.server.take_record(), ready.server.counters());
    drop(ready);
    Record {
        id,
        node,
        events,
        counters,
        durable: Store::open(&data, id).unwrap().committed().clone(),
    }
}

/// Puts and gets through all nodes. The last node is stopped in the middle, so that timers of the
/// others fire.
fn three_nodes_at_work(config: Config, data: &Path) -> Vec<Record> {
    let addresses: Vec<SocketAddr> = {
        let sockets: Vec<UdpSocket> =
            (0..3).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        sockets.iter().map(|socket| socket.local_addr().unwrap()).collect()
    };
    let members = Members::new((0..3).map(NodeId).zip(addresses.iter().copied())).unwrap();
    let settings = |id: NodeId| {
        let (members, data) = (members.clone(), data.join(id.to_string()));
        Settings::new(id, addresses[usize::from(id.0)], &members, config, data).unwrap()
    };
    let stops = [const { AtomicBool::new(false) }; 3];
    let work = |clients: &[SocketAddr], round: u8| {
        for (index, address) in clients.iter().enumerate() {
            let client = Client::connect(*address).unwrap();
            for key in ["own", "shared"] {
                let key = if key == "own" { index.to_string() } else { key.to_owned() };
                let found = client.get(&key).unwrap();
                let context = client.put(&key, &[round], &found.context).unwrap();
                client.put(&key, &[round, round], &context).unwrap();
            }
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..3u16)
            .map(|id| {
                let (settings, stop) = (settings(NodeId(id)), &stops[usize::from(id)]);
                scope.spawn(move || record(settings, stop))
            })
            .collect();
        work(&addresses, 1);
        stops[2].store(true, Ordering::Relaxed);
        work(&addresses[..2], 2);
        // Longer than a coordinator keeps sending to a dead node.
        thread::sleep(Duration::from_millis(1500));
        for stop in &stops {
            stop.store(true, Ordering::Relaxed);
        }
        running.into_iter().map(|node| node.join().unwrap()).collect()
    })
}

/// Gives a fresh actor a node's inputs. Returns what it saved last, and all that it sent.
fn replay(record: &Record) -> (Durable, Vec<(Id, Message)>) {
    let node = &record.node;
    let id = record.id.actor();
    // An empty disk with the same incarnation.
    let mut saved = Durable { incarnation: record.durable.incarnation, ..Durable::default() };
    let (mut sent, mut out) = (Vec::new(), Out::new());
    let mut state: Cow<'_, State> = Cow::Owned(node.on_start(id, &Some(saved.clone()), &mut out));
    for event in &record.events {
        match event.clone() {
            Event::Received(from, message) | Event::Ignored(from, message) => {
                node.on_msg(id, &mut state, from, message, &mut out);
            }
            Event::Fired(timer) => node.on_timeout(id, &mut state, &timer, &mut out),
            Event::Chose(peer) => node.on_random(id, &mut state, &peer, &mut out),
            Event::Sent(..) => {}
        }
        for command in std::mem::take(&mut out) {
            match command {
                Command::Save(durable) => saved = durable,
                Command::Send(to, message) => sent.push((to, message)),
                _ => {}
            }
        }
    }
    (saved, sent)
}

#[test]
fn a_fresh_actor_with_the_inputs_of_a_real_node_does_what_the_node_did() {
    let directory = tempfile::tempdir().unwrap();
    let config = Config::new(3, 2, 2).unwrap().with_patience(Patience::LOCAL);
    let config = config.with_gossip_every(Duration::from_millis(100));
    let records = three_nodes_at_work(config, directory.path());
    assert!(
        records
            .iter()
            .flat_map(|record| &record.events)
            .any(|event| matches!(event, Event::Chose(_)))
    );
    assert!(
        records
            .iter()
            .flat_map(|record| &record.events)
            .any(|event| matches!(event, Event::Fired(_)))
    );
    let stays = |to: Id| [0, 1].map(|id| NodeId(id).actor()).contains(&to);
    let (mut sent, mut received) = (Traffic::new(), Traffic::new());
    for record in &records {
        let id = record.id.actor();
        let (saved, messages) = replay(record);
        assert_eq!(saved, record.durable, "node {}", record.id);
        assert_eq!(messages.len() as u64, record.counters.messages_sent, "node {}", record.id);
        for (to, message) in messages.into_iter().filter(|(to, _)| stays(*to)) {
            *sent.entry((id, to, message)).or_default() += 1;
        }
        for event in record.events.iter().filter(|_| stays(id)) {
            if let Event::Received(from, message) | Event::Ignored(from, message) = event
                && NodeId::from_actor(*from).is_some()
            {
                *received.entry((*from, id, message.clone())).or_default() += 1;
            }
        }
    }
    assert!(sent.values().sum::<usize>() > 50);
    // Nodes gossip until they stop, and gossip to a node that has just stopped is lost.
    let is_heard_late = |message: &Message| matches!(message, Message::Gossip { .. });
    for (what, heard) in &received {
        let said = sent.get(what).copied().unwrap_or(0);
        assert!(*heard <= said, "{what:?} was sent {said} times, and heard {heard} times");
    }
    sent.retain(|(_, _, message), _| !is_heard_late(message));
    received.retain(|(_, _, message), _| !is_heard_late(message));
    assert_eq!(sent, received);
}
