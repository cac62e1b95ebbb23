//! Two replicas with the same code as nodes, and a network that counts its traffic, with a
//! simulated clock.

use dynamo::identity::Parties;
use dynamo::interpreter::{Disk, Interpreter, Network};
use dynamo::wire::{self, Datagram};
use dynamo_model::config::{AntiEntropy, Config};
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::membership::History;
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, Node};
use dynamo_model::rules::Rules;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use serde::Serialize;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// The latency of the network.
const LATENCY: Duration = Duration::from_micros(100);
const VALUE_BYTES: usize = 100;

/// The result of a measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Exchanged {
    pub(crate) keys: usize,
    pub(crate) divergent: u32,
    /// How many exchanges were begun until both replicas held the same.
    pub(crate) exchanges: usize,
    pub(crate) datagrams: usize,
    /// In datagrams, without their UDP and IP headers.
    pub(crate) bytes: usize,
    pub(crate) bytes_a_divergent_key: Option<f64>,
    /// Divided by the bytes of all keys, each sent once.
    pub(crate) share_of_all: f64,
    /// From the first exchange, by the nodes' clock: pauses and latency, without computing time.
    pub(crate) seconds: f64,
    /// Of both nodes together.
    pub(crate) processor_seconds: f64,
}

pub(crate) fn key(number: u32) -> Key {
    Key::new(&format!("key-{number}")).expect("a valid key")
}

/// A key after a put through a node with this counter.
pub(crate) fn written(node: u16, counter: u64) -> Siblings {
    let dot = Dot { issuer: NodeId(node).into(), counter };
    let clock = Context::new().with_all_up_to(dot.issuer, counter);
    let content = Content::Value(Value::new(&[7; VALUE_BYTES]).expect("it is short"));
    Siblings::new().put(Version { dot, clock, content }, |_| true)
}

/// The data of a replica with this many keys.
pub(crate) fn store(keys: u32) -> im::OrdMap<Key, Siblings> {
    (0..keys).map(|number| (key(number), written(0, 1))).collect()
}

/// One of two replicas.
pub(crate) fn node(anti_entropy: Option<AntiEntropy>) -> Node {
    let mut config = Config::new(2, 1, 1).expect("valid");
    if let Some(how) = anti_entropy {
        config = config.with_anti_entropy(how);
    }
    let founders = History::founded_by([0, 1].map(NodeId));
    Node { config, founders, address: None, rules: Rules::default() }
}

/// Writes nothing: this benchmark measures the network.
pub(crate) struct NoDisk;

impl Disk for NoDisk {
    type Error = Infallible;

    fn commit(&mut self, _: &Durable) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Datagrams in flight, by the time of their arrival.
#[derive(Default)]
struct Wire {
    under_way: BTreeMap<(Instant, usize), (usize, Vec<u8>)>,
    bytes: usize,
    datagrams: usize,
}

/// One node's end of the network.
struct End<'a> {
    wire: Option<&'a mut Wire>,
    now: Instant,
}

impl Network for End<'_> {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        let Some(wire) = &mut self.wire else { return };
        let sealed = datagram.seal(&Parties::default()).to_vec();
        (wire.bytes, wire.datagrams) = (wire.bytes + sealed.len(), wire.datagrams + 1);
        wire.under_way.insert((self.now + LATENCY, wire.datagrams), (usize::from(to), sealed));
    }
}

/// Ends a batch without sending.
pub(crate) fn finish<D: Disk>(
    node: &mut Interpreter,
    disk: &mut D,
    now: Instant,
) -> Result<(), D::Error> {
    node.finish(disk, &mut End { wire: None, now })
}

/// Makes `divergent` keys of the store differ: one replica lacks a quarter, the other another
/// quarter, and each has a newer version of half of the rest.
pub(crate) fn measure(store: &im::OrdMap<Key, Siblings>, divergent: u32) -> Exchanged {
    let keys = store.len();
    let mut stores = [store.clone(), store.clone()];
    for index in 0..divergent {
        let key = key(index * (keys as u32 / divergent));
        match index % 4 {
            0 => drop(stores[0].remove(&key)),
            1 => drop(stores[1].remove(&key)),
            newer => drop(stores[newer as usize % 2].insert(key, written(0, 2))),
        }
    }
    let start = Instant::now();
    let node = node(Some(AntiEntropy::LOCAL));
    let mut nodes = [0, 1].map(|id| {
        let durable = Durable { store: stores[usize::from(id)].clone(), ..Durable::default() };
        Interpreter::start(node.clone(), NodeId(id), durable, start)
    });
    let (mut wire, mut exchanges, mut first) = (Wire::default(), 0, None);
    let mut now = start;
    for node in &mut nodes {
        while node.state().unplanted.is_some() {
            now = node.next_deadline().expect("there is more to plant");
            node.on_time(now);
        }
    }
    let began = Instant::now();
    while exchanges == 0 || !agree(&nodes) {
        let arrival = wire.under_way.first_key_value().map(|((at, _), _)| *at);
        let deadlines = nodes.iter().filter_map(Interpreter::next_deadline);
        now = deadlines.chain(arrival).min().expect("timers are running");
        let next = wire.under_way.first_entry().filter(|entry| entry.key().0 == now);
        let mut arrived = next.map(std::collections::btree_map::OccupiedEntry::remove);
        for (id, node) in nodes.iter_mut().enumerate() {
            if let Some((_, datagram)) = arrived.take_if(|(to, _)| *to == id) {
                for message in wire::decode(&datagram).expect("it was just encoded").messages {
                    exchanges += usize::from(matches!(message, Message::Roots { .. }));
                    node.on_message(Id::from(1 - id), message, now);
                }
            }
            node.on_time(now);
            let Ok(()) = node.finish(&mut NoDisk, &mut End { wire: Some(&mut wire), now });
        }
        if wire.datagrams > 0 {
            first.get_or_insert(now);
        }
    }
    let all: usize = store.iter().map(|(key, siblings)| sync_bytes(&node, key, siblings)).sum();
    Exchanged {
        keys,
        divergent,
        exchanges,
        datagrams: wire.datagrams,
        bytes: wire.bytes,
        bytes_a_divergent_key: (divergent > 0).then(|| number(wire.bytes) / f64::from(divergent)),
        share_of_all: number(wire.bytes) / number(all),
        seconds: now.duration_since(first.expect("something was sent")).as_secs_f64(),
        processor_seconds: began.elapsed().as_secs_f64(),
    }
}

fn agree([one, other]: &[Interpreter; 2]) -> bool {
    let [one, other] = [&one.state().trees, &other.state().trees];
    one.partitions()
        .chain(other.partitions())
        .all(|partition| one.root(partition) == other.root(partition))
}

fn sync_bytes(node: &Node, key: &Key, siblings: &Siblings) -> usize {
    let sync =
        Message::Sync { tip: node.founders.tip(), key: key.clone(), siblings: siblings.clone() };
    postcard::to_stdvec(&sync).expect("it can be encoded").len()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}
