//! The datagram that refuses requests and says when to ask again. It is no message of the protocol.
//!
//! ```text
//! "DYNB"  version  crc32 of the rest     requests, each with milliseconds to wait, in postcard
//! 4       1        4, little-endian      the rest
//! ```

use crate::wire::{self, SUMMED_AT};
use dynamo_model::ids::RequestId;
use std::time::Duration;

const MAGIC: [u8; 4] = *b"DYNB";

/// A refusal of requests for lack of capacity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// The requests, each with the time after which its client may ask again, in milliseconds.
    pub waits: Vec<(RequestId, u32)>,
}

impl Busy {
    /// Adds a request to the refusal.
    pub fn push(&mut self, request: RequestId, wait: Duration) {
        self.waits.push((request, u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)));
    }

    /// How long the client must wait; `None` if this request is not refused.
    pub fn wait_for(&self, request: RequestId) -> Option<Duration> {
        let wait = self.waits.iter().find(|(refused, _)| *refused == request);
        wait.map(|(_, milliseconds)| Duration::from_millis(u64::from(*milliseconds)))
    }

    /// Encodes the refusal as a datagram.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; SUMMED_AT];
        postcard::to_io(&self.waits, &mut bytes)
            .expect("a sequence of known length, written to memory");
        wire::seal(MAGIC, &mut bytes);
        bytes
    }

    /// Decodes a refusal; `None` if the datagram is not an intact refusal of this version.
    pub fn decode(datagram: &[u8]) -> Option<Self> {
        if !datagram.starts_with(&MAGIC) {
            return None;
        }
        let (_, content) = wire::open(MAGIC, SUMMED_AT, datagram).ok()?;
        let (waits, rest) = postcard::take_from_bytes(content).ok()?;
        rest.is_empty().then_some(Busy { waits })
    }
}
