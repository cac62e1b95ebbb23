//! The datagram format: a version, a checksum, sender and receiver, and several messages. Datagrams
//! are sent sealed ([`sessions`](crate::sessions)).
//!
//! ```text
//! "DYNM"  version  crc32 of the rest  parties  messages  each message in postcard encoding
//! 4       1        4, little-endian   53       2, LE     the rest
//! ```
//! [`identity`](crate::identity) describes the parties. A datagram without messages tells a node
//! that its id is used twice, or what others remember of its disk. A message with a context between
//! a client and a node is followed by the context's [`stamp`], 32 bytes. A forwarded request is
//! followed by the address of the client to answer, 18 bytes, all zero if it is unknown.
//!
//! A single message may be larger than UDP can carry. It has this format too, and is cut into
//! [`fragments`](crate::fragments).

pub use crate::format::{DATAGRAM_BYTES_MAX, MESSAGE_BYTES_MAX, VERSION};
use crate::identity::Parties;
use crate::sessions::SEALED_EXTRA_BYTES;
use crate::stamp::{self, STAMP_BYTES, Stamp};
use dynamo_model::address::Address;
use dynamo_model::message::Message;
use stateright::actor::Id;
use std::net::SocketAddr;
use thiserror::Error;

/// The most bytes in a sealed datagram's payload.
pub const PAYLOAD_BYTES_MAX: usize = DATAGRAM_BYTES_MAX - SEALED_EXTRA_BYTES;

/// Stands for the stamp of an empty context, which needs none.
const NO_STAMP: Stamp = [0; STAMP_BYTES];

const MAGIC: [u8; 4] = *b"DYNM";
const VERSION_AT: usize = 4;
const CHECKSUM_AT: usize = 5;
/// The offset of the first byte under the checksum.
pub(crate) const SUMMED_AT: usize = 9;
const PARTIES_AT: usize = SUMMED_AT;
const COUNT_AT: usize = PARTIES_AT + Parties::BYTES;
const HEADER_BYTES: usize = COUNT_AT + 2;

/// Why a datagram is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// Shorter than a header.
    #[error("the datagram is shorter than a header")]
    TooShort,
    /// Another protocol.
    #[error(
        "the datagram begins with neither DYNM nor DYNF: \
         it is not from a dynamo node or client"
    )]
    NotOurs,
    /// This protocol, but another version.
    #[error(
        "the datagram has format version {0}, but this program uses version {VERSION}: \
         run the same release everywhere"
    )]
    Version(u8),
    /// Damaged in flight.
    #[error("the datagram's checksum does not match: it was damaged in flight")]
    Checksum,
    /// The checksum matches, but the messages cannot be decoded.
    #[error("the datagram's messages cannot be decoded")]
    Malformed,
    /// The numbers in a fragment's header are inconsistent, or announce too large a message.
    #[error(
        "the fragment's numbers are inconsistent, \
         or exceed a message of {MESSAGE_BYTES_MAX} bytes"
    )]
    FragmentMalformed,
    /// Earlier fragments of the message announce another length.
    #[error("the fragment contradicts earlier fragments of its message")]
    FragmentContradicts,
    /// The fragment is a duplicate, or its message is complete or given up.
    #[error("the fragment is not needed: it is a duplicate, or too late")]
    FragmentNotNeeded,
}

/// A message that does not fit into a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the datagram would have {bytes} bytes; at most {bytes_max} are allowed")]
pub struct TooLarge {
    /// The length that the datagram would have.
    pub bytes: usize,
    /// The limit: [`MESSAGE_BYTES_MAX`] for a message alone, else [`PAYLOAD_BYTES_MAX`].
    pub bytes_max: usize,
}

/// A datagram being filled. Its memory is reused. A single large message may make it larger than
/// UDP can carry: then a [`Cutter`](crate::fragments::Cutter) cuts it.
#[derive(Debug)]
pub struct Datagram {
    bytes: Vec<u8>,
    messages: u16,
    /// The offsets at which clients' addresses are filled in, and the clients.
    callers: Vec<(usize, Id)>,
}

impl Default for Datagram {
    fn default() -> Self {
        let mut bytes = Vec::with_capacity(2048);
        bytes.resize(HEADER_BYTES, 0);
        Datagram { bytes, messages: 0, callers: Vec::new() }
    }
}

impl Datagram {
    /// Adds a message.
    ///
    /// # Errors
    /// If it does not fit: the first message may take [`MESSAGE_BYTES_MAX`], but several messages
    /// must fit what UDP can carry. The datagram is then unchanged.
    pub fn push(&mut self, message: &Message) -> Result<(), TooLarge> {
        self.push_stamped(message, &NO_STAMP)
    }

    /// Adds a message with the stamp of its context, if it has a stamped context.
    ///
    /// # Errors
    /// As for [`push`](Datagram::push).
    pub fn push_stamped(&mut self, message: &Message, stamp: &Stamp) -> Result<(), TooLarge> {
        let before = self.bytes.len();
        let failed = postcard::to_io(message, &mut self.bytes).is_err();
        if stamp::stamped(message).is_some() {
            self.bytes.extend(stamp);
        }
        let caller = caller_of(message).map(|client| (self.bytes.len(), client));
        self.bytes.extend(caller.iter().flat_map(|_| [0; Address::BYTES]));
        let bytes = self.bytes.len();
        let bytes_max = if self.messages == 0 { MESSAGE_BYTES_MAX } else { PAYLOAD_BYTES_MAX };
        if failed || bytes > bytes_max || self.messages == u16::MAX {
            self.bytes.truncate(before);
            return Err(TooLarge { bytes, bytes_max });
        }
        self.messages += 1;
        self.callers.extend(caller);
        Ok(())
    }

