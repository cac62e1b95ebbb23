//! Scenarios: scripts in a small language. The model performs them, and so do real nodes.
//!
//! After each command, every message that follows from it arrives at once, except across a
//! partition or at a node that is down. No timer fires before `settle`.
//!
//! ```text
//! scenario 4                    which of the nine scenarios this is, if it is one
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
mod command;
mod error;
mod look;
mod script;
mod stage;

use crate::scope::own::{Line, OwnScope, Quorum};
use crate::scope::{Ask, Faults, NO_FAULTS};
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::ring::Ring;

pub use cells::{Missing, passes};
pub use command::{Command, Expectation, FORMS, Outcome};
pub use error::StageError;
pub use look::Answered;
pub use script::ScriptError;
pub use stage::Performance;

/// A scenario, read from its script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The number of the scenario, from 1 to 9. `None`: it is none of the nine.
    pub number: Option<usize>,
    /// The names of all nodes in the script, clockwise from the key.
    pub nodes: Vec<NodeId>,
    /// N, R and W.
    pub quorum: (usize, usize, usize),
    /// The commands, each with its line number in the script.
    pub commands: Vec<(usize, Command)>,
    /// The rows that the table must have, and the cells that each must have in this order.
    pub rows: Vec<(String, Vec<String>)>,
}

/// The client that asks nodes to let others join.
const ADMINISTRATOR: &str = "the administrator";

impl Scenario {
    /// The most steps of a run: a path of as many can be opened in the explorer.
    pub const STEPS_MAX: usize = 1_000;
    /// The most commands of a script.
    pub const COMMANDS_MAX: usize = 300;

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
    pub fn versions(&self) -> Vec<String> {
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

    /// The scope in which the model performs the scenario.
    pub fn own_scope(&self) -> OwnScope {
        self.own_scope_on(self.stage().0.as_str())
    }

    fn own_scope_on(&self, key: &str) -> OwnScope {
        let position = |node: NodeId| {
            let mut nodes = self.nodes.iter();
            nodes.position(|other| *other == node).expect("a script names only its own nodes")
        };
        let line = |command: &Command| -> Option<Line> {
            let line = |via: Option<NodeId>, ask| Some(Line { via: via.map(position), ask });
            match command {
                Command::Put { over, via, .. } if over.is_empty() => line(*via, Ask::Put),
                Command::Put { via, .. } => line(*via, Ask::PutOver),
                Command::Get { via, .. } => line(*via, Ask::Get),
                Command::Join { node, via } => line(Some(*via), Ask::Join(position(*node))),
                _ => None,
            }
        };
        let script = |client: &str| {
            let own = self.commands.iter().filter(|(_, command)| command.client() == Some(client));
            own.filter_map(|(_, command)| line(command)).collect()
        };
        let has = |is_meant: fn(&Command) -> bool| {
            self.commands.iter().any(|(_, command)| is_meant(command))
        };
        let (n, r, w) = self.quorum;
        OwnScope {
            name: "scenario".to_owned(),
            aim: "A scripted scenario.".to_owned(),
            key: key.to_owned(),
            nodes: self.nodes.len() as u16,
            quorum: Quorum { n, r, w },
            clients: self.clients().into_iter().map(script).collect(),
            faults: Faults {
                loss: true,
                crashes: self.nodes.len(),
                timeouts: Some(1),
                handoffs: OwnScope::TRIES_MAX,
                gossip: has(|it| matches!(it, Command::Join { .. } | Command::Gossip(..))),
                exchange: has(|it| matches!(it, Command::Compare(..))),
                endless: true,
                ..NO_FAULTS
            },
        }
    }
}
