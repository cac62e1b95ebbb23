//! The UDP socket of a node: waits, receives until there is nothing more, sends without ever stopping the node.

use crate::address::{Members, ipv4};
use crate::counters::Counters;
use crate::interpreter::Network;
use crate::wire::{self, Datagram};
use dynamo_model::message::Message;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use stateright::actor::Id;
use std::io;
use std::net::{SocketAddrV4, UdpSocket};
use std::time::Duration;

/// What the operating system is asked to hold for us while we are busy, in bytes; it may grant less.
const SYSTEM_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A bound socket that knows the members.
#[derive(Debug)]
pub struct NodeSocket {
    socket: UdpSocket,
    members: Members,
    buffer: Box<[u8]>,
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
        socket.set_nonblocking(true)?;
        let buffer = vec![0; wire::DATAGRAM_BYTES_MAX + 1].into_boxed_slice();
        Ok(NodeSocket { socket: socket.into(), members, buffer, counters: Counters::default() })
    }

    /// Waits until something can be received, or the time is up.
    ///
    /// # Errors
    /// Where the operating system fails to wait.
    pub fn wait(&self, at_most: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(at_most).ok();
        let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
        match poll(&mut sockets, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The messages of the next datagram and their sender; `None` where there is no datagram. A bad datagram is counted
    /// and has no messages.
    ///
    /// # Errors
    /// Where the socket itself fails.
    pub fn receive(&mut self) -> io::Result<Option<(Id, Vec<Message>)>> {
        let (length, from) = loop {
            match self.socket.recv_from(&mut self.buffer) {
                Ok(received) => break received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if passes(&error) => {}
                Err(error) => return Err(error),
            }
        };
        self.counters.datagrams_received += 1;
        let from = ipv4(from).map_err(io::Error::other)?;
        let messages = wire::decode(&self.buffer[..length]).unwrap_or_else(|error| {
            tracing::debug!(%from, %error, "dropped a datagram");
            self.counters.dropped.count(error);
            Vec::new()
        });
        self.counters.messages_received += messages.len() as u64;
        Ok(Some((self.members.id_of(from), messages)))
    }
}

impl Network for NodeSocket {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        let Some(address) = self.members.address_of(to) else {
            self.counters.dropped.unknown_destination += 1;
            return;
        };
        match self.socket.send_to(datagram.seal(), address) {
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

/// Errors that tell of an earlier send to a peer that is gone, or of a signal: receiving goes on.
fn passes(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | ConnectionReset | HostUnreachable | NetworkUnreachable | Interrupted)
}
