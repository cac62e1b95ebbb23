//! One session, and everything that a process knows of one address.

use super::envelope::{self, Index, SEALED_HEAD_BYTES, SessionError, TAG_BYTES};
use super::handshake::{Calling, Keys};
use super::limits::{
    AGAIN_AFTER, CALL_TIME_MAX, PEER_WAITING_BYTES_MAX, UNPROVED, WAITING_TIME_MAX,
};
use super::window::Window;
use crate::secret::Right;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The most unproved sessions for one address: an attacker may have forged the address.
const OFFERED_MAX: usize = 4;

/// A session: keys that two processes have agreed on.
#[derive(Debug)]
pub(super) struct Session {
    keys: Keys,
    /// The peer's address.
    pub(super) address: SocketAddr,
    /// The peer's right.
    pub(super) right: Right,
    /// Has the peer proved that it is at its address?
    pub(super) is_confirmed: bool,
    theirs: Index,
    next_number: u64,
    window: Window,
    made: Instant,
    used: Instant,
}

/// Buffers for sealing, reused.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    filled: Vec<u8>,
    datagram: Vec<u8>,
}

impl Session {
    pub(super) fn new(
        keys: Keys,
        address: SocketAddr,
        right: Right,
        theirs: Index,
        now: Instant,
    ) -> Self {
        let (window, next_number, is_confirmed) = (Window::default(), 0, false);
        Session {
            keys,
            address,
            right,
            is_confirmed,
            theirs,
            next_number,
            window,
            made: now,
            used: now,
        }
    }

    /// Marks the session's peer as having proved its address.
    pub(super) fn confirmed(self) -> Self {
        Session { is_confirmed: true, ..self }
    }

    /// Is this process the caller?
    pub(super) fn is_callers(&self) -> bool {
        self.keys.is_callers()
    }

    pub(super) fn is_older_than(&self, age: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.made) > age
    }

    pub(super) fn last_used(&self) -> Instant {
        self.used
    }

    pub(super) fn is_unused_for(&self, time: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.used) > if self.is_confirmed { time } else { UNPROVED }
    }

    /// Seals a payload into a datagram.
    pub(super) fn seal<'a>(
        &mut self,
        payload: &[u8],
        now: Instant,
        buffers: &'a mut Buffers,
    ) -> &'a [u8] {
        let number = self.next_number;
        (self.next_number, self.used) = (number + 1, now);
        let shortest = envelope::HELLO_BYTES - SEALED_HEAD_BYTES - TAG_BYTES - 1;
        let filler = shortest.saturating_sub(payload.len());
        let Buffers { filled, datagram } = buffers;
        filled.clear();
        filled.extend_from_slice(payload);
        filled.resize(payload.len() + filler, 0);
        filled.push(filler as u8);
        datagram.clear();
        datagram.extend_from_slice(&envelope::sealed_head(self.theirs, number));
        datagram.resize(SEALED_HEAD_BYTES + filled.len() + TAG_BYTES, 0);
        let sealed = &mut datagram[SEALED_HEAD_BYTES..];
        self.keys.seal(number, filled, sealed);
        datagram
    }

    /// Opens a sealed payload into a buffer. Returns the payload's length.
    pub(super) fn open(
        &mut self,
        number: u64,
        sealed: &[u8],
        now: Instant,
        opened: &mut [u8],
    ) -> Result<usize, SessionError> {
        let length = self.keys.open(number, sealed, opened)?;
        if !self.window.is_new(number) {
            return Err(SessionError::Replayed);
        }
        self.used = now;
        let filler = opened[..length].last().map_or(0, |filler| 1 + usize::from(*filler));
        length.checked_sub(filler).ok_or(SessionError::Forged)
    }
}

/// Everything that a process knows of one address.
#[derive(Debug)]
pub(super) struct Peer {
    /// The session in use.
    pub(super) current: Option<Index>,
    /// The session before. Late datagrams may still belong to it.
    previous: Option<Index>,
    /// Sessions that the peer has not used yet.
    offered: VecDeque<Index>,
    call: Option<Call>,
    /// Something was lost for lack of a session.
    pub(super) has_lost: bool,
    knocked: Option<Instant>,
    waiting: VecDeque<(Instant, Vec<u8>)>,
    waiting_bytes: usize,
    met: Instant,
}

#[derive(Debug)]
struct Call {
    calling: Calling,
    index: Index,
    hello: Vec<u8>,
    begun: Instant,
    sent: Instant,
}

/// What to do to get a session.
pub(super) enum CallAgain {
    /// Wait: a hello has just been sent.
    NotYet,
    /// Retransmit the same hello: an answer to any copy is valid.
    Same(Vec<u8>),
    /// Make a new hello.
    Anew,
}

/// The payloads that have waited for a session.
pub(super) struct Waited {
    /// The payloads that are not too late.
    pub(super) payloads: Vec<Vec<u8>>,
    /// The size of all payloads, in bytes.
    pub(super) bytes: usize,
}

