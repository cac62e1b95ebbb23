//! How a client session sends, waits and asks again.

use super::{Client, ClientError, RETRY_AFTER};
use crate::identity::ClusterId;
use crate::sessions::{Callee, Opened, SessionError, Sessions};
use crate::stamp::Stamp;
use crate::wire::Datagram;
use dynamo_model::message::Message;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

impl Client {
    /// Sends a datagram, in fragments if it is larger than UDP can carry, once there is a session. It may be lost.
    pub(super) fn send(&self, payload: &[u8], node: SocketAddr) -> io::Result<()> {
        let mut sessions = self.sessions.borrow_mut();
        for part in self.cutter.borrow_mut().cut(payload) {
            if let Some(sealed) = sessions.seal(node, Callee::Node, &part, Instant::now()) {
                self.send_sealed(sealed, node)?;
            }
        }
        self.send_outgoing(&mut sessions)
    }

    fn send_sealed(&self, datagram: &[u8], node: SocketAddr) -> io::Result<()> {
        match self.socket.send_to(datagram, node) {
            Err(error) if !passes(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Sends what belongs to handshakes, and what has waited for them.
    fn send_outgoing(&self, sessions: &mut Sessions) -> io::Result<()> {
        sessions.take_outgoing().iter().try_for_each(|(to, datagram)| self.send_sealed(datagram, *to))
    }

    /// What comes next from a node, and from which, unless the time is up first.
    pub(super) fn receive(&self, until: Instant) -> Result<Option<(SocketAddr, Vec<u8>)>, ClientError> {
        let failed = |source| ClientError::Socket { node: self.node, source };
        let (mut buffer, mut sessions) = (self.buffer.borrow_mut(), self.sessions.borrow_mut());
        loop {
            let now = Instant::now();
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.set_read_timeout(Some(left)).map_err(failed)?;
            let (length, from) = match self.socket.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if passes(&error) => continue,
                Err(error) => return Err(failed(error)),
            };
            sessions.forget_old(now);
            match sessions.open(from, &buffer[..length], now) {
                Ok(Some(Opened { payload, .. })) => return Ok(Some((from, payload.to_vec()))),
                Err(SessionError::NoEntry(why)) => return Err(ClientError::NoEntry { node: from, why }),
                Ok(None) | Err(_) => self.send_outgoing(&mut sessions).map_err(failed)?,
            }
        }
    }

    /// Sends, again and again, until something comes that answers it, or the time is up. Passes
    /// over everything else, such as late answers to earlier requests.
    pub(super) fn exchange<T>(
        &self,
        node: SocketAddr,
        (message, stamp): (&Message, &Stamp),
        within: Duration,
        answer: impl Fn(Message, Option<Stamp>) -> Option<T>,
    ) -> Result<Option<T>, ClientError> {
        let failed = |source| ClientError::Socket { node, source };
        let mut datagram = Datagram::default();
        let too_large = |error| failed(io::Error::new(io::ErrorKind::InvalidInput, error));
        datagram.push_stamped(message, stamp).map_err(too_large)?;
        let datagram = datagram.seal(&self.parties());
        let start = Instant::now();
        while start.elapsed() < within {
            self.send(datagram, node).map_err(failed)?;
            let until = Instant::now() + RETRY_AFTER.min(within.saturating_sub(start.elapsed()));
            while let Some((from, datagram)) = self.receive(until)? {
                let letter = self.reassembly.borrow_mut().receive(from, &datagram, Instant::now());
                let Ok(Some(letter)) = letter else { continue };
                let cluster = letter.parties.cluster;
                if ![ClusterId::UNKNOWN, cluster].contains(&self.cluster.get()) {
                    continue;
                }
                if let Some(answer) = letter.into_stamped().find_map(|(message, stamp)| answer(message, stamp)) {
                    self.cluster.set(cluster);
                    return Ok(Some(answer));
                }
            }
        }
        Ok(None)
    }
}

/// Errors after which the next try may succeed.
fn passes(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), ConnectionRefused | Interrupted | TimedOut | WouldBlock)
}
