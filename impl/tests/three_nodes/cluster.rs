//! Three real node processes on loopback, with real storage in a temporary directory.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const DYNAMO: &str = env!("CARGO_BIN_EXE_dynamo");

/// A cluster whose nodes are killed when it goes, however it goes.
pub(crate) struct Cluster {
    pub(crate) addresses: Vec<SocketAddr>,
    children: Vec<Option<Child>>,
    directory: TempDir,
}

impl Cluster {
    /// Three nodes, running.
    pub(crate) fn start() -> Self {
        let sockets: Vec<UdpSocket> = (0..3).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        let addresses = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
        drop(sockets);
        let directory = tempfile::tempdir().unwrap();
        let mut cluster = Cluster { addresses, children: vec![None, None, None], directory };
        for node in 0..3 {
            cluster.start_node(node);
        }
        cluster
    }

    /// How a node is started, on its own data or other.
    pub(crate) fn command(&self, node: usize, data: &Path) -> Command {
        let members: Vec<String> = self.addresses.iter().enumerate().map(|(id, at)| format!("{id}={at}")).collect();
        let mut command = Command::new(DYNAMO);
        command.args(["node", "--id", &node.to_string(), "--listen", &self.addresses[node].to_string()]);
        command.arg("--data").arg(data).args(["--member", &members.join(",")]);
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
        let name = ["A", "B", "C"][node];
        assert_eq!(line, format!("node {name} listens on {}\n", self.addresses[node]));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, node: usize) {
        let mut child = self.children[node].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
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
