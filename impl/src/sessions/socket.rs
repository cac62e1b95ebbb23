//! A socket that seals what it sends and opens what it receives.

use super::{Callee, NoEntry, Opened, SessionError, Sessions};
use crate::udp::Udp;
use rustix::net::{RecvFlags, SendFlags};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A socket and its sessions. It sends and receives at the same time, in several threads if need
/// be.
#[derive(Debug)]
pub struct SealedSocket {
    udp: Udp,
    sessions: Mutex<Sessions>,
    callee: Callee,
}

/// What a datagram has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// What was sealed in it.
    Payload(Vec<u8>),
    /// A node does not let this process in.
    NoEntry(NoEntry),
    /// A session has begun, and what was sent before it is lost.
    Lost,
    /// Nothing, or nothing but a step of a handshake.
    Nothing,
}

impl SealedSocket {
    /// A socket with these sessions, for talking with nodes or with clients.
    pub fn new(udp: Udp, sessions: Sessions, callee: Callee) -> Self {
        SealedSocket { udp, sessions: Mutex::new(sessions), callee }
    }

    /// The socket itself.
    pub fn socket(&self) -> &UdpSocket {
        self.udp.socket()
    }

    /// What it knows of sessions.
    pub fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a payload, once there is a session. It may be lost.
    ///
    /// # Errors
    /// Where the socket fails.
    pub fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        let mut sessions = self.sessions();
        if let Some(sealed) = sessions.seal(to, self.callee, payload, Instant::now()) {
            self.send_sealed(sealed, to)?;
        }
        // Where the first datagram to the node cannot be sent, whoever asks it is told.
        for (address, datagram) in sessions.take_outgoing() {
            let sent = self.send_sealed(&datagram, address);
            if address == to {
                sent?;
            }
        }
        Ok(())
    }

    /// What the next datagram brings, and from where.
    ///
    /// # Errors
    /// Where the socket fails, or its time is up.
    pub fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(Heard, SocketAddr)> {
        let (length, from) = self.udp.receive(buffer, RecvFlags::empty())?;
        let (mut sessions, now) = (self.sessions(), Instant::now());
        sessions.forget_old(now);
        let opened = sessions.open(from, &buffer[..length], now);
        let heard = match opened.map(|opened| opened.map(|Opened { payload, .. }| payload.to_vec()))
        {
            Ok(Some(payload)) => Heard::Payload(payload),
            // Of nobody with whom there is a session: he could not say so then.
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

    /// Sends what belongs to handshakes, and what has waited for them. Where it cannot be sent it
    /// is lost: anybody may have asked for it, from an address to which nothing can be sent.
    fn send_outgoing(&self, sessions: &mut Sessions) {
        for (to, datagram) in sessions.take_outgoing() {
            let _ = self.udp.send(&datagram, to, SendFlags::empty());
        }
    }
}

/// Errors after which the next try may succeed.
pub(crate) fn passes(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), ConnectionRefused | Interrupted | TimedOut | WouldBlock)
}
