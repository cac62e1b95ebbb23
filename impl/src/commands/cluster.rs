//! `dynamo cluster`: runs a local cluster. Each node is a process of its own, so that you can kill
//! one.

use super::arguments::{Quorums, stop_signal};
use super::{Failure, secret};
use crate::output::{announce, note};
use anyhow::{Context as _, anyhow};
use clap::Args;
use dynamo::secret::Right;
use dynamo::store::DirectoryLock;
use dynamo_model::ids::NodeId;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::DirEntry;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const POLL_EVERY: Duration = Duration::from_millis(50);
const STOP_WITHIN: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  dynamo cluster --nodes 3
  dynamo cluster --nodes 5 --base-port 4100 --data ./data --n 3 --r 2 --w 2
  dynamo cluster --nodes 5 --record ./record      then: dynamo trace validate ./record

The command prints the nodes' process ids: kill -9 one, and see the others go on. Ctrl-C stops all.
The nodes refuse clients without a secret. The command makes the files node.secret,
administrator.secret and client.secret beside the data, and prints the line that sets
DYNAMO_SECRET_FILE. To restart a node by hand, give it --secret-file with node.secret.
Without --data the data is in a temporary directory, which the command deletes at the end. It keeps
the directory if a node that you restarted by hand still uses it.
The exit code is 1 if all nodes have ended by themselves.";

/// Run a cluster on this machine until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How many nodes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    nodes: u16,
    /// The directory for the data, with one subdirectory for each node. Temporary if left out
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The first node's port; the other nodes count up from it. Free ports if left out
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    base_port: Option<u16>,
    /// Record the nodes' runs for dynamo trace validate, each in a subdirectory of this directory
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Use the IPv6 loopback address `::1` instead of 127.0.0.1
    #[arg(long)]
    ipv6: bool,
    #[command(flatten)]
    quorums: Quorums,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let quorums = arguments.quorums;
    let config = quorums.config()?;
    if config.n() > usize::from(arguments.nodes) {
        let Arguments { nodes, .. } = arguments;
        return Err(Failure::usage(anyhow!(
            "N is {}, but there are {nodes} nodes: ask for more, or make N smaller",
            config.n()
        )));
    }
    let stop = stop_signal()?;
    let addresses = addresses(arguments)?;
    // Declared before the nodes, so that it is dropped after them: they use it.
    let data = Data::of(arguments)?;
    secret::make_if_missing(&data.path).map_err(Failure::Operation)?;
    let mut nodes = Nodes(Vec::new());
    for index in 0..addresses.len() {
        nodes.0.push(
            NodeProcess::start(index, &addresses, &data.path, arguments)
                .map_err(Failure::Operation)?,
        );
    }
    print_welcome(&nodes, &data);
    nodes.watch(&stop);
    if stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(Failure::operation(anyhow!(
        "all nodes have ended: if a node could log the reason, it is above"
    )))
}

fn addresses(arguments: &Arguments) -> Result<Vec<SocketAddr>, Failure> {
    let count = arguments.nodes;
    let ip: IpAddr =
        if arguments.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    if let Some(base) = arguments.base_port {
        let last = base.checked_add(count - 1).ok_or_else(|| {
            Failure::usage(anyhow!(
                "{count} ports from {base} on go past 65535: choose a smaller base port"
            ))
        })?;
        return Ok((base..=last).map(|port| SocketAddr::new(ip, port)).collect());
    }
    // All sockets stay bound until every port is known, so that no port is given out twice.
    let bound: Result<Vec<UdpSocket>, _> = (0..count).map(|_| UdpSocket::bind((ip, 0))).collect();
    let addresses = bound.and_then(|sockets| sockets.iter().map(UdpSocket::local_addr).collect());
    addresses.map_err(Failure::operation)
}

/// Where the nodes' data is.
struct Data {
    path: PathBuf,
    /// The directory, if it is deleted with the cluster.
    temporary: Option<TempDir>,
}

impl Data {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        if let Some(path) = &arguments.data {
            return Ok(Data { path: path.clone(), temporary: None });
        }
        let temporary = tempfile::Builder::new()
            .prefix("dynamo-cluster-")
            .tempdir()
            .map_err(Failure::operation)?;
        Ok(Data { path: temporary.path().to_owned(), temporary: Some(temporary) })
    }
}

impl Drop for Data {
    /// Deletes the temporary directory while it holds the lock on every node's data. A node that
    /// the user restarted by hand holds its lock. Then the whole directory stays.
    fn drop(&mut self) {
        let Some(temporary) = self.temporary.take() else { return };
        match lock_all(&self.path) {
            Ok(locks) => drop((temporary, locks)),
            Err(reason) => {
                let path = temporary.keep();
                note!(
                    "the cluster's data stays in {}; delete it when no node uses it ({reason:#})",
                    path.display()
                );
            }
        }
    }
}

