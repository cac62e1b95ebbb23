//! Names at the edge: stateright ids here, socket addresses out there.
//!
//! A node's id is its index, and the members' addresses are known. A client's id *is* its address, so that any node can
//! answer a client it has never heard of, after a forward for instance.

use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Address, History};
use dynamo_model::view::View;
use stateright::actor::Id;
use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use thiserror::Error;

/// Set in every client's id: it lies above every node's index, and the address fills the 48 bits below.
const CLIENT_BIT: u64 = 1 << 48;

/// The actor id of the client at an address.
pub fn client_id(address: SocketAddrV4) -> Id {
    let bits = CLIENT_BIT | u64::from(address.ip().to_bits()) << 16 | u64::from(address.port());
    Id::from(bits as usize)
}

/// The address of the client with an actor id; `None` where the id is not a client's.
pub fn client_address(id: Id) -> Option<SocketAddrV4> {
    let bits = usize::from(id) as u64;
    (bits >> 48 == 1).then(|| SocketAddrV4::new(Ipv4Addr::from_bits((bits >> 16) as u32), bits as u16))
}

/// An address as histories have it: its four bytes, and its port in two.
pub fn to_bytes(address: SocketAddrV4) -> Address {
    let mut bytes = [0; 6];
    bytes[..4].copy_from_slice(&address.ip().octets());
    bytes[4..].copy_from_slice(&address.port().to_be_bytes());
    Address(bytes)
}

/// The address that a history has.
pub fn from_bytes(Address(bytes): Address) -> SocketAddrV4 {
    let [ip @ .., port_high, port_low] = bytes;
    SocketAddrV4::new(Ipv4Addr::from(ip), u16::from_be_bytes([port_high, port_low]))
}

/// The members of a cluster and where they listen. No two share an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    addresses: BTreeMap<NodeId, SocketAddrV4>,
    nodes: HashMap<SocketAddrV4, NodeId>,
}

/// Why there is no such list of members.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MembersError {
    /// One node is named twice.
    #[error("node {0} is a member twice: give every member an id of its own")]
    NodeTwice(NodeId),
    /// Two nodes are to listen in one place.
    #[error("nodes {0} and {1} have the same address {2}: give every member an address of its own")]
    AddressTwice(NodeId, NodeId, SocketAddrV4),
    /// An IPv6 address.
    #[error("{0} is an IPv6 address; only IPv4 is supported: use an address such as 127.0.0.1:4100")]
    NotIpv4(SocketAddr),
    /// An address nobody can send to.
    #[error("node {0} cannot be reached at {1}: a member needs a definite address and port, such as 127.0.0.1:4100")]
    Unreachable(NodeId, SocketAddrV4),
}

impl Members {
    /// The members of this list.
    ///
    /// # Errors
    /// Where a node or an address is named twice, or is not a definite IPv4 address and port.
    pub fn new(list: impl IntoIterator<Item = (NodeId, SocketAddr)>) -> Result<Self, MembersError> {
        let mut members = Members { addresses: BTreeMap::new(), nodes: HashMap::new() };
        for (node, address) in list {
            let address = ipv4(address)?;
            if address.port() == 0 || address.ip().is_unspecified() {
                return Err(MembersError::Unreachable(node, address));
            }
            if members.addresses.insert(node, address).is_some() {
                return Err(MembersError::NodeTwice(node));
            }
            if let Some(other) = members.nodes.insert(address, node) {
                return Err(MembersError::AddressTwice(other, node, address));
            }
        }
        Ok(members)
    }

    /// The nodes that a history says can be reached. Of two at one address it is the one that may still be there.
    pub fn of(history: &History, view: &View) -> Self {
        let mut members = Members { addresses: BTreeMap::new(), nodes: HashMap::new() };
        let mut nodes: Vec<NodeId> = history.changes().map(|change| change.node).collect();
        nodes.dedup();
        nodes.sort_by_key(|node| std::cmp::Reverse(view.standing(*node)));
        for node in nodes {
            if let Some(address) = history.address(node) {
                members.addresses.insert(node, from_bytes(address));
                members.nodes.insert(from_bytes(address), node);
            }
        }
        members
    }

