//! The scripts of `tests/scenarios` on real nodes: every client reads what it reads in the model.

use crate::cluster::{Cluster, PATIENCE};
use crate::handoff::{kept, until};
use crate::proxy::{Badness, Proxy};
use crate::rest::Rest;
use dynamo::client::{Client, ClientError};
use dynamo::stamp::StampedContext;
use dynamo_invariants::scenario::{Command, Expectation, Outcome, Scenario};
use dynamo_model::ids::NodeId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

const OPTIONS: &[&str] =
    &["--handoff-after", "0.1", "--gossip-every", "0.05", "--exchange-every", "0.05"];
const GOOD: Badness = Badness { lost: 0, doubled: 0, late_ms: 0 };

type Running = JoinHandle<Result<StampedContext, ClientError>>;

/// What a client does and knows.
#[derive(Default)]
struct Session {
    /// The put in progress, and its version.
    running: Option<(String, Running)>,
    context: StampedContext,
    /// A session that chooses nodes by its own view.
    routing: Option<Client>,
    /// The node through which the client read last.
    via: Option<NodeId>,
    /// How many requests the client has made.
    asked: u64,
}

struct Stage<'a> {
    scenario: &'a Scenario,
    key: String,
    /// By position: clockwise from the key.
    nodes: Vec<NodeId>,
    cluster: Cluster,
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
fn patience(scenario: &Scenario) -> Duration {
    let is_pending = |command: &Command| {
        matches!(command, Command::Expect(Expectation::Put(_, Outcome::Pending)))
    };
    let is_slow = scenario.commands.iter().any(|(_, command)| is_pending(command));
    Duration::from_millis(if is_slow { 1000 } else { 150 })
}

impl<'a> Stage<'a> {
    fn set(scenario: &'a Scenario) -> Self {
        let (key, nodes) = scenario.stage();
        let (n, r, w) = scenario.quorum;
        let mut options: Vec<&'static str> = OPTIONS.to_vec();
        let answer_within = patience(scenario);
        options.extend(["--answer-within", answer_within.as_secs_f64().to_string().leak() as &str]);
        for (name, number) in [("--n", n), ("--r", r), ("--w", w)] {
            options.extend([name, number.to_string().leak() as &str]);
        }
        let founders = scenario.founders().len();
        let mut cluster = Cluster::prepare(nodes.len(), &options);
        cluster.founded_by_first(founders);
        let is_cut =
            scenario.commands.iter().any(|(_, command)| matches!(command, Command::Partition(_)));
        let proxy = is_cut.then(|| Proxy::start(&cluster.addresses, GOOD, 1));
        if let Some(proxy) = &proxy {
            (0..founders)
                .for_each(|node| cluster.detour(node, proxy.detour(node, cluster.addresses[node])));
        }
        cluster.start_nodes(0..founders);
        let (key, up, sides) = (format!("{key:?}"), (0..founders).collect(), Vec::new());
        let (sessions, outcomes) = (BTreeMap::new(), BTreeMap::new());
        Stage { scenario, key, nodes, cluster, proxy, answer_within, up, sides, sessions, outcomes }
    }

    /// The index of the node with this name in the script.
    fn index(&self, name: NodeId) -> usize {
        let position = self.scenario.nodes.iter().position(|other| *other == name).unwrap();
        usize::from(self.nodes[position].0)
    }

    fn called(&self, node: NodeId) -> NodeId {
        self.scenario.nodes[self.nodes.iter().position(|other| *other == node).unwrap()]
    }

    fn connect(&self, name: NodeId) -> Client {
        Client::connect(self.cluster.addresses[self.index(name)]).unwrap().with_timeout(PATIENCE)
    }

    /// A new session for a client's next request. A non-replica chooses the replica to forward to
    /// by the session's id, as in the model.
    fn connect_as(&mut self, client: &str, name: NodeId) -> Client {
        let index =
            self.scenario.clients().iter().position(|other| *other == client).unwrap() as u64;
        let n = self.scenario.quorum.0 as u64;
        let session = self.session(client);
        session.asked += 1;
        let turn = (index + session.asked - 1 + self.scenario.nodes.len() as u64) % n;
        loop {
            let session = self.connect(name);
            if session.id().0 % n == turn {
                return session;
            }
        }
    }

    fn session(&mut self, client: &str) -> &mut Session {
        self.sessions.entry(client.to_owned()).or_default()
    }

    /// Waits for the answer to a client's put.
    fn join(&mut self, client: &str) {
        let session = self.session(client);
        let Some((version, running)) = session.running.take() else { return };
        let answer = running.join().unwrap();
        let outcome = if answer.is_ok() { Outcome::Acknowledged } else { Outcome::Failed };
        session.context = answer.unwrap_or_default();
        self.outcomes.insert(version, outcome);
    }

    fn join_all(&mut self) {
        let clients: Vec<String> = self.sessions.keys().cloned().collect();
        for client in clients {
            self.join(&client);
        }
    }

