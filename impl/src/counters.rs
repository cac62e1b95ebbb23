//! What a node has done since it started, in numbers.

use crate::wire::WireError;
use std::fmt;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that came in, whole or not.
    pub datagrams_received: u64,
    /// Messages in them.
    pub messages_received: u64,
    /// Datagrams handed to the network.
    pub datagrams_sent: u64,
    /// Messages in them.
    pub messages_sent: u64,
    /// Commits that wrote something, each with a sync.
    pub commits: u64,
    /// What was dropped, and why.
    pub dropped: Dropped,
    /// Has it left the ring, and nothing more to do?
    pub has_left: bool,
}

/// What was dropped, by reason. Whoever sent it, or waits for it, tries again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Datagrams shorter than a header.
    pub too_short: u64,
    /// Datagrams of some other protocol.
    pub not_ours: u64,
    /// Datagrams of another format version.
    pub version: u64,
    /// Datagrams with a wrong checksum.
    pub checksum: u64,
    /// Datagrams whose messages could not be decoded.
    pub malformed: u64,
    /// Messages larger than a datagram.
    pub too_large: u64,
    /// Datagrams for an id that is neither a member's nor a client's.
    pub unknown_destination: u64,
    /// Datagrams the operating system did not take.
    pub refused_by_system: u64,
}

impl Dropped {
    /// Counts a datagram that could not be decoded.
    pub fn count(&mut self, error: WireError) {
        let counter = match error {
            WireError::TooShort => &mut self.too_short,
            WireError::NotOurs => &mut self.not_ours,
            WireError::Version(_) => &mut self.version,
            WireError::Checksum => &mut self.checksum,
            WireError::Malformed => &mut self.malformed,
        };
        *counter += 1;
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters { datagrams_received, messages_received, datagrams_sent, messages_sent, commits, dropped, .. } =
            self;
        write!(f, "received {messages_received} messages in {datagrams_received} datagrams, ")?;
        write!(f, "sent {messages_sent} in {datagrams_sent}, {commits} commits, {dropped:?}")
    }
}
