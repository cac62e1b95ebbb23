//! The formats of a session's datagrams.
//!
//! ```text
//! hello    "DYNH"  version  right  caller's index  MAC of the rest  first handshake message
//!          4       1        1      4               16               56
//! welcome  "DYNW"  version  caller's index  second handshake message, with the host's index in it
//!          4       1        4               56
//! sealed   "DYNS"  version  receiver's index  number  sealed: payload, filler, its length, tag
//!          4       1        4                 8       the rest; the tag has 16
//! knock    "DYNK"  version  1: a datagram was lost; 0: something waits  zeros
//!          4       1        1                                           76
//! no entry "DYNN"  version  caller's index  reason
//!          4       1        4               1
//! ```
//! Numbers are little-endian. A welcome is shorter than a hello, and a sealed datagram is at least
//! as long as a hello. So no answer to an unproved address is longer than what came from there.

use crate::format::VERSION;
use crate::secret::Right;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The length of a hello and of a knock, and the least length of a sealed datagram, in bytes.
pub(crate) const HELLO_BYTES: usize = HELLO_HEAD_BYTES + MAC_BYTES + NOISE_BYTES;
/// The length of the part before the MAC.
pub(super) const HELLO_HEAD_BYTES: usize = 10;
pub(super) const MAC_BYTES: usize = 16;
/// The length of each of the two handshake messages: an ephemeral key, an 8-byte payload and its
/// tag.
pub(super) const NOISE_BYTES: usize = 32 + 8 + TAG_BYTES;
pub(super) const SEALED_HEAD_BYTES: usize = 17;
pub(super) const TAG_BYTES: usize = 16;
/// What a sealed datagram has besides its payload, in bytes, if there is no filler.
pub(crate) const SEALED_EXTRA_BYTES: usize = SEALED_HEAD_BYTES + 1 + TAG_BYTES;

const HELLO: &[u8] = b"DYNH";
const WELCOME: &[u8] = b"DYNW";
const SEALED: &[u8] = b"DYNS";
const KNOCK: &[u8] = b"DYNK";
const NO_ENTRY: &[u8] = b"DYNN";

/// Identifies a session or a call at one of its two ends.
pub(super) type Index = u32;

/// Why a host rejects a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoEntry {
    /// The caller has another secret.
    WrongSecret,
    /// The cluster has no secret, and the caller is on another machine.
    OtherMachine,
}

/// Why a datagram is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// Shorter or longer than datagrams of its kind.
    #[error("the datagram has the wrong length")]
    Length,
    /// Another protocol.
    #[error(
        "the datagram begins with none of DYNH, DYNW, DYNS, DYNK and DYNN: \
         it is not from a dynamo node or client"
    )]
    NotOurs,
    /// This protocol, but another version.
    #[error(
        "the datagram has format version {0}, but this program uses version {VERSION}: \
         run the same release everywhere"
    )]
    Version(u8),
    /// A hello to a process that is no node, or a malformed handshake message.
    #[error("the handshake cannot be read")]
    Handshake,
    /// A hello from a caller with another secret, or none.
    #[error("the caller has another secret")]
    WrongSecret,
    /// A hello from another machine, in a cluster without secrets.
    #[error("the caller is on another machine, and the cluster has no secrets")]
    OtherMachine,
    /// A host rejects this process.
    #[error("the node does not let this process in: {0:?}")]
    NoEntry(NoEntry),
    /// Too many handshakes, or too many sessions.
    #[error("there are too many handshakes or sessions")]
    TooMany,
    /// The session is unknown.
    #[error("the session is unknown")]
    Unknown,
    /// The datagram was damaged, or made without the session's keys.
    #[error("the datagram cannot be decrypted: it is damaged or forged")]
    Forged,
    /// The datagram is a duplicate, or came after too many later ones.
    #[error("the datagram is a replay, or very late")]
    Replayed,
}

