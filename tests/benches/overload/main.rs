//! `cargo bench -p dynamo-benchmarks --bench overload`: three overloaded nodes on loopback.
//!
//! Goodput is the number of puts acknowledged and gets answered a second. Each load is measured in
//! four parts:
//!
//! 1. The peak: well-behaved clients alone. Each sends its next request as soon as the last is
//!    answered.
//! 2. The control: the same clients while the flood goes to sockets that nobody reads. On one
//!    machine the flood itself takes processor time from the nodes, and this shows how much.
//! 3. The flood itself.
//! 4. The same clients again, without the flood: how soon the goodput is back.
//!
//! Two floods contain no useful requests: questions, and datagrams of a thousand gets. In the other
//! two loads every answered request counts: a crowd of clients that obey refusals, and requests at
//! ten times the peak.

mod clients;
mod floods;
mod nodes;
mod report;

use anyhow::Result;
use clap::Parser;
use clients::{Clients, Told};
use dynamo::admission::Limits;
use floods::{Flood, Kind};
use nodes::{Nodes, Usage};
use report::{Report, Row};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// How often the goodput is measured.
const TICK: Duration = Duration::from_millis(50);
/// The goodput is back when the mean of this many ticks is back.
const BACK_TICKS: usize = 6;
/// The part of the peak at which the goodput counts as back.
const BACK: f64 = 0.9;
/// The longest time to wait for recovery.
const RECOVERY_MAX: Duration = Duration::from_secs(10);

/// Goodput while nodes get more requests than they can serve
#[derive(Debug, Parser)]
struct Arguments {
    /// A smoke test: half a second for each part, and a crowd of 500
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Seconds for each part
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// How many well-behaved clients make the peak
    #[arg(long, default_value_t = 256)]
    clients: usize,
    /// How many clients the crowd has
    #[arg(long, default_value_t = 9000)]
    crowd: usize,
    /// Questions a second
    #[arg(long, default_value_t = 20_000.0)]
    questions: f64,
    /// Datagrams of a thousand gets a second
    #[arg(long, default_value_t = 20.0)]
    datagrams: f64,
    /// The open-loop load, in multiples of the peak
    #[arg(long, default_value_t = 10.0)]
    times: f64,
    /// How many requests a node serves at a time
    #[arg(long, default_value_t = Limits::default().requests)]
    requests: usize,
    /// Only loads whose names contain this
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// A directory on the disk to use. If left out: the one for temporary files
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Run this node in this process
    #[arg(long, hide = true, requires = "addresses", requires = "directory")]
    node: Option<u16>,
    /// The nodes' addresses
    #[arg(long, hide = true, num_args = 3)]
    addresses: Vec<SocketAddr>,
    /// The node's data directory
    #[arg(long, hide = true)]
    directory: Option<PathBuf>,
    /// The option that cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// The load besides that of the well-behaved clients.
#[derive(Clone, Copy, Debug)]
enum Load {
    Flood(Kind, f64),
    Crowd(usize),
    /// This many times the peak.
    Open(f64),
}

/// The parameters of the measurement.
struct Bench {
    nodes: Nodes,
    part: Duration,
    told: Arc<Told>,
}

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    if let (Some(node), Some(directory)) = (arguments.node, &arguments.directory) {
        return nodes::run(node, &arguments.addresses, directory, arguments.requests);
    }
    if arguments.quick {
        (arguments.seconds, arguments.crowd) = (0.5, 500);
    }
    let directory = match &arguments.data {
        Some(path) => tempfile::tempdir_in(path)?,
        None => tempfile::tempdir()?,
    };
    let report = measure(&arguments, directory.path())?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report::print(&report);
    }
    Ok(())
}

/// Measures every load on new nodes, so that no load suffers from the one before.
fn measure(arguments: &Arguments, directory: &Path) -> Result<Report> {
    let loads = [
        ("questions", Load::Flood(Kind::Questions, arguments.questions)),
        ("thousand gets", Load::Flood(Kind::ManyGets, arguments.datagrams)),
        ("crowd", Load::Crowd(arguments.crowd)),
        ("open loop", Load::Open(arguments.times)),
    ];
    let mut rows = Vec::new();
    for (name, load) in loads.into_iter().filter(|(name, _)| name.contains(&arguments.only)) {
        let nodes = Nodes::start(&directory.join(name), arguments.requests)?;
        floods::prepare(&nodes.addresses)?;
        let bench =
            Bench { nodes, part: Duration::from_secs_f64(arguments.seconds), told: Arc::default() };
        let honest =
            Clients::new("honest", arguments.clients, &bench.nodes.addresses, &bench.told)?;
        rows.push(bench.row(name, load, &honest)?);
        honest.end()?;
    }
    let cores = thread::available_parallelism()?.get();
    Ok(Report { cores, clients: arguments.clients, rows })
}

