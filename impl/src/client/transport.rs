//! How a client session sends, waits and asks again.

use super::{Client, ClientError, RETRY_AFTER};
use crate::admission::request_in;
use crate::identity::ClusterId;
use crate::wire::{Datagram, Letter};
use dynamo_model::message::Message;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

impl Client {
    /// Sends a sealed datagram, in fragments if it is larger than UDP can carry. It may be lost.
    pub(super) fn send(&self, sealed: &[u8], node: SocketAddr) -> io::Result<()> {
        for datagram in self.cutter.borrow_mut().cut(sealed) {
            match self.socket.send_to(&datagram, node) {
                Err(error) if !passes(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The next datagram and its sender, unless the time is up first.
    pub(super) fn receive(&self, until: Instant) -> io::Result<Option<(SocketAddr, Vec<u8>)>> {
        let mut buffer = self.buffer.borrow_mut();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.set_read_timeout(Some(left))?;
            match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) => return Ok(Some((from, buffer[..length].to_vec()))),
                Err(error) if passes(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends, again and again, until something comes that answers it, or the time is up. Passes
    /// over everything else, such as late answers to earlier requests. Ends early where the node
    /// has refused the request: the session's `Backoff` then says for how long.
    pub(super) fn exchange<T>(
        &self,
        node: SocketAddr,
        message: &Message,
        within: Duration,
        answer: impl Fn(Message) -> Option<T>,
    ) -> Result<Option<T>, ClientError> {
        let failed = |source| ClientError::Socket { node, source };
        let mut datagram = Datagram::default();
        let too_large = |error| failed(io::Error::new(io::ErrorKind::InvalidInput, error));
        datagram.push(message).map_err(too_large)?;
        let (datagram, request) = (datagram.seal(&self.parties()), request_in(message));
        let start = Instant::now();
        while start.elapsed() < within {
            self.backoff.sends(request);
            self.send(datagram, node).map_err(failed)?;
            let until = Instant::now() + RETRY_AFTER.min(within.saturating_sub(start.elapsed()));
            while let Some((from, datagram)) = self.receive(until).map_err(failed)? {
                if self.backoff.hears_refusal(&datagram, request) {
                    return Ok(None);
                }
                let letter = self.reassembly.borrow_mut().receive(from, &datagram, Instant::now());
                let Ok(Some(Letter { parties, messages })) = letter else { continue };
                if ![ClusterId::UNKNOWN, parties.cluster].contains(&self.cluster.get()) {
                    continue;
                }
                if let Some(answer) = messages.into_iter().find_map(&answer) {
                    self.cluster.set(parties.cluster);
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
