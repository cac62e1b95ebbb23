//! Who a datagram is from and for whom: the first part of every datagram between nodes and clients.
//!
//! The protocol speaks of nodes by their ids, and takes for granted that a message from A is from
//! A, from its present start or from an earlier one. This header is how the runtime keeps that
//! promise: [`doorkeeper`](crate::doorkeeper) drops what does not fit.

use crate::address::Members;
use crate::memory::Recall;
use dynamo_model::config::Config;
use dynamo_model::ids::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// Tells one cluster from another. It is made when a cluster is founded, and never changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClusterId(u64);

impl ClusterId {
    /// Of a client that has not been answered yet: it does not know which cluster it asks.
    pub const UNKNOWN: Self = ClusterId(0);

    /// The id of the cluster that these members found. Every founder computes the same, if all are
    /// given the same list and quorums.
    pub fn founded(members: &Members, config: &Config) -> Self {
        let quorums = (config.n() as u64, config.r() as u64, config.w() as u64);
        let addresses = members.ids().into_iter().map(|node| (node, members.address(node)));
        let text = format!("{quorums:?} {:?}", addresses.collect::<Vec<_>>());
        ClusterId(xxh3_64(text.as_bytes()).max(1))
    }

    /// Its bytes.
    pub(crate) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// The id of a cluster with the same founders that bears a name: another one for each name.
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

/// The text is no cluster's id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is no cluster's id: it has 16 hexadecimal digits")]
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

/// One start of a node, until it stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Life {
    /// Which of the node's disks it runs on.
    pub incarnation: u64,
    /// Larger than at every start before, and another one for each start of a copy of the disk: see
    /// [`founding`](crate::founding).
    pub start: u64,
}

/// Who sends a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// A client: it is known by its address.
    #[default]
    Client,
    /// A node.
    Node(NodeId, Life),
}

/// Who a datagram is from, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Whose cluster its sender belongs to; [`ClusterId::UNKNOWN`] from a client that has not been
    /// answered yet.
    pub cluster: ClusterId,
    /// Its sender.
    pub from: Sender,
    /// The node that it is for. `None`: a client, or whatever node the sender has reached.
    pub to: Option<NodeId>,
    /// What nodes tell of their disks.
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

/// In the place of a node's index: no node.
const NOBODY: u16 = u16::MAX;

impl Parties {
    /// How long they are in a datagram, in bytes: cluster 8, sender 2, incarnation 8, start 8,
    /// receiver 2; all little-endian; then what the sender tells of disks.
    pub(crate) const BYTES: usize = Self::WHO_BYTES + Recall::BYTES;
    const WHO_BYTES: usize = 28;

    /// As they are in a datagram.
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

    /// Those of a datagram.
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
        fn parties_are_decoded_as_they_were_encoded(cluster: u64, from: u16, incarnation: u64, start: u64, to: u16) -> bool {
            let node = |index: u16| Some(NodeId(index)).filter(|_| index != NOBODY);
            let life = Life { incarnation, start };
            let from = node(from).map_or(Sender::Client, |from| Sender::Node(from, life));
            let parties = Parties { cluster: ClusterId(cluster), from, to: node(to), recall: Recall { commit: start, ..Recall::default() } };
            Parties::decode(&parties.encode()) == parties
        }

        fn a_clusters_id_is_read_as_it_is_written(cluster: u64) -> bool {
            ClusterId(cluster).to_string().parse() == Ok(ClusterId(cluster))
        }
    }

    #[test]
    fn founders_with_another_name_list_or_quorum_found_another_cluster() {
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
