//! The names of nodes and clients, in files and in texts.

use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::process::ProcessState;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stateright::actor::Id;
use std::fmt;
use std::str::FromStr;

/// A node or a client. In files by name: `A`, `B`, …, `c3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A node.
    Node(NodeId),
    /// A client.
    Client(ClientId),
}

impl Who {
    /// The actor with this id, and in a state of this kind.
    pub fn of(id: Id, state: &ProcessState) -> Who {
        let index = usize::from(id);
        match state {
            ProcessState::Node(_) | ProcessState::Copied(..) => Who::Node(NodeId(index as u16)),
            ProcessState::Client(_) => Who::Client(ClientId(index as u64)),
        }
    }

    /// Its actor id in a scope.
    pub fn id(self) -> Id {
        match self {
            Who::Node(node) => node.actor(),
            Who::Client(client) => Id::from(client.0 as usize),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Node(node) => write!(f, "{node}"),
            Who::Client(client) => write!(f, "{client:?}"),
        }
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let client = text.strip_prefix('c').and_then(|number| number.parse::<u32>().ok());
        let node = || text.parse().map(Who::Node).ok();
        let who = client.map(|number| Who::Client(ClientId(number.into()))).or_else(node);
        who.ok_or_else(|| {
            format!("\"{text}\" names neither a node, such as A, nor a client, such as c3")
        })
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
