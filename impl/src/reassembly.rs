//! Puts messages together from their [`fragments`](crate::fragments), within bounds.
//!
//! Anyone can send fragments, so a receiver bounds what it keeps of unfinished messages: how much
//! memory they take and how many there are, of each sender and in all, and how long it waits for
//! the rest. Where there is no room it gives up the message that it began first. Memory is reserved
//! for bytes that are there, never for those announced.

use crate::fragments::Fragment;
use crate::wire::{self, Letter, MESSAGE_BYTES_MAX, WireError};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// So many messages that are complete or given up are remembered, in all: their late fragments
/// begin nothing new.
const ENDED_MAX: usize = 256;
/// What a piece costs besides its bytes, in bytes: the allocation and its entry.
const PIECE_EXTRA_BYTES: usize = 64;

/// What is kept of unfinished messages, at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Of one sender.
    pub(crate) sender: Room,
    /// In all.
    pub(crate) all: Room,
    /// How long after its first fragment a message is given up.
    pub(crate) age: Duration,
}

/// How much room there is for unfinished messages, or how much they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Limits {
    /// A sender's room takes a message of the largest size. The age is longer than fragments are
    /// late in a local network, and than a coordinator waits for an answer.
    pub(crate) const LOCAL: Self = Limits {
        sender: Room { messages: 64, bytes: 2 * MESSAGE_BYTES_MAX },
        all: Room { messages: 1024, bytes: 8 * MESSAGE_BYTES_MAX },
        age: Duration::from_secs(5),
    };
    /// Of those who are not known to be members. Few need more than a datagram.
    pub(crate) const STRANGERS: Self = Limits {
        sender: Room { messages: 4, bytes: 2 * MESSAGE_BYTES_MAX },
        all: Room { messages: 256, bytes: 4 * MESSAGE_BYTES_MAX },
        age: Duration::from_secs(5),
    };
}

/// A message, by its sender and the id that this gave it.
type Name = (SocketAddr, u64);

/// A message of which fragments are missing.
#[derive(Debug)]
struct Unfinished {
    name: Name,
    begun: Instant,
    count: u16,
    total: usize,
    /// By index.
    pieces: BTreeMap<u16, Box<[u8]>>,
    /// What the pieces take, in bytes.
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

/// Takes what comes in, and gives messages. Keeps the fragments of those that are not complete yet.
#[derive(Debug)]
pub struct Reassembly {
    limits: Limits,
    /// In the order in which they were begun. The limits keep them few, so that a search from end
    /// to end is cheap.
    unfinished: VecDeque<Unfinished>,
    /// Those complete or given up last, the latest at the end.
    ended: VecDeque<Name>,
    given_up: GivenUp,
}

/// How many messages were given up before they were complete, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// Fragments were missing for too long.
    pub too_old: u64,
    /// Later ones took the room.
    pub no_room: u64,
}

impl Default for Reassembly {
    fn default() -> Self {
        Self::within(Limits::LOCAL)
    }
}

impl Reassembly {
    /// One that keeps no more than these limits say.
    pub(crate) fn within(limits: Limits) -> Self {
        let (unfinished, ended, given_up) = (VecDeque::new(), VecDeque::new(), GivenUp::default());
        Reassembly { limits, unfinished, ended, given_up }
    }

    /// What a datagram brings: its own messages, or the one that its fragment completes, or nothing
    /// yet.
    ///
    /// # Errors
    /// Where the datagram is dropped, or the message that it completes cannot be decoded.
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

    /// Gives up messages that have been unfinished for too long.
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

    /// The whole message, if this was its last fragment.
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
        // Fragments of a message mostly come one after the other: its latest is near the end.
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

    /// Gives up the messages begun first, until those of the sender are within its limit, and then
    /// all.
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

    /// What some of the unfinished messages take.
    fn taken(&self, which: impl Fn(&Unfinished) -> bool) -> Room {
        let some = self.unfinished.iter().filter(|message| which(message));
        some.fold(Room::default(), |Room { messages, bytes }, message| Room {
            messages: messages + 1,
            bytes: bytes + message.bytes,
        })
    }

    /// Takes an unfinished message out, and remembers that nothing more of it is needed.
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
