//! Sessions: every datagram between processes is sealed for its receiver, by a sender that has
//! proved who it is.
//!
//! ```text
//! caller                                    host, always a node
//!   │ hello: my right, my index ──────────────▶│   without the key of the right: "no entry", or nothing
//!   │◀──────────── welcome: your index, mine   │
//!   │ sealed, number 0 ───────────────────────▶│   now the caller has proved that it is at its address
//!   │◀────────────────────── sealed, number 0  │
//! ```
//!
//! * Nodes call nodes, clients call nodes. A node that has something for a client without a
//!   session, such as the answer to a request that another node has forwarded, knocks: then the
//!   client calls. A node that was started again and gets what is sealed for a session of before
//!   knocks too.
//! * What is to be sent to somebody without a session waits here for a moment. It may be lost, as
//!   everything that travels.
//! * A session is of two addresses. What is sealed for it and comes from elsewhere, comes twice, or
//!   cannot be opened, is dropped.
//! * To an address that has not proved itself nothing is sent that is longer than what came from
//!   there.
//! * What is kept is bounded: sessions, what waits, and how many handshakes a host takes part in.
//!   Clients leave room for nodes.
//! * A hello is sent again as it is until it is answered, however long its way is. A host answers
//!   it once: to whoever sends it from elsewhere it is a replay.
//!
//! The cipher and the handshake are `handshake`'s, the formats `envelope`'s.

mod answered;
mod envelope;
mod handshake;
mod limits;
mod peer;
mod socket;
mod window;

pub(crate) use envelope::SEALED_EXTRA_BYTES;
pub use envelope::{NoEntry, SessionError};
pub(crate) use socket::passes;
pub use socket::{Heard, SealedSocket};

use crate::secret::{Credentials, NodeSecret, Right};
use answered::Answered;
use envelope::{Envelope, Index};
use handshake::{Doors, ProcessNumber};
use limits::{
    Budget, CLIENT_SESSIONS_MAX, IDLE, RENEW_AFTER, SESSIONS_MAX, SWEEP_EVERY, WAITING_BYTES_MAX,
};
use peer::{Buffers, CallAgain, Peer, Session};
use ring::hmac;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

/// What was sealed, opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// What its sender may do.
    pub right: Right,
    /// What it sent.
    pub payload: &'a [u8],
}

/// Whom something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A node: it can be called.
    Node,
    /// A client: it calls, when it hears a knock.
    Client,
}

/// All sessions of one process.
#[derive(Debug)]
pub struct Sessions {
    credentials: Credentials,
    mac_key: hmac::Key,
    process: ProcessNumber,
    /// Of a node: it is called by others.
    host: Option<Host>,
    by_index: HashMap<Index, Session>,
    peers: HashMap<SocketAddr, Peer>,
    /// How many sessions clients have.
    clients: usize,
    answered: Answered,
    /// What waits for sessions, in bytes.
    waiting_bytes: usize,
    /// Something was lost for want of a session that has begun since.
    has_lost: bool,
    /// To be sent as it is.
    outgoing: Vec<(SocketAddr, Vec<u8>)>,
    swept: Option<Instant>,
    opened: Box<[u8]>,
    buffers: Buffers,
}

/// What a host needs besides.
#[derive(Debug)]
struct Host {
    doors: Doors,
    only_this_machine: bool,
    /// For handshakes, by right: clients leave nodes theirs.
    budgets: [Budget; 3],
}

impl Sessions {
    /// Those of a node.
    pub fn of_node(secret: &NodeSecret) -> Self {
        let doors = Doors::new(secret.private(), |right| secret.shared(right));
        let only_this_machine = *secret == NodeSecret::OPEN;
        let host = Some(Host { doors, only_this_machine, budgets: Default::default() });
        Sessions { host, ..Sessions::of_client(secret.credentials(Right::Node)) }
    }

    /// Those of a client or an administrator.
    pub fn of_client(credentials: Credentials) -> Self {
        Sessions {
            mac_key: handshake::mac_key(&credentials.shared),
            credentials,
            process: rand::random(),
            host: None,
            by_index: HashMap::new(),
            peers: HashMap::new(),
            waiting_bytes: 0,
            has_lost: false,
            clients: 0,
            answered: Answered::default(),
            outgoing: Vec::new(),
            swept: None,
            opened: vec![0; crate::wire::DATAGRAM_BYTES_MAX].into(),
            buffers: Buffers::default(),
        }
    }

    /// What this process may do.
    pub fn right(&self) -> Right {
        self.credentials.right
    }

    /// The datagram that brings a payload to an address; `None` where it waits for a session.
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

    /// What a datagram brings: nothing where it has to do with sessions alone. Then there may be
    /// something to send.
    ///
    /// # Errors
    /// Where it is dropped.
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

    /// What is to be sent, as it is.
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

