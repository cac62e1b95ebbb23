//! Reassembles messages from their [`fragments`](crate::fragments), within bounds.
//!
//! Anyone can send fragments. So a receiver bounds its unfinished messages: their memory and
//! number, for each sender and in all, and how long it waits for the rest. If there is no room, it
//! gives up the oldest message. It allocates memory for bytes received, never for bytes announced.

use crate::fragments::Fragment;
use crate::wire::{self, Letter, MESSAGE_BYTES_MAX, WireError};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How many complete or given-up messages are remembered in all, so that their late fragments begin
/// nothing new.
const ENDED_MAX: usize = 256;
/// What a piece costs besides its bytes, in bytes: the allocation and the map entry.
const PIECE_EXTRA_BYTES: usize = 64;

/// Limits on unfinished messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For one sender.
    pub(crate) sender: Room,
    /// For all senders.
    pub(crate) all: Room,
    /// How long after its first fragment a message is given up.
    pub(crate) age: Duration,
}

/// A number of messages and their memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Limits {
    /// A sender has room for a message of the largest size. The age is longer than fragments are
    /// delayed in a local network, and than a coordinator waits for an answer.
    pub(crate) const LOCAL: Self = Limits {
        sender: Room { messages: 64, bytes: 2 * MESSAGE_BYTES_MAX },
        all: Room { messages: 1024, bytes: 8 * MESSAGE_BYTES_MAX },
        age: Duration::from_secs(5),
    };
    /// For senders that are not known to be members. Few of them send more than a datagram.
    pub(crate) const STRANGERS: Self = Limits {
        sender: Room { messages: 4, bytes: 2 * MESSAGE_BYTES_MAX },
        all: Room { messages: 256, bytes: 4 * MESSAGE_BYTES_MAX },
        age: Duration::from_secs(5),
    };
}

/// A message: its sender and the sender's id for it.
type Name = (SocketAddr, u64);

/// A message with missing fragments.
#[derive(Debug)]
struct Unfinished {
    name: Name,
    begun: Instant,
    count: u16,
    total: usize,
    /// The pieces by index.
    pieces: BTreeMap<u16, Box<[u8]>>,
    /// The memory that the pieces take, in bytes.
    bytes: usize,
}

impl Unfinished {
    fn add(&mut self, fragment: &Fragment<'_>) -> Result<(), WireError> {
        if (fragment.count, fragment.total) != (self.count, self.total) {
            return Err(WireError::FragmentContradicts);
        }
        if self.pieces.contains_key(&fragment.index) {
            return Err(WireError::FragmentNotNeeded);
        }
        self.pieces.insert(fragment.index, fragment.piece.into());
        self.bytes += fragment.piece.len() + PIECE_EXTRA_BYTES;
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.pieces.len() == usize::from(self.count)
    }
}

/// Takes datagrams, and returns their messages. Keeps fragments of incomplete messages.
#[derive(Debug)]
pub struct Reassembly {
    limits: Limits,
    /// Oldest first. The limits keep them few, so a linear search is cheap.
    unfinished: VecDeque<Unfinished>,
    /// The last complete or given-up messages, latest last.
    ended: VecDeque<Name>,
    given_up: GivenUp,
}

/// How many incomplete messages were given up, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// Fragments did not arrive in time.
    pub too_old: u64,
    /// Later messages took the room.
    pub no_room: u64,
}

impl Default for Reassembly {
    fn default() -> Self {
        Self::within(Limits::LOCAL)
    }
}

impl Reassembly {
    /// A reassembly with these limits.
    pub(crate) fn within(limits: Limits) -> Self {
        let (unfinished, ended, given_up) = (VecDeque::new(), VecDeque::new(), GivenUp::default());
        Reassembly { limits, unfinished, ended, given_up }
    }

    /// The messages of a datagram, or of the message that its fragment completes; `None` if
    /// fragments are still missing.
    ///
    /// # Errors
    /// If the datagram is invalid, or the completed message cannot be decoded.
    pub fn receive(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Result<Option<Letter>, WireError> {
        if !Fragment::is_claimed_by(datagram) {
            return wire::decode(datagram).map(Some);
        }
        let fragment = Fragment::decode(datagram)?;
        self.forget_old(now);
        self.add(from, &fragment, now)?.map(|whole| wire::decode(&whole)).transpose()
    }

    /// Gives up messages that have been incomplete for too long.
    pub fn forget_old(&mut self, now: Instant) {
        while let Some(oldest) = self.unfinished.front()
            && now.saturating_duration_since(oldest.begun) > self.limits.age
        {
            self.end(0);
            self.given_up.too_old += 1;
        }
    }

    /// How many messages were given up so far.
    pub fn given_up(&self) -> GivenUp {
        self.given_up
    }

    /// Adds a fragment. Returns the whole message if this completes it.
    fn add(
        &mut self,
        from: SocketAddr,
        fragment: &Fragment<'_>,
        now: Instant,
    ) -> Result<Option<Vec<u8>>, WireError> {
        let name = (from, fragment.message);
        if self.ended.contains(&name) {
            return Err(WireError::FragmentNotNeeded);
        }
        // Fragments of a message mostly come one after the other, so search from the end.
        let begun = self.unfinished.iter().rposition(|message| message.name == name);
        let at = begun.unwrap_or_else(|| {
            let (count, total) = (fragment.count, fragment.total);
            let message =
                Unfinished { name, begun: now, count, total, pieces: BTreeMap::new(), bytes: 0 };
            self.unfinished.push_back(message);
            self.unfinished.len() - 1
        });
        self.unfinished[at].add(fragment)?;
        if self.unfinished[at].is_complete() {
            let message = self.end(at);
            return Ok(
                message.map(|message| message.pieces.into_values().collect::<Vec<_>>().concat())
            );
        }
        self.make_room(from);
        Ok(None)
    }

    /// Gives up the oldest messages, first of this sender and then of all, until the limits hold.
    fn make_room(&mut self, from: SocketAddr) {
        let is_theirs = |message: &Unfinished| message.name.0 == from;
        while self.taken(is_theirs).exceeds(self.limits.sender)
            && let Some(oldest) = self.unfinished.iter().position(is_theirs)
        {
            self.end(oldest);
            self.given_up.no_room += 1;
        }
        while self.taken(|_| true).exceeds(self.limits.all) {
            self.end(0);
            self.given_up.no_room += 1;
        }
    }

    /// The room that some of the unfinished messages take.
    fn taken(&self, which: impl Fn(&Unfinished) -> bool) -> Room {
        let some = self.unfinished.iter().filter(|message| which(message));
        some.fold(Room::default(), |Room { messages, bytes }, message| Room {
            messages: messages + 1,
            bytes: bytes + message.bytes,
        })
    }

    /// Removes an unfinished message, and remembers that it needs no more fragments.
    fn end(&mut self, at: usize) -> Option<Unfinished> {
        let message = self.unfinished.remove(at)?;
        if self.ended.len() == ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(message.name);
        Some(message)
    }
}

impl Room {
    fn exceeds(self, limit: Room) -> bool {
        self.messages > limit.messages || self.bytes > limit.bytes
    }
}

#[cfg(test)]
mod tests;
