//! What a node has done since it started, in numbers.

use crate::reassembly::GivenUp;
use crate::sessions::SessionError;
use crate::wire::WireError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that came in, whole or not.
    pub datagrams_received: u64,
    /// Messages in them. One that came in fragments counts once, when it is complete.
    pub messages_received: u64,
    /// Datagrams handed to the network.
    pub datagrams_sent: u64,
    /// Messages in them. One that was sent in fragments counts once.
    pub messages_sent: u64,
    /// Commits that wrote something, each with a sync.
    pub commits: u64,
    /// What was dropped, and why.
    pub dropped: Dropped,
    /// Has it left the ring, and nothing more to do?
    pub has_left: bool,
}

/// What was dropped, by reason. Whoever sent it, or waits for it, tries again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Datagrams, or what was sealed in them, that are shorter than a header, or have the wrong
    /// length.
    pub too_short: u64,
    /// Datagrams of some other protocol.
    pub not_ours: u64,
    /// Datagrams of another format version.
    pub version: u64,
    /// Handshakes that could not be read, or that nobody had begun.
    pub handshake: u64,
    /// Handshakes above what a node takes part in, in a second or in all.
    pub too_many_handshakes: u64,
    /// Datagrams of sessions that are not known here: after a start, for instance.
    pub unknown_session: u64,
    /// Datagrams that could not be opened: damaged on the way, or forged.
    pub forged: u64,
    /// Datagrams that had come before, or came after too many later ones.
    pub replayed: u64,
    /// Datagrams with a wrong checksum, and messages that had one when put together from fragments.
    pub checksum: u64,
    /// Datagrams whose messages could not be decoded, and messages put together from fragments that
    /// could not.
    pub malformed: u64,
    /// Fragments whose numbers contradict one another, or announce too large a message.
    pub fragment_malformed: u64,
    /// Fragments that contradict earlier ones of their message.
    pub fragment_contradicts: u64,
    /// Fragments that came twice, or after their message was complete or given up.
    pub fragment_not_needed: u64,
    /// Messages given up because fragments were missing for too long.
    pub unfinished_too_old: u64,
    /// Messages given up because fragments of later ones took their room.
    pub unfinished_no_room: u64,
    /// Messages too large to be sent, even in fragments.
    pub too_large: u64,
    /// Datagrams for an id that is neither a member's nor a client's.
    pub unknown_destination: u64,
    /// Datagrams the operating system did not take. With a fragment, the rest of its message is
    /// dropped too, and not counted.
    pub refused_by_system: u64,
}

impl Dropped {
    /// Counts a datagram that belongs to no session, or could not be opened. Those from where
    /// nobody is let in count as refused.
    pub fn count_unopened(&mut self, error: SessionError) {
        let counter = match error {
            SessionError::Length => &mut self.too_short,
            SessionError::NotOurs => &mut self.not_ours,
            SessionError::Version(_) => &mut self.version,
            SessionError::Handshake => &mut self.handshake,
            SessionError::TooMany => &mut self.too_many_handshakes,
            SessionError::Unknown => &mut self.unknown_session,
            SessionError::Forged => &mut self.forged,
            SessionError::Replayed => &mut self.replayed,
            SessionError::WrongSecret | SessionError::OtherMachine | SessionError::NoEntry(_) => {
                return;
            }
        };
        *counter += 1;
    }

    /// Counts a datagram that could not be decoded.
    pub fn count(&mut self, error: WireError) {
        let counter = match error {
            WireError::TooShort => &mut self.too_short,
            WireError::NotOurs => &mut self.not_ours,
            WireError::Version(_) => &mut self.version,
            WireError::Checksum => &mut self.checksum,
            WireError::Malformed => &mut self.malformed,
            WireError::FragmentMalformed => &mut self.fragment_malformed,
            WireError::FragmentContradicts => &mut self.fragment_contradicts,
            WireError::FragmentNotNeeded => &mut self.fragment_not_needed,
        };
        *counter += 1;
    }

    /// Takes over how many unfinished messages were given up so far, of members and of strangers.
    pub fn note(&mut self, of_members: GivenUp, of_strangers: GivenUp) {
        self.unfinished_too_old = of_members.too_old + of_strangers.too_old;
        self.unfinished_no_room = of_members.no_room + of_strangers.no_room;
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters {
            datagrams_received,
            messages_received,
            datagrams_sent,
            messages_sent,
            commits,
            dropped,
            ..
        } = self;
        write!(f, "received {messages_received} messages in {datagrams_received} datagrams, ")?;
        write!(f, "sent {messages_sent} in {datagrams_sent}, {commits} commits, {dropped:?}")
    }
}
