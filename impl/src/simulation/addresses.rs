//! The addresses of simulated nodes and clients.

use crate::address::client_id;
use crate::drive;
use dynamo_model::ids::NodeId;
use stateright::actor::Id;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

const NODES: u8 = 10;
const CLIENTS: u8 = 11;
const LINKS: u8 = 12;
const PORT: u16 = 4100;

/// Who is at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Node(NodeId),
    /// The client that has this id in its script.
    Client(Id),
}

/// The address of a node.
pub(super) fn of_node(node: NodeId) -> SocketAddrV4 {
    at(NODES, node.0.into())
}

/// The addresses of so many nodes.
pub(super) fn of_nodes(count: u16) -> Vec<(NodeId, SocketAddr)> {
    (0..count).map(NodeId).map(|node| (node, of_node(node).into())).collect()
}

/// The address of a client. Fewer than 2^24 ids are in use.
pub(super) fn of_client(id: Id) -> SocketAddrV4 {
    at(CLIENTS, usize::from(id) as u32)
}

fn at(net: u8, number: u32) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::from_bits(u32::from(net) << 24 | number), PORT)
}

/// The address at which a driver stands for a node, towards another one.
pub(super) fn of_link(stands_for: NodeId, towards: NodeId) -> SocketAddrV4 {
    at(LINKS, u32::from(stands_for.0) << 8 | u32::from(towards.0))
}

/// The address of a driver's place.
pub(super) fn of_place(place: drive::Place) -> SocketAddrV4 {
    match place {
        drive::Place::Node { stands_for, towards } => of_link(stands_for, towards),
        drive::Place::Client(client) => of_client(client),
    }
}

/// The driver's place at this address. `None`: it has none there.
pub(super) fn place_at(address: SocketAddrV4) -> Option<drive::Place> {
    let [net, _, stands_for, towards] = address.ip().octets();
    if net != LINKS {
        let Some(Place::Client(client)) = place(address) else { return None };
        return Some(drive::Place::Client(client));
    }
    let [stands_for, towards] = [stands_for, towards].map(|id| NodeId(id.into()));
    Some(drive::Place::Node { stands_for, towards })
}

/// Who is at this address. `None`: nobody.
pub(super) fn place(address: SocketAddrV4) -> Option<Place> {
    let number = address.ip().to_bits() & 0x00ff_ffff;
    match address.ip().octets()[0] {
        NODES => u16::try_from(number).ok().map(|node| Place::Node(NodeId(node))),
        CLIENTS => Some(Place::Client(Id::from(number as usize))),
        _ => None,
    }
}

/// The id by which nodes know a client that has this id in its script.
pub(super) fn known_as(client: Id) -> Id {
    client_id(of_client(client).into())
}
