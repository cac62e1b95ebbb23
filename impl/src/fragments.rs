//! Fragments: a message that is larger than a UDP datagram is sent in several datagrams.
//!
//! The sender encodes the message as in [`crate::wire`], with header and checksum, and cuts the
//! bytes into pieces of one size. Only the last piece may be shorter. Each piece is sent in its own
//! datagram:
//!
//! ```text
//! "DYNF"  version  crc32 of the rest  message id  index  count  total  the piece
//! 4       1        4, little-endian   8, LE       2, LE  2, LE  4, LE  the rest
//! ```
//!
//! * All fragments of a message have the same message id. A sender starts at a random id and counts
//!   up, so that ids are unique across its starts.
//! * The first piece has index 0. The count is the number of pieces, at least 2.
//! * The total is the length of all pieces together, at most [`MESSAGE_BYTES_MAX`]. Count and total
//!   determine the length of each piece, so a receiver can check every fragment by itself.
//! * The pieces in order are a datagram as in `wire`. Its own checksum covers the whole.
//!
//! Fragments are not retransmitted. If one is lost, its message is lost, and the protocol sends it
//! again under another id.

use crate::wire::{self, MESSAGE_BYTES_MAX, PAYLOAD_BYTES_MAX, SUMMED_AT, WireError};
use std::borrow::Cow;

/// The longest piece that a sender makes, in bytes. Sealed, it fits a buffer of 16 KiB, which is
/// what Linux charges the receiver's socket for. A slightly longer piece would be charged twice as
/// much. Receivers accept pieces of any length.
pub const PIECE_BYTES_MAX: usize = 15 * 1024;

const MAGIC: [u8; 4] = *b"DYNF";
const INDEX_AT: usize = SUMMED_AT + 8;
const COUNT_AT: usize = INDEX_AT + 2;
const TOTAL_AT: usize = COUNT_AT + 2;
const HEADER_BYTES: usize = TOTAL_AT + 4;

/// One fragment of a message. Its numbers are consistent with each other and with its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The id of the message.
    pub message: u64,
    /// The index of the piece, from 0.
    pub index: u16,
    /// The number of pieces.
    pub count: u16,
    /// The length of the whole message, in bytes.
    pub total: usize,
    /// The piece.
    pub piece: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Does a datagram claim to be a fragment?
    pub fn is_claimed_by(datagram: &[u8]) -> bool {
        datagram.starts_with(&MAGIC)
    }

    /// Decodes a fragment. Allocates no memory.
    ///
    /// # Errors
    /// If the datagram is not a fragment of this version, is damaged, or has inconsistent numbers.
    pub fn decode(datagram: &'a [u8]) -> Result<Self, WireError> {
        let (header, piece) = wire::open(MAGIC, HEADER_BYTES, datagram)?;
        let fragment = Fragment {
            message: u64::from_le_bytes(array(&header[SUMMED_AT..])),
            index: u16::from_le_bytes(array(&header[INDEX_AT..])),
            count: u16::from_le_bytes(array(&header[COUNT_AT..])),
            total: u32::from_le_bytes(array(&header[TOTAL_AT..])) as usize,
            piece,
        };
        if fragment.is_consistent() { Ok(fragment) } else { Err(WireError::FragmentMalformed) }
    }

    /// Encodes the fragment as a datagram.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.piece.len());
        bytes.resize(SUMMED_AT, 0);
        bytes.extend(self.message.to_le_bytes());
        bytes.extend(self.index.to_le_bytes());
        bytes.extend(self.count.to_le_bytes());
        bytes.extend((self.total as u32).to_le_bytes());
        bytes.extend(self.piece);
        wire::seal(MAGIC, &mut bytes);
        bytes
    }

    fn is_consistent(&self) -> bool {
        let (index, count) = (usize::from(self.index), usize::from(self.count));
        if count < 2 || index >= count || self.total > MESSAGE_BYTES_MAX {
            return false;
        }
        let length = self.total.div_ceil(count);
        // The last piece must not be empty: otherwise the message could not be completed.
        let last_begins = length * (count - 1);
        last_begins < self.total && self.piece.len() == length.min(self.total - length * index)
    }
}

/// The first bytes of a slice that is known to be long enough.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes[..N].try_into().expect("a slice of this length")
}

/// Cuts the datagrams of one sender, and counts its message ids.
#[derive(Debug)]
pub struct Cutter {
    next: u64,
    /// The longest datagram that is not cut, and the longest piece.
    whole_bytes_max: usize,
    piece_bytes_max: usize,
}

impl Default for Cutter {
    fn default() -> Self {
        let (whole_bytes_max, piece_bytes_max) = (PAYLOAD_BYTES_MAX, PIECE_BYTES_MAX);
        Cutter { next: rand::random(), whole_bytes_max, piece_bytes_max }
    }
}

impl Cutter {
    /// A cutter that cuts every datagram above this length.
    pub(crate) fn above(bytes: usize) -> Self {
        Cutter { whole_bytes_max: bytes, piece_bytes_max: bytes, ..Cutter::default() }
    }

    /// Is this datagram sent as it is?
    pub(crate) fn keeps_whole(&self, sealed: &[u8]) -> bool {
        sealed.len() <= self.whole_bytes_max
    }

    /// The datagrams to send, in order: the datagram itself if UDP can carry it, else its
    /// fragments. `sealed` is a sealed [`Datagram`](crate::wire::Datagram).
    pub fn cut<'a>(&mut self, sealed: &'a [u8]) -> impl Iterator<Item = Cow<'a, [u8]>> + use<'a> {
        let is_whole = self.keeps_whole(sealed);
        let whole = is_whole.then_some(Cow::Borrowed(sealed));
        let cut = (!is_whole).then(|| self.pieces(sealed, self.piece_bytes_max));
        whole.into_iter().chain(cut.into_iter().flatten().map(Cow::Owned))
    }

    /// The fragments of a message of at most [`MESSAGE_BYTES_MAX`], in pieces of at most
    /// `piece_bytes_max` bytes.
    pub(crate) fn pieces<'a>(
        &mut self,
        sealed: &'a [u8],
        piece_bytes_max: usize,
    ) -> impl Iterator<Item = Vec<u8>> + use<'a> {
        let message = self.next;
        self.next = self.next.wrapping_add(1);
        let total = sealed.len();
        let count = total.div_ceil(piece_bytes_max);
        let pieces = sealed.chunks(total.div_ceil(count)).enumerate();
        pieces.map(move |(index, piece)| {
            let (index, count) = (index as u16, count as u16);
            Fragment { message, index, count, total, piece }.encode()
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
