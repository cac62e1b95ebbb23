//! The cost of trees for a node with many keys: for each put, and for each start.

use crate::pair::{NoDisk, finish, key, node, number, written};
use anyhow::Result;
use dynamo::interpreter::{Disk, Interpreter};
use dynamo::store::{Store, StoreError};
use dynamo_model::config::AntiEntropy;
use dynamo_model::ids::{ClientId, Key, NodeId, RequestId};
use dynamo_model::message::Message;
use dynamo_model::node::Durable;
use dynamo_model::siblings::Siblings;
use serde::Serialize;
use stateright::actor::Id;
use std::time::{Duration, Instant};

/// The number of puts in a batch, as with 16 clients.
const BATCH: u32 = 16;

/// The cost.
#[derive(Debug, Serialize)]
pub(crate) struct Upkeep {
    pub(crate) keys: usize,
    /// The step in which a replica stores a put, without trees and with them.
    pub(crate) step_ns: f64,
    pub(crate) step_with_trees_ns: f64,
    /// The step without trees, with its share of a commit.
    pub(crate) put_us: f64,
    pub(crate) share_of_put: f64,
    /// At a start: the time to read everything from disk, and to build all trees.
    pub(crate) read_seconds: f64,
    pub(crate) plant_seconds: f64,
}

pub(crate) fn measure(store: &im::OrdMap<Key, Siblings>) -> Result<Upkeep> {
    let keys = store.len();
    let directory = tempfile::tempdir()?;
    let mut disk = Store::open(directory.path(), NodeId(0))?;
    disk.commit(&Durable { store: store.clone(), ..disk.committed().clone() })?;
    drop(disk);
    let (read, disk) = timed(|| Store::open(directory.path(), NodeId(0)));
    let mut disk = disk?;
    let durable = disk.committed().clone();
    let start = |how| timed(|| started(how, &durable));
    let (bare, mut without) = start(None);
    let (planted, mut with) = start(Some(AntiEntropy::LOCAL));

    let puts = (keys as u32 / 10).max(BATCH);
    // In turn, so that both run under the same conditions.
    let (mut steps, mut steps_with_trees) = (Duration::ZERO, Duration::ZERO);
    for round in 0..5 {
        steps += step(&mut without, round, puts)?;
        steps_with_trees += step(&mut with, round, puts)?;
    }
    let each = |all: Duration| all.as_secs_f64() / f64::from(5 * puts);
    let (step_ns, step_with_trees_ns) = (1e9 * each(steps), 1e9 * each(steps_with_trees));
    let mut fresh = start(None).1;
    let committed = 2_000.min(puts);
    let put = batches(&mut fresh, 9, committed, &mut OnDisk(&mut disk))?.as_secs_f64()
        / f64::from(committed);
    Ok(Upkeep {
        keys,
        step_ns,
        step_with_trees_ns,
        put_us: 1e6 * put,
        share_of_put: (step_with_trees_ns - step_ns) / (1e9 * put),
        read_seconds: read.as_secs_f64(),
        plant_seconds: planted.saturating_sub(bare).as_secs_f64(),
    })
}

/// A node that has started and built all its trees.
fn started(how: Option<AntiEntropy>, durable: &Durable) -> Interpreter {
    let mut now = Instant::now();
    let mut node = Interpreter::start(node(how), NodeId(0), durable.clone(), now);
    while node.state().unplanted.is_some() {
        now = node.next_deadline().expect("there is more to plant");
        node.on_time(now);
    }
    node
}

struct OnDisk<'a>(&'a mut Store);

impl Disk for OnDisk<'_> {
    type Error = StoreError;

    fn commit(&mut self, durable: &Durable) -> Result<(), StoreError> {
        self.0.commit(durable)
    }
}

fn timed<T>(what: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = what();
    (start.elapsed(), done)
}

fn step(node: &mut Interpreter, round: u64, puts: u32) -> Result<Duration> {
    batches(node, round, puts, &mut NoDisk)
}

/// Makes a replica store puts, one batch after another.
fn batches<D: Disk<Error: std::error::Error + Send + Sync + 'static>>(
    node: &mut Interpreter,
    round: u64,
    puts: u32,
    disk: &mut D,
) -> Result<Duration> {
    let tip = node.node().founders.tip();
    let store = |number: u32| {
        let request = RequestId { client: ClientId(round), number: u64::from(number) };
        Message::Store {
            tip,
            request,
            key: key(number.wrapping_mul(7919) % puts),
            siblings: written(0, 2 + round),
        }
    };
    let messages: Vec<Message> = (0..puts).map(store).collect();
    let start = Instant::now();
    for batch in messages.chunks(BATCH as usize) {
        for message in batch {
            node.on_message(Id::from(1), message.clone(), start);
        }
        finish(node, disk, start)?;
    }
    anyhow::ensure!(number(node.state().durable.store.len()) > 0.0, "it stored them");
    Ok(start.elapsed())
}
