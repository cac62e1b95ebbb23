//! Scripted scenarios: a story in a small language, performed by the model, and by real nodes as it
//! stands. Its tables are those of [`tables`](crate::tables).
//!
//! ```text
//! trace 4                          the document's trace that it tells
//! nodes A B C D                    all nodes, clockwise from the key; those that join later included
//! quorum n=3 r=2 w=2
//!
//! put D1 via A by ann              ann puts D1 through A, as one who has read nothing; everything that follows at once happens
//! put D2 over D1 via B by ann      … in place of what the answer before showed her, which is D1
//! get via B by bob                 bob reads through B; "via view": through the node that his own view of the members names
//! join E via A                     an administrator asks A to let E join
//! partition A B | C D              from now on nothing gets from one side to the other: it is lost
//! heal                             … until now
//! crash C                          C stops, as if its power were cut
//! recover C                        … and comes back with what it had saved
//! gossip A with B                  A tells B its tip, which running nodes do by themselves
//! compare A with B                 A and B compare what they hold, likewise
//! settle                           time passes: timers fire, until nothing more follows
//! expect put D1 acknowledged       or failed, or pending
//! expect get D1 D2 by bob          what bob was last shown; nothing, if nothing
//! expect hint at D for A           D keeps something for A
//! expect no hint at D              D keeps nothing
//! expect members A B C D at A      whom A knows to be members
//!
//! row hint_state: CREATED → STORED → IN_TRANSFER → CLEARED       the document's cells, which the table's row passes through
//! ```

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
    /// The document's trace that it tells.
    pub trace: usize,
    /// What all nodes are called, clockwise from the key.
    pub nodes: Vec<NodeId>,
    /// N, R and W.
    pub quorum: (usize, usize, usize),
    /// What happens, each with its line in the script.
    pub commands: Vec<(usize, Command)>,
    /// The rows that the table is to have, and the cells that they are to pass through.
    pub rows: Vec<(String, Vec<String>)>,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A client puts.
    Put {
        /// The version.
        version: String,
        /// What it has been shown just before, and replaces; none: it has read nothing.
        over: Vec<String>,
        /// Through which node; `None`: by its own view.
        via: Option<NodeId>,
        /// Who.
        client: String,
    },
    /// A client reads.
    Get {
        /// Through which node; `None`: by its own view.
        via: Option<NodeId>,
        /// Who.
        client: String,
    },
    /// An administrator lets a node join.
    Join {
        /// Which.
        node: NodeId,
        /// Through which.
        via: NodeId,
    },
    /// From now on nothing gets from one of these sides to another.
    Partition(Vec<Vec<NodeId>>),
    /// From now on everything gets everywhere.
    Heal,
    /// A node stops.
    Crash(NodeId),
    /// It comes back.
    Recover(NodeId),
    /// A node tells another its tip.
    Gossip(NodeId, NodeId),
    /// A node compares with another what they hold.
    Compare(NodeId, NodeId),
    /// Time passes.
    Settle,
    /// This is so now.
    Expect(Expectation),
}

/// What is to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// What became of a put.
    Put(String, Outcome),
    /// What a client was last shown.
    Get(Vec<String>, String),
    /// Whether a node keeps something: for this other, or for none.
    Hint(NodeId, Option<NodeId>),
    /// Whom a node knows to be members.
    Members(Vec<NodeId>, NodeId),
}

/// What became of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was acknowledged.
    Acknowledged,
    /// It was reported failed.
    Failed,
    /// Its client has no answer yet.
    Pending,
}

/// Who asks to let nodes join.
const ADMINISTRATOR: &str = "the administrator";

impl Scenario {
    /// A key, and the nodes clockwise from it: those that the script calls by the names in
    /// [`nodes`](Scenario::nodes). Names are ids, where some key has that order; by far not every
    /// order has one. Otherwise those that join have the last ids, which is all that is asked.
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
            .expect("of so many keys one begins anywhere");
        let nodes = clockwise(&key);
        (key, nodes)
    }

    /// The members from the beginning: all but those that join.
    pub fn founders(&self) -> Vec<NodeId> {
        let joins = |node: &NodeId| {
            self.commands
                .iter()
                .any(|(_, command)| matches!(command, Command::Join { node: other, .. } if other == node))
        };
        self.nodes.iter().copied().filter(|node| !joins(node)).collect()
    }

    /// Everyone who asks anything, in the order in which they first do.
    pub fn clients(&self) -> Vec<&str> {
        let mut clients: Vec<&str> = Vec::new();
        for (_, command) in &self.commands {
            if let Some(client) = command.client().filter(|client| !clients.contains(client)) {
                clients.push(client);
            }
        }
        clients
    }

    /// The names of the versions, in the order of clients and of what they ask.
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

    /// The scope in which the model performs it. It lives as long as the program, as all scopes do.
    fn scope(&self) -> Scope {
        let place = |node: NodeId| {
            self.nodes.iter().position(|other| *other == node).expect("the script was read")
        };
        let line = |command: &Command| -> Option<ScriptLine> {
            let via = |via: Option<NodeId>| via.map_or(OWN_VIEW, place);
            match command {
                Command::Put { over, via: node, .. } => {
                    Some((via(*node), if over.is_empty() { Ask::Put } else { Ask::PutOver }))
                }
                Command::Get { via: node, .. } => Some((via(*node), Ask::Get)),
                Command::Join { node, via } => Some((place(*via), Ask::Join(place(*node)))),
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
            aim: "a story",
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
    /// Who asks, if anyone does.
    fn client(&self) -> Option<&str> {
        match self {
            Command::Put { client, .. } | Command::Get { client, .. } => Some(client),
            Command::Join { .. } => Some(ADMINISTRATOR),
            _ => None,
        }
    }
}
