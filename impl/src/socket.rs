//! The UDP socket of a node: waits, receives until there is nothing more, sends without ever stopping the node.

use crate::address::Members;
use crate::counters::Counters;
use crate::inspect::{Numbered, Question, Report};
use crate::interpreter::Network;
use crate::wire::{self, Datagram};
use dynamo_model::message::Message;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recvfrom, sendto};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use stateright::actor::Id;
use std::io;
use std::net::{SocketAddrV4, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

/// What the operating system is asked to hold for us while we are busy, in bytes; it may grant less.
const SYSTEM_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// How long the socket is looked at again and again before the thread goes to sleep. In a busy cluster the next datagram
/// is a few microseconds away, and going to sleep and waking up costs more than that: with one client this halves the
/// latency of a get and takes a third off its processor time. An idle node pays 20 µs twenty times a second.
const LINGER: Duration = Duration::from_micros(20);
/// The operating system measures waiting in such steps; to wait for less is to wait for ever.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// One datagram's worth of messages. A bad datagram has none: it is counted.
#[derive(Debug)]
pub struct Received {
    /// Who sent them.
    pub from: Id,
    /// The messages, in their order.
    pub messages: Vec<Message>,
    /// A question of someone who looks into the node. It has come alone.
    pub question: Option<Numbered<Question>>,
}

/// A bound socket that knows the members.
#[derive(Debug)]
pub struct NodeSocket {
    socket: UdpSocket,
    /// Who can be reached where.
    pub members: Members,
    buffer: Box<[u8]>,
    timeout: Duration,
    /// What went through it. Others add what they alone know.
    pub counters: Counters,
}

impl NodeSocket {
    /// Binds an address.
    ///
    /// # Errors
    /// Where the operating system refuses; mostly because the port is in use.
    pub fn bind(address: SocketAddrV4, members: Members) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        // Less than asked for is good enough: what overflows is lost, and sent again.
        let _ = socket.set_recv_buffer_size(SYSTEM_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(SYSTEM_BUFFER_BYTES);
        socket.bind(&SockAddr::from(address))?;
        let buffer = vec![0; wire::DATAGRAM_BYTES_MAX + 1].into_boxed_slice();
        let (counters, timeout) = (Counters::default(), Duration::MAX);
        Ok(NodeSocket { socket: socket.into(), members, buffer, timeout, counters })
    }

    /// What comes in first, or has come in already; `None` where nothing comes within that time.
    ///
    /// # Errors
    /// Where the socket itself fails.
    pub fn receive_within(&mut self, at_most: Duration) -> io::Result<Option<Received>> {
        let start = Instant::now();
        while start.elapsed() < LINGER {
            if let Some(received) = self.receive_at_once()? {
                return Ok(Some(received));
            }
            thread::yield_now();
        }
        let timeout = at_most.max(WAIT_MIN);
        if timeout != self.timeout {
            self.socket.set_read_timeout(Some(timeout))?;
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

    /// Answers a question. An answer that is lost is asked for again.
    pub fn report(&mut self, to: Id, report: &Numbered<Report>) {
        if let Some(address) = self.members.address_of(to) {
            let _ = sendto(&self.socket, &report.encode(), SendFlags::DONTWAIT, &address);
        }
    }

    fn receive(&mut self, flags: RecvFlags) -> io::Result<Option<Received>> {
        let (length, from) = match recvfrom(&self.socket, &mut self.buffer[..], flags) {
            Ok((length, _, from)) => (length, from),
            // Nothing there, or nothing but the news that an earlier send did not reach its peer.
            Err(Errno::AGAIN | Errno::INTR | Errno::CONNREFUSED | Errno::HOSTUNREACH | Errno::NETUNREACH) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        self.counters.datagrams_received += 1;
        let from = from.map(SocketAddrV4::try_from).ok_or(Errno::AFNOSUPPORT)??;
        if let Some(question) = Numbered::<Question>::decode(&self.buffer[..length]) {
            let from = self.members.id_of(from);
            return Ok(Some(Received { from, messages: Vec::new(), question: Some(question) }));
        }
        let messages = wire::decode(&self.buffer[..length]).unwrap_or_else(|error| {
            tracing::debug!(%from, %error, "dropped a datagram");
            self.counters.dropped.count(error);
            Vec::new()
        });
        self.counters.messages_received += messages.len() as u64;
        Ok(Some(Received { from: self.members.id_of(from), messages, question: None }))
    }
}

impl Network for NodeSocket {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        let Some(address) = self.members.address_of(to) else {
            self.counters.dropped.unknown_destination += 1;
            return;
        };
        match sendto(&self.socket, datagram.seal(), SendFlags::DONTWAIT, &address) {
            Ok(_) => {
                self.counters.datagrams_sent += 1;
                self.counters.messages_sent += datagram.messages() as u64;
            }
            Err(error) => {
                tracing::debug!(%address, %error, "could not send a datagram");
                self.counters.dropped.refused_by_system += 1;
            }
        }
    }
}
