//! Scenarios: scripts in a small language. The model performs them, and so do real nodes.
//!
//! After each command, every message that follows from it arrives at once, except across a
//! partition or at a node that is down. No timer fires before `settle`.
//!
//! ```text
//! scenario 4                    which of the nine scenarios this is
//! nodes A B C D                 all nodes, clockwise from the key, with those that join later
//! quorum n=3 r=2 w=2
//!
//! put D1 via A by ann           ann puts D1 through A with an empty context
//! put D2 over D1 via B by ann   ann replaces D1, which her previous answer showed her
//! get via B by bob              bob reads through B
//! get via view by bob           bob reads through a node that he chooses by his own view
//! join E via A                  an administrator asks A to let E join
//! partition A B | C D           from now on messages between the two sides are lost
//! heal                          the partition ends
//! crash C                       C stops, as in a power failure
//! recover C                     C restarts with what is on its disk
//! gossip A with B               A gossips with B; real nodes do this by themselves
//! compare A with B              A begins an anti-entropy exchange with B; real nodes do so too
//! settle                        timers fire until nothing changes any more
//! expect put D1 acknowledged    or failed, or pending
//! expect get D1 D2 by bob       the versions in bob's last answer; "nothing" if it had none
//! expect hint at D for A        D keeps a hint for A
//! expect no hint at D           D keeps no hint
//! expect members A B C D at A   the members in A's view
//!
//! row hint_state: CREATED → STORED → IN_TRANSFER → CLEARED
//! ```
//!
//! A `row` line names a row of the scenario's [table](crate::tables), and cells that the row must
//! have in this order.

mod cells;
mod script;
mod stage;

use crate::scope::{Ask, Faults, NO_FAULTS, OWN_VIEW, Scope, ScriptLine};
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::ring::Ring;

pub use cells::{Missing, passes};
pub use script::ScriptError;
pub use stage::{Performance, StageError};

/// A scenario, read from its script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The number of the scenario, from 1 to 9.
    pub number: usize,
    /// The names of all nodes in the script, clockwise from the key.
    pub nodes: Vec<NodeId>,
    /// N, R and W.
    pub quorum: (usize, usize, usize),
    /// The commands, each with its line number in the script.
    pub commands: Vec<(usize, Command)>,
    /// The rows that the table must have, and the cells that each must have in this order.
    pub rows: Vec<(String, Vec<String>)>,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A client puts.
    Put {
        /// The version.
        version: String,
        /// The versions that it replaces, all shown to the client just before. Empty: the client
        /// sends an empty context.
        over: Vec<String>,
        /// The node that gets the request. `None`: the client chooses one by its own view.
        via: Option<NodeId>,
        /// The client.
        client: String,
    },
    /// A client reads.
    Get {
        /// The node that gets the request. `None`: the client chooses one by its own view.
        via: Option<NodeId>,
        /// The client.
        client: String,
    },
    /// An administrator asks a node to let another node join.
    Join {
        /// The node that joins.
        node: NodeId,
        /// The node that is asked.
        via: NodeId,
    },
    /// From now on messages between these sides are lost.
    Partition(Vec<Vec<NodeId>>),
    /// The partition ends.
    Heal,
    /// A node crashes.
    Crash(NodeId),
    /// A crashed node restarts.
    Recover(NodeId),
    /// A node tells another the tip of its history.
    Gossip(NodeId, NodeId),
    /// A node begins an anti-entropy exchange with another.
    Compare(NodeId, NodeId),
    /// Timers fire until nothing changes any more.
    Settle,
    /// The present state is checked.
    Expect(Expectation),
}

/// What a script expects of the present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The outcome of the put of a version.
    Put(String, Outcome),
    /// The versions in a client's last answer.
    Get(Vec<String>, String),
    /// A node keeps one hint, for this other node; `None`: it keeps no hint.
    Hint(NodeId, Option<NodeId>),
    /// The members in a node's view.
    Members(Vec<NodeId>, NodeId),
}

/// The outcome of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its coordinator acknowledged it.
    Acknowledged,
    /// Its coordinator reported that it failed.
    Failed,
    /// Its client has no answer yet.
    Pending,
}

/// The client that asks nodes to let others join.
const ADMINISTRATOR: &str = "the administrator";

