//! Real node processes on loopback, with real storage in a temporary directory.

use crate::folders::folder;
use dynamo::trial::addresses::{Claim, claim};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const DYNAMO: &str = env!("CARGO_BIN_EXE_dynamo");
/// `dynamo`, without a secret from the environment of the person who runs the tests.
pub(crate) fn program() -> Command {
    let mut program = Command::new(DYNAMO);
    program.env_remove("DYNAMO_SECRET_FILE").env_remove("DYNAMO_SECRET");
    program
}

/// When a test gives up waiting. Far more than anything takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A cluster. Dropping it kills its nodes.
pub(crate) struct Cluster {
    pub(crate) addresses: Vec<SocketAddr>,
    /// Keep other tests from using the addresses of nodes that are down.
    _claims: Vec<Claim>,
    children: Vec<Option<Child>>,
    directory: TempDir,
    options: Vec<&'static str>,
    /// How many of the nodes are founders. The others join.
    founders: usize,
    /// The node through which the others join.
    contact: usize,
    /// For each node, the addresses at which it reaches the others, if these are not their own.
    detours: Vec<Vec<SocketAddr>>,
}

impl Cluster {
    /// Three running nodes.
    pub(crate) fn start() -> Self {
        Self::of(3, &[])
    }

    /// This many running nodes, with these options.
    pub(crate) fn of(nodes: usize, options: &[&'static str]) -> Self {
        let mut cluster = Self::prepare(nodes, options);
        cluster.start_nodes(0..nodes);
        cluster
    }

    /// This many nodes with addresses, not running.
    pub(crate) fn prepare(nodes: usize, options: &[&'static str]) -> Self {
        let claims = claim(nodes).unwrap();
        let addresses: Vec<SocketAddr> = claims.iter().map(|claim| claim.address).collect();
        let directory = folder();
        let children = (0..nodes).map(|_| None).collect();
        let detours = vec![addresses.clone(); nodes];
        Cluster {
            addresses,
            _claims: claims,
            children,
            directory,
            options: options.to_vec(),
            founders: nodes,
            contact: 0,
            detours,
        }
    }

    /// Moves the cluster to the IPv6 loopback address.
    pub(crate) fn over_ipv6(mut self) -> Self {
        self.addresses.iter_mut().for_each(|address| address.set_ip(Ipv6Addr::LOCALHOST.into()));
        self.detours = vec![self.addresses.clone(); self.addresses.len()];
        self
    }

    /// This many running founders, and this many other nodes, not running.
    pub(crate) fn founded_by(founders: usize, others: usize, options: &[&'static str]) -> Self {
        let mut cluster = Self::prepare(founders + others, options);
        cluster.founders = founders;
        cluster.start_nodes(0..founders);
        cluster
    }

    /// Makes the first nodes the founders. The others join.
    pub(crate) fn founded_by_first(&mut self, founders: usize) {
        self.founders = founders;
    }

    /// From now on, nodes that are not founders join through this one.
    pub(crate) fn join_through(&mut self, contact: usize) {
        self.contact = contact;
    }

    /// From now on, every started node joins through this one.
    pub(crate) fn rejoin_through(&mut self, contact: usize) {
        (self.founders, self.contact) = (0, contact);
    }

    /// Waits until a node has ended by itself.
    pub(crate) fn wait_for_end(&mut self, node: usize) -> ExitStatus {
        wait(&mut self.children[node].take().unwrap(), "the node")
    }

    /// Makes a node reach the others at these addresses.
    pub(crate) fn detour(&mut self, node: usize, others: Vec<SocketAddr>) {
        self.detours[node] = others;
    }

    /// The command that starts a node, on its own data or another directory.
    pub(crate) fn command(&self, node: usize, data: &Path) -> Command {
        let list = |addresses: &[SocketAddr]| -> String {
            let members: Vec<String> =
                addresses.iter().enumerate().map(|(id, at)| format!("{id}={at}")).collect();
            members.join(",")
        };
        let mut command = program();
        command.args([
            "node",
            "--id",
            &node.to_string(),
            "--listen",
            &self.addresses[node].to_string(),
        ]);
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

    /// Starts a node and waits until it is listening.
    pub(crate) fn start_node(&mut self, node: usize) {
        self.start_nodes([node]);
    }

    /// Starts nodes at the same time, and waits until each is listening.
    pub(crate) fn start_nodes(&mut self, nodes: impl IntoIterator<Item = usize>) {
        self.start_nodes_with(nodes, |_| {});
    }

    /// Starts nodes at the same time, with modified commands, and waits until each is listening.
    pub(crate) fn start_nodes_with(
        &mut self,
        nodes: impl IntoIterator<Item = usize>,
        change: impl Fn(&mut Command),
    ) {
        let started: Vec<(usize, ChildStdout)> = nodes
            .into_iter()
            .map(|node| {
                let mut command = self.command(node, &self.data(node));
                change(&mut command);
                let mut child = command.spawn().unwrap();
                let stdout = child.stdout.take().unwrap();
                self.children[node] = Some(child);
                (node, stdout)
            })
            .collect();
        for (node, stdout) in started {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            let name = dynamo_model::ids::NodeId(node as u16);
            assert_eq!(line, format!("node {name} listens on {}\n", self.addresses[node]));
        }
    }

    /// Starts a node with `--forget-disk`: it moves its data aside and begins on an empty disk.
    pub(crate) fn start_on_an_empty_disk(&mut self, node: usize) {
        self.options.push("--forget-disk");
        self.start_node(node);
        self.options.pop();
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, node: usize) {
        let mut child = self.children[node].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Stops a node with SIGSTOP, or continues it.
    pub(crate) fn freeze(&self, node: usize, frozen: bool) {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = Pid::from_raw(self.children[node].as_ref().unwrap().id().cast_signed()).unwrap();
        kill_process(pid, if frozen { Signal::STOP } else { Signal::CONT }).unwrap();
    }

    /// Sends SIGTERM. Returns the node's exit status.
    pub(crate) fn terminate(&mut self, node: usize) -> ExitStatus {
        let mut child = self.children[node].take().unwrap();
        let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        wait(&mut child, "the node")
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

/// Waits until a process has ended. Kills it if it does not end in time.
pub(crate) fn wait(child: &mut Child, what: &str) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("{what} did not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs a command that ends by itself.
pub(crate) fn run(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A process waits while a pipe is full, so both are read before it ends.
    let stdout = all_of(child.stdout.take().unwrap());
    let stderr = all_of(child.stderr.take().unwrap());
    let status = wait(&mut child, &format!("{command:?}"));
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Reads to the end in a thread of its own.
fn all_of(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Runs `dynamo` with these arguments: exit code, stdout, stderr.
pub(crate) fn dynamo(arguments: &[&str]) -> (i32, String, String) {
    let output = run(program().args(arguments));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
