//! Real node processes on loopback, with real storage in a temporary directory.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const DYNAMO: &str = env!("CARGO_BIN_EXE_dynamo");

/// A cluster whose nodes are killed when it goes, however it goes.
pub(crate) struct Cluster {
    pub(crate) addresses: Vec<SocketAddr>,
    children: Vec<Option<Child>>,
    directory: TempDir,
    options: Vec<&'static str>,
    /// How many of the nodes are its founders. The others join.
    founders: usize,
    /// Through whom.
    contact: usize,
    /// For each node how the others are to be reached from there, where not at their own addresses.
    detours: Vec<Vec<SocketAddr>>,
}

impl Cluster {
    /// Three nodes, running.
    pub(crate) fn start() -> Self {
        Self::of(3, &[])
    }

    /// So many nodes, running, with these options.
    pub(crate) fn of(nodes: usize, options: &[&'static str]) -> Self {
        let mut cluster = Self::prepare(nodes, options);
        (0..nodes).for_each(|node| cluster.start_node(node));
        cluster
    }

    /// So many nodes, with addresses but not running.
    pub(crate) fn prepare(nodes: usize, options: &[&'static str]) -> Self {
        let addresses: Vec<SocketAddr> = (0..nodes).map(|_| free_address()).collect();
        let directory = tempfile::tempdir().unwrap();
        let children = (0..nodes).map(|_| None).collect();
        let detours = vec![addresses.clone(); nodes];
        Cluster { addresses, children, directory, options: options.to_vec(), founders: nodes, contact: 0, detours }
    }

    /// So many founders, running, and so many nodes that are not.
    pub(crate) fn founded_by(founders: usize, others: usize, options: &[&'static str]) -> Self {
        let mut cluster = Self::prepare(founders + others, options);
        cluster.founders = founders;
        (0..founders).for_each(|node| cluster.start_node(node));
        cluster
    }

    /// The first so many nodes are its founders; the others join.
    pub(crate) fn founded_by_first(&mut self, founders: usize) {
        self.founders = founders;
    }

    /// From now on nodes that are no founders join through this one.
    pub(crate) fn join_through(&mut self, contact: usize) {
        self.contact = contact;
    }

    /// From now on every node that is started joins through this one.
    pub(crate) fn rejoin_through(&mut self, contact: usize) {
        (self.founders, self.contact) = (0, contact);
    }

    /// Waits until a node has ended by itself.
    pub(crate) fn wait_for_end(&mut self, node: usize) -> ExitStatus {
        self.children[node].take().unwrap().wait().unwrap()
    }

    /// Has a node reach the others at these addresses.
    pub(crate) fn detour(&mut self, node: usize, others: Vec<SocketAddr>) {
        self.detours[node] = others;
    }

    /// How a node is started, on its own data or other.
    pub(crate) fn command(&self, node: usize, data: &Path) -> Command {
        let list = |addresses: &[SocketAddr]| -> String {
            let members: Vec<String> = addresses.iter().enumerate().map(|(id, at)| format!("{id}={at}")).collect();
            members.join(",")
        };
        let mut command = Command::new(DYNAMO);
        command.args(["node", "--id", &node.to_string(), "--listen", &self.addresses[node].to_string()]);
        command.arg("--data").arg(data);
        if node < self.founders {
            command.args(["--member", &list(&self.addresses[..self.founders])]);
        } else {
            command.args(["--join", &self.addresses[self.contact].to_string()]);
        }
        if self.detours[node] != self.addresses {
            command.args(["--reach", &list(&self.detours[node])]);
        }
        command.args(&self.options);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    pub(crate) fn data(&self, node: usize) -> PathBuf {
        self.directory.path().join(node.to_string())
    }

    /// Starts a node and waits for it to say that it listens.
    pub(crate) fn start_node(&mut self, node: usize) {
        let mut child = self.command(node, &self.data(node)).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        self.children[node] = Some(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let name = dynamo_model::ids::NodeId(node as u16);
        assert_eq!(line, format!("node {name} listens on {}\n", self.addresses[node]));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, node: usize) {
        let mut child = self.children[node].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Stops a node in the middle of what it does, or lets it go on.
    pub(crate) fn freeze(&self, node: usize, frozen: bool) {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = Pid::from_raw(self.children[node].as_ref().unwrap().id().cast_signed()).unwrap();
        kill_process(pid, if frozen { Signal::STOP } else { Signal::CONT }).unwrap();
    }

    /// SIGTERM; how the node ended, and how long that took.
    pub(crate) fn terminate(&mut self, node: usize) -> (ExitStatus, Duration) {
        let mut child = self.children[node].take().unwrap();
        let start = Instant::now();
        let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        (child.wait().unwrap(), start.elapsed())
    }
}

/// An address that nobody listens on, and that the system gives to nobody else: a node that was killed finds its port free.
fn free_address() -> SocketAddr {
    // Below the ports that the system chooses from. Test processes that run at a time begin in different places.
    const PORTS: Range<u32> = 10_000..32_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let next = std::process::id().wrapping_mul(997).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + next % (PORTS.end - PORTS.start);
        if let Ok(socket) = UdpSocket::bind(("127.0.0.1", port as u16)) {
            return socket.local_addr().unwrap();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.children.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a command that ends by itself.
pub(crate) fn run(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(8);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("{command:?} did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status: child.wait().unwrap(), stdout, stderr }
}

/// Runs `dynamo` with these arguments: exit code, stdout, stderr.
pub(crate) fn dynamo(arguments: &[&str]) -> (i32, String, String) {
    let output = run(Command::new(DYNAMO).args(arguments));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
