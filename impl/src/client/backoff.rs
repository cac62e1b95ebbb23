//! What a session does when a node has too much to do: it waits as it is told, and a little longer
//! at random, and asks again.

use super::{Client, ClientError};
use crate::admission::Busy;
use dynamo_model::ids::RequestId;
use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// Clients that were told the same wait up to so much longer, so that they do not come back at
/// once. In parts of the time told.
const JITTER: f64 = 0.125;

/// What nodes that have too much to do have said of the request under way.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// How long the session is to wait, until it has done so.
    told: Cell<Option<Duration>>,
    /// How often the request was sent, less how often that was refused.
    in_doubt: Cell<u32>,
}

impl Backoff {
    /// A new request begins.
    pub(super) fn begin(&self) {
        self.in_doubt.set(0);
        self.told.set(None);
    }

    /// A message is sent. Only requests count.
    pub(super) fn sends(&self, request: Option<RequestId>) {
        self.in_doubt.set(self.in_doubt.get() + u32::from(request.is_some()));
    }

    /// Does this datagram refuse this request?
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
    /// Asks, and asks again later as long as the node refuses. The request began at `start`.
    ///
    /// # Errors
    /// Where asking fails; where the node would have the session wait until its time is up.
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
            // An answer to an earlier try may come meanwhile, and stays in the socket's buffer.
            thread::sleep(wait);
        }
    }
}
