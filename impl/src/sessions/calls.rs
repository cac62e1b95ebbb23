//! Calls: how two processes get a session, and how a node asks a client to call.

use super::Sessions;
use super::envelope::{self, Index, NoEntry, SessionError};
use super::handshake;
use super::limits::{CLIENT_SESSIONS_MAX, SESSIONS_MAX};
use super::peer::{CallAgain, Peer, Session};
use crate::secret::Right;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

impl Sessions {
    pub(super) fn on_hello(
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
        let (cipher, process) = (self.cipher, self.process);
        let (transport, welcome) =
            handshake::welcome(cipher, (private, shared), process, keys, (callers, index))?;
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

    pub(super) fn on_welcome(
        &mut self,
        from: SocketAddr,
        to: Index,
        noise: &[u8],
        now: Instant,
    ) -> Result<(), SessionError> {
        let peer = self.peers.get_mut(&from).ok_or(SessionError::Unknown)?;
        let (transport, hosts) = peer.end_call(to, noise)?;
        if self.by_index.contains_key(&to) {
            // Since the call, a caller of this host got the same index. The peer must be called
            // again.
            return Err(SessionError::TooMany);
        }
        let session = Session::new(transport, from, Right::Node, hosts, now).confirmed();
        self.insert(to, session);
        self.confirm(from, to, now);
        Ok(())
    }

    /// Handles a knock. A client calls any node that knocks. A node calls only a known peer.
    pub(super) fn on_knock(&mut self, from: SocketAddr, is_lost: bool, now: Instant) {
        let is_known = self.peers.contains_key(&from);
        if is_known || self.host.is_none() && self.peers.len() < SESSIONS_MAX {
            self.peers.entry(from).or_insert_with(|| Peer::new(now)).has_lost |= is_lost;
            self.call(from, now);
        }
    }

    pub(super) fn on_no_entry(
        &mut self,
        from: SocketAddr,
        to: Index,
        why: NoEntry,
    ) -> Result<(), SessionError> {
        let is_called = self.peers.get(&from).is_some_and(|peer| peer.is_calling_as(to));
        Err(if is_called { SessionError::NoEntry(why) } else { SessionError::Unknown })
    }

    /// Starts using a session, and sends what has waited for it.
    pub(super) fn confirm(&mut self, address: SocketAddr, index: Index, now: Instant) {
        let peer = self.peers.entry(address).or_insert_with(|| Peer::new(now));
        let (dropped, waited) = (peer.change_to(index), peer.take_waiting(now));
        self.has_lost |= std::mem::take(&mut peer.has_lost);
        self.waiting_bytes -= waited.bytes;
        dropped.and_then(|dropped| self.remove(dropped));
        let session = self.by_index.get_mut(&index).expect("it was entered before");
        // A host waits for the first datagram, even if it is empty: it proves the caller's address.
        let nothing = if waited.payloads.is_empty() && session.is_callers() {
            &[Vec::new()][..]
        } else {
            &[]
        };
        for payload in waited.payloads.iter().chain(nothing) {
            self.outgoing.push((address, session.seal(payload, now, &mut self.buffers).to_vec()));
        }
    }

    pub(super) fn call(&mut self, to: SocketAddr, now: Instant) {
        let peer = self.peers.entry(to).or_insert_with(|| Peer::new(now));
        let hello = match peer.call_again(now) {
            CallAgain::NotYet => return,
            CallAgain::Same(hello) => hello,
            CallAgain::Anew => {
                let index = free_index(&self.by_index);
                let Sessions { cipher, credentials, mac_key, process, .. } = self;
                let (calling, hello) =
                    handshake::hello(*cipher, credentials, mac_key, *process, index);
                peer.begin_call(calling, index, hello.clone(), now);
                hello
            }
        };
        self.outgoing.push((to, hello));
    }

    /// Handles a datagram of an unknown session, for example from before this process's start: asks
    /// for a new session.
    pub(super) fn ask_anew(&mut self, from: SocketAddr, now: Instant) {
        if self.host.is_some() {
            self.knock(from, true, now);
        } else {
            self.on_knock(from, true, now);
        }
    }

    /// Asks an address to call this process. Only a host can be called.
    pub(super) fn knock(&mut self, to: SocketAddr, is_lost: bool, now: Instant) {
        let may =
            self.host.is_some() && self.peers.get_mut(&to).is_none_or(|peer| peer.may_knock(now));
        if may {
            self.outgoing.push((to, envelope::knock(is_lost)));
        }
    }
}

/// A random index that no session has.
fn free_index(sessions: &HashMap<Index, Session>) -> Index {
    loop {
        let index = rand::random();
        if !sessions.contains_key(&index) {
            return index;
        }
    }
}
