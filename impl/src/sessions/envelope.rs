//! What a session's datagrams look like.
//!
//! ```text
//! hello    "DYNH"  version  right  caller's index  mac of all before and after it  first message of the handshake
//!          4       1        1      4               16                              56
//! welcome  "DYNW"  version  caller's index  second message of the handshake, with the host's index sealed in it
//!          4       1        4               56
//! sealed   "DYNS"  version  receiver's index  number  sealed payload, filler, length of the filler, tag
//!          4       1        4                 8       the rest, to the last byte; the tag 16
//! knock    "DYNK"  version  1: what came was lost; 0: something waits  zeros
//!          4       1        1                                            76
//! no entry "DYNN"  version  caller's index  why
//!          4       1        4               1
//! ```
//! Numbers are little-endian. A welcome is shorter than a hello, and a sealed datagram at least as
//! long as a hello, so that nothing that is answered to an address that has not proved itself is
//! longer than what came from there.

use crate::secret::Right;
use crate::wire::VERSION;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long a hello and a knock are, and a sealed datagram at least, in bytes.
pub(crate) const HELLO_BYTES: usize = HELLO_HEAD_BYTES + MAC_BYTES + NOISE_BYTES;
/// Before its mac.
pub(super) const HELLO_HEAD_BYTES: usize = 10;
pub(super) const MAC_BYTES: usize = 16;
/// How long each of the two messages of a handshake is: an ephemeral key, an 8-byte payload and its
/// tag.
pub(super) const NOISE_BYTES: usize = 32 + 8 + TAG_BYTES;
pub(super) const SEALED_HEAD_BYTES: usize = 17;
pub(super) const TAG_BYTES: usize = 16;
/// What a sealed datagram has besides its payload, in bytes, if nothing is filled up.
pub(crate) const SEALED_EXTRA_BYTES: usize = SEALED_HEAD_BYTES + 1 + TAG_BYTES;

const HELLO: &[u8] = b"DYNH";
const WELCOME: &[u8] = b"DYNW";
const SEALED: &[u8] = b"DYNS";
const KNOCK: &[u8] = b"DYNK";
const NO_ENTRY: &[u8] = b"DYNN";

/// Names a session or a call, for one of its two ends.
pub(super) type Index = u32;

/// Why a host does not let a caller in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoEntry {
    /// The caller has another secret than the nodes know.
    WrongSecret,
    /// The cluster has no secret, and lets nobody in from other machines.
    OtherMachine,
}

/// Why a datagram brings nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// Shorter, or longer, than datagrams of its kind.
    #[error("the datagram has the wrong length")]
    Length,
    /// Somebody else's protocol.
    #[error(
        "the datagram begins with none of DYNH, DYNW, DYNS, DYNK and DYNN: it is not from a dynamo node or client"
    )]
    NotOurs,
    /// Ours, but of another version.
    #[error(
        "the datagram has format version {0}, this program speaks version {VERSION}: run the same release everywhere"
    )]
    Version(u8),
    /// A hello that this process does not take: it is no node, or the datagram is malformed.
    #[error("the handshake cannot be read")]
    Handshake,
    /// A hello of a caller with another secret, or none.
    #[error("the caller has another secret")]
    WrongSecret,
    /// A hello from another machine, where there are no secrets.
    #[error("the caller is on another machine, and the cluster has no secrets")]
    OtherMachine,
    /// A host does not let this process in.
    #[error("the node does not let this process in: {0:?}")]
    NoEntry(NoEntry),
    /// More handshakes, or more sessions, than are allowed.
    #[error("there are too many handshakes, or sessions")]
    TooMany,
    /// Nobody here knows the session.
    #[error("the session is unknown here")]
    Unknown,
    /// The datagram was damaged, or made by somebody who does not know the session's keys.
    #[error("the datagram cannot be opened: it is damaged, or forged")]
    Forged,
    /// It has come before, or came after too many later ones.
    #[error("the datagram is a replay, or very late")]
    Replayed,
}

/// A datagram, taken apart.
pub(super) enum Envelope<'a> {
    /// A caller wants a session.
    Hello {
        right: Right,
        from: Index,
        /// All before the mac.
        head: &'a [u8],
        mac: [u8; MAC_BYTES],
        noise: &'a [u8],
    },
    /// A host agrees.
    Welcome { to: Index, noise: &'a [u8] },
    /// Something within a session.
    Sealed { to: Index, number: u64, sealed: &'a [u8] },
    /// Please call.
    Knock {
        /// What the receiver has sent last could not be opened.
        is_lost: bool,
    },
    /// A host does not agree.
    NoEntry { to: Index, why: NoEntry },
}

impl<'a> Envelope<'a> {
    /// Takes a datagram apart.
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

/// What a hello begins with.
pub(super) fn hello_head(right: Right, from: Index) -> Vec<u8> {
    [HELLO, &[VERSION, right as u8], &from.to_le_bytes()].concat()
}

/// What a welcome begins with.
pub(super) fn welcome_head(to: Index) -> Vec<u8> {
    [WELCOME, &[VERSION], &to.to_le_bytes()].concat()
}

/// What a sealed datagram begins with.
pub(super) fn sealed_head(to: Index, number: u64) -> [u8; SEALED_HEAD_BYTES] {
    let mut head = [0; SEALED_HEAD_BYTES];
    head[..4].copy_from_slice(SEALED);
    head[4] = VERSION;
    head[5..9].copy_from_slice(&to.to_le_bytes());
    head[9..].copy_from_slice(&number.to_le_bytes());
    head
}

/// A knock.
pub(super) fn knock(is_lost: bool) -> Vec<u8> {
    let mut knock = [KNOCK, &[VERSION, u8::from(is_lost)]].concat();
    knock.resize(HELLO_BYTES, 0);
    knock
}

/// What is answered to a caller that is not let in.
pub(super) fn no_entry(to: Index, why: NoEntry) -> Vec<u8> {
    [NO_ENTRY, &[VERSION], &to.to_le_bytes(), &[why as u8]].concat()
}
