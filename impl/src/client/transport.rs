//! How a client session sends, waits and retransmits.

use super::{Client, ClientError, RETRY_AFTER};
use crate::admission::request_in;
use crate::identity::ClusterId;
use crate::sessions::{Heard, passes};
use crate::stamp::Stamp;
use crate::wire::Datagram;
use dynamo_model::message::Message;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

impl Client {
    /// Sends a datagram once there is a session, in fragments if it is too large for UDP. It may be
    /// lost.
    pub(super) fn send(&self, payload: &[u8], node: SocketAddr) -> io::Result<()> {
        self.cutter.borrow_mut().cut(payload).try_for_each(|part| self.socket.send_to(&part, node))
    }

    /// The next datagram and its sender; `None` when the time is up. Fails if the node asked
    /// rejects the session. Other nodes cannot make it fail.
    pub(super) fn receive(
        &self,
        asked: SocketAddr,
        until: Instant,
    ) -> Result<Option<(SocketAddr, Heard)>, ClientError> {
        let failed = |source| ClientError::Socket { node: self.node, source };
        let mut buffer = self.buffer.borrow_mut();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.socket().set_read_timeout(Some(left)).map_err(failed)?;
            match self.socket.receive_from(&mut buffer) {
                Ok((Heard::NoEntry(why), node)) if node == asked => {
                    return Err(ClientError::NoEntry { node, why });
                }
                Ok((Heard::NoEntry(_) | Heard::Nothing, _)) => {}
                Ok((heard, from)) => return Ok(Some((from, heard))),
                Err(error) if passes(&error) => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Sends a message, and retransmits until `answer` accepts a reply or the time is up (`None`).
    /// Ignores everything else, such as late answers to earlier requests. Returns early if the node
    /// refuses the request: the session's `Backoff` then says for how long.
    pub(super) fn send_until_answered<T>(
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
        let (datagram, request) = (datagram.seal(&self.parties()), request_in(message));
        let start = Instant::now();
        while start.elapsed() < within {
            self.backoff.sends(request);
            self.send(datagram, node).map_err(failed)?;
            let until = Instant::now() + RETRY_AFTER.min(within.saturating_sub(start.elapsed()));
            while let Some((from, heard)) = self.receive(node, until)? {
                // What was sent before the session began is lost: send it again at once.
                let Heard::Payload(datagram) = heard else { break };
                if self.backoff.hears_refusal(&datagram, request) {
                    return Ok(None);
                }
                let letter = self.reassembly.borrow_mut().receive(from, &datagram, Instant::now());
                let Ok(Some(letter)) = letter else { continue };
                let cluster = letter.parties.cluster;
                if ![ClusterId::UNKNOWN, cluster].contains(&self.cluster.get()) {
                    continue;
                }
                if let Some(answer) =
                    letter.into_stamped().find_map(|(message, stamp)| answer(message, stamp))
                {
                    self.cluster.set(cluster);
                    return Ok(Some(answer));
                }
            }
        }
        Ok(None)
    }
}
