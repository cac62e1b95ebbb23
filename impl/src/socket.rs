//! The UDP socket of a node: waits for datagrams, receives all there are, and sends without
//! blocking the node for long. What the datagrams mean is decided above it, in the
//! [`transport`](crate::transport).

use crate::transport::{Carrier, Part};
use crate::udp::Udp;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
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

/// What came from the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// A datagram: its length in the buffer, and its sender.
    Datagram(usize, SocketAddr),
    /// A datagram with a forged source. More datagrams may wait behind it.
    Forged,
}

/// A node's bound socket.
#[derive(Debug)]
pub struct NodeSocket {
    udp: Udp,
    timeout: Duration,
    /// How long fragments may still wait in this batch.
    may_wait: Duration,
    /// How many datagrams were sent since somebody last asked.
    carried: u64,
}

impl NodeSocket {
    /// A node's socket.
    ///
    /// # Errors
    /// If the operating system refuses a timeout for sending.
    pub fn new(udp: Udp) -> io::Result<Self> {
        udp.socket().set_write_timeout(Some(SEND_WITHIN))?;
        Ok(NodeSocket { udp, timeout: Duration::MAX, may_wait: SEND_WITHIN, carried: 0 })
    }

    /// How many datagrams were sent since the last call.
    pub(crate) fn take_carried(&mut self) -> u64 {
        std::mem::take(&mut self.carried)
    }

    /// Begins a batch: waits for its first datagram. `None` if none comes in time.
    ///
    /// # Errors
    /// If the socket fails.
    pub fn receive_within(
        &mut self,
        buffer: &mut [u8],
        at_most: Duration,
    ) -> io::Result<Option<Arrived>> {
        let start = Instant::now();
        self.may_wait = SEND_WITHIN;
        if at_most.is_zero() {
            return self.receive_at_once(buffer);
        }
        while start.elapsed() < LINGER {
            if let Some(arrived) = self.receive_at_once(buffer)? {
                return Ok(Some(arrived));
            }
            thread::yield_now();
        }
        let timeout = at_most.max(WAIT_MIN);
        if timeout != self.timeout {
            self.udp.socket().set_read_timeout(Some(timeout))?;
            self.timeout = timeout;
        }
        self.receive(buffer, RecvFlags::empty())
    }

    /// The next datagram that has already come, if any.
    ///
    /// # Errors
    /// If the socket fails.
    pub fn receive_at_once(&mut self, buffer: &mut [u8]) -> io::Result<Option<Arrived>> {
        self.receive(buffer, RecvFlags::DONTWAIT)
    }

    fn receive(&mut self, buffer: &mut [u8], flags: RecvFlags) -> io::Result<Option<Arrived>> {
        match self.udp.receive(buffer, flags) {
            Ok((length, from)) => Ok(Some(Arrived::Datagram(length, from))),
            // Nothing there, or only a report that an earlier send did not reach its peer.
            Err(
                Errno::AGAIN
                | Errno::INTR
                | Errno::CONNREFUSED
                | Errno::HOSTUNREACH
                | Errno::NETUNREACH,
            ) => Ok(None),
            Err(Errno::AFNOSUPPORT) => Ok(Some(Arrived::Forged)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Carrier for NodeSocket {
    fn carry(&mut self, datagram: &[u8], to: SocketAddr, part: Part) -> io::Result<()> {
        let mut sent = self.udp.send(datagram, to, SendFlags::DONTWAIT);
        if sent == Err(Errno::AGAIN) && part == Part::Fragment && !self.may_wait.is_zero() {
            let start = Instant::now();
            sent = self.udp.send(datagram, to, SendFlags::empty());
            self.may_wait = self.may_wait.saturating_sub(start.elapsed());
        }
        self.carried += u64::from(sent.is_ok());
        sent.map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests;
