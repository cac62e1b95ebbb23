//! The commands of a script, and how each is written.

use super::ADMINISTRATOR;
use dynamo_model::ids::NodeId;
use std::fmt;

/// How each line of a script is written, and what it means.
pub const FORMS: &[(&str, &str)] = &[
    ("nodes A B C D", "all nodes, clockwise from the key, with those that join later"),
    ("quorum n=3 r=2 w=2", "N, R and W"),
    ("scenario 4", "only for one of the nine scenarios: its number"),
    ("put D1 via A by ann", "ann puts D1 through A with an empty context"),
    ("put D3 over D1,D2 via B by ann", "ann replaces what her previous answer showed her"),
    ("get via B by bob", "bob reads through B"),
    ("get via view by bob", "bob reads through a node that he chooses by his own view"),
    ("join E via A", "an administrator asks A to let E join"),
    ("partition A B | C D", "from now on messages between the sides are lost"),
    ("heal", "the partition ends"),
    ("crash C", "C stops, as in a power failure"),
    ("recover C", "C restarts with what is on its disk"),
    ("gossip A with B", "A gossips with B"),
    ("compare A with B", "A begins an anti-entropy exchange with B"),
    ("settle", "timers fire until nothing changes any more"),
    ("expect put D1 acknowledged", "or failed, or pending"),
    ("expect get D1 D2 by bob", "the versions in bob's last answer, or nothing"),
    ("expect hint at D for A", "D keeps a hint for A"),
    ("expect no hint at D", "D keeps no hint"),
    ("expect members A B C at A", "the members in A's view"),
    ("row NAME: CELL → CELL", "only for the nine: cells that the table must have in this order"),
];

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

impl Command {
    /// The client that sends a request for this command, if one does.
    pub(super) fn client(&self) -> Option<&str> {
        match self {
            Command::Put { client, .. } | Command::Get { client, .. } => Some(client),
            Command::Join { .. } => Some(ADMINISTRATOR),
            _ => None,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |via: &Option<NodeId>| {
            via.map_or_else(|| "a node of its own view".to_owned(), |node| node.to_string())
        };
        match self {
            Command::Put { version, over, via, client } if over.is_empty() => {
                write!(f, "{client} puts {version} through {}", place(via))
            }
            Command::Put { version, over, via, client } => {
                let over = over.join(" and ");
                write!(f, "{client} puts {version} over {over} through {}", place(via))
            }
            Command::Get { via, client } => write!(f, "{client} gets through {}", place(via)),
            Command::Join { node, via } => write!(f, "{ADMINISTRATOR} lets {node} join at {via}"),
            other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Acknowledged => "acknowledged",
            Outcome::Failed => "failed",
            Outcome::Pending => "pending",
        })
    }
}

impl fmt::Display for Expectation {
    /// As a script has it, without `expect`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Put(version, outcome) => write!(f, "put {version} {outcome}"),
            Expectation::Get(versions, client) if versions.is_empty() => {
                write!(f, "get nothing by {client}")
            }
            Expectation::Get(versions, client) => {
                write!(f, "get {} by {client}", versions.join(" "))
            }
            Expectation::Hint(holder, Some(recipient)) => {
                write!(f, "hint at {holder} for {recipient}")
            }
            Expectation::Hint(holder, None) => write!(f, "no hint at {holder}"),
            Expectation::Members(members, node) => {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                write!(f, "members {} at {node}", members.join(" "))
            }
        }
    }
}
