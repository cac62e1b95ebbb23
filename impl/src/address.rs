//! Maps the model's actor ids to socket addresses and back.
//!
//! A node's id is its index; the membership history gives its address. A client's id is computed
//! from its address, so it is the same at every node. An IPv4 address fits into an id. For an IPv6
//! address the id is a digest, and [`Callers`] remembers the address.

use dynamo_model::address::Address;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing};
use dynamo_model::rules::Rules;
use dynamo_model::view::View;
use ring::digest;
use stateright::actor::Id;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use thiserror::Error;

/// Set in the id of every client with an IPv4 address. Such an id is larger than every node's
/// index, and the lower 48 bits are the address and port.
const IPV4_BIT: u64 = 1 << 48;
/// Set in the id of every client with an IPv6 address. The other bits are a digest of the address.
const IPV6_BIT: u64 = 1 << 63;
/// How many clients with IPv6 addresses are remembered: four times as many as have sessions. Each
/// takes about 80 bytes.
const CALLERS_MAX: usize = 65_536;

/// The actor id of the client at an address.
pub fn client_id(address: SocketAddr) -> Id {
    let bits = match address {
        SocketAddr::V4(address) => {
            IPV4_BIT | u64::from(address.ip().to_bits()) << 16 | u64::from(address.port())
        }
        SocketAddr::V6(_) => IPV6_BIT | digest_of(address.into()),
    };
    Id::from(bits as usize)
}

/// A 63-bit digest is long enough that nobody finds two addresses with one digest.
fn digest_of(address: Address) -> u64 {
    let digest = digest::digest(&digest::SHA256, &address.to_bytes());
    let (first, _) = digest.as_ref().split_first_chunk().expect("SHA-256 has 32 bytes");
    u64::from_be_bytes(*first)
}

/// The IPv4 address in a client's id; `None` if the id is not that of an IPv4 client.
fn ipv4_client(id: Id) -> Option<SocketAddr> {
    let bits = usize::from(id) as u64;
    (bits >> 48 == 1)
        .then(|| SocketAddrV4::new(Ipv4Addr::from_bits((bits >> 16) as u32), bits as u16).into())
}

/// The addresses of clients whose ids are digests. Above the limit, the oldest is forgotten. Such a
/// client gets no answer, asks again, and is remembered again.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    addresses: HashMap<Id, SocketAddr>,
    in_order: VecDeque<Id>,
}

impl Callers {
    /// Remembers a client's address, so that messages for its id can be sent.
    pub fn remember(&mut self, address: SocketAddr) {
        if address.is_ipv4() {
            return;
        }
        let id = client_id(address);
        if self.addresses.insert(id, address).is_none() {
            self.in_order.push_back(id);
        }
        if self.in_order.len() > CALLERS_MAX
            && let Some(first) = self.in_order.pop_front()
        {
            self.addresses.remove(&first);
        }
    }

    /// The client's address; `None` if it is unknown, or if the id is not a client's.
    pub fn address(&self, id: Id) -> Option<SocketAddr> {
        ipv4_client(id).or_else(|| self.addresses.get(&id).copied())
    }
}

/// The members of a cluster and their addresses. No two members share an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    addresses: BTreeMap<NodeId, SocketAddr>,
    nodes: HashMap<SocketAddr, NodeId>,
}

