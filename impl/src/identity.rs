//! The sender and receiver of a datagram: the first part of every datagram.
//!
//! The model identifies nodes by their ids. It assumes that a message from A comes from A's present
//! start or an earlier one. This header lets the runtime ensure that:
//! [`doorkeeper`](crate::doorkeeper) drops datagrams that do not fit.

use crate::address::Members;
pub use crate::life::Life;
use crate::memory::Recall;
use dynamo_model::config::Config;
use dynamo_model::ids::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// Identifies a cluster. It is computed when the cluster is founded, and never changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClusterId(u64);

impl ClusterId {
    /// The id that a client sends before its first answer: it does not know the cluster yet.
    pub const UNKNOWN: Self = ClusterId(0);

    /// The id of the cluster that these members found. All founders compute the same id if they are
    /// given the same list and quorums.
    pub fn founded(members: &Members, config: &Config) -> Self {
        let quorums = (config.n() as u64, config.r() as u64, config.w() as u64);
        let addresses = members.ids().into_iter().map(|node| (node, members.address(node)));
        let text = format!("{quorums:?} {:?}", addresses.collect::<Vec<_>>());
        ClusterId(xxh3_64(text.as_bytes()).max(1))
    }

    /// The id in bytes.
    pub(crate) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// The id of a cluster with the same founders and this name. Each name gives another id.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        ClusterId(xxh3_64(format!("{self} {name}").as_bytes()).max(1))
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a cluster id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a cluster id: use 16 hexadecimal digits")]
pub struct ClusterIdError(String);

impl FromStr for ClusterId {
    type Err = ClusterIdError;

    fn from_str(text: &str) -> Result<Self, ClusterIdError> {
        let digits = Some(text)
            .filter(|text| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.map(ClusterId).ok_or_else(|| ClusterIdError(text.to_owned()))
    }
}

/// The sender of a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// A client, which is known by its address.
    #[default]
    Client,
    /// A node.
    Node(NodeId, Life),
}

/// The sender and receiver of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// The sender's cluster; [`ClusterId::UNKNOWN`] from a client that has no answer yet.
    pub cluster: ClusterId,
    /// Its sender.
    pub from: Sender,
    /// The receiving node. `None` for a client, or if the sender knows only the address.
    pub to: Option<NodeId>,
    /// What nodes tell each other about their disks.
    pub recall: Recall,
}

impl Default for Parties {
    /// A client that knows only an address.
    fn default() -> Self {
        Parties {
            cluster: ClusterId::UNKNOWN,
            from: Sender::Client,
            to: None,
            recall: Recall::default(),
        }
    }
}

/// The node index that stands for "no node".
const NOBODY: u16 = u16::MAX;

impl Parties {
    /// The encoded length in bytes: cluster 8, sender 2, incarnation 8, start 8, receiver 2, all
    /// little-endian; then the [`Recall`].
    pub(crate) const BYTES: usize = Self::WHO_BYTES + Recall::BYTES;
    const WHO_BYTES: usize = 28;

    /// Encodes the parties.
    pub(crate) fn encode(&self) -> [u8; Self::BYTES] {
        let (from, life) = match self.from {
            Sender::Client => (NOBODY, Life::default()),
            Sender::Node(NodeId(from), life) => (from, life),
        };
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.cluster.0.to_le_bytes());
        bytes[8..10].copy_from_slice(&from.to_le_bytes());
        bytes[10..18].copy_from_slice(&life.incarnation.to_le_bytes());
        bytes[18..26].copy_from_slice(&life.start.to_le_bytes());
        bytes[26..Self::WHO_BYTES]
            .copy_from_slice(&self.to.map_or(NOBODY, |NodeId(to)| to).to_le_bytes());
        bytes[Self::WHO_BYTES..].copy_from_slice(&self.recall.encode());
        bytes
    }

    /// Decodes the parties.
    pub(crate) fn decode(bytes: &[u8; Self::BYTES]) -> Self {
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        let node = |at: usize| {
            Some(u16::from_le_bytes([bytes[at], bytes[at + 1]])).filter(|index| *index != NOBODY)
        };
        let life = Life { incarnation: long(10), start: long(18) };
        let from = node(8).map_or(Sender::Client, |from| Sender::Node(NodeId(from), life));
        let recall = Recall::decode(&std::array::from_fn(|index| bytes[Self::WHO_BYTES + index]));
        Parties { cluster: ClusterId(long(0)), from, to: node(26).map(NodeId), recall }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn parties_are_decoded_as_they_were_encoded(
            cluster: u64,
            from: u16,
            incarnation: u64,
            start: u64,
            to: u16
        ) -> bool {
            let node = |index: u16| Some(NodeId(index)).filter(|_| index != NOBODY);
            let life = Life { incarnation, start };
            let from = node(from).map_or(Sender::Client, |from| Sender::Node(from, life));
            let recall = Recall { commit: start, ..Recall::default() };
            let parties = Parties { cluster: ClusterId(cluster), from, to: node(to), recall };
            Parties::decode(&parties.encode()) == parties
        }

        fn a_clusters_id_is_read_as_it_is_written(cluster: u64) -> bool {
            ClusterId(cluster).to_string().parse() == Ok(ClusterId(cluster))
        }
    }

    #[test]
    fn another_name_list_or_quorum_founds_another_cluster() {
        let members = |ports: [u16; 2]| {
            let at = |port: u16| std::net::SocketAddr::from(([127, 0, 0, 1], port));
            Members::new([(NodeId(0), at(ports[0])), (NodeId(1), at(ports[1]))]).unwrap()
        };
        let config = |r| Config::new(2, r, 1).unwrap();
        let id = |ports, r| ClusterId::founded(&members(ports), &config(r));
        let ids = [
            id([1, 2], 1),
            id([1, 2], 1).named("x"),
            id([1, 2], 1).named("y"),
            id([1, 3], 1),
            id([1, 2], 2),
        ];
        assert_eq!(ids[0], id([1, 2], 1));
        assert!((0..5).all(|one| (0..one).all(|other| ids[one] != ids[other])), "{ids:?}");
        for text in ["", "12", "000000000000000g", "+000000000000001", "00000000000000001"] {
            assert_eq!(text.parse::<ClusterId>(), Err(ClusterIdError(text.to_owned())));
        }
    }
}
