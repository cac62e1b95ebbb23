//! The UDP socket of a node: waits, receives until there is nothing more, sends without stopping
//! the node for long.

use crate::address::{Callers, Members, client_id};
use crate::admission::{Busy, Queue};
use crate::counters::Counters;
use crate::doorkeeper::{Doorkeeper, Refused, Verdict, right_for};
use crate::fragments::Cutter;
use crate::identity::{Parties, Sender};
use crate::inspect::{Numbered, Question, Reply};
use crate::interpreter::Network;
use crate::reassembly::{Limits, Reassembly};
use crate::secret::{NodeSecret, Right};
use crate::sessions::{Callee, Opened, SessionError, Sessions};
use crate::stamp::{self, Stamps};
use crate::udp::Udp;
use crate::wire::{DATAGRAM_BYTES_MAX, Datagram, Letter, PAYLOAD_BYTES_MAX};
use dynamo_model::ids::NodeId;
use dynamo_model::message::{Answer, Message, Refusal};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use stateright::actor::Id;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// How long fragments may wait for room in the operating system's buffer, all those of a batch
/// together. One message can be more than fits there: if its fragments did not wait, the same ones
/// would be lost each time it is sent. Other datagrams do not wait.
const SEND_WITHIN: Duration = Duration::from_millis(20);

/// How long the socket is looked at again and again before the thread goes to sleep. In a busy
/// cluster the next datagram is a few microseconds away, and going to sleep and waking up costs
/// more than that: with one client this halves the latency of a get and takes a third off its
/// processor time. An idle node pays 20 µs twenty times a second.
const LINGER: Duration = Duration::from_micros(20);
/// The operating system measures waiting in such steps; to wait for less is to wait for ever.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// What one datagram brought.
#[derive(Debug)]
pub enum Received {
    /// Nothing: it is bad, and counted; or it is a fragment, or a step of a handshake; or it is a
    /// stranger's, and waits.
    Nothing,
    /// Messages of one sender, in their order. The last fragment brings the message that it
    /// completes.
    Messages(Id, Vec<Message>),
    /// A question of someone who looks into the node.
    Question(Id, Numbered<Question>),
}

/// A bound socket that knows the members, and which node it is of.
#[derive(Debug)]
pub struct NodeSocket {
    udp: Udp,
    /// Who can be reached where.
    pub members: Members,
    /// Who is let in.
    pub doorkeeper: Doorkeeper,
    sessions: Sessions,
    stamps: Stamps,
    /// What has come from strangers, and waits for members to be served first.
    pub waiting: Queue,
    buffer: Box<[u8]>,
    timeout: Duration,
    /// How long fragments may still wait in this batch.
    may_wait: Duration,
    cutter: Cutter,
    /// Where the clients are whose ids do not tell it.
    callers: Callers,
    reassembly: Reassembly,
    /// Apart, so that strangers' fragments take no room from those of members.
    strangers: Reassembly,
    counters: Counters,
}

impl NodeSocket {
    /// The socket of the node that this doorkeeper knows, with its cluster's secret.
    ///
    /// # Errors
    /// Where the operating system refuses a limit on how long sending may take.
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

    /// What comes in first, or has come in already; `None` where nothing comes within that time.
    ///
    /// # Errors
    /// Where the socket itself fails.
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

    /// What has come in already.
    ///
    /// # Errors
    /// Where the socket itself fails.
    pub fn receive_at_once(&mut self) -> io::Result<Option<Received>> {
        self.receive(RecvFlags::DONTWAIT)
    }

    /// What went through it, and what was dropped on the way.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.dropped.note(self.reassembly.given_up(), self.strangers.given_up());
        counters
    }

    /// What a stranger has sent that has waited longest.
    pub fn next_waiting(&mut self) -> Option<Received> {
        let (from, datagram) = self.waiting.pop()?;
        Some(self.open(from, &datagram, true))
    }

    /// Refuses requests. A refusal that is lost costs its client some time.
    pub fn refuse(&mut self, to: Id, busy: &Busy) {
        if let Some(address) = self.address_of(to) {
            let _ = self.send_payload(address, Callee::Client, &busy.encode());
        }
    }

    /// Answers a question. An answer that is lost is asked for again.
    pub fn reply(&mut self, to: Id, reply: &Numbered<Reply>) {
        if let Some(address) = self.address_of(to) {
            let _ = self.send_payload(address, Callee::Client, &reply.encode());
        }
    }

    fn receive(&mut self, flags: RecvFlags) -> io::Result<Option<Received>> {
        let (length, from) = match self.udp.receive(&mut self.buffer, flags) {
            Ok(received) => received,
            // Nothing there, or nothing but the news that an earlier send did not reach its peer.
            Err(
                Errno::AGAIN
                | Errno::INTR
                | Errno::CONNREFUSED
                | Errno::HOSTUNREACH
                | Errno::NETUNREACH,
            ) => {
                return Ok(None);
            }
            // A forged source. Others may wait behind it.
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

    /// What a datagram brings.
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
        // It has a session, and so it has proved that it is there.
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

    /// Counts a datagram that belongs to no session, or could not be opened.
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

    /// What is let in of what came from this address.
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

    /// Where to send what is for this id.
    fn address_of(&self, id: Id) -> Option<SocketAddr> {
        match NodeId::from_actor(id) {
            Some(node) => self.members.address(node),
            None => self.callers.address(id),
        }
    }

    /// Those messages that their sender has the right to send, with contexts that nodes have given
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

    /// Tells a client that its context is none for this key.
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

    /// Asks a member what it remembers of this node.
    pub(crate) fn ask(&mut self, node: NodeId) {
        if let Some(address) = self.members.address(node) {
            self.remind(node, address, true);
        }
    }

    /// Tells a node at this address what this one remembers of it, without any message.
    fn remind(&mut self, node: NodeId, address: SocketAddr, asks: bool) {
        let mut parties = self.doorkeeper.parties(Some(node));
        parties.recall.asks = asks;
        let _ = self.send_payload(address, Callee::Node, Datagram::default().seal(&parties));
    }

    /// Tells a node that another process has its id.
    fn tell_of_other(&mut self, to: SocketAddr, other: &Parties) {
        let _ = self.send_payload(to, Callee::Node, Datagram::default().seal(other));
    }

    /// Sends a payload sealed, once there is a session.
    fn send_payload(
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

    /// Sends what belongs to handshakes, and what has waited for them.
    fn send_outgoing(&mut self) {
        for (to, datagram) in self.sessions.take_outgoing() {
            // What is lost is sent again.
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
                // Without this fragment nobody needs those after it.
                tracing::debug!(%address, %error, "could not send a datagram");
                self.counters.dropped.refused_by_system += 1;
                return;
            }
            self.counters.datagrams_sent += 1;
        }
        self.counters.messages_sent += datagram.messages() as u64;
    }
}

#[cfg(test)]
mod tests;
