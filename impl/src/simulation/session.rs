//! A simulated client's sessions with nodes: how the messages of a scripted client become sealed
//! datagrams, and back.

use super::clock::EPOCH;
use crate::fragments::Cutter;
use crate::identity::{ClusterId, Parties};
use crate::reassembly::Reassembly;
use crate::secret::{Credentials, NodeSecret, Right};
use crate::sessions::{Callee, Cipher, Sessions};
use crate::stamp::{Stamp, stamped};
use crate::wire::Datagram;
use dynamo_model::message::Message;
use dynamo_model::version::Context;
use std::net::SocketAddrV4;
use std::sync::LazyLock;
use std::time::Duration;

/// Scripted clients pass on what they know of the members, as only administrators may.
static CREDENTIALS: LazyLock<Credentials> =
    LazyLock::new(|| NodeSecret::SIMULATED.credentials(Right::Administrator));

/// The sessions of one client.
#[derive(Debug)]
pub(super) struct ClientSession {
    sessions: Sessions,
    cutter: Cutter,
    reassembly: Reassembly,
    /// The cluster of the first answer.
    cluster: ClusterId,
    /// The contexts that nodes have given out, with their stamps.
    stamps: Vec<(Context, Stamp)>,
    /// The datagrams to send.
    outgoing: Vec<(SocketAddrV4, Vec<u8>)>,
}

impl ClientSession {
    pub(super) fn new(cipher: Cipher, cut_above: Option<usize>) -> ClientSession {
        ClientSession {
            sessions: Sessions::of_client(CREDENTIALS.clone()).with_cipher(cipher),
            cutter: cut_above.map_or_else(Cutter::default, Cutter::above),
            reassembly: Reassembly::default(),
            cluster: ClusterId::UNKNOWN,
            stamps: Vec::new(),
            outgoing: Vec::new(),
        }
    }

    /// Sends a message to a node, once there is a session.
    pub(super) fn send(&mut self, to: SocketAddrV4, message: &Message, at: Duration) {
        let known = stamped(message)
            .and_then(|(_, context)| self.stamps.iter().rfind(|(known, _)| known == context));
        let stamp = known.map(|(_, stamp)| *stamp).unwrap_or_default();
        let mut datagram = Datagram::default();
        if datagram.push_stamped(message, &stamp).is_err() {
            return;
        }
        let parties = Parties { cluster: self.cluster, ..Parties::default() };
        let now = *EPOCH + at;
        for part in self.cutter.cut(datagram.seal(&parties)) {
            if let Some(sealed) = self.sessions.seal(to.into(), Callee::Node, &part, now) {
                self.outgoing.push((to, sealed.to_vec()));
            }
        }
    }

    /// Opens a datagram. Returns its messages.
    pub(super) fn receive(
        &mut self,
        from: SocketAddrV4,
        datagram: &[u8],
        at: Duration,
    ) -> Vec<Message> {
        let now = *EPOCH + at;
        self.sessions.forget_old(now);
        let Ok(Some(opened)) = self.sessions.open(from.into(), datagram, now) else {
            return Vec::new();
        };
        let Ok(Some(letter)) = self.reassembly.receive(from.into(), opened.payload, now) else {
            return Vec::new();
        };
        self.cluster = letter.parties.cluster;
        let mut messages = Vec::with_capacity(letter.messages.len());
        for (message, stamp) in letter.into_stamped() {
            if let (Some((_, context)), Some(stamp)) = (stamped(&message), stamp) {
                self.stamps.push((context.clone(), stamp));
            }
            messages.push(message);
        }
        messages
    }

    /// Takes the datagrams to send.
    pub(super) fn take_outgoing(&mut self) -> Vec<(SocketAddrV4, Vec<u8>)> {
        let mut outgoing = std::mem::take(&mut self.outgoing);
        for (to, datagram) in self.sessions.take_outgoing() {
            if let std::net::SocketAddr::V4(to) = to {
                outgoing.push((to, datagram));
            }
        }
        outgoing
    }
}
