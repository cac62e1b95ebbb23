//! Three nodes, each in its own process, so that the memory of each can be measured.

use anyhow::{Context as _, Result, bail, ensure};
use dynamo::address::Members;
use dynamo::admission::Limits;
use dynamo::client::Client;
use dynamo::runtime::{Ready, Settings};
use dynamo_model::config::{AntiEntropy, Config, Patience};
use dynamo_model::ids::NodeId;
use std::fs;
use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// How many nodes.
const NODES: u16 = 3;

/// The nodes. Dropping this kills them.
#[derive(Debug)]
pub(crate) struct Nodes {
    /// The nodes' addresses.
    pub(crate) addresses: Vec<SocketAddr>,
    processes: Vec<Child>,
}

/// The nodes' use of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// The highest memory of one node since the last reset, in MB.
    pub(crate) memory_mb: f64,
    /// The processor time of all nodes together, in seconds.
    pub(crate) processor: f64,
}

impl Nodes {
    /// Starts the nodes, with data below that directory.
    pub(crate) fn start(directory: &Path, requests: usize) -> Result<Self> {
        // All sockets stay bound until every port is known, so that no port is given out twice.
        let sockets =
            (0..NODES).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<SocketAddr> =
            sockets.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
        drop(sockets);
        let mut nodes = Nodes { addresses, processes: Vec::new() };
        for index in 0..NODES {
            let mut command = Command::new(std::env::current_exe()?);
            command
                .arg("--node")
                .arg(index.to_string())
                .arg("--directory")
                .arg(directory.join(index.to_string()));
            command.arg("--requests").arg(requests.to_string());
            command.arg("--addresses").args(nodes.addresses.iter().map(SocketAddr::to_string));
            let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            nodes.processes.push(child);
        }
        for child in &mut nodes.processes {
            let mut line = String::new();
            BufReader::new(child.stdout.take().context("it is piped")?).read_line(&mut line)?;
            ensure!(line == "ready\n", "a node did not start");
        }
        Ok(nodes)
    }

    /// The nodes' present use.
    pub(crate) fn usage(&self) -> Result<Usage> {
        let mut usage = Usage::default();
        for child in &self.processes {
            let folder = format!("/proc/{}", child.id());
            let status = fs::read_to_string(format!("{folder}/status"))?;
            let peak = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))
                .context("Linux tells it")?;
            let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse()?;
            usage.memory_mb = usage.memory_mb.max(kilobytes / 1e3);
            let stat = fs::read_to_string(format!("{folder}/stat"))?;
            let after_name = stat.rsplit_once(')').context("the name is in brackets")?.1;
            let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
            usage.processor += ticks.sum::<Result<f64, _>>()? / 100.0;
        }
        Ok(usage)
    }

    /// How many requests the nodes have refused and dropped for lack of capacity since their start.
    pub(crate) fn overload(&self) -> Result<(u64, u64)> {
        let (mut refused, mut dropped) = (0, 0);
        for address in &self.addresses {
            let told = Client::connect(*address)?.status()?.overload;
            refused += told.busy_address + told.busy_all + told.busy_under_way;
            dropped += told.repeated + told.datagrams + told.others + told.questions;
        }
        Ok((refused, dropped))
    }

    /// Resets the highest memory.
    pub(crate) fn reset_memory(&self) -> Result<()> {
        let reset = |child: &Child| fs::write(format!("/proc/{}/clear_refs", child.id()), "5");
        Ok(self.processes.iter().try_for_each(reset)?)
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for child in &mut self.processes {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The work of such a process: runs a node until its standard input ends, when its parent ends.
pub(crate) fn run(
    index: u16,
    addresses: &[SocketAddr],
    directory: &Path,
    requests: usize,
) -> Result<()> {
    let config =
        Config::new(3, 2, 2)?.with_patience(Patience::LOCAL).with_anti_entropy(AntiEntropy::LOCAL);
    let members = Members::new((0..NODES).map(NodeId).zip(addresses.iter().copied()))?;
    let Some(address) = addresses.get(usize::from(index)) else {
        bail!("there is no address for this node")
    };
    let settings = Settings::new(NodeId(index), *address, &members, config, directory.to_owned())?;
    let ready = Ready::new(settings.with_limits(Limits { requests, ..Limits::default() }))?;
    println!("ready");
    io::stdout().flush()?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        asked.store(true, Ordering::Relaxed);
    });
    ready.run(&stop)?;
    Ok(())
}
