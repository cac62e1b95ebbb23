//! One session, and all that a process has to do with one address.

use super::envelope::{self, Index, SEALED_HEAD_BYTES, SessionError, TAG_BYTES};
use super::handshake::Calling;
use super::limits::{
    AGAIN_AFTER, CALL_TIME_MAX, PEER_WAITING_BYTES_MAX, UNPROVED, WAITING_TIME_MAX,
};
use super::window::Window;
use crate::secret::Right;
use snow::StatelessTransportState;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// So many sessions that are not proved yet are kept for one address: it may have been given in
/// somebody else's name.
const OFFERED_MAX: usize = 4;

/// A session: keys that two processes have agreed on.
#[derive(Debug)]
pub(super) struct Session {
    transport: StatelessTransportState,
    /// Of the other.
    pub(super) address: SocketAddr,
    /// What the other may do.
    pub(super) right: Right,
    /// Has the other proved that it is at its address?
    pub(super) is_confirmed: bool,
    theirs: Index,
    next_number: u64,
    window: Window,
    made: Instant,
    used: Instant,
}

/// What sealing works in: reused.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    filled: Vec<u8>,
    datagram: Vec<u8>,
}

impl Session {
    pub(super) fn new(
        transport: StatelessTransportState,
        address: SocketAddr,
        right: Right,
        theirs: Index,
        now: Instant,
    ) -> Self {
        let (window, next_number, is_confirmed) = (Window::default(), 0, false);
        Session {
            transport,
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

    /// The session, with an other end that has proved its address.
    pub(super) fn confirmed(self) -> Self {
        Session { is_confirmed: true, ..self }
    }

    /// Is this end the caller's?
    pub(super) fn is_callers(&self) -> bool {
        self.transport.is_initiator()
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

    /// The datagram that brings this payload.
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
        self.transport
            .write_message(number, filled, sealed)
            .expect("a payload that fits a datagram");
        datagram
    }

    /// Opens what was sealed into a buffer: how long the payload is.
    pub(super) fn open(
        &mut self,
        number: u64,
        sealed: &[u8],
        now: Instant,
        opened: &mut [u8],
    ) -> Result<usize, SessionError> {
        let length = self
            .transport
            .read_message(number, sealed, opened)
            .map_err(|_| SessionError::Forged)?;
        if !self.window.is_new(number) {
            return Err(SessionError::Replayed);
        }
        self.used = now;
        let filler = opened[..length].last().map_or(0, |filler| 1 + usize::from(*filler));
        length.checked_sub(filler).ok_or(SessionError::Forged)
    }
}

/// All that a process has to do with one address.
#[derive(Debug)]
pub(super) struct Peer {
    /// The session that is used.
    pub(super) current: Option<Index>,
    /// The one before: something may still come that was sealed for it.
    previous: Option<Index>,
    /// Those that the other has not used yet.
    offered: VecDeque<Index>,
    call: Option<Call>,
    /// Something was lost for want of a session.
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

/// What to do for a session.
pub(super) enum CallAgain {
    /// A hello is under way.
    NotYet,
    /// The same hello, once more: whichever of its answers comes is good.
    Same(Vec<u8>),
    /// There is none yet, or it is too old.
    Anew,
}

/// What has waited for a session.
pub(super) struct Waited {
    /// What is still worth sending.
    pub(super) payloads: Vec<Vec<u8>>,
    /// What it all took, in bytes.
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

    /// Lets a payload wait. Returns how many bytes do not wait any more: the oldest, or this one,
    /// where there are too many.
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

    /// Takes out what waits.
    pub(super) fn take_waiting(&mut self, now: Instant) -> Waited {
        let bytes = std::mem::take(&mut self.waiting_bytes);
        let is_in_time =
            |since: &Instant| now.saturating_duration_since(*since) <= WAITING_TIME_MAX;
        let waiting = self.waiting.drain(..).filter(|(since, _)| is_in_time(since));
        Waited { payloads: waiting.map(|(_, payload)| payload).collect(), bytes }
    }

    /// Drops what has waited too long. Returns how many bytes that are.
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

    /// Remembers a session that the other may use. Returns one that it may not any more.
    pub(super) fn offer(&mut self, index: Index) -> Option<Index> {
        self.offered.push_back(index);
        if self.offered.len() > OFFERED_MAX { self.offered.pop_front() } else { None }
    }

    /// Uses another session from now on. Returns one that is not needed any more.
    pub(super) fn change_to(&mut self, index: Index) -> Option<Index> {
        self.offered.retain(|offered| *offered != index);
        let before = self.current.replace(index);
        std::mem::replace(&mut self.previous, before)
    }

    /// How to call now.
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

    /// Ends the call with this index, with the host's welcome: the keys, and the host's index.
    pub(super) fn end_call(
        &mut self,
        index: Index,
        noise: &[u8],
    ) -> Result<(StatelessTransportState, Index), SessionError> {
        let call = self.call.take_if(|call| call.index == index).ok_or(SessionError::Unknown)?;
        call.calling.end(noise).map_err(|(calling, error)| {
            self.call = Some(Call { calling, ..call });
            error
        })
    }

    /// May the other be asked to call? It is from now on.
    pub(super) fn may_knock(&mut self, now: Instant) -> bool {
        let may =
            self.knocked.is_none_or(|knocked| now.saturating_duration_since(knocked) > AGAIN_AFTER);
        if may {
            self.knocked = Some(now);
        }
        may
    }

    /// Forgets sessions that are gone.
    pub(super) fn forget(&mut self, is_gone: impl Fn(Index) -> bool) {
        self.current = self.current.filter(|index| !is_gone(*index));
        self.previous = self.previous.filter(|index| !is_gone(*index));
        self.offered.retain(|index| !is_gone(*index));
    }

    /// Is there nothing to do with it any more?
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
