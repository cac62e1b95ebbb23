//! Performs a script on real nodes: processes on this machine that talk over UDP.
//!
//! A command waits until the nodes are done with it, and an expectation until it holds, but no
//! longer than [`PATIENCE`]. Nodes gossip and compare by themselves, so these commands do nothing.

mod processes;
mod sessions;

use anyhow::{Context as _, bail};
use dynamo::client::Client;
use dynamo::trial::addresses;
use dynamo::trial::proxy::{Badness, Proxy};
use dynamo::trial::rest::{self, Rest, until};
use dynamo_invariants::scenario::{Command, Expectation, Outcome, Scenario};
use dynamo_model::ids::NodeId;
use processes::Processes;
use sessions::Session;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long an answer, or an expectation, may take. Far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nothing is lost but what a partition stops.
const GOOD: Badness = Badness { lost: 0, doubled: 0, late_ms: 0 };

/// What became of an expectation of the script.
pub(super) struct Checked {
    pub(super) line: usize,
    pub(super) expectation: String,
    /// What the nodes showed in its place. `None`: it held.
    pub(super) found: Option<String>,
}

/// Performs the script. An expectation that does not hold does not end it.
pub(super) fn perform(
    scenario: &Scenario,
    mut tell: impl FnMut(&Checked),
) -> anyhow::Result<Vec<Checked>> {
    let mut stage = Stage::set(scenario)?;
    let mut all = Vec::new();
    for (line, command) in &scenario.commands {
        let at = || format!("line {line}");
        let Command::Expect(expectation) = command else {
            stage.perform(command).with_context(at)?;
            continue;
        };
        let found = stage.look(expectation).with_context(at)?;
        let checked = Checked { line: *line, expectation: expectation.to_string(), found };
        tell(&checked);
        all.push(checked);
    }
    Ok(all)
}

struct Stage<'a> {
    scenario: &'a Scenario,
    key: String,
    /// By position: clockwise from the key.
    nodes: Vec<NodeId>,
    processes: Processes,
    /// Present if the script has a partition.
    proxy: Option<Proxy>,
    /// How long a coordinator waits for a replica before it retransmits. After five times it
    /// suspects the replica.
    answer_within: Duration,
    /// The nodes that are up.
    up: BTreeSet<usize>,
    /// The sides of the present partition, if any.
    sides: Vec<Vec<usize>>,
    sessions: BTreeMap<String, Session>,
    outcomes: BTreeMap<String, Outcome>,
}

/// Coordinators suspect a node soon, unless the script has steps that must happen before.
fn answer_within(scenario: &Scenario) -> Duration {
    let is_pending = |command: &Command| {
        matches!(command, Command::Expect(Expectation::Put(_, Outcome::Pending)))
    };
    let is_slow = scenario.commands.iter().any(|(_, command)| is_pending(command));
    Duration::from_millis(if is_slow { 1000 } else { 150 })
}

impl<'a> Stage<'a> {
    fn set(scenario: &'a Scenario) -> anyhow::Result<Self> {
        let has = |is_meant: fn(&Command) -> bool| {
            scenario.commands.iter().any(|(_, command)| is_meant(command))
        };
        let is_cut = has(|command| matches!(command, Command::Partition(_)));
        if is_cut && has(|command| matches!(command, Command::Join { .. })) {
            bail!("on real nodes, a script has partitions or joins, not both: use two scripts");
        }
        let (key, nodes) = scenario.stage();
        let answer_within = answer_within(scenario);
        let index = |name: &NodeId| {
            let position = scenario.nodes.iter().position(|other| other == name);
            usize::from(nodes[position.expect("a node of the script")].0)
        };
        let mut founders: Vec<usize> = scenario.founders().iter().map(index).collect();
        founders.sort_unstable();
        let claims = addresses::claim(nodes.len()).context("no free ports for the nodes")?;
        let mut processes =
            Processes::prepare(claims, founders.clone(), scenario.quorum, answer_within)?;
        let proxy = if is_cut {
            Some(
                Proxy::start(&processes.addresses, GOOD, 1)
                    .context("no sockets for a partition")?,
            )
        } else {
            None
        };
        if let Some(proxy) = &proxy {
            processes.detour(proxy);
        }
        for node in &founders {
            processes.start(*node)?;
        }
        Ok(Stage {
            scenario,
            key: key.as_str().to_owned(),
            nodes,
            processes,
            proxy,
            answer_within,
            up: founders.into_iter().collect(),
            sides: Vec::new(),
            sessions: BTreeMap::new(),
            outcomes: BTreeMap::new(),
        })
    }

    /// The index of the node with this name in the script.
    fn index(&self, name: NodeId) -> usize {
        let mut names = self.scenario.nodes.iter();
        let position = names.position(|other| *other == name);
        usize::from(self.nodes[position.expect("a script names only its own nodes")].0)
    }