impl Scenario {
    /// A key, and the real nodes clockwise from it, in the order of [`nodes`](Scenario::nodes).
    ///
    /// If some key has the script's own order, each name is the id of its node. Many orders have no
    /// such key. Then it is only certain that the nodes that join have the last ids.
    pub fn stage(&self) -> (Key, Vec<NodeId>) {
        let mut members = self.nodes.clone();
        members.sort_unstable();
        let ring = Ring::of(&members);
        let clockwise = |key: &Key| ring.preference_list(key, self.nodes.len()).to_vec();
        let keys = (0..10_000).map(|number| Key::new(&format!("k{number}")).expect("it is short"));
        let founders = self.founders();
        let is_a_joiner = |(name, node): (&NodeId, &NodeId)| {
            !founders.contains(name) && usize::from(node.0) < founders.len()
        };
        let serves = |key: &Key| !self.nodes.iter().zip(&clockwise(key)).any(is_a_joiner);
        let as_called = keys.clone().find(|key| clockwise(key) == self.nodes);
        let key = as_called
            .or_else(|| keys.clone().find(serves))
            .expect("one of 10,000 keys has the joining nodes last");
        let nodes = clockwise(&key);
        (key, nodes)
    }

    /// The initial members: every node that no command lets join.
    pub fn founders(&self) -> Vec<NodeId> {
        let joins = |node: &NodeId| {
            self.commands
                .iter()
                .any(|(_, command)| matches!(command, Command::Join { node: other, .. } if other == node))
        };
        self.nodes.iter().copied().filter(|node| !joins(node)).collect()
    }

    /// The clients, in the order of their first requests.
    pub fn clients(&self) -> Vec<&str> {
        let mut clients: Vec<&str> = Vec::new();
        for (_, command) in &self.commands {
            if let Some(client) = command.client().filter(|client| !clients.contains(client)) {
                clients.push(client);
            }
        }
        clients
    }

    /// The names of the versions, ordered by client and then by request.
    fn versions(&self) -> Vec<String> {
        let mut versions = Vec::new();
        for client in self.clients() {
            let own = self.commands.iter().filter(|(_, command)| command.client() == Some(client));
            versions.extend(own.filter_map(|(_, command)| match command {
                Command::Put { version, .. } => Some(version.clone()),
                _ => None,
            }));
        }
        versions
    }

    /// The scope in which the model performs the scenario. Its client scripts are leaked, because a
    /// scope has only static data.
    fn scope(&self) -> Scope {
        let position = |node: NodeId| {
            let mut nodes = self.nodes.iter();
            nodes.position(|other| *other == node).expect("a script names only its own nodes")
        };
        let line = |command: &Command| -> Option<ScriptLine> {
            let via = |via: Option<NodeId>| via.map_or(OWN_VIEW, position);
            match command {
                Command::Put { over, via: node, .. } => {
                    Some((via(*node), if over.is_empty() { Ask::Put } else { Ask::PutOver }))
                }
                Command::Get { via: node, .. } => Some((via(*node), Ask::Get)),
                Command::Join { node, via } => Some((position(*via), Ask::Join(position(*node)))),
                _ => None,
            }
        };
        let script = |client: &str| -> &'static [ScriptLine] {
            let own = self.commands.iter().filter(|(_, command)| command.client() == Some(client));
            own.filter_map(|(_, command)| line(command)).collect::<Vec<_>>().leak()
        };
        let clients: Vec<&'static [ScriptLine]> = self.clients().into_iter().map(script).collect();
        let has = |is_meant: fn(&Command) -> bool| {
            self.commands.iter().any(|(_, command)| is_meant(command))
        };
        Scope {
            name: "scenario",
            aim: "A scripted scenario.",
            nodes: self.nodes.len() as u16,
            quorum: self.quorum,
            clients: clients.leak(),
            faults: Faults {
                loss: true,
                crashes: self.nodes.len(),
                timeouts: Some(1),
                handoffs: u8::MAX,
                gossip: has(|command| {
                    matches!(command, Command::Join { .. } | Command::Gossip(..))
                }),
                exchange: has(|command| matches!(command, Command::Compare(..))),
                ..NO_FAULTS
            },
            excused: &[],
            unique_states: 0,
        }
    }
}

impl Command {
    /// The client that sends a request for this command, if one does.
    fn client(&self) -> Option<&str> {
        match self {
            Command::Put { client, .. } | Command::Get { client, .. } => Some(client),
            Command::Join { .. } => Some(ADMINISTRATOR),
            _ => None,
        }
    }
}
