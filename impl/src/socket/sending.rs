//! The sending half of a node's socket.

use super::NodeSocket;
use crate::admission::Busy;
use crate::identity::Parties;
use crate::inspect::{Numbered, Reply};
use crate::interpreter::Network;
use crate::sessions::Callee;
use crate::wire::{Datagram, PAYLOAD_BYTES_MAX};
use dynamo_model::ids::NodeId;
use rustix::io::Errno;
use rustix::net::SendFlags;
use stateright::actor::Id;
use std::net::SocketAddr;
use std::time::Instant;

impl NodeSocket {
    /// Refuses requests. If the refusal is lost, its client loses some time.
    pub fn refuse(&mut self, to: Id, busy: &Busy) {
        if let Some(address) = self.address_of(to) {
            let _ = self.send_payload(address, Callee::Client, &busy.encode());
        }
    }

    /// Replies to a question. If the reply is lost, the client asks again.
    pub fn reply(&mut self, to: Id, reply: &Numbered<Reply>) {
        if let Some(address) = self.address_of(to) {
            let _ = self.send_payload(address, Callee::Client, &reply.encode());
        }
    }

    /// The address of an actor.
    fn address_of(&self, id: Id) -> Option<SocketAddr> {
        match NodeId::from_actor(id) {
            Some(node) => self.members.address(node),
            None => self.callers.address(id),
        }
    }

    /// Asks a member what it remembers of this node.
    pub(crate) fn ask(&mut self, node: NodeId) {
        if let Some(address) = self.members.address(node) {
            self.remind(node, address, true);
        }
    }

    /// Tells a node at this address what this node remembers of it, in a datagram without messages.
    pub(super) fn remind(&mut self, node: NodeId, address: SocketAddr, asks: bool) {
        let mut parties = self.doorkeeper.parties(Some(node));
        parties.recall.asks = asks;
        let _ = self.send_payload(address, Callee::Node, Datagram::default().seal(&parties));
    }

    /// Tells a node that another process has its id.
    pub(super) fn tell_of_other(&mut self, to: SocketAddr, other: &Parties) {
        let _ = self.send_payload(to, Callee::Node, Datagram::default().seal(other));
    }

    /// Sends a sealed payload once there is a session.
    pub(super) fn send_payload(
        &mut self,
        to: SocketAddr,
        callee: Callee,
        payload: &[u8],
    ) -> Result<(), Errno> {
        if let Some(sealed) = self.sessions.seal(to, callee, payload, Instant::now()) {
            return self.udp.send(sealed, to, SendFlags::DONTWAIT);
        }
        self.send_outgoing();
        Ok(())
    }

    /// Sends handshake messages, and payloads that have waited.
    pub(super) fn send_outgoing(&mut self) {
        for (to, datagram) in self.sessions.take_outgoing() {
            // If this is lost, it is retransmitted.
            if let Err(error) = self.udp.send(&datagram, to, SendFlags::DONTWAIT) {
                tracing::debug!(%to, %error, "could not send a step of a handshake");
                self.counters.dropped.refused_by_system += 1;
            }
        }
    }
}

impl Network for NodeSocket {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        let Some(address) = self.address_of(to) else {
            self.counters.dropped.unknown_destination += 1;
            return;
        };
        let node = NodeId::from_actor(to);
        let callee = if node.is_some() { Callee::Node } else { Callee::Client };
        datagram.introduce(|client| self.callers.address(client));
        let payload = datagram.seal(&self.doorkeeper.parties(node));
        let is_cut = payload.len() > PAYLOAD_BYTES_MAX;
        for part in self.cutter.cut(payload) {
            let Some(sealed) = self.sessions.seal(address, callee, &part, Instant::now()) else {
                self.send_outgoing();
                continue;
            };
            let mut sent = self.udp.send(sealed, address, SendFlags::DONTWAIT);
            if sent == Err(Errno::AGAIN) && is_cut && !self.may_wait.is_zero() {
                let start = Instant::now();
                sent = self.udp.send(sealed, address, SendFlags::empty());
                self.may_wait = self.may_wait.saturating_sub(start.elapsed());
            }
            if let Err(error) = sent {
                // Without this fragment the later ones are useless.
                tracing::debug!(%address, %error, "could not send a datagram");
                self.counters.dropped.refused_by_system += 1;
                return;
            }
            self.counters.datagrams_sent += 1;
        }
        self.counters.messages_sent += datagram.messages() as u64;
    }
}
