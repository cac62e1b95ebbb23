//! The sending half of a node's transport.

use super::{Carrier, Part, Transport};
use crate::admission::Busy;
use crate::identity::Parties;
use crate::inspect::{Numbered, Reply};
use crate::interpreter::Network;
use crate::sessions::Callee;
use crate::wire::Datagram;
use dynamo_model::ids::NodeId;
use stateright::actor::Id;
use std::net::SocketAddr;
use std::time::Instant;

/// Sends what a node sends at one time, through one carrier.
#[derive(Debug)]
pub struct Outgoing<'a, C> {
    transport: &'a mut Transport,
    carrier: &'a mut C,
    now: Instant,
}

impl Transport {
    /// The sending half, with the carrier of its datagrams and the time.
    pub fn through<'a, C: Carrier>(
        &'a mut self,
        carrier: &'a mut C,
        now: Instant,
    ) -> Outgoing<'a, C> {
        Outgoing { transport: self, carrier, now }
    }

    /// The address of an actor.
    fn address_of(&self, id: Id) -> Option<SocketAddr> {
        match NodeId::from_actor(id) {
            Some(node) => self.members.address(node),
            None => self.callers.address(id),
        }
    }

    /// Tells a node at this address what this node remembers of it, in a datagram without messages.
    pub(super) fn remind(
        &mut self,
        node: NodeId,
        address: SocketAddr,
        asks: bool,
        now: Instant,
        carrier: &mut impl Carrier,
    ) {
        let mut parties = self.doorkeeper.parties(Some(node));
        parties.recall.asks = asks;
        let mut datagram = Datagram::default();
        self.send_payload(address, Callee::Node, datagram.seal(&parties), now, carrier);
    }

    /// Tells a node that another process has its id.
    pub(super) fn tell_of_other(
        &mut self,
        to: SocketAddr,
        other: &Parties,
        now: Instant,
        carrier: &mut impl Carrier,
    ) {
        self.send_payload(to, Callee::Node, Datagram::default().seal(other), now, carrier);
    }

    /// Sends a payload once there is a session. It may be lost.
    pub(crate) fn send_payload(
        &mut self,
        to: SocketAddr,
        callee: Callee,
        payload: &[u8],
        now: Instant,
        carrier: &mut impl Carrier,
    ) {
        if let Some(sealed) = self.sessions.seal(to, callee, payload, now) {
            // Whoever needs this payload asks for it again.
            let _ = carrier.carry(sealed, to, Part::Whole);
        } else {
            self.send_outgoing(carrier);
        }
    }

    /// Sends handshake messages, and payloads that have waited.
    pub(super) fn send_outgoing(&mut self, carrier: &mut impl Carrier) {
        for (to, datagram) in self.sessions.take_outgoing() {
            // If this is lost, it is retransmitted.
            if let Err(error) = carrier.carry(&datagram, to, Part::Whole) {
                tracing::debug!(%to, %error, "could not send a step of a handshake");
                self.counters.dropped.refused_by_system += 1;
            }
        }
    }
}

impl<C: Carrier> Outgoing<'_, C> {
    /// Refuses requests. If the refusal is lost, its client loses some time.
    pub fn refuse(&mut self, to: Id, busy: &Busy) {
        self.send_to_client(to, &busy.encode());
    }

    /// Replies to a question. If the reply is lost, the client asks again.
    pub fn reply(&mut self, to: Id, reply: &Numbered<Reply>) {
        self.send_to_client(to, &reply.encode());
    }

    fn send_to_client(&mut self, to: Id, payload: &[u8]) {
        if let Some(address) = self.transport.address_of(to) {
            self.transport.send_payload(address, Callee::Client, payload, self.now, self.carrier);
        }
    }

    /// Asks a member what it remembers of this node.
    pub(crate) fn ask(&mut self, node: NodeId) {
        if let Some(address) = self.transport.members.address(node) {
            self.transport.remind(node, address, true, self.now, self.carrier);
        }
    }
}

impl<C: Carrier> Network for Outgoing<'_, C> {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        let transport = &mut *self.transport;
        let Some(address) = transport.address_of(to) else {
            transport.counters.dropped.unknown_destination += 1;
            return;
        };
        let node = NodeId::from_actor(to);
        let callee = if node.is_some() { Callee::Node } else { Callee::Client };
        datagram.introduce(|client| transport.callers.address(client));
        let payload = datagram.seal(&transport.doorkeeper.parties(node));
        let is_whole = transport.cutter.keeps_whole(payload);
        let kind = if is_whole { Part::Whole } else { Part::Fragment };
        for part in transport.cutter.cut(payload) {
            let Some(sealed) = transport.sessions.seal(address, callee, &part, self.now) else {
                transport.send_outgoing(self.carrier);
                continue;
            };
            if let Err(error) = self.carrier.carry(sealed, address, kind) {
                // Without this fragment the later ones are useless.
                tracing::debug!(%address, %error, "could not send a datagram");
                transport.counters.dropped.refused_by_system += 1;
                return;
            }
            transport.counters.datagrams_sent += 1;
        }
        transport.counters.messages_sent += datagram.messages() as u64;
    }
}
