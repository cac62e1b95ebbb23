//! Sessions: every datagram between two processes is encrypted for its receiver, by a sender that
//! has proved that it has the secret.
//!
//! ```text
//! caller                                    host, always a node
//!   │ hello: my right, my index ──────────────▶│   wrong secret: "no entry", or no answer
//!   │◀──────────── welcome: your index, mine   │
//!   │ sealed, number 0 ───────────────────────▶│   proves that the caller is at its address
//!   │◀────────────────────── sealed, number 0  │
//! ```
//!
//! * Nodes call nodes, and clients call nodes. A node may have data for a client without a session,
//!   such as the answer to a forwarded request. Then it knocks, and the client calls. A restarted
//!   node also knocks, when it receives a datagram of an unknown session.
//! * Data for a peer without a session waits here for a short time. It may be lost, like every
//!   datagram.
//! * A session is between two addresses. A datagram from another address, a duplicate, or one that
//!   cannot be decrypted is dropped.
//! * A process sends no more bytes to an unproved address than came from there.
//! * Sessions, waiting data and handshakes are bounded. Clients leave room for nodes.
//! * A caller retransmits a hello unchanged until it is answered, however long that takes. A host
//!   answers a hello to one address only. From another address the hello is a replay.
//!
//! The cipher and the handshake are in `handshake`, the formats in `envelope`.

mod answered;
mod calls;
mod clear;
mod envelope;
mod handshake;
mod limits;
mod peer;
mod socket;
mod window;

pub(crate) use envelope::SEALED_EXTRA_BYTES;
pub use envelope::{NoEntry, SessionError};
pub(crate) use handshake::Cipher;
pub(crate) use socket::passes;
pub use socket::{Heard, SealedSocket};

use crate::secret::{Credentials, NodeSecret, Right};
use answered::Answered;
use envelope::{Envelope, Index};
use handshake::{Doors, ProcessNumber};
use limits::{Budget, IDLE, RENEW_AFTER, SESSIONS_MAX, SWEEP_EVERY, WAITING_BYTES_MAX};
use peer::{Buffers, Peer, Session};
use ring::hmac;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

/// The content of a sealed datagram.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// The right of its sender.
    pub right: Right,
    /// What the sender sent.
    pub payload: &'a [u8],
}

/// The kind of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A node: this process can call it.
    Node,
    /// A client: it calls when it gets a knock.
    Client,
}

/// All sessions of one process.
#[derive(Debug)]
pub struct Sessions {
    credentials: Credentials,
    mac_key: hmac::Key,
    process: ProcessNumber,
    cipher: Cipher,
    /// Of a node: other processes call it.
    host: Option<Host>,
    by_index: HashMap<Index, Session>,
    peers: HashMap<SocketAddr, Peer>,
    /// How many sessions are with clients.
    clients: usize,
    answered: Answered,
    /// The size of all waiting payloads, in bytes.
    waiting_bytes: usize,
    /// A session has begun after something was lost for lack of one.
    has_lost: bool,
    /// Datagrams to send as they are.
    outgoing: Vec<(SocketAddr, Vec<u8>)>,
    swept: Option<Instant>,
    opened: Box<[u8]>,
    buffers: Buffers,
}

/// The part of a host, which others call.
#[derive(Debug)]
struct Host {
    doors: Doors,
    only_this_machine: bool,
    /// Budgets for handshakes, by right, so that clients leave room for nodes.
    budgets: [Budget; 3],
}

/// The keys of a node. They follow from its secret, which takes some time.
#[derive(Clone, Debug)]
pub(crate) struct NodeKeys {
    credentials: Credentials,
    doors: Doors,
    only_this_machine: bool,
}

impl NodeKeys {
    /// The keys of a node with this secret.
    pub(crate) fn of(secret: &NodeSecret) -> Self {
        let doors = Doors::new(secret.private(), |right| secret.shared(right));
        let only_this_machine = *secret == NodeSecret::OPEN;
        NodeKeys { credentials: secret.credentials(Right::Node), doors, only_this_machine }
    }
}

impl Sessions {
    /// The sessions of a node.
    pub fn of_node(secret: &NodeSecret) -> Self {
        Self::with_keys(NodeKeys::of(secret))
    }

    /// The sessions of a node with these keys.
    pub(crate) fn with_keys(keys: NodeKeys) -> Self {
        let NodeKeys { credentials, doors, only_this_machine } = keys;
        let host = Some(Host { doors, only_this_machine, budgets: Default::default() });
        Sessions { host, ..Sessions::of_client(credentials) }
    }

    /// The sessions of a client or an administrator.
    pub fn of_client(credentials: Credentials) -> Self {
        Sessions {
            mac_key: handshake::mac_key(&credentials.shared),
            credentials,
            process: rand::random(),
            cipher: Cipher::Noise,
            host: None,
            by_index: HashMap::new(),
            peers: HashMap::new(),
            waiting_bytes: 0,
            has_lost: false,
            clients: 0,
            answered: Answered::default(),
            outgoing: Vec::new(),
            swept: None,
            opened: vec![0; crate::format::DATAGRAM_BYTES_MAX].into(),
            buffers: Buffers::default(),
        }
    }

