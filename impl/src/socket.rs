//! The UDP socket of a node: waits for datagrams, receives all there are, and sends without
//! blocking the node for long.

mod sending;

use crate::address::{Callers, Members, client_id};
use crate::admission::Queue;
use crate::counters::Counters;
use crate::doorkeeper::{Doorkeeper, Refused, Verdict, right_for};
use crate::fragments::Cutter;
use crate::identity::Sender;
use crate::inspect::{Numbered, Question};
use crate::interpreter::Network;
use crate::reassembly::{Limits, Reassembly};
use crate::secret::{NodeSecret, Right};
use crate::sessions::{Opened, SessionError, Sessions};
use crate::stamp::{self, Stamps};
use crate::udp::Udp;
use crate::wire::{DATAGRAM_BYTES_MAX, Datagram, Letter};
use dynamo_model::message::{Answer, Message, Refusal};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use stateright::actor::Id;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// How long fragments may wait for room in the operating system's buffer, all of a batch together.
/// One message can be larger than the buffer: if its fragments did not wait, the same ones would be
/// lost at each try. Other datagrams do not wait.
const SEND_WITHIN: Duration = Duration::from_millis(20);

/// How long the socket is polled before the thread sleeps. In a busy cluster the next datagram is a
/// few microseconds away, and sleeping and waking costs more. With one client, polling halves the
/// latency of a get and takes a third off its processor time. An idle node pays 20 µs twenty times
/// a second.
const LINGER: Duration = Duration::from_micros(20);
/// The shortest wait that the operating system supports. A shorter one would wait for ever.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// The content of one datagram.
#[derive(Debug)]
pub enum Received {
    /// Nothing for the node. The datagram was dropped, is a fragment or a handshake message, or
    /// waits in the queue for strangers.
    Nothing,
    /// The messages of one sender, in order. The last fragment of a message brings the whole
    /// message.
    Messages(Id, Vec<Message>),
    /// A question about the node.
    Question(Id, Numbered<Question>),
}

/// A node's bound socket.
#[derive(Debug)]
pub struct NodeSocket {
    udp: Udp,
    /// The members' addresses.
    pub members: Members,
    /// Decides which datagrams are accepted.
    pub doorkeeper: Doorkeeper,
    sessions: Sessions,
    stamps: Stamps,
    /// Datagrams of strangers that wait until members are served.
    pub waiting: Queue,
    buffer: Box<[u8]>,
    timeout: Duration,
    /// How long fragments may still wait in this batch.
    may_wait: Duration,
    cutter: Cutter,
    /// The addresses of clients whose ids do not contain them.
    callers: Callers,
    reassembly: Reassembly,
    /// Separate, so that strangers' fragments take no room from members'.
    strangers: Reassembly,
    counters: Counters,
}

impl NodeSocket {
    /// The socket of this doorkeeper's node, with its cluster's secret.
    ///
    /// # Errors
    /// If the operating system refuses a timeout for sending.
    pub fn new(
        udp: Udp,
        members: Members,
        doorkeeper: Doorkeeper,
        secret: &NodeSecret,
    ) -> io::Result<Self> {
        udp.socket().set_write_timeout(Some(SEND_WITHIN))?;
        let buffer = vec![0; DATAGRAM_BYTES_MAX + 1].into_boxed_slice();
        let (counters, timeout, may_wait) = (Counters::default(), Duration::MAX, SEND_WITHIN);
        let (cutter, reassembly, waiting) =
            (Cutter::default(), Reassembly::default(), Queue::default());
        let strangers = Reassembly::within(Limits::STRANGERS);
        let (sessions, stamps) =
            (Sessions::of_node(secret), Stamps::new(secret, doorkeeper.parties(None).cluster));
        Ok(NodeSocket {
            udp,
            members,
            doorkeeper,
            sessions,
            stamps,
            waiting,
            buffer,
            timeout,
            may_wait,
            cutter,
            callers: Callers::default(),
            reassembly,
            strangers,
            counters,
        })
    }

    /// The next datagram; `None` if none comes in time.
    ///
    /// # Errors
    /// If the socket fails.
    pub fn receive_within(&mut self, at_most: Duration) -> io::Result<Option<Received>> {
        let start = Instant::now();
        self.may_wait = SEND_WITHIN;
        self.reassembly.forget_old(start);
        self.strangers.forget_old(start);
        self.sessions.forget_old(start);
        if at_most.is_zero() {
            return self.receive_at_once();
        }
        while start.elapsed() < LINGER {
            if let Some(received) = self.receive_at_once()? {
                return Ok(Some(received));
            }
            thread::yield_now();
        }
        let timeout = at_most.max(WAIT_MIN);
        if timeout != self.timeout {
            self.udp.socket().set_read_timeout(Some(timeout))?;
            self.timeout = timeout;
        }
        self.receive(RecvFlags::empty())
    }

    /// The next datagram that has already come, if any.
    ///
    /// # Errors
    /// If the socket fails.
    pub fn receive_at_once(&mut self) -> io::Result<Option<Received>> {
        self.receive(RecvFlags::DONTWAIT)
    }

