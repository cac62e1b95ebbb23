//! Names at the edge: stateright ids here, socket addresses out there.
//!
//! A node's id is its index, and the members' addresses are known. A client's id follows from its
//! address, so that it has the same at every node: an IPv4 address fits into an id, and of an IPv6
//! address the id is a digest. [`Callers`] knows which address that was.

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

/// Set in the id of every client with an IPv4 address: it lies above every node's index, and the
/// address fills the 48 bits below.
const IPV4_BIT: u64 = 1 << 48;
/// Set in the id of every client with an IPv6 address. Of the other bits a digest of the address
/// fills all.
const IPV6_BIT: u64 = 1 << 63;
/// So many clients with IPv6 addresses are known at a time: four times as many as have sessions.
/// Each takes about 80 bytes.
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

/// So long that nobody finds an address with the digest of another's.
fn digest_of(address: Address) -> u64 {
    let digest = digest::digest(&digest::SHA256, &address.to_bytes());
    let (first, _) = digest.as_ref().split_first_chunk().expect("SHA-256 has 32 bytes");
    u64::from_be_bytes(*first)
}

/// The IPv4 address that a client's id tells; `None` where it is not such a client's.
fn ipv4_client(id: Id) -> Option<SocketAddr> {
    let bits = usize::from(id) as u64;
    (bits >> 48 == 1)
        .then(|| SocketAddrV4::new(Ipv4Addr::from_bits((bits >> 16) as u32), bits as u16).into())
}

/// Which clients' addresses stand behind ids that are digests. Of too many the ones that came first
/// are forgotten: whoever is answered by nobody asks again, and is known again.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    addresses: HashMap<Id, SocketAddr>,
    in_order: VecDeque<Id>,
}

impl Callers {
    /// Somebody is at this address: what is for his id can be sent.
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

    /// Where the client with this id is; `None` where it is not known, or the id is not a client's.
    pub fn address(&self, id: Id) -> Option<SocketAddr> {
        ipv4_client(id).or_else(|| self.addresses.get(&id).copied())
    }
}

/// The members of a cluster and where they listen. No two share an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    addresses: BTreeMap<NodeId, SocketAddr>,
    nodes: HashMap<SocketAddr, NodeId>,
}

/// Why there is no such list of members.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MembersError {
    /// One node is named twice.
    #[error("node {0} is a member twice: give every member an id of its own")]
    NodeTwice(NodeId),
    /// Two nodes are to listen in one place.
    #[error("nodes {0} and {1} have the same address {2}: give every member an address of its own")]
    AddressTwice(NodeId, NodeId, SocketAddr),
    /// An address that means something on one machine alone.
    #[error(
        "{0} is a link-local address, which others cannot use: take another of the machine's addresses, such as [fd00::1]:4100"
    )]
    LinkLocal(SocketAddr),
    /// An address that is not one machine's.
    #[error(
        "{0} is an address of many machines at once: take one of a machine's own, such as 10.0.0.1:4100"
    )]
    OfMany(SocketAddr),
    /// Two nodes that would not know one another by their addresses: each is known by the one it
    /// sends from.
    #[error(
        "node {node} is to be reached at {address}, and node {other} is at {at}: give all nodes of a cluster IPv4 addresses, or all IPv6 addresses. \
         Clients can use both, if nodes listen at [::]"
    )]
    OtherFamily {
        /// The node.
        node: NodeId,
        /// Its address.
        address: SocketAddr,
        /// Another.
        other: NodeId,
        /// That one's address.
        at: SocketAddr,
    },
    /// An address nobody can send to.
    #[error(
        "node {0} cannot be reached at {1}: a member needs a definite address and port, such as 127.0.0.1:4100"
    )]
    Unreachable(NodeId, SocketAddr),
}

impl Members {
    /// The members of this list.
    ///
    /// # Errors
    /// Where a node or an address is named twice, or an address is not definite: one address of one
    /// machine, and a port.
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

    /// The nodes that a history says can be reached. Of two at one address it is the one that may
    /// still be there.
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

    /// The same, but for nodes that are to be reached, and are heard, at another address than they
    /// give: behind a proxy, for instance.
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

    /// The history in which these have joined, each at its address.
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

    /// Where a member listens; `None` where the node is no member.
    pub fn address(&self, node: NodeId) -> Option<SocketAddr> {
        self.addresses.get(&node).copied()
    }

    /// Is a member known to be at this address?
    pub fn is_at(&self, address: SocketAddr) -> bool {
        self.nodes.contains_key(&address)
    }

    /// Who speaks from an address: a member, or else a client.
    pub fn id_of(&self, address: SocketAddr) -> Id {
        self.nodes.get(&address).map_or_else(|| client_id(address), |node| node.actor())
    }
}

/// The other members must have addresses of the same kind as this node.
///
/// # Errors
/// Where one of them has not.
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

/// The address in its one way to write it. An address such as `::ffff:10.0.0.1` is IPv4's
/// `10.0.0.1`.
///
/// # Errors
/// Where it is link-local: to use it one must know through which of one's own network interfaces.
/// Where it is for many machines at once.
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
    fn of_too_many_clients_the_first_are_forgotten() {
        let (mut callers, at) = (Callers::default(), |index: u32| {
            addr(&format!("[fd00::{:x}:{:x}]:9", index >> 16, index & 0xffff))
        });
        // What is known already takes no room.
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
    fn members_are_told_from_clients_by_their_address() {
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
    fn every_wrong_list_has_its_error() {
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
        let same_place = members(&[(0, "1.1.1.1:1"), (1, "[::ffff:1.1.1.1]:1")]);
        assert!(
            same_place.starts_with("nodes A and B have the same address 1.1.1.1:1"),
            "{same_place}"
        );
        assert!(members(&[(0, "[fe80::1]:1")]).contains("link-local"));
        for many in ["224.0.0.1:1", "255.255.255.255:1", "[ff02::1]:1"] {
            assert!(members(&[(0, many)]).contains("many machines"));
        }
        for nowhere in ["0.0.0.0:1", "[::]:1", "127.0.0.1:0", "[::1]:0"] {
            assert!(members(&[(0, nowhere)]).contains("cannot be reached"));
        }
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }
}
