//! What lies between a node's protocol and its socket, without I/O: bytes from an address become
//! messages, and messages become sealed datagrams to addresses.
//!
//! The time comes in with each call, and datagrams go out through a [`Carrier`]. So a node of
//! `dynamo node` and a node of `dynamo simulate` run the same transport. The first has a UDP
//! [`socket`](crate::socket) below it, the second a simulated network.

mod sending;

pub use sending::Outgoing;

use crate::address::{Callers, Members, client_id};
use crate::admission::Queue;
use crate::counters::Counters;
use crate::doorkeeper::{Doorkeeper, Refused, Verdict, right_for};
use crate::fragments::Cutter;
use crate::identity::Sender;
use crate::inspect::{Numbered, Question};
use crate::interpreter::Network as _;
use crate::reassembly::{Limits, Reassembly};
use crate::secret::{NodeSecret, Right};
use crate::sessions::{Opened, SessionError, Sessions};
use crate::stamp::{self, Stamps};
use crate::wire::{Datagram, Letter};
use dynamo_model::message::{Answer, Message, Refusal};
use stateright::actor::Id;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

/// Is a datagram a message's only one, or one of several?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It has whole messages, or is part of a handshake.
    Whole,
    /// It is a fragment. If it is lost, the other fragments are useless.
    Fragment,
}

/// Carries datagrams to addresses. Datagrams may be lost on the way.
pub trait Carrier {
    /// Sends a datagram.
    ///
    /// # Errors
    /// If the system below does not accept the datagram.
    fn carry(&mut self, datagram: &[u8], to: SocketAddr, part: Part) -> io::Result<()>;
}

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

/// A node's transport.
#[derive(Debug)]
pub struct Transport {
    /// The members' addresses.
    pub members: Members,
    /// Decides which datagrams are accepted.
    pub doorkeeper: Doorkeeper,
    sessions: Sessions,
    stamps: Stamps,
    /// Datagrams of strangers that wait until members are served.
    pub waiting: Queue,
    cutter: Cutter,
    /// The addresses of clients whose ids do not contain them.
    callers: Callers,
    reassembly: Reassembly,
    /// Separate, so that strangers' fragments take no room from members'.
    strangers: Reassembly,
    counters: Counters,
}

impl Transport {
    /// The transport of this doorkeeper's node, with its cluster's secret, the sessions of a node
    /// that has it, and what cuts large messages.
    pub fn new(
        members: Members,
        doorkeeper: Doorkeeper,
        secret: &NodeSecret,
        sessions: Sessions,
        cutter: Cutter,
    ) -> Self {
        let stamps = Stamps::new(secret, doorkeeper.parties(None).cluster);
        Transport {
            members,
            doorkeeper,
            sessions,
            stamps,
            waiting: Queue::default(),
            cutter,
            callers: Callers::default(),
            reassembly: Reassembly::default(),
            strangers: Reassembly::within(Limits::STRANGERS),
            counters: Counters::default(),
        }
    }

    /// Forgets what is too old. Called once in a batch.
    pub fn on_time(&mut self, now: Instant) {
        self.reassembly.forget_old(now);
        self.strangers.forget_old(now);
        self.sessions.forget_old(now);
    }

    /// Handles a datagram from an address.
    pub fn receive(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
        carrier: &mut impl Carrier,
    ) -> Received {
        self.counters.datagrams_received += 1;
        if !self.members.is_at(from) {
            self.waiting.push(from, datagram);
            return Received::Nothing;
        }
        self.open(from, datagram, now, carrier, false)
    }

    /// Counts a datagram whose source address is certainly forged.
    pub fn note_forged_source(&mut self) {
        self.counters.dropped.not_ours += 1;
    }

    /// Handles the stranger's datagram that has waited longest. `None`: no datagram waits.
    pub fn next_waiting(&mut self, now: Instant, carrier: &mut impl Carrier) -> Option<Received> {
        let (from, datagram) = self.waiting.pop()?;
        Some(self.open(from, &datagram, now, carrier, true))
    }

    /// The counters of datagrams received, sent and dropped.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.dropped.note(self.reassembly.given_up(), self.strangers.given_up());
        counters
    }

    /// Opens a datagram, and sends what its session requires.
    fn open(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
        carrier: &mut impl Carrier,
        is_strangers: bool,
    ) -> Received {
        let received = self.unseal(from, datagram, now, carrier, is_strangers);
        self.send_outgoing(carrier);
        received
    }

    fn unseal(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
        carrier: &mut impl Carrier,
        is_strangers: bool,
    ) -> Received {
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
            Ok(Some(letter)) => self.admit(letter, right, from, now, carrier),
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
    fn admit(
        &mut self,
        letter: Letter,
        right: Right,
        at: SocketAddr,
        now: Instant,
        carrier: &mut impl Carrier,
    ) -> Received {
        if let (Sender::Node(node, _), Right::Node, true) =
            (letter.parties.from, right, letter.parties.recall.asks)
        {
            self.remind(node, at, false, now, carrier);
        }
        match self.doorkeeper.admit(&letter.parties, right, at, &self.members, now) {
            Verdict::From(from) => {
                let messages = self.allowed(letter, right, at, now, carrier);
                self.counters.messages_received += messages.len() as u64;
                Received::Messages(from, messages)
            }
            Verdict::Refused(_) => Received::Nothing,
            Verdict::Unconfirmed(node) => {
                self.remind(node, at, false, now, carrier);
                Received::Nothing
            }
            Verdict::TwoLive(told) => {
                for (to, other) in *told {
                    self.tell_of_other(to, &other, now, carrier);
                }
                Received::Nothing
            }
        }
    }

    /// The messages that their sender has the right to send, with contexts that nodes have given
    /// out.
    fn allowed(
        &mut self,
        letter: Letter,
        right: Right,
        at: SocketAddr,
        now: Instant,
        carrier: &mut impl Carrier,
    ) -> Vec<Message> {
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
                Some(_) => self.refuse_context(&message, at, now, carrier),
                None => allowed.push(message),
            }
        }
        allowed
    }

    /// Tells a client that its context is invalid for this key.
    fn refuse_context(
        &mut self,
        message: &Message,
        at: SocketAddr,
        now: Instant,
        carrier: &mut impl Carrier,
    ) {
        self.doorkeeper.refuse(Refused::MadeUpContext, at);
        let (Message::Request(operation) | Message::Routed { operation, .. }) = message else {
            return;
        };
        let mut datagram = Datagram::default();
        let answer =
            Answer::PutRefused { request: operation.request(), refusal: Refusal::ForeignContext };
        if datagram.push(&Message::Answer(answer)).is_ok() {
            self.through(carrier, now).send(client_id(at), &mut datagram);
        }
    }
}
