//! The figures, their ratios, and how they are printed.

use crate::load::{Kind, Outcome};
use comfy_table::{CellAlignment, Table, presets};
use hdrhistogram::Histogram;
use serde::Serialize;

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Processor cores.
    pub(crate) cores: usize,
    /// Keys preloaded.
    pub(crate) keys: usize,
    /// Bytes of each value.
    pub(crate) value_bytes: usize,
    /// The machine's limits.
    pub(crate) floors: Floors,
    /// The loads.
    pub(crate) loads: Vec<Load>,
    /// The ratios.
    pub(crate) ratios: Vec<Ratio>,
}

/// The machine's limits at the time of the run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Floors {
    /// A round trip of a datagram between two threads that sleep until it arrives.
    pub(crate) round_trip_p50_us: f64,
    /// The same between two threads that poll.
    pub(crate) round_trip_awake_p50_us: f64,
    /// Packets through one thread, one by one.
    pub(crate) packets_per_second: Option<f64>,
    /// Packets with sendmmsg and recvmmsg.
    pub(crate) packets_per_second_batched: Option<f64>,
    /// Packets with GSO and GRO.
    pub(crate) packets_per_second_offloaded: Option<f64>,
    /// One record appended and synced.
    pub(crate) sync_p50_us: f64,
    /// Records appended and synced 64 at a time.
    pub(crate) records_per_second_grouped: f64,
}

/// The result of a load on three nodes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Load {
    /// The runtime.
    pub(crate) system: &'static str,
    /// How many keys the nodes held.
    pub(crate) keys: usize,
    /// `put` or `get`.
    pub(crate) kind: &'static str,
    /// How many clients sent requests, each one at a time.
    pub(crate) clients: usize,
    /// Requests that were answered successfully.
    pub(crate) done: u64,
    /// Requests that failed.
    pub(crate) failed: u64,
    /// Successful requests a second.
    pub(crate) per_second: f64,
    /// The median latency.
    pub(crate) p50_us: f64,
    /// The 99th percentile of the latency.
    pub(crate) p99_us: f64,
    /// For puts: how many of them a node stored with one sync, on average. `None` if nothing is
    /// synced.
    pub(crate) puts_per_sync: Option<f64>,
}

/// The ratio of two figures.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    /// What is compared.
    pub(crate) name: String,
    /// The first figure divided by the second.
    pub(crate) value: f64,
    /// The aim, in words.
    pub(crate) aim: Option<String>,
    /// Is the aim met?
    pub(crate) met: Option<bool>,
}

/// This runtime.
pub(crate) const OURS: &str = "dynamo, durable";
/// stateright's.
pub(crate) const SPAWN: &str = "spawn, not synced";

/// A quantile in microseconds.
#[expect(clippy::cast_precision_loss, reason = "a latency to look at")]
pub(crate) fn microseconds(latencies: &Histogram<u64>, quantile: f64) -> f64 {
    latencies.value_at_quantile(quantile) as f64 / 1e3
}

impl Load {
    /// The figures of a load.
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
    pub(crate) fn new(
        system: &'static str,
        keys: usize,
        kind: Kind,
        clients: usize,
        outcome: &Outcome,
    ) -> Self {
        Load {
            system,
            keys,
            kind: if kind == Kind::Put { "put" } else { "get" },
            clients,
            done: outcome.done,
            failed: outcome.failed,
            per_second: outcome.done as f64 / outcome.seconds,
            p50_us: microseconds(&outcome.latencies, 0.5),
            p99_us: microseconds(&outcome.latencies, 0.99),
            puts_per_sync: None,
        }
    }
}

impl Ratio {
    fn at_most(name: &str, value: f64, most: f64) -> Self {
        Ratio {
            name: name.to_owned(),
            value,
            aim: Some(format!("at most {most}")),
            met: Some(value <= most),
        }
    }

    fn at_least(name: &str, value: f64, least: f64) -> Self {
        Ratio {
            name: name.to_owned(),
            value,
            aim: Some(format!("at least {least}")),
            met: Some(value >= least),
        }
    }
}