    /// Fills in the addresses of the clients of forwarded requests.
    pub fn introduce(&mut self, address_of: impl Fn(Id) -> Option<SocketAddr>) {
        for (at, client) in &self.callers {
            if let Some(address) = address_of(*client) {
                self.bytes[*at..*at + Address::BYTES]
                    .copy_from_slice(&Address::from(address).to_bytes());
            }
        }
    }

    /// How many messages the datagram has.
    pub fn messages(&self) -> usize {
        usize::from(self.messages)
    }

    /// The length in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Completes the header, and returns the datagram's bytes.
    pub fn seal(&mut self, parties: &Parties) -> &[u8] {
        self.bytes[PARTIES_AT..COUNT_AT].copy_from_slice(&parties.encode());
        self.bytes[COUNT_AT..HEADER_BYTES].copy_from_slice(&self.messages.to_le_bytes());
        seal(MAGIC, &mut self.bytes);
        &self.bytes
    }

    /// Empties the datagram for reuse. Frees memory beyond what a normal datagram needs.
    pub fn clear(&mut self) {
        self.bytes.truncate(HEADER_BYTES);
        if self.bytes.capacity() > 2 * DATAGRAM_BYTES_MAX {
            self.bytes.shrink_to(DATAGRAM_BYTES_MAX);
        }
        self.messages = 0;
        self.callers.clear();
    }
}

/// The client whose address follows a message.
fn caller_of(message: &Message) -> Option<Id> {
    match message {
        Message::Forward { client, .. } => Some(*client),
        _ => None,
    }
}

/// Checks a datagram, and splits it after its header.
///
/// # Errors
/// If it does not have this magic number, this program's version and a matching checksum.
pub(crate) fn open(
    magic: [u8; 4],
    header_bytes: usize,
    datagram: &[u8],
) -> Result<(&[u8], &[u8]), WireError> {
    let (first, summed) = datagram.split_at_checked(SUMMED_AT).ok_or(WireError::TooShort)?;
    if first[..VERSION_AT] != magic {
        return Err(WireError::NotOurs);
    }
    if first[VERSION_AT] != VERSION {
        return Err(WireError::Version(first[VERSION_AT]));
    }
    if first[CHECKSUM_AT..] != crc32fast::hash(summed).to_le_bytes() {
        return Err(WireError::Checksum);
    }
    datagram.split_at_checked(header_bytes).ok_or(WireError::TooShort)
}

/// Fills in the magic number, version and checksum, once the rest is written.
pub(crate) fn seal(magic: [u8; 4], datagram: &mut [u8]) {
    let checksum = crc32fast::hash(&datagram[SUMMED_AT..]);
    datagram[..VERSION_AT].copy_from_slice(&magic);
    datagram[VERSION_AT] = VERSION;
    datagram[CHECKSUM_AT..SUMMED_AT].copy_from_slice(&checksum.to_le_bytes());
}

/// A decoded datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The sender and receiver.
    pub parties: Parties,
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// The stamps of those messages' contexts that have one, in order.
    pub stamps: Vec<Stamp>,
    /// The addresses of the clients in forwarded requests.
    pub callers: Vec<SocketAddr>,
}

impl Letter {
    /// Each message, with the stamp of its context if it has one.
    pub fn into_stamped(self) -> impl Iterator<Item = (Message, Option<Stamp>)> {
        let mut stamps = self.stamps.into_iter();
        self.messages.into_iter().map(move |message| {
            let stamp = stamp::stamped(&message).and_then(|_| stamps.next());
            (message, stamp)
        })
    }
}

/// Decodes a whole datagram.
///
/// # Errors
/// If it is not a whole datagram of this version, or has bytes left over. A fragment is an error
/// too: use a [`Reassembly`](crate::reassembly::Reassembly).
pub fn decode(datagram: &[u8]) -> Result<Letter, WireError> {
    let (header, mut rest) = open(MAGIC, HEADER_BYTES, datagram)?;
    let parties = Parties::decode(&std::array::from_fn(|index| header[PARTIES_AT + index]));
    let count = usize::from(u16::from_le_bytes([header[COUNT_AT], header[COUNT_AT + 1]]));
    // Each message takes at least one byte, so a false count cannot make this reserve much.
    let (mut messages, mut stamps, mut callers) =
        (Vec::with_capacity(count.min(rest.len())), Vec::new(), Vec::new());
    for _ in 0..count {
        let (message, after) = postcard::take_from_bytes(rest).map_err(|_| WireError::Malformed)?;
        rest = after;
        if stamp::stamped(&message).is_some() {
            let (stamp, after) =
                rest.split_first_chunk::<STAMP_BYTES>().ok_or(WireError::Malformed)?;
            stamps.push(*stamp);
            rest = after;
        }
        if caller_of(&message).is_some() {
            let (bytes, after) =
                rest.split_first_chunk::<{ Address::BYTES }>().ok_or(WireError::Malformed)?;
            callers.extend(
                (bytes != &[0; Address::BYTES])
                    .then(|| SocketAddr::from(Address::from_bytes(*bytes))),
            );
            rest = after;
        }
        messages.push(message);
    }
    if rest.is_empty() {
        Ok(Letter { parties, messages, stamps, callers })
    } else {
        Err(WireError::Malformed)
    }
}

#[cfg(test)]
pub(crate) mod tests;