impl Peer {
    pub(super) fn new(now: Instant) -> Self {
        let (current, previous, call, knocked) = (None, None, None, None);
        let (offered, has_lost, waiting, waiting_bytes) =
            (VecDeque::new(), false, VecDeque::new(), 0);
        Peer {
            current,
            previous,
            offered,
            call,
            has_lost,
            knocked,
            waiting,
            waiting_bytes,
            met: now,
        }
    }

    /// Adds a waiting payload. Returns how many bytes were dropped: above the limit, the oldest
    /// payloads are dropped, or this one.
    pub(super) fn keep_waiting(&mut self, payload: &[u8], now: Instant) -> usize {
        self.waiting.push_back((now, payload.to_vec()));
        self.waiting_bytes += payload.len();
        let before = self.waiting_bytes;
        while self.waiting_bytes > PEER_WAITING_BYTES_MAX
            && let Some((_, dropped)) = self.waiting.pop_front()
        {
            self.waiting_bytes -= dropped.len();
        }
        before - self.waiting_bytes
    }

    /// Takes all waiting payloads.
    pub(super) fn take_waiting(&mut self, now: Instant) -> Waited {
        let bytes = std::mem::take(&mut self.waiting_bytes);
        let is_in_time =
            |since: &Instant| now.saturating_duration_since(*since) <= WAITING_TIME_MAX;
        let waiting = self.waiting.drain(..).filter(|(since, _)| is_in_time(since));
        Waited { payloads: waiting.map(|(_, payload)| payload).collect(), bytes }
    }

    /// Drops payloads that have waited too long. Returns how many bytes were dropped.
    pub(super) fn drop_late(&mut self, now: Instant) -> usize {
        let before = self.waiting_bytes;
        while let Some((since, payload)) = self.waiting.front()
            && now.saturating_duration_since(*since) > WAITING_TIME_MAX
        {
            self.waiting_bytes -= payload.len();
            self.waiting.pop_front();
        }
        before - self.waiting_bytes
    }

    /// Adds a session that the peer may use. Returns one that is no longer valid.
    pub(super) fn offer(&mut self, index: Index) -> Option<Index> {
        self.offered.push_back(index);
        if self.offered.len() > OFFERED_MAX { self.offered.pop_front() } else { None }
    }

    /// Changes to another session. Returns one that is no longer needed.
    pub(super) fn change_to(&mut self, index: Index) -> Option<Index> {
        self.offered.retain(|offered| *offered != index);
        let before = self.current.replace(index);
        std::mem::replace(&mut self.previous, before)
    }

    /// What to do to get a session now.
    pub(super) fn call_again(&mut self, now: Instant) -> CallAgain {
        match &mut self.call {
            Some(call) if now.saturating_duration_since(call.begun) > CALL_TIME_MAX => {
                CallAgain::Anew
            }
            Some(call) if now.saturating_duration_since(call.sent) > AGAIN_AFTER => {
                call.sent = now;
                CallAgain::Same(call.hello.clone())
            }
            Some(_) => CallAgain::NotYet,
            None => CallAgain::Anew,
        }
    }

    pub(super) fn begin_call(
        &mut self,
        calling: Calling,
        index: Index,
        hello: Vec<u8>,
        now: Instant,
    ) {
        self.call = Some(Call { calling, index, hello, begun: now, sent: now });
    }

    pub(super) fn is_calling_as(&self, index: Index) -> bool {
        self.call.as_ref().is_some_and(|call| call.index == index)
    }

    /// Ends the call with this index. Returns the session's keys and the host's index.
    pub(super) fn end_call(
        &mut self,
        index: Index,
        noise: &[u8],
    ) -> Result<(Keys, Index), SessionError> {
        let call = self.call.take_if(|call| call.index == index).ok_or(SessionError::Unknown)?;
        call.calling.end(noise).map_err(|(calling, error)| {
            self.call = Some(Call { calling, ..call });
            error
        })
    }

    /// May this process knock now? If so, records that it does.
    pub(super) fn may_knock(&mut self, now: Instant) -> bool {
        let may =
            self.knocked.is_none_or(|knocked| now.saturating_duration_since(knocked) > AGAIN_AFTER);
        if may {
            self.knocked = Some(now);
        }
        may
    }

    /// Removes sessions that no longer exist.
    pub(super) fn forget(&mut self, is_gone: impl Fn(Index) -> bool) {
        self.current = self.current.filter(|index| !is_gone(*index));
        self.previous = self.previous.filter(|index| !is_gone(*index));
        self.offered.retain(|index| !is_gone(*index));
    }

    /// Is nothing left to remember of this peer?
    pub(super) fn is_forgotten(&self, now: Instant) -> bool {
        let has_none = self.current.is_none() && self.previous.is_none() && self.offered.is_empty();
        let was_just_called = self
            .call
            .as_ref()
            .is_some_and(|call| now.saturating_duration_since(call.sent) < UNPROVED);
        let is_new = now.saturating_duration_since(self.met) < UNPROVED;
        has_none && self.waiting.is_empty() && !was_just_called && !is_new
    }
}