/// All ratios of these figures.
pub(crate) fn ratios(floors: &Floors, loads: &[Load]) -> Vec<Ratio> {
    let ours = |kind, clients| {
        loads.iter().find(|l| (l.system, l.kind, l.clients) == (OURS, kind, clients))
    };
    let mut ratios = Vec::new();
    if let Some(get) = ours("get", 1) {
        ratios.push(Ratio::at_most(
            "get p50, 1 client / raw round trip",
            get.p50_us / floors.round_trip_p50_us,
            4.0,
        ));
        let name = "get p50, 1 client / raw round trip, looking again and again".to_owned();
        ratios.push(Ratio {
            name,
            value: get.p50_us / floors.round_trip_awake_p50_us,
            aim: None,
            met: None,
        });
    }
    if let Some(put) = ours("put", 1) {
        let name = "put p50, 1 client / one sync".to_owned();
        ratios.push(Ratio { name, value: put.p50_us / floors.sync_p50_us, aim: None, met: None });
    }
    for (kind, least) in [("put", 15_000.0), ("get", 30_000.0)] {
        if let Some(load) = ours(kind, 64) {
            ratios.push(Ratio::at_least(
                &format!("{kind}s a second, 64 clients"),
                load.per_second,
                least,
            ));
        }
    }
    if let Some(value) = ours("put", 64).and_then(|load| load.puts_per_sync) {
        ratios.push(Ratio {
            name: "puts a sync, 64 clients".to_owned(),
            value,
            aim: None,
            met: None,
        });
    }
    for spawn in loads.iter().filter(|load| load.system == SPAWN) {
        if let Some(ours) = ours(spawn.kind, spawn.clients) {
            let Load { kind, clients, keys, .. } = spawn;
            let name = format!("{kind}s a second, {clients} client(s) / spawn with {keys} keys");
            ratios.push(Ratio::at_least(&name, ours.per_second / spawn.per_second, 1.0));
        }
    }
    ratios
}

/// Prints everything.
pub(crate) fn print(report: &Report) {
    let Report { cores, keys, value_bytes, floors, loads, ratios } = report;
    println!(
        "N=3, R=W=2, three nodes and all clients on {cores} cores; {keys} keys, \
         values of {value_bytes} bytes.\n"
    );
    print_floors(floors);
    let mut rows = table(&[
        "system",
        "keys",
        "load",
        "clients",
        "done",
        "failed",
        "a second",
        "p50 µs",
        "p99 µs",
        "puts a sync",
    ]);
    for load in loads {
        rows.add_row([
            load.system.to_owned(),
            load.keys.to_string(),
            load.kind.to_owned(),
            load.clients.to_string(),
            load.done.to_string(),
            load.failed.to_string(),
            format!("{:.0}", load.per_second),
            format!("{:.0}", load.p50_us),
            format!("{:.0}", load.p99_us),
            load.puts_per_sync.map_or(String::new(), |puts| format!("{puts:.1}")),
        ]);
    }
    println!("{rows}\n");
    let mut rows = table(&["ratio", "value", "aim", "met"]);
    for Ratio { name, value, aim, met } in ratios {
        let met = met.map_or("", |met| if met { "yes" } else { "NO" });
        rows.add_row([
            name.clone(),
            number(*value),
            aim.clone().unwrap_or_default(),
            met.to_owned(),
        ]);
    }
    println!("{rows}");
    println!(
        "spawn acknowledges without a sync, rewrites all storage with every put, \
         and each load had a new process."
    );
}

fn print_floors(floors: &Floors) {
    let mut rows = table(&["floor", "figure"]);
    let rate = |rate: Option<f64>| {
        rate.map_or("not supported here".to_owned(), |rate| format!("{rate:.0} /s"))
    };
    let latency = |us: f64| format!("{us:.1} µs");
    rows.add_row(["UDP round trip between two threads, p50", &latency(floors.round_trip_p50_us)]);
    rows.add_row([
        "UDP round trip, both threads looking again and again, p50",
        &latency(floors.round_trip_awake_p50_us),
    ]);
    rows.add_row(["packets through one thread, one by one", &rate(floors.packets_per_second)]);
    rows.add_row(["packets, sendmmsg and recvmmsg", &rate(floors.packets_per_second_batched)]);
    rows.add_row(["packets, GSO and GRO", &rate(floors.packets_per_second_offloaded)]);
    rows.add_row(["one record appended and synced, p50", &latency(floors.sync_p50_us)]);
    rows.add_row(["records appended, 64 a sync", &rate(Some(floors.records_per_second_grouped))]);
    println!("{rows}\n");
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header.to_vec());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn number(value: f64) -> String {
    if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