impl Bench {
    /// Measures one load.
    fn row(&self, name: &'static str, load: Load, honest: &Clients) -> Result<Row> {
        // Starting and ending thousands of threads takes the machine a while, and is not measured.
        let crowd = Clients::new("crowd", load.crowd(), &self.nodes.addresses, &self.told)?;
        honest.go();
        thread::sleep(self.part / 4);
        self.nodes.reset_memory()?;
        let (peak, peak_cores) = self.goodput(self.part)?;
        let memory_before_mb = self.nodes.usage()?.memory_mb;
        let control = self.control(load, peak)?;
        thread::sleep(self.part / 4);
        let failed = self.told.failed.load(Ordering::Relaxed);
        crowd.go();
        let flood = load.start(peak, &self.nodes.addresses, &self.told)?;
        // The first moment belongs to neither part.
        thread::sleep(self.part / 4);
        let (during, during_cores) = self.goodput(self.part)?;
        let memory_mb = self.nodes.usage()?.memory_mb;
        crowd.rest();
        flood.iter().for_each(Flood::signal);
        let failed = self.told.failed.load(Ordering::Relaxed) - failed;
        let recovery_ms = self.recovery(peak);
        let sent_per_second =
            flood.map(|flood| flood.stop(self.part + self.part / 4)).transpose()?;
        crowd.end()?;
        let (refused, dropped) = self.nodes.overload()?;
        Ok(Row {
            name,
            peak,
            control,
            during,
            sent_per_second,
            failed,
            refused,
            dropped,
            recovery_ms,
            memory_before_mb,
            memory_mb,
            peak_cores,
            during_cores,
        })
    }

    /// The goodput while the flood goes elsewhere.
    fn control(&self, load: Load, peak: f64) -> Result<Option<f64>> {
        let sinks =
            (0..3).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
        let to = sinks.iter().map(UdpSocket::local_addr).collect::<Result<Vec<_>, _>>()?;
        let Some(flood) = load.start(peak, &to, &Arc::default())? else { return Ok(None) };
        let (goodput, _) = self.goodput(self.part)?;
        flood.stop(self.part)?;
        Ok(Some(goodput))
    }

    /// The goodput in this time, and how many cores the nodes kept busy.
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
    fn goodput(&self, time: Duration) -> Result<(f64, f64)> {
        let (begun, Usage { processor, .. }) = (Instant::now(), self.nodes.usage()?);
        let before = self.told.good.load(Ordering::Relaxed);
        thread::sleep(time);
        let (good, seconds) =
            (self.told.good.load(Ordering::Relaxed) - before, begun.elapsed().as_secs_f64());
        Ok((good as f64 / seconds, (self.nodes.usage()?.processor - processor) / seconds))
    }

    /// The time until the goodput is back, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
    fn recovery(&self, peak: f64) -> Option<u64> {
        let begun = Instant::now();
        let mut counts = vec![(Instant::now(), self.told.good.load(Ordering::Relaxed))];
        while begun.elapsed() < RECOVERY_MAX {
            thread::sleep(TICK);
            counts.push((Instant::now(), self.told.good.load(Ordering::Relaxed)));
            let Some((since, before)) =
                counts.len().checked_sub(BACK_TICKS + 1).map(|index| counts[index])
            else {
                continue;
            };
            let (now, good) = counts[counts.len() - 1];
            if (good - before) as f64 / (now - since).as_secs_f64() >= BACK * peak {
                return Some((since - begun).as_millis() as u64);
            }
        }
        None
    }
}

impl Load {
    /// The number of additional clients.
    fn crowd(self) -> usize {
        if let Load::Crowd(count) = self { count } else { 0 }
    }

    /// Starts the flood, if the load has one.
    fn start(self, peak: f64, to: &[SocketAddr], told: &Arc<Told>) -> Result<Option<Flood>> {
        Ok(match self {
            Load::Flood(kind, per_second) => {
                Some(Flood::start(kind, per_second, to, &Arc::default())?)
            }
            Load::Open(times) => Some(Flood::start(Kind::Requests, times * peak, to, told)?),
            Load::Crowd(_) => None,
        })
    }
}