    /// The counters of datagrams received, sent and dropped.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.dropped.note(self.reassembly.given_up(), self.strangers.given_up());
        counters
    }

    /// The stranger's datagram that has waited longest.
    pub fn next_waiting(&mut self) -> Option<Received> {
        let (from, datagram) = self.waiting.pop()?;
        Some(self.open(from, &datagram, true))
    }

    fn receive(&mut self, flags: RecvFlags) -> io::Result<Option<Received>> {
        let (length, from) = match self.udp.receive(&mut self.buffer, flags) {
            Ok(received) => received,
            // Nothing there, or only a report that an earlier send did not reach its peer.
            Err(
                Errno::AGAIN
                | Errno::INTR
                | Errno::CONNREFUSED
                | Errno::HOSTUNREACH
                | Errno::NETUNREACH,
            ) => {
                return Ok(None);
            }
            // A forged source. More datagrams may wait behind it.
            Err(Errno::AFNOSUPPORT) => {
                self.counters.dropped.not_ours += 1;
                return Ok(Some(Received::Nothing));
            }
            Err(error) => return Err(error.into()),
        };
        self.counters.datagrams_received += 1;
        if !self.members.is_at(from) {
            self.waiting.push(from, &self.buffer[..length]);
            return Ok(Some(Received::Nothing));
        }
        let buffer = std::mem::take(&mut self.buffer);
        let received = self.open(from, &buffer[..length], false);
        self.buffer = buffer;
        Ok(Some(received))
    }

    /// Opens a datagram, and sends what its session requires.
    fn open(&mut self, from: SocketAddr, datagram: &[u8], is_strangers: bool) -> Received {
        let received = self.unseal(from, datagram, is_strangers);
        self.send_outgoing();
        received
    }

    fn unseal(&mut self, from: SocketAddr, datagram: &[u8], is_strangers: bool) -> Received {
        let now = Instant::now();
        let (right, payload) = match self.sessions.open(from, datagram, now) {
            Ok(Some(Opened { right, payload })) => (right, payload),
            Ok(None) => return Received::Nothing,
            Err(error) => {
                self.note_unopened(error, from);
                return Received::Nothing;
            }
        };
        // The sender has a session, so it has proved its address.
        self.callers.remember(from);
        if let Some(question) = Numbered::<Question>::decode(payload) {
            return Received::Question(client_id(from), question);
        }
        let reassembly = if is_strangers { &mut self.strangers } else { &mut self.reassembly };
        match reassembly.receive(from, payload, now) {
            Ok(Some(letter)) => self.admit(letter, right, from, now),
            Ok(None) => Received::Nothing,
            Err(error) => {
                tracing::debug!(%from, %error, "dropped a datagram");
                self.counters.dropped.count(error);
                Received::Nothing
            }
        }
    }

    /// Counts a datagram that has no session, or could not be opened.
    fn note_unopened(&mut self, error: SessionError, from: SocketAddr) {
        match error {
            SessionError::WrongSecret => self.doorkeeper.refuse(Refused::WrongSecret, from),
            SessionError::OtherMachine => self.doorkeeper.refuse(Refused::OtherMachine, from),
            SessionError::NoEntry(_) => self.doorkeeper.refuse(Refused::NoEntry, from),
            error => {
                tracing::debug!(%from, %error, "dropped a datagram");
                self.counters.dropped.count_unopened(error);
            }
        }
    }

    /// Decides about the messages from this address.
    fn admit(&mut self, letter: Letter, right: Right, at: SocketAddr, now: Instant) -> Received {
        if let (Sender::Node(node, _), Right::Node, true) =
            (letter.parties.from, right, letter.parties.recall.asks)
        {
            self.remind(node, at, false);
        }
        match self.doorkeeper.admit(&letter.parties, right, at, &self.members, now) {
            Verdict::From(from) => {
                let messages = self.allowed(letter, right, at);
                self.counters.messages_received += messages.len() as u64;
                Received::Messages(from, messages)
            }
            Verdict::Refused(_) => Received::Nothing,
            Verdict::Unconfirmed(node) => {
                self.remind(node, at, false);
                Received::Nothing
            }
            Verdict::TwoLive(told) => {
                for (to, other) in *told {
                    self.tell_of_other(to, &other);
                }
                Received::Nothing
            }
        }
    }

    /// The messages that their sender has the right to send, with contexts that nodes have given
    /// out.
    fn allowed(&mut self, letter: Letter, right: Right, at: SocketAddr) -> Vec<Message> {
        let mut allowed = Vec::with_capacity(letter.messages.len());
        if right == Right::Node {
            letter.callers.iter().for_each(|caller| self.callers.remember(*caller));
        }
        for (message, stamp) in letter.into_stamped() {
            if right < right_for(&message) {
                self.doorkeeper.refuse(Refused::NoRight, at);
                continue;
            }
            let stamped = stamp::stamped(&message).zip(stamp);
            match stamped
                .filter(|((key, context), stamp)| !self.stamps.is_good(key, context, stamp))
            {
                Some(_) => self.refuse_context(&message, at),
                None => allowed.push(message),
            }
        }
        allowed
    }

    /// Tells a client that its context is invalid for this key.
    fn refuse_context(&mut self, message: &Message, at: SocketAddr) {
        self.doorkeeper.refuse(Refused::MadeUpContext, at);
        let (Message::Request(operation) | Message::Routed { operation, .. }) = message else {
            return;
        };
        let mut datagram = Datagram::default();
        let answer =
            Answer::PutRefused { request: operation.request(), refusal: Refusal::ForeignContext };
        if datagram.push(&Message::Answer(answer)).is_ok() {
            self.send(client_id(at), &mut datagram);
        }
    }
}

#[cfg(test)]
mod tests;