/// Locks every data directory below this one.
fn lock_all(below: &Path) -> anyhow::Result<Vec<DirectoryLock>> {
    let lock = |entry: std::io::Result<DirEntry>| match entry.map(|entry| entry.path()) {
        Ok(path) => path.is_dir().then(|| Ok(DirectoryLock::take(&path)?)),
        Err(error) => Some(Err(error.into())),
    };
    std::fs::read_dir(below)?.filter_map(lock).collect()
}

struct NodeProcess {
    id: NodeId,
    address: SocketAddr,
    data: PathBuf,
    child: Child,
    running: bool,
}

impl NodeProcess {
    /// Starts a node and waits until it is ready.
    fn start(
        index: usize,
        addresses: &[SocketAddr],
        data: &Path,
        Arguments { quorums, record, .. }: &Arguments,
    ) -> anyhow::Result<Self> {
        let id = |index: usize| NodeId(index as u16);
        let members: Vec<String> =
            addresses.iter().enumerate().map(|(i, at)| format!("{}={at}", id(i))).collect();
        let secret = secret::path(data, Right::Node);
        let data = data.join(format!("node-{}", id(index)));
        let program =
            std::env::current_exe().context("cannot find this program to start nodes with")?;
        let mut command = Command::new(program);
        command.args([
            "node",
            "--stop-with-parent",
            "--id",
            &id(index).to_string(),
            "--listen",
            &addresses[index].to_string(),
        ]);
        command
            .arg("--data")
            .arg(&data)
            .args(["--member", &members.join(",")])
            .arg("--secret-file")
            .arg(secret);
        for (name, number) in [("--n", quorums.n), ("--r", quorums.r), ("--w", quorums.w)] {
            command.args([name, &number.to_string()]);
        }
        if let Some(record) = record {
            command.arg("--record").arg(record.join(format!("node-{}", id(index))));
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a node")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let node =
            NodeProcess { id: id(index), address: addresses[index], data, child, running: true };
        // The node has printed its error itself, on the stderr that it shares with this process.
        if line.is_empty() { Err(anyhow!("node {} did not start", node.id)) } else { Ok(node) }
    }

    /// The exit status, if the node has ended since the last call.
    fn ended(&mut self) -> Option<ExitStatus> {
        let ended = if self.running { self.child.try_wait().ok().flatten() } else { None };
        self.running &= ended.is_none();
        ended
    }
}

/// The nodes of the cluster. Dropping this stops them.
struct Nodes(Vec<NodeProcess>);

impl Nodes {
    /// Returns when `stop` is set or all nodes have ended.
    fn watch(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) && self.0.iter().any(|node| node.running) {
            for index in 0..self.0.len() {
                let Some(how) = self.0[index].ended() else { continue };
                let is_last = self.0.iter().all(|node| !node.running);
                let NodeProcess { id, child, .. } = &self.0[index];
                let left =
                    if is_last { "no node is left" } else { "the cluster goes on without it" };
                announce(format_args!("node {id} (pid {}) has ended, {how}; {left}", child.id()));
            }
            thread::sleep(POLL_EVERY);
        }
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for node in self.0.iter().filter(|node| node.running) {
            if let Some(pid) = Pid::from_raw(node.child.id().cast_signed()) {
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        let deadline = Instant::now() + STOP_WITHIN;
        for node in &mut self.0 {
            while node.running && node.ended().is_none() && Instant::now() < deadline {
                thread::sleep(POLL_EVERY / 10);
            }
            if node.running {
                let _ = node.child.kill();
                let _ = node.child.wait();
            }
        }
    }
}

/// An absolute path, quoted for a shell.
fn shell_word(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.".contains(letter);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

fn print_welcome(nodes: &Nodes, data: &Data) {
    for NodeProcess { id, address, data, child, .. } in &nodes.0 {
        announce(format_args!("node {id}  {address}  pid {}  data {}", child.id(), data.display()));
    }
    let secret = secret::path(&data.path, Right::Administrator);
    announce(format_args!(
        "\nIn another terminal: export DYNAMO_SECRET_FILE={}",
        shell_word(&secret)
    ));
    announce(format_args!("Then try: dynamo put --node {} greeting hello", nodes.0[0].address));
    match data.temporary {
        None => announce(format_args!("Ctrl-C stops the cluster.")),
        Some(_) => {
            announce(format_args!(
                "Ctrl-C stops the cluster and deletes its data. Use --data DIR to keep the data."
            ));
        }
    }
}