    fn perform(&mut self, command: &Command) {
        match command {
            Command::Put { version, over, via, client } => {
                self.join(client);
                let context = if over.is_empty() {
                    StampedContext::new()
                } else {
                    self.session(client).context.clone()
                };
                let session = self.connect_as(client, via.expect("our scripts put through nodes"));
                let (key, value) = (self.key.clone(), version.clone());
                let running = thread::spawn(move || session.put(&key, value.as_bytes(), &context));
                self.session(client).running = Some((version.clone(), running));
            }
            Command::Get { via, client } => {
                self.join(client);
                self.session(client).via = *via;
                until("the read is answered", || self.read(client));
            }
            Command::Join { node, via } => {
                self.cluster.join_through(self.index(*via));
                self.start(*node);
            }
            Command::Partition(sides) => {
                self.cut(
                    sides
                        .iter()
                        .map(|side| side.iter().map(|node| self.index(*node)).collect())
                        .collect(),
                );
            }
            Command::Heal => self.cut(Vec::new()),
            Command::Crash(node) => {
                self.cluster.kill(self.index(*node));
                self.up.remove(&self.index(*node));
            }
            Command::Recover(node) => self.start(*node),
            // Running nodes do these by themselves.
            Command::Gossip(..) | Command::Compare(..) => {}
            Command::Settle => {
                self.join_all();
                self.settle();
            }
            Command::Expect(expectation) => self.look(expectation),
        }
    }

    fn start(&mut self, node: NodeId) {
        self.cluster.start_node(self.index(node));
        self.up.insert(self.index(node));
    }

    fn cut(&mut self, sides: Vec<Vec<usize>>) {
        self.proxy.as_ref().unwrap().partition(sides.clone());
        self.sides = sides;
    }

    /// Waits until nothing more follows from what was done.
    fn settle(&self) {
        let side = |node: usize| self.sides.iter().position(|side| side.contains(&node));
        let nodes = self.up.iter().map(|node| {
            let reached =
                self.up.iter().filter(|other| side(**other) == side(*node) && *other != node);
            (*node, reached.copied().collect())
        });
        Rest { cluster: &self.cluster, reached: nodes.collect(), patience: self.answer_within * 6 }
            .wait();
    }

    /// Repeats a client's last read. Returns the values, if there is an answer.
    fn read(&mut self, client: &str) -> Option<Vec<String>> {
        let first = self.scenario.nodes[0];
        let key = self.key.clone();
        let found = if let Some(via) = self.session(client).via {
            self.connect_as(client, via).get(&key)
        } else {
            if self.session(client).routing.is_none() {
                let routing = self.connect(first).with_own_view().unwrap();
                self.session(client).routing = Some(routing);
            }
            self.session(client).routing.as_ref().unwrap().get(&key)
        };
        let found = found.ok()?;
        self.session(client).context = found.context;
        let values = found
            .siblings
            .iter()
            .map(|version| String::from_utf8(version.content.bytes().to_vec()).unwrap());
        let mut values: Vec<String> = values.collect();
        values.sort_unstable();
        Some(values)
    }

    /// Waits until the expectation holds.
    fn look(&mut self, expectation: &Expectation) {
        let what = format!("{expectation:?}");
        match expectation {
            Expectation::Put(version, Outcome::Pending) => {
                let mut running =
                    self.sessions.values().filter_map(|session| session.running.as_ref());
                let put =
                    running.find(|(other, _)| other == version).expect("the put is under way");
                assert!(!put.1.is_finished(), "{version} has its answer already");
            }
            Expectation::Put(version, outcome) => {
                self.join_all();
                assert_eq!(self.outcomes.get(version), Some(outcome), "{version}");
            }
            Expectation::Get(versions, client) => {
                let mut versions = versions.clone();
                versions.sort_unstable();
                until(&what, || (self.read(client)? == versions).then_some(()));
            }
            Expectation::Hint(holder, recipient) => {
                let holder = self.index(*holder);
                until(&what, || {
                    let keeps = kept(&self.cluster, holder)
                        .into_iter()
                        .map(|hint| self.called(hint.recipient));
                    keeps.eq(recipient.iter().copied()).then_some(())
                });
            }
            Expectation::Members(members, node) => {
                let mut expected = members.clone();
                expected.sort_unstable();
                let session = self.connect(*node);
                until(&what, || {
                    let members = session.status().ok()?.members.into_iter();
                    let mut known: Vec<NodeId> =
                        members.map(|member| self.called(member)).collect();
                    known.sort_unstable();
                    (known == expected).then_some(())
                });
            }
        }
    }
}

fn perform(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios").join(name);
    let script = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let scenario: Scenario = script.parse().unwrap();
    let mut stage = Stage::set(&scenario);
    for (line, command) in &scenario.commands {
        println!("{name}, line {line}: {command:?}");
        stage.perform(command);
    }
}

/// Makes a test for each script.
macro_rules! scenarios {
    ($($test:ident: $script:literal,)*) => {
        $(#[test] fn $test() { perform($script); })*

        #[test]
        fn every_script_has_a_test() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios");
            let entries = std::fs::read_dir(folder).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut scripts: Vec<String> = names.filter(|name| name.ends_with(".txt")).collect();
            scripts.sort();
            assert_eq!(scripts, [$($script),*]);
        }
    };
}

scenarios! {
    a_put_reaches_its_quorum: "1-quorum.txt",
    versions_diverge_and_are_reconciled: "2-divergence.txt",
    a_read_repairs: "3-read-repair.txt",
    a_hint_is_durable: "4-hint-durability.txt",
    replicas_compare_what_they_hold: "5-anti-entropy.txt",
    a_put_is_coordinated: "6-put.txt",
    a_view_is_refreshed: "7-membership.txt",
    a_hint_is_handed_over: "8-handoff.txt",
    histories_are_reconciled: "9-gossip.txt",
}