    /// The same, but for nodes that are to be reached, and are heard, at another address than they give: behind a proxy, for instance.
    #[must_use]
    pub fn with_detours(mut self, detours: &[(NodeId, SocketAddrV4)]) -> Self {
        for (node, address) in detours {
            if let Some(own) = self.addresses.insert(*node, *address) {
                self.nodes.remove(&own);
            }
            self.nodes.insert(*address, *node);
        }
        self
    }

    /// The history in which these have joined, each at its address.
    pub fn history(&self) -> History {
        let joined = History::founded_by(self.addresses.keys().copied());
        self.addresses.iter().fold(joined, |history, (node, address)| history.moved(*node, to_bytes(*address)))
    }

    /// The members' ids, ascending.
    pub fn ids(&self) -> Vec<NodeId> {
        self.addresses.keys().copied().collect()
    }

    /// Where a member listens; `None` where the node is no member.
    pub fn address(&self, node: NodeId) -> Option<SocketAddrV4> {
        self.addresses.get(&node).copied()
    }

    /// Is a member known to be at this address?
    pub fn is_at(&self, address: SocketAddrV4) -> bool {
        self.nodes.contains_key(&address)
    }

    /// Who speaks from an address: a member, or else a client.
    pub fn id_of(&self, address: SocketAddrV4) -> Id {
        self.nodes.get(&address).map_or_else(|| client_id(address), |node| node.actor())
    }

    /// Where to send what is for this id; `None` where it is neither a member's nor a client's.
    pub fn address_of(&self, id: Id) -> Option<SocketAddrV4> {
        match NodeId::from_actor(id) {
            Some(node) => self.address(node),
            None => client_address(id),
        }
    }
}

/// The address, if it is IPv4.
///
/// # Errors
/// Where it is IPv6.
pub fn ipv4(address: SocketAddr) -> Result<SocketAddrV4, MembersError> {
    match address {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(_) => Err(MembersError::NotIpv4(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn a_clients_id_is_its_address(ip: u32, port: u16) -> bool {
            let address = SocketAddrV4::new(Ipv4Addr::from_bits(ip), port);
            let id = client_id(address);
            client_address(id) == Some(address) && NodeId::from_actor(id).is_none()
        }

        fn an_id_is_a_nodes_or_a_clients_or_nobodys(bits: u64) -> bool {
            let id = Id::from(bits as usize);
            NodeId::from_actor(id).is_none() || client_address(id).is_none()
        }
    }

    #[test]
    fn members_are_told_from_clients_by_their_address() {
        let members = Members::new([(NodeId(0), addr("127.0.0.1:4100")), (NodeId(1), addr("127.0.0.1:4101"))]).unwrap();
        let of = |text: &str| members.id_of(ipv4(addr(text)).unwrap());
        assert_eq!(of("127.0.0.1:4101"), NodeId(1).actor());
        assert_eq!(client_address(of("127.0.0.1:9")), Some("127.0.0.1:9".parse().unwrap()));
        for id in [of("127.0.0.1:4100"), of("10.1.2.3:77")] {
            assert_eq!(members.address_of(id).map(|address| members.id_of(address)), Some(id));
        }
        for nobody in [2, 70_000, usize::MAX] {
            assert_eq!(members.address_of(Id::from(nobody)), None);
        }
    }

    #[test]
    fn every_wrong_list_has_its_error() {
        let members = |list: &[(u16, &str)]| {
            Members::new(list.iter().map(|(node, text)| (NodeId(*node), addr(text)))).unwrap_err().to_string()
        };
        assert!(members(&[(0, "1.1.1.1:1"), (0, "1.1.1.1:2")]).starts_with("node A is a member twice"));
        assert!(members(&[(0, "1.1.1.1:1"), (1, "1.1.1.1:1")]).starts_with("nodes A and B have the same address"));
        assert!(members(&[(0, "[::1]:1")]).contains("only IPv4"));
        assert!(members(&[(0, "0.0.0.0:1")]).contains("cannot be reached"));
        assert!(members(&[(0, "127.0.0.1:0")]).contains("cannot be reached"));
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }
}