/// Why a list of members is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MembersError {
    /// One node is named twice.
    #[error("node {0} is a member twice: give each member its own id")]
    NodeTwice(NodeId),
    /// Two nodes have the same address.
    #[error("nodes {0} and {1} have the same address {2}: give each member its own address")]
    AddressTwice(NodeId, NodeId, SocketAddr),
    /// A link-local address: it has a meaning on one machine only.
    #[error(
        "{0} is a link-local address, which other machines cannot use: \
         use another address of this machine, such as [fd00::1]:4100"
    )]
    LinkLocal(SocketAddr),
    /// A multicast or broadcast address.
    #[error(
        "{0} is a multicast or broadcast address: \
         use an address of one machine, such as 10.0.0.1:4100"
    )]
    OfMany(SocketAddr),
    /// One node has an IPv4 address, another an IPv6 address. A node is recognised by its source
    /// address, so neither could recognise the other.
    #[error(
        "node {node} is at {address}, but node {other} is at {at}: \
         give all nodes IPv4 addresses, or all IPv6 addresses. \
         Clients can use both kinds if the nodes listen on [::]"
    )]
    OtherFamily {
        /// The node.
        node: NodeId,
        /// Its address.
        address: SocketAddr,
        /// A node with an address of the other kind.
        other: NodeId,
        /// The address of `other`.
        at: SocketAddr,
    },
    /// An unspecified address or port, which nobody can send to.
    #[error(
        "node {0} cannot be reached at {1}: \
         a member needs a specific address and port, such as 127.0.0.1:4100"
    )]
    Unreachable(NodeId, SocketAddr),
}