    /// Sets the cipher. All processes of a cluster need the same.
    #[must_use]
    pub(crate) fn with_cipher(self, cipher: Cipher) -> Self {
        Sessions { cipher, ..self }
    }

    /// The right of this process.
    pub fn right(&self) -> Right {
        self.credentials.right
    }

    /// Seals a payload for an address. Returns `None` if the payload waits for a session.
    pub fn seal(
        &mut self,
        to: SocketAddr,
        callee: Callee,
        payload: &[u8],
        now: Instant,
    ) -> Option<&[u8]> {
        let peer = self.peers.entry(to).or_insert_with(|| Peer::new(now));
        if let Some(index) = peer.current {
            let is_old =
                callee == Callee::Node && self.by_index[&index].is_older_than(RENEW_AFTER, now);
            if is_old {
                self.call(to, now);
            }
            let session = self.by_index.get_mut(&index).expect("a peer's current session is kept");
            return Some(session.seal(payload, now, &mut self.buffers));
        }
        if self.waiting_bytes + payload.len() <= WAITING_BYTES_MAX {
            self.waiting_bytes += payload.len();
            self.waiting_bytes -= peer.keep_waiting(payload, now);
        }
        match callee {
            Callee::Node => self.call(to, now),
            Callee::Client => self.knock(to, false, now),
        }
        None
    }

    /// Opens a datagram. Returns `None` if it concerns only sessions. Then there may be something
    /// to send.
    ///
    /// # Errors
    /// If the datagram is dropped.
    pub fn open(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Result<Option<Opened<'_>>, SessionError> {
        match Envelope::open(datagram)? {
            Envelope::Sealed { to, number, sealed } => {
                return self.on_sealed(from, (to, number), sealed, now);
            }
            Envelope::Hello { right, from: index, head, mac, noise } => {
                self.on_hello((from, index), right, (head, mac, noise), now)?;
            }
            Envelope::Welcome { to, noise } => self.on_welcome(from, to, noise, now)?,
            Envelope::Knock { is_lost } => self.on_knock(from, is_lost, now),
            Envelope::NoEntry { to, why } => self.on_no_entry(from, to, why)?,
        }
        Ok(None)
    }

    /// Takes the datagrams to send as they are.
    pub fn take_outgoing(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        std::mem::take(&mut self.outgoing)
    }

    fn on_sealed(
        &mut self,
        from: SocketAddr,
        (index, number): (Index, u64),
        sealed: &[u8],
        now: Instant,
    ) -> Result<Option<Opened<'_>>, SessionError> {
        let Some(session) = self.by_index.get_mut(&index).filter(|session| session.address == from)
        else {
            self.ask_anew(from, now);
            return Err(SessionError::Unknown);
        };
        let length = session.open(number, sealed, now, &mut self.opened)?;
        let right = session.right;
        if !std::mem::replace(&mut session.is_confirmed, true) {
            self.confirm(from, index, now);
        }
        let payload = &self.opened[..length];
        Ok(Some(Opened { right, payload }).filter(|_| length > 0))
    }

    fn insert(&mut self, index: Index, session: Session) {
        self.clients += usize::from(session.right == Right::Client);
        self.by_index.insert(index, session);
    }

    fn remove(&mut self, index: Index) -> Option<Session> {
        let removed = self.by_index.remove(&index)?;
        self.clients -= usize::from(removed.right == Right::Client);
        Some(removed)
    }

    /// Makes room for one more client. The removed client can call again.
    fn remove_least_used(&mut self) {
        let clients = self.by_index.iter().filter(|(_, session)| session.right == Right::Client);
        let least = clients.min_by_key(|(_, session)| session.last_used()).map(|(index, _)| *index);
        if let Some(session) = least.and_then(|index| self.remove(index))
            && let Some(peer) = self.peers.get_mut(&session.address)
        {
            peer.forget(|index| Some(index) == least);
        }
    }

    /// Is there a session with this address?
    pub fn has_met(&self, address: SocketAddr) -> bool {
        self.peers.get(&address).is_some_and(|peer| peer.current.is_some())
    }

    /// Has a session begun after something was lost for lack of one? Then it must be sent again.
    /// Returns true only once.
    pub fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.has_lost)
    }

    /// Removes unused sessions and peers now and then.
    pub fn forget_old(&mut self, now: Instant) {
        let (every, idle) =
            if self.by_index.len() < SESSIONS_MAX { (SWEEP_EVERY, IDLE) } else { limits::CROWDED };
        if self.swept.is_some_and(|swept| now.saturating_duration_since(swept) < every) {
            return;
        }
        self.swept = Some(now);
        self.by_index.retain(|_, session| !session.is_unused_for(idle, now));
        self.clients =
            self.by_index.values().filter(|session| session.right == Right::Client).count();
        for peer in self.peers.values_mut() {
            peer.forget(|index| !self.by_index.contains_key(&index));
            self.waiting_bytes -= peer.drop_late(now);
        }
        self.peers.retain(|_, peer| !peer.is_forgotten(now));
    }
}

#[cfg(test)]
mod tests;