    /// The name in the script of a real node.
    fn called(&self, node: NodeId) -> NodeId {
        let position = self.nodes.iter().position(|other| *other == node);
        position.map_or(node, |position| self.scenario.nodes[position])
    }

    fn connect(&self, name: NodeId) -> anyhow::Result<Client> {
        let address = self.processes.addresses[self.index(name)];
        Ok(Client::connect(address)?.with_timeout(PATIENCE))
    }

    fn perform(&mut self, command: &Command) -> anyhow::Result<()> {
        match command {
            Command::Put { version, over, via, client } => self.put(version, over, *via, client),
            Command::Get { via, client } => {
                self.join(client);
                self.session(client).via = *via;
                let read = until(PATIENCE, || self.read(client));
                read.map(|_| ()).with_context(|| format!("{client} got no answer"))
            }
            Command::Join { node, via } => {
                self.processes.join_through(self.index(*via));
                self.start(*node)
            }
            Command::Partition(sides) => {
                let side = |side: &Vec<NodeId>| side.iter().map(|node| self.index(*node)).collect();
                self.cut(sides.iter().map(side).collect());
                Ok(())
            }
            Command::Heal => {
                self.cut(Vec::new());
                Ok(())
            }
            Command::Crash(node) => {
                self.up.remove(&self.index(*node));
                self.processes.kill(self.index(*node))
            }
            Command::Recover(node) => self.start(*node),
            Command::Gossip(..) | Command::Compare(..) | Command::Expect(_) => Ok(()),
            Command::Settle => {
                self.join_all();
                self.settle()
            }
        }
    }

    fn start(&mut self, node: NodeId) -> anyhow::Result<()> {
        self.processes.start(self.index(node))?;
        self.up.insert(self.index(node));
        Ok(())
    }

    fn cut(&mut self, sides: Vec<Vec<usize>>) {
        if let Some(proxy) = &self.proxy {
            proxy.partition(sides.clone());
        }
        self.sides = sides;
    }

    /// Waits until nothing more follows from what was done.
    fn settle(&self) -> anyhow::Result<()> {
        let side = |node: usize| self.sides.iter().position(|side| side.contains(&node));
        let nodes = self.up.iter().map(|node| {
            let reached =
                self.up.iter().filter(|other| side(**other) == side(*node) && *other != node);
            (*node, reached.copied().collect())
        });
        let rest = Rest {
            addresses: &self.processes.addresses,
            reached: nodes.collect(),
            patience: self.answer_within * 6,
        };
        rest.wait(PATIENCE).context("the nodes do not come to rest")
    }

    /// Waits until the expectation holds. If it does not, returns what is so instead.
    fn look(&mut self, expectation: &Expectation) -> anyhow::Result<Option<String>> {
        Ok(match expectation {
            Expectation::Put(version, Outcome::Pending) => self.outcome_of_pending(version),
            Expectation::Put(version, outcome) => {
                self.join_all();
                let found = self.outcomes.get(version).filter(|found| *found != outcome);
                found.map(ToString::to_string)
            }
            Expectation::Get(versions, client) => {
                let mut versions = versions.clone();
                versions.sort_unstable();
                let mut last = None;
                let holds = || {
                    last = self.read(client);
                    (last.as_ref() == Some(&versions)).then_some(())
                };
                let held = until(PATIENCE, holds);
                held.err().map(|_| last.map_or("no answer".to_owned(), |last| last.join(" ")))
            }
            Expectation::Hint(holder, recipient) => {
                let client = self.connect(*holder)?;
                let expected: Vec<NodeId> = recipient.iter().copied().collect();
                wait_for(&expected, || {
                    let hints = rest::kept(&client)?;
                    Ok(hints.into_iter().map(|hint| self.called(hint.recipient)).collect())
                })
            }
            Expectation::Members(members, node) => {
                let client = self.connect(*node)?;
                let mut expected = members.clone();
                expected.sort_unstable();
                wait_for(&expected, || {
                    let members = client.status()?.members.into_iter();
                    let mut known: Vec<NodeId> = members.map(|it| self.called(it)).collect();
                    known.sort_unstable();
                    Ok(known)
                })
            }
        })
    }
}

/// Waits until a look shows the expected nodes. If it never does, tells what it showed last.
fn wait_for(
    expected: &[NodeId],
    mut look: impl FnMut() -> Result<Vec<NodeId>, dynamo::client::ClientError>,
) -> Option<String> {
    let mut last = None;
    let held = until(PATIENCE, || {
        last = look().ok();
        (last.as_deref() == Some(expected)).then_some(())
    });
    let names = |nodes: &[NodeId]| -> String {
        nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    held.err().map(|_| match last.as_deref() {
        None => "no answer".to_owned(),
        Some([]) => "none".to_owned(),
        Some(nodes) => names(nodes),
    })
}