/// A parsed datagram.
pub(super) enum Envelope<'a> {
    /// A caller asks for a session.
    Hello {
        right: Right,
        from: Index,
        /// Everything before the MAC.
        head: &'a [u8],
        mac: [u8; MAC_BYTES],
        noise: &'a [u8],
    },
    /// A host accepts a caller.
    Welcome { to: Index, noise: &'a [u8] },
    /// Data in a session.
    Sealed { to: Index, number: u64, sealed: &'a [u8] },
    /// A host asks to be called.
    Knock {
        /// A datagram of the receiver could not be opened.
        is_lost: bool,
    },
    /// A host rejects a caller.
    NoEntry { to: Index, why: NoEntry },
}

impl<'a> Envelope<'a> {
    /// Parses a datagram.
    pub(super) fn open(datagram: &'a [u8]) -> Result<Self, SessionError> {
        let (kind, rest) = datagram.split_at_checked(4).ok_or(SessionError::NotOurs)?;
        if ![HELLO, WELCOME, SEALED, KNOCK, NO_ENTRY].contains(&kind) {
            return Err(SessionError::NotOurs);
        }
        let (version, rest) = rest.split_first().ok_or(SessionError::Length)?;
        if *version != VERSION {
            return Err(SessionError::Version(*version));
        }
        let envelope = match kind {
            HELLO => Self::hello(datagram),
            WELCOME => Self::welcome(rest),
            SEALED => Self::sealed(datagram, rest),
            KNOCK => Self::knock(datagram),
            _ => Self::no_entry(rest),
        };
        envelope.ok_or(SessionError::Length)
    }

    fn hello(datagram: &'a [u8]) -> Option<Self> {
        let (head, rest) = datagram.split_first_chunk::<HELLO_HEAD_BYTES>()?;
        let (mac, noise) = rest.split_first_chunk::<MAC_BYTES>()?;
        let right = *Right::ALL.get(usize::from(head[5]))?;
        let from = Index::from_le_bytes([head[6], head[7], head[8], head[9]]);
        (noise.len() == NOISE_BYTES).then_some(Envelope::Hello {
            right,
            from,
            head,
            mac: *mac,
            noise,
        })
    }

    fn welcome(rest: &'a [u8]) -> Option<Self> {
        let (to, noise) = rest.split_first_chunk::<4>()?;
        let to = Index::from_le_bytes(*to);
        (noise.len() == NOISE_BYTES).then_some(Envelope::Welcome { to, noise })
    }

    fn sealed(datagram: &[u8], rest: &'a [u8]) -> Option<Self> {
        let (to, rest) = rest.split_first_chunk::<4>()?;
        let (number, sealed) = rest.split_first_chunk::<8>()?;
        let (to, number) = (Index::from_le_bytes(*to), u64::from_le_bytes(*number));
        (datagram.len() >= HELLO_BYTES).then_some(Envelope::Sealed { to, number, sealed })
    }

    fn knock(datagram: &[u8]) -> Option<Self> {
        (datagram.len() == HELLO_BYTES).then(|| Envelope::Knock { is_lost: datagram[5] != 0 })
    }

    fn no_entry(rest: &'a [u8]) -> Option<Self> {
        let (to, rest) = rest.split_first_chunk::<4>()?;
        let why = match rest {
            [0] => NoEntry::WrongSecret,
            [1] => NoEntry::OtherMachine,
            _ => return None,
        };
        Some(Envelope::NoEntry { to: Index::from_le_bytes(*to), why })
    }
}

/// The beginning of a hello.
pub(super) fn hello_head(right: Right, from: Index) -> Vec<u8> {
    [HELLO, &[VERSION, right as u8], &from.to_le_bytes()].concat()
}

/// The beginning of a welcome.
pub(super) fn welcome_head(to: Index) -> Vec<u8> {
    [WELCOME, &[VERSION], &to.to_le_bytes()].concat()
}

/// The beginning of a sealed datagram.
pub(super) fn sealed_head(to: Index, number: u64) -> [u8; SEALED_HEAD_BYTES] {
    let mut head = [0; SEALED_HEAD_BYTES];
    head[..4].copy_from_slice(SEALED);
    head[4] = VERSION;
    head[5..9].copy_from_slice(&to.to_le_bytes());
    head[9..].copy_from_slice(&number.to_le_bytes());
    head
}

/// Encodes a knock.
pub(super) fn knock(is_lost: bool) -> Vec<u8> {
    let mut knock = [KNOCK, &[VERSION, u8::from(is_lost)]].concat();
    knock.resize(HELLO_BYTES, 0);
    knock
}

/// Encodes the answer to a rejected caller.
pub(super) fn no_entry(to: Index, why: NoEntry) -> Vec<u8> {
    [NO_ENTRY, &[VERSION], &to.to_le_bytes(), &[why as u8]].concat()
}
