//! One end of a link to a node, as the driver has it: it stands for another node, or for a client.
//! It has the sessions that the other node or the client would have.

use crate::fragments::Cutter;
use crate::reassembly::Reassembly;
use crate::secret::{NodeSecret, Right};
use crate::sessions::{Callee, Cipher, Sessions};
use crate::wire::Letter;
use dynamo_model::ids::NodeId;
use stateright::actor::Id;
use std::net::SocketAddr;
use std::time::Instant;

/// An address of the driver, at which nodes believe somebody else to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Another node, for one node only.
    Node {
        /// The node that one believes to be there.
        stands_for: NodeId,
        /// The node that believes so.
        towards: NodeId,
    },
    /// The client with this id in the model.
    Client(Id),
}

/// How the datagrams of all processes are protected.
#[derive(Clone, Debug)]
pub struct Protection {
    /// The secret of the nodes.
    pub(crate) secret: NodeSecret,
    /// The cipher.
    pub(crate) cipher: Cipher,
}

/// The driver's sessions with one node, at one place.
#[derive(Debug)]
pub(super) struct Endpoint {
    node_at: SocketAddr,
    sessions: Sessions,
    cutter: Cutter,
    reassembly: Reassembly,
}

impl Endpoint {
    /// Towards a node at this address.
    pub(super) fn new(place: Place, node_at: SocketAddr, protection: &Protection) -> Self {
        let secret = &protection.secret;
        let sessions = match place {
            Place::Node { .. } => Sessions::of_node(secret),
            // Scripted clients pass on what they know of the members, as only administrators may.
            Place::Client(_) => Sessions::of_client(secret.credentials(Right::Administrator)),
        };
        Endpoint {
            node_at,
            sessions: sessions.with_cipher(protection.cipher),
            cutter: Cutter::default(),
            reassembly: Reassembly::default(),
        }
    }

    /// Opens a datagram of the node. `None`: it has no letter, or not yet the whole one.
    pub(super) fn open(&mut self, datagram: &[u8], now: Instant) -> Option<Letter> {
        let opened = self.sessions.open(self.node_at, datagram, now).ok()??;
        self.reassembly.receive(self.node_at, opened.payload, now).ok()?
    }

    /// Seals a payload for the node. What it returns, and what has waited for a session, is to be
    /// sent.
    pub(super) fn seal(&mut self, payload: &[u8], now: Instant) -> Vec<Vec<u8>> {
        let mut sealed = Vec::new();
        for part in self.cutter.cut(payload) {
            let part = self.sessions.seal(self.node_at, Callee::Node, &part, now);
            sealed.extend(part.map(<[u8]>::to_vec));
        }
        sealed.extend(self.take_outgoing());
        sealed
    }

    /// Takes what the sessions have to send.
    pub(super) fn take_outgoing(&mut self) -> impl Iterator<Item = Vec<u8>> + use<> {
        self.sessions.take_outgoing().into_iter().map(|(_, datagram)| datagram)
    }
}
