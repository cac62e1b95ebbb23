//! `cargo bench -p dynamo-benchmarks --bench network`: three nodes on loopback under load, compared
//! with the machine's limits and with stateright's own runtime. Everything is in one run, because
//! on a shared machine all these figures move together.

mod cluster;
mod floors;
mod load;
mod packets;
mod plain;
mod report;
mod spawned;

use anyhow::Result;
use clap::Parser;
use cluster::Place;
use dynamo::client::Client;
use dynamo_model::ids::Key;
use dynamo_model::node::Durable;
use floors::{GROUP, Wait};
use hdrhistogram::Histogram;
use load::{Kind, Slot};
use packets::{Way, per_second};
use plain::PlainClient;
use report::{Floors, Load, OURS, Report, SPAWN, microseconds};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The number of concurrent clients, load by load.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// The fewest keys that so many clients can use. This suits a runtime that rewrites all keys with
/// every put.
const FEW_KEYS: usize = 64;

/// Puts and gets over UDP, compared with the machine's floors
#[derive(Debug, Parser)]
struct Arguments {
    /// A smoke test: a short time for each load, few keys
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How many keys the nodes hold
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u32).range(64..=99_999))]
    keys: u32,
    /// A directory on the disk to measure. If left out: the one for temporary files
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Run nodes under stateright's runtime in this process
    #[arg(long, hide = true, num_args = 3)]
    spawned: Vec<SocketAddr>,
    /// The option that cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// The parameters of a run.
struct Plan {
    keys: usize,
    /// For each load.
    time: Duration,
    /// For each floor.
    floor_time: Duration,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if !arguments.spawned.is_empty() {
        return spawned::run(&arguments.spawned);
    }
    let plan = if arguments.quick {
        Plan { keys: 256, time: Duration::from_millis(200), floor_time: Duration::from_millis(50) }
    } else {
        Plan {
            keys: arguments.keys as usize,
            time: Duration::from_secs(3),
            floor_time: Duration::from_millis(500),
        }
    };
    let directory = match &arguments.data {
        Some(path) => tempfile::tempdir_in(path)?,
        None => tempfile::tempdir()?,
    };
    let report = measure(&plan, directory.path())?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report::print(&report);
    }
    Ok(())
}

fn measure(plan: &Plan, directory: &Path) -> Result<Report> {
    let mut samples = Samples::new();
    samples.add(plan, directory)?;
    let place = Place::new(directory)?;
    let mut slots = load::slots(plan.keys);
    let mut loads = our_loads(plan, &place, &mut slots)?;
    samples.add(plan, directory)?;
    let floors = samples.floors(plan)?;
    let disks = place.durable()?;
    for keys in [plan.keys, FEW_KEYS] {
        loads.extend(spawn_loads(plan, directory, &disks, &slots[..keys])?);
    }
    let ratios = report::ratios(&floors, &loads);
    let cores = std::thread::available_parallelism()?.get();
    Ok(Report { cores, keys: plan.keys, value_bytes: load::VALUE_BYTES, floors, loads, ratios })
}

/// Samples of the floors from before and after our loads, because the machine may change speed in
/// between.
struct Samples {
    asleep: Histogram<u64>,
    awake: Histogram<u64>,
    sync: Histogram<u64>,
    group_sync: Histogram<u64>,
}

impl Samples {
    fn new() -> Self {
        let [asleep, awake, sync, group_sync] = std::array::from_fn(|_| load::latencies());
        Samples { asleep, awake, sync, group_sync }
    }

    fn add(&mut self, plan: &Plan, directory: &Path) -> Result<()> {
        floors::round_trips(Wait::Asleep, plan.floor_time, &mut self.asleep)?;
        floors::round_trips(Wait::Awake, plan.floor_time, &mut self.awake)?;
        floors::syncs(1, directory, plan.floor_time, &mut self.sync)?;
        floors::syncs(GROUP, directory, plan.floor_time, &mut self.group_sync)
    }

    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    fn floors(&self, plan: &Plan) -> Result<Floors> {
        Ok(Floors {
            round_trip_p50_us: microseconds(&self.asleep, 0.5),
            round_trip_awake_p50_us: microseconds(&self.awake, 0.5),
            packets_per_second: per_second(Way::OneByOne, plan.floor_time)?,
            packets_per_second_batched: per_second(Way::Batches, plan.floor_time)?,
            packets_per_second_offloaded: per_second(Way::Offload, plan.floor_time)?,
            sync_p50_us: microseconds(&self.sync, 0.5),
            records_per_second_grouped: GROUP as f64 * 1e6 / microseconds(&self.group_sync, 0.5),
        })
    }
}

/// Runs every load on restarted nodes, with the data of the load before. Acknowledged puts are read
/// back after the restart.
#[expect(clippy::cast_precision_loss, reason = "a ratio to look at")]
fn our_loads(plan: &Plan, place: &Place, slots: &mut [Slot]) -> Result<Vec<Load>> {
    let nodes = &place.addresses;
    let cluster = place.start()?;
    load::prepare::<Client>(nodes, slots)?;
    cluster.stop()?;
    let mut loads = Vec::new();
    for kind in [Kind::Put, Kind::Get] {
        for clients in CLIENTS {
            let cluster = place.start()?;
            load::verify::<Client>(nodes, slots)?;
            let outcome = load::run::<Client>(kind, nodes, slots, clients, plan.time)?;
            let syncs: u64 = cluster.stop()?.iter().map(|counters| counters.commits).sum();
            let mut load = Load::new(OURS, slots.len(), kind, clients, &outcome);
            let stored = outcome.done * u64::from(cluster::NODES);
            load.puts_per_sync = (kind == Kind::Put).then(|| stored as f64 / syncs as f64);
            loads.push(load);
        }
    }
    let cluster = place.start()?;
    load::verify::<Client>(nodes, slots)?;
    cluster.stop()?;
    Ok(loads)
}

/// Runs every load on a new process, with the data that our disks have of these keys.
fn spawn_loads(
    plan: &Plan,
    directory: &Path,
    disks: &[Durable],
    slots: &[Slot],
) -> Result<Vec<Load>> {
    let disks: Vec<Durable> = disks.iter().map(|disk| only(disk, slots)).collect();
    let mut loads = Vec::new();
    for kind in [Kind::Put, Kind::Get] {
        for clients in CLIENTS {
            let nodes = Place::new(directory)?.addresses;
            let _process = spawned::Process::start(directory, &nodes, &disks)?;
            let mut slots = slots.to_vec();
            load::verify::<PlainClient>(&nodes, &mut slots)?;
            let outcome = load::run::<PlainClient>(kind, &nodes, &mut slots, clients, plan.time)?;
            load::verify::<PlainClient>(&nodes, &mut slots)?;
            loads.push(Load::new(SPAWN, slots.len(), kind, clients, &outcome));
        }
    }
    Ok(loads)
}

/// The state of a disk for these keys, without that of earlier clients.
fn only(disk: &Durable, slots: &[Slot]) -> Durable {
    let entry = |slot: &Slot| {
        let key = Key::new(slot.key()).ok()?;
        Some((key.clone(), disk.store.get(&key)?.clone()))
    };

    Durable {
        counter: disk.counter,
        store: slots.iter().filter_map(entry).collect(),
        ..Durable::default()
    }
}
