//! A socket that encrypts what it sends and decrypts what it receives.

use super::{Callee, NoEntry, Opened, SessionError, Sessions};
use crate::udp::Udp;
use rustix::net::{RecvFlags, SendFlags};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A socket with its sessions. Several threads may send and receive at the same time.
#[derive(Debug)]
pub struct SealedSocket {
    udp: Udp,
    sessions: Mutex<Sessions>,
    callee: Callee,
}

/// The content of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A payload.
    Payload(Vec<u8>),
    /// A node rejects this process.
    NoEntry(NoEntry),
    /// A session has begun, and what was sent before it is lost.
    Lost,
    /// Nothing for the caller.
    Nothing,
}

impl SealedSocket {
    /// A socket with these sessions, to talk with nodes or with clients.
    pub fn new(udp: Udp, sessions: Sessions, callee: Callee) -> Self {
        SealedSocket { udp, sessions: Mutex::new(sessions), callee }
    }

    /// The underlying socket.
    pub fn socket(&self) -> &UdpSocket {
        self.udp.socket()
    }

    /// The sessions.
    pub fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a payload once there is a session. It may be lost.
    ///
    /// # Errors
    /// If the socket fails.
    pub fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        let mut sessions = self.sessions();
        if let Some(sealed) = sessions.seal(to, self.callee, payload, Instant::now()) {
            self.send_sealed(sealed, to)?;
        }
        // If the first datagram to the node cannot be sent, the caller gets the error.
        for (address, datagram) in sessions.take_outgoing() {
            let sent = self.send_sealed(&datagram, address);
            if address == to {
                sent?;
            }
        }
        Ok(())
    }

    /// Receives a datagram. Returns its content and its sender.
    ///
    /// # Errors
    /// If the socket fails, or times out.
    pub fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(Heard, SocketAddr)> {
        let (length, from) = self.udp.receive(buffer, RecvFlags::empty())?;
        let (mut sessions, now) = (self.sessions(), Instant::now());
        sessions.forget_old(now);
        let opened = sessions.open(from, &buffer[..length], now);
        let heard = match opened.map(|opened| opened.map(|Opened { payload, .. }| payload.to_vec()))
        {
            Ok(Some(payload)) => Heard::Payload(payload),
            // A peer with a session is ignored here: it could not reject this process.
            Err(SessionError::NoEntry(why)) if !sessions.has_met(from) => Heard::NoEntry(why),
            Ok(None) if sessions.take_lost() => Heard::Lost,
            Ok(None) | Err(_) => Heard::Nothing,
        };
        self.send_outgoing(&mut sessions);
        Ok((heard, from))
    }

    fn send_sealed(&self, datagram: &[u8], to: SocketAddr) -> io::Result<()> {
        match self.udp.send(datagram, to, SendFlags::empty()).map_err(io::Error::from) {
            Err(error) if !passes(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Sends handshake messages, and payloads that have waited. Failures are ignored: anybody can
    /// ask for these datagrams, from an address that cannot be reached.
    fn send_outgoing(&self, sessions: &mut Sessions) {
        for (to, datagram) in sessions.take_outgoing() {
            let _ = self.udp.send(&datagram, to, SendFlags::empty());
        }
    }
}

/// Is this an error after which the next try may succeed?
pub(crate) fn passes(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), ConnectionRefused | Interrupted | TimedOut | WouldBlock)
}