impl Members {
    /// The members of this list.
    ///
    /// # Errors
    /// If a node or an address occurs twice, or an address is not that of one machine with a port.
    pub fn new(list: impl IntoIterator<Item = (NodeId, SocketAddr)>) -> Result<Self, MembersError> {
        let mut members = Members { addresses: BTreeMap::new(), nodes: HashMap::new() };
        for (node, address) in list {
            let address = of_one_machine(address)?;
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

    /// All nodes in a history with a known address. If two have the same address, the one with the
    /// higher standing is kept.
    pub fn of(history: &History, view: &View) -> Self {
        let mut members = Members { addresses: BTreeMap::new(), nodes: HashMap::new() };
        let mut nodes: Vec<NodeId> = history.changes().map(|change| change.node).collect();
        nodes.dedup();
        nodes.sort_by_key(|node| std::cmp::Reverse(view.standing(*node)));
        for node in nodes {
            if let Some(address) = history.address(node) {
                members.addresses.insert(node, address.into());
                members.nodes.insert(address.into(), node);
            }
        }
        members
    }

    /// Replaces the addresses of some nodes, for example of nodes behind a proxy. This node sends
    /// to the new address, and recognises the node by it.
    #[must_use]
    pub fn with_detours(mut self, detours: &[(NodeId, SocketAddr)]) -> Self {
        for (node, address) in detours {
            if let Some(own) = self.addresses.insert(*node, *address) {
                self.nodes.remove(&own);
            }
            self.nodes.insert(*address, *node);
        }
        self
    }

    /// The history in which these nodes have joined, each at its address.
    pub fn history(&self) -> History {
        let joined = History::founded_by(self.addresses.keys().copied());
        self.addresses
            .iter()
            .fold(joined, |history, (node, address)| history.moved(*node, (*address).into()))
    }

    /// The members' ids, ascending.
    pub fn ids(&self) -> Vec<NodeId> {
        self.addresses.keys().copied().collect()
    }

    /// Where a member listens; `None` if the node is no member.
    pub fn address(&self, node: NodeId) -> Option<SocketAddr> {
        self.addresses.get(&node).copied()
    }

    /// Is this the address of a member?
    pub fn is_at(&self, address: SocketAddr) -> bool {
        self.nodes.contains_key(&address)
    }

    /// The actor at an address: a member if it is known there, else a client.
    pub fn id_of(&self, address: SocketAddr) -> Id {
        self.nodes.get(&address).map_or_else(|| client_id(address), |node| node.actor())
    }
}

/// Checks that all other members have addresses of the same kind (IPv4 or IPv6) as this node.
///
/// # Errors
/// If another member has an address of the other kind.
pub fn one_family(
    history: &History,
    node: NodeId,
    address: SocketAddr,
) -> Result<(), MembersError> {
    let view = Rules::default().view(history);
    let members = Members::of(history, &view);
    let is_wanted =
        |other: NodeId| matches!(view.standing(other), Standing::Member | Standing::Leaving);
    let others =
        members.addresses.iter().filter(|(other, _)| **other != node && is_wanted(**other));
    match others.map(|(other, at)| (*other, *at)).find(|(_, at)| at.is_ipv4() != address.is_ipv4())
    {
        Some((other, at)) => Err(MembersError::OtherFamily { node, address, other, at }),
        None => Ok(()),
    }
}

/// The canonical form of an address. For example `::ffff:10.0.0.1` becomes the IPv4 address
/// `10.0.0.1`.
///
/// # Errors
/// If the address is link-local, which needs the name of a local network interface. If it is a
/// multicast or broadcast address.
pub fn of_one_machine(address: SocketAddr) -> Result<SocketAddr, MembersError> {
    let address = SocketAddr::from(Address::from(address));
    match address.ip() {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Err(MembersError::LinkLocal(address)),
        ip if ip.is_multicast() || ip == Ipv4Addr::BROADCAST => Err(MembersError::OfMany(address)),
        _ => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn a_client_is_found_by_its_id(ip: IpAddr, port: u16) -> bool {
            let address = SocketAddr::new(ip.to_canonical(), port);
            let (id, mut callers) = (client_id(address), Callers::default());
            let before = callers.address(id);
            callers.remember(address);
            before == Some(address).filter(SocketAddr::is_ipv4)
                && callers.address(id) == Some(address)
                && NodeId::from_actor(id).is_none()
        }

        fn an_id_is_a_nodes_or_a_clients_or_nobodys(bits: u64) -> bool {
            let id = Id::from(bits as usize);
            NodeId::from_actor(id).is_none() || Callers::default().address(id).is_none()
        }
    }

    #[test]
    fn above_the_limit_the_oldest_clients_are_forgotten() {
        let (mut callers, at) = (Callers::default(), |index: u32| {
            addr(&format!("[fd00::{:x}:{:x}]:9", index >> 16, index & 0xffff))
        });
        // A client that is already remembered takes no more room.
        for index in [0, 0].into_iter().chain(0..=CALLERS_MAX as u32) {
            callers.remember(at(index));
        }
        assert_eq!(callers.address(client_id(at(0))), None);
        for index in [1, 2, CALLERS_MAX as u32] {
            assert_eq!(callers.address(client_id(at(index))), Some(at(index)));
        }
        assert_eq!(callers.addresses.len(), CALLERS_MAX);
    }

    #[test]
    fn members_and_clients_are_distinguished_by_address() {
        let members =
            Members::new([(NodeId(0), addr("127.0.0.1:4100")), (NodeId(1), addr("[::1]:4101"))])
                .unwrap();
        for (node, text) in [(NodeId(0), "127.0.0.1:4100"), (NodeId(1), "[::1]:4101")] {
            assert_eq!(members.id_of(addr(text)), node.actor());
            assert_eq!(members.address(node), Some(addr(text)));
        }
        for text in ["127.0.0.1:9", "[::1]:9", "[::1]:4100"] {
            assert_eq!(members.id_of(addr(text)), client_id(addr(text)));
        }
        assert_eq!(members.address(NodeId(2)), None);
    }

    #[test]
    fn every_invalid_list_has_its_error() {
        let members = |list: &[(u16, &str)]| {
            Members::new(list.iter().map(|(node, text)| (NodeId(*node), addr(text))))
                .unwrap_err()
                .to_string()
        };
        assert!(
            members(&[(0, "1.1.1.1:1"), (0, "1.1.1.1:2")]).starts_with("node A is a member twice")
        );
        assert!(
            members(&[(0, "1.1.1.1:1"), (1, "1.1.1.1:1")])
                .starts_with("nodes A and B have the same address")
        );
        let same_address = members(&[(0, "1.1.1.1:1"), (1, "[::ffff:1.1.1.1]:1")]);
        assert!(
            same_address.starts_with("nodes A and B have the same address 1.1.1.1:1"),
            "{same_address}"
        );
        assert!(members(&[(0, "[fe80::1]:1")]).contains("link-local"));
        for many in ["224.0.0.1:1", "255.255.255.255:1", "[ff02::1]:1"] {
            assert!(members(&[(0, many)]).contains("multicast"));
        }
        for nowhere in ["0.0.0.0:1", "[::]:1", "127.0.0.1:0", "[::1]:0"] {
            assert!(members(&[(0, nowhere)]).contains("cannot be reached"));
        }
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }
}
