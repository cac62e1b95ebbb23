//! The processes of the nodes. Dropping them kills them, and deletes their data.

use anyhow::{Context as _, bail};
use dynamo::trial::addresses::Claim;
use dynamo::trial::proxy::Proxy;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Nodes hand over, gossip and compare soon, so that a script need not wait.
const PACE: [&str; 6] =
    ["--handoff-after", "0.1", "--gossip-every", "0.05", "--exchange-every", "0.05"];

pub(super) struct Processes {
    pub(super) addresses: Vec<SocketAddr>,
    /// Keep other programs from using the addresses of nodes that are down.
    _claims: Vec<Claim>,
    children: Vec<Option<Child>>,
    directory: TempDir,
    options: Vec<String>,
    /// The nodes that are there from the start. The others join.
    founders: Vec<usize>,
    /// The node through which the others join.
    contact: usize,
    /// For each node, the addresses at which it reaches the others, if these are not their own.
    detours: Vec<Option<Vec<SocketAddr>>>,
}

impl Processes {
    /// Nodes with addresses, not running.
    pub(super) fn prepare(
        claims: Vec<Claim>,
        founders: Vec<usize>,
        (n, r, w): (usize, usize, usize),
        answer_within: Duration,
    ) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("dynamo-scenario-").tempdir();
        let mut options: Vec<String> = PACE.map(str::to_owned).to_vec();
        options.extend(["--answer-within".to_owned(), answer_within.as_secs_f64().to_string()]);
        for (name, number) in [("--n", n), ("--r", r), ("--w", w)] {
            options.extend([name.to_owned(), number.to_string()]);
        }
        Ok(Processes {
            addresses: claims.iter().map(|claim| claim.address).collect(),
            children: claims.iter().map(|_| None).collect(),
            detours: vec![None; claims.len()],
            _claims: claims,
            directory: directory.context("no folder for the data of the nodes")?,
            options,
            founders,
            contact: 0,
        })
    }

    /// From now on, founders reach other nodes through the proxy.
    pub(super) fn detour(&mut self, proxy: &Proxy) {
        for node in self.founders.iter().copied() {
            self.detours[node] = Some(proxy.detour(node, self.addresses[node]));
        }
    }

    /// From now on, nodes that are not founders join through this one.
    pub(super) fn join_through(&mut self, contact: usize) {
        self.contact = contact;
    }

    /// Starts a node, and waits until it listens.
    pub(super) fn start(&mut self, node: usize) -> anyhow::Result<()> {
        if self.children[node].is_some() {
            bail!("the node is up already");
        }
        let mut child = self.command(node)?.spawn().context("cannot start a node")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        self.children[node] = Some(child);
        if line.is_empty() {
            let log = fs::read_to_string(self.log(node)).unwrap_or_default();
            bail!("a node did not start: {}", log.trim());
        }
        Ok(())
    }

    fn command(&self, node: usize) -> anyhow::Result<Command> {
        let list = |addresses: &[SocketAddr], ids: &[usize]| -> String {
            let members = ids.iter().map(|id| format!("{id}={}", addresses[*id]));
            members.collect::<Vec<_>>().join(",")
        };
        let all: Vec<usize> = (0..self.addresses.len()).collect();
        let program =
            std::env::current_exe().context("cannot find this program to start nodes with")?;
        let mut command = Command::new(program);
        // All processes are on this machine: they need no secret.
        command.env_remove("DYNAMO_SECRET_FILE").env_remove("DYNAMO_SECRET");
        command.args(["node", "--stop-with-parent", "--id", &node.to_string()]);
        command.args(["--listen", &self.addresses[node].to_string()]);
        command.arg("--data").arg(self.directory.path().join(node.to_string()));
        if self.founders.contains(&node) {
            command.args(["--member", &list(&self.addresses, &self.founders)]);
        } else {
            command.args(["--join", &self.addresses[self.contact].to_string()]);
        }
        if let Some(detour) = &self.detours[node] {
            command.args(["--reach", &list(detour, &all)]);
        }
        command.args(&self.options);
        let log = OpenOptions::new().create(true).append(true).open(self.log(node));
        let log = log.context("cannot write the log of a node")?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        Ok(command)
    }

    /// The file with what a node says on its standard error.
    fn log(&self, node: usize) -> PathBuf {
        self.directory.path().join(format!("{node}.log"))
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self, node: usize) -> anyhow::Result<()> {
        let Some(mut child) = self.children[node].take() else { bail!("the node is down already") };
        child.kill().and_then(|()| child.wait()).map(|_| ()).context("cannot stop a node")
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in self.children.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
