//! Backing off: when a node is overloaded, the session waits as long as the node said, and a little
//! longer at random, and asks again.

use super::{Client, ClientError};
use crate::admission::Busy;
use dynamo_model::ids::RequestId;
use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// Clients that were told the same time wait up to this fraction longer, so that they do not all
/// come back at once.
const JITTER: f64 = 0.125;

/// What overloaded nodes have said about the current request.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// How long the session must wait before it asks again.
    told: Cell<Option<Duration>>,
    /// How often the request was sent, minus how often it was refused.
    in_doubt: Cell<u32>,
}

impl Backoff {
    /// Starts a new request.
    pub(super) fn begin(&self) {
        self.in_doubt.set(0);
        self.told.set(None);
    }

    /// Counts a message that is sent, if it is a request.
    pub(super) fn sends(&self, request: Option<RequestId>) {
        self.in_doubt.set(self.in_doubt.get() + u32::from(request.is_some()));
    }

    /// Does this datagram refuse this request? If so, records how long to wait.
    pub(super) fn hears_refusal(&self, datagram: &[u8], request: Option<RequestId>) -> bool {
        let wait = request.and_then(|request| Busy::decode(datagram)?.wait_for(request));
        if let Some(wait) = wait {
            self.in_doubt.set(self.in_doubt.get().saturating_sub(1));
            self.told.set(Some(wait));
        }
        wait.is_some()
    }
}

impl Client {
    /// Asks, and asks again later while the node refuses. The request began at `start`.
    ///
    /// # Errors
    /// If asking fails, or if the wait would exceed the timeout.
    pub(super) fn ask_until_admitted<T>(
        &self,
        start: Instant,
        ask: impl Fn() -> Result<Option<T>, ClientError>,
    ) -> Result<Option<T>, ClientError> {
        loop {
            let answer = ask()?;
            let Some(wait) = self.backoff.told.take() else { return Ok(answer) };
            let wait = wait.mul_f64(1.0 + rand::random_range(0.0..JITTER));
            if wait >= self.left(start) {
                let (node, seconds) = (self.node, start.elapsed().as_secs_f64());
                return Err(ClientError::Busy {
                    node,
                    seconds,
                    is_in_doubt: self.backoff.in_doubt.get() > 0,
                });
            }
            // An answer to an earlier attempt may arrive meanwhile. It stays in the socket's
            // buffer.
            thread::sleep(wait);
        }
    }
}
