//! Counters of what a node has done since it started.

use crate::reassembly::GivenUp;
use crate::sessions::SessionError;
use crate::wire::WireError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Counts since the node started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams received, including fragments.
    pub datagrams_received: u64,
    /// Messages received. A message in fragments counts once, when it is complete.
    pub messages_received: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Messages sent. A message in fragments counts once.
    pub messages_sent: u64,
    /// Commits to disk, each with a sync.
    pub commits: u64,
    /// What the node dropped, by reason.
    pub dropped: Dropped,
    /// Has the node left the ring and handed over all its data?
    pub has_left: bool,
}

/// What a node dropped, by reason. Peers and clients retransmit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Datagrams, or payloads of sealed datagrams, that are too short or have the wrong length.
    pub too_short: u64,
    /// Datagrams of another protocol.
    pub not_ours: u64,
    /// Datagrams of another format version.
    pub version: u64,
    /// Handshake messages that could not be read, or that belong to no handshake.
    pub handshake: u64,
    /// Handshakes above the limit of a second, or of all handshakes at a time.
    pub too_many_handshakes: u64,
    /// Datagrams of unknown sessions, for example from before this node's start.
    pub unknown_session: u64,
    /// Datagrams that could not be decrypted: damaged in flight, or forged.
    pub forged: u64,
    /// Datagrams received before, or received after too many later ones.
    pub replayed: u64,
    /// Datagrams and reassembled messages with a wrong checksum.
    pub checksum: u64,
    /// Datagrams and reassembled messages that could not be decoded.
    pub malformed: u64,
    /// Fragments with inconsistent numbers, or of a message that is too large.
    pub fragment_malformed: u64,
    /// Fragments that contradict earlier fragments of their message.
    pub fragment_contradicts: u64,
    /// Duplicate fragments, and fragments of messages that are complete or given up.
    pub fragment_not_needed: u64,
    /// Messages given up because fragments did not arrive in time.
    pub unfinished_too_old: u64,
    /// Messages given up to make room for fragments of later messages.
    pub unfinished_no_room: u64,
    /// Messages too large to send, even in fragments.
    pub too_large: u64,
    /// Datagrams for an id that is neither a member nor a client.
    pub unknown_destination: u64,
    /// Datagrams that the operating system did not accept. If such a datagram is a fragment, the
    /// rest of its message is dropped too, and not counted.
    pub refused_by_system: u64,
}

impl Dropped {
    /// Counts a datagram without a valid session. Datagrams from senders that are not let in are
    /// not counted here: they count as refused.
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

    /// Sets the numbers of unfinished messages that were given up, of members and of strangers.
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