    fn on_hello(
        &mut self,
        (from, callers): (SocketAddr, Index),
        right: Right,
        (head, mac, noise): (&[u8], [u8; envelope::MAC_BYTES], &[u8]),
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(host) = &mut self.host else { return Err(SessionError::Handshake) };
        let (shared, mac_key) = host.doors.of(right);
        let has_secret = handshake::is_from_holder(mac_key, head, noise, mac);
        if host.only_this_machine && !from.ip().is_loopback() {
            self.outgoing.push((from, envelope::no_entry(callers, NoEntry::OtherMachine)));
            return Err(SessionError::OtherMachine);
        }
        if !has_secret {
            self.outgoing.push((from, envelope::no_entry(callers, NoEntry::WrongSecret)));
            return Err(SessionError::WrongSecret);
        }
        match self.answered.answer_to(mac, from) {
            Some(Ok(welcome)) => {
                self.outgoing.push((from, welcome));
                return Ok(());
            }
            Some(Err(error)) => return Err(error),
            None => {}
        }
        if !host.budgets[right as usize].allows_one_more(now) || self.by_index.len() >= SESSIONS_MAX
        {
            return Err(SessionError::TooMany);
        }
        let index = free_index(&self.by_index);
        let (keys, private) = ((head, noise), &host.doors.private);
        let (transport, welcome) =
            handshake::welcome((private, shared), self.process, keys, (callers, index))?;
        self.answered.remember(mac, from, &welcome);
        self.outgoing.push((from, welcome));
        if right == Right::Client && self.clients >= CLIENT_SESSIONS_MAX {
            self.remove_least_used();
        }
        self.insert(index, Session::new(transport, from, right, callers, now));
        let dropped = self.peers.entry(from).or_insert_with(|| Peer::new(now)).offer(index);
        dropped.and_then(|dropped| self.remove(dropped));
        Ok(())
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

    /// Makes room for one more client. Whoever comes back calls again.
    fn remove_least_used(&mut self) {
        let clients = self.by_index.iter().filter(|(_, session)| session.right == Right::Client);
        let least = clients.min_by_key(|(_, session)| session.last_used()).map(|(index, _)| *index);
        if let Some(session) = least.and_then(|index| self.remove(index))
            && let Some(peer) = self.peers.get_mut(&session.address)
        {
            peer.forget(|index| Some(index) == least);
        }
    }

    fn on_welcome(
        &mut self,
        from: SocketAddr,
        to: Index,
        noise: &[u8],
        now: Instant,
    ) -> Result<(), SessionError> {
        let peer = self.peers.get_mut(&from).ok_or(SessionError::Unknown)?;
        let (transport, hosts) = peer.end_call(to, noise)?;
        if self.by_index.contains_key(&to) {
            // Since the call a caller of this host was given the same index: to be called again.
            return Err(SessionError::TooMany);
        }
        let session = Session::new(transport, from, Right::Node, hosts, now).confirmed();
        self.insert(to, session);
        self.confirm(from, to, now);
        Ok(())
    }

    /// Somebody asks to be called. A client calls whoever asks, a node only whom it knows.
    fn on_knock(&mut self, from: SocketAddr, is_lost: bool, now: Instant) {
        let is_known = self.peers.contains_key(&from);
        if is_known || self.host.is_none() && self.peers.len() < SESSIONS_MAX {
            self.peers.entry(from).or_insert_with(|| Peer::new(now)).has_lost |= is_lost;
            self.call(from, now);
        }
    }

    /// Was there ever a session with this address?
    pub fn has_met(&self, address: SocketAddr) -> bool {
        self.peers.get(&address).is_some_and(|peer| peer.current.is_some())
    }

    /// Has a session just begun after something was lost for want of it? Then that is to be sent
    /// again. Says so once.
    pub fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.has_lost)
    }

    fn on_no_entry(
        &mut self,
        from: SocketAddr,
        to: Index,
        why: NoEntry,
    ) -> Result<(), SessionError> {
        let is_called = self.peers.get(&from).is_some_and(|peer| peer.is_calling_as(to));
        Err(if is_called { SessionError::NoEntry(why) } else { SessionError::Unknown })
    }

    /// A session can be used from now on; what waited for it is sent.
    fn confirm(&mut self, address: SocketAddr, index: Index, now: Instant) {
        let peer = self.peers.entry(address).or_insert_with(|| Peer::new(now));
        let (dropped, waited) = (peer.change_to(index), peer.take_waiting(now));
        self.has_lost |= std::mem::take(&mut peer.has_lost);
        self.waiting_bytes -= waited.bytes;
        dropped.and_then(|dropped| self.remove(dropped));
        let session = self.by_index.get_mut(&index).expect("it was entered before");
        // A host waits for the first datagram, whatever is in it: it proves the caller's address.
        let nothing = if waited.payloads.is_empty() && session.is_callers() {
            &[Vec::new()][..]
        } else {
            &[]
        };
        for payload in waited.payloads.iter().chain(nothing) {
            self.outgoing.push((address, session.seal(payload, now, &mut self.buffers).to_vec()));
        }
    }

    fn call(&mut self, to: SocketAddr, now: Instant) {
        let peer = self.peers.entry(to).or_insert_with(|| Peer::new(now));
        let hello = match peer.call_again(now) {
            CallAgain::NotYet => return,
            CallAgain::Same(hello) => hello,
            CallAgain::Anew => {
                let index = free_index(&self.by_index);
                let (calling, hello) =
                    handshake::hello(&self.credentials, &self.mac_key, self.process, index);
                peer.begin_call(calling, index, hello.clone(), now);
                hello
            }
        };
        self.outgoing.push((to, hello));
    }

    /// Somebody has sent what is sealed for a session that is not known here: one of before this
    /// process, perhaps. There is to be a new one.
    fn ask_anew(&mut self, from: SocketAddr, now: Instant) {
        if self.host.is_some() {
            self.knock(from, true, now)
        } else {
            self.on_knock(from, true, now)
        }
    }

    /// Asks an address to call. Only a host can be called.
    fn knock(&mut self, to: SocketAddr, is_lost: bool, now: Instant) {
        let may =
            self.host.is_some() && self.peers.get_mut(&to).is_none_or(|peer| peer.may_knock(now));
        if may {
            self.outgoing.push((to, envelope::knock(is_lost)));
        }
    }

    /// Forgets now and then what nobody uses any more.
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

/// An index that no session has, and that nobody can guess.
fn free_index(sessions: &HashMap<Index, Session>) -> Index {
    loop {
        let index = rand::random();
        if !sessions.contains_key(&index) {
            return index;
        }
    }
}

#[cfg(test)]
mod tests;
