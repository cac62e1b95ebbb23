//! How a caller and a host agree on a session's keys: `Noise_NKpsk0_25519_AESGCM_SHA256`.
//!
//! The caller knows the nodes' public key, and shares with the nodes the key of its right. So the
//! host proves that it is a node, and the caller that it has the right. Both ends make further keys
//! for the session alone: nobody who learns the secrets later can decrypt recorded datagrams. A
//! caller without the key of the right is rejected before any expensive step: a hello has a MAC of
//! its own, as in [WireGuard](https://www.wireguard.com/protocol/).

use super::clear;
use super::envelope::{self, HELLO_BYTES, Index, MAC_BYTES, NOISE_BYTES, SessionError};
use crate::secret::{Credentials, Key, Right};
use ring::hmac;
use snow::{Builder, HandshakeState, StatelessTransportState};

const PATTERN: &str = "Noise_NKpsk0_25519_AESGCM_SHA256";

/// Identifies a process, so that it recognises its own hello if that comes back.
pub(super) type ProcessNumber = u64;

/// How the datagrams of sessions are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// As real processes do it.
    Noise,
    /// Not at all. Only simulated processes do so.
    Clear,
}

/// The keys of a session.
#[derive(Debug)]
pub(super) enum Keys {
    Noise(StatelessTransportState),
    Clear { is_callers: bool },
}

impl Keys {
    /// Is this process the caller?
    pub(super) fn is_callers(&self) -> bool {
        match self {
            Keys::Noise(transport) => transport.is_initiator(),
            Keys::Clear { is_callers } => *is_callers,
        }
    }

    /// Seals a payload into a buffer that has room for exactly the payload and its tag.
    pub(super) fn seal(&self, number: u64, payload: &[u8], sealed: &mut [u8]) {
        match self {
            Keys::Noise(transport) => {
                let written = transport.write_message(number, payload, sealed);
                written.expect("a payload that fits a datagram");
            }
            Keys::Clear { .. } => clear::seal(number, payload, sealed),
        }
    }

    /// Opens a sealed payload into a buffer. Returns the payload's length.
    pub(super) fn open(
        &self,
        number: u64,
        sealed: &[u8],
        opened: &mut [u8],
    ) -> Result<usize, SessionError> {
        let length = match self {
            Keys::Noise(transport) => transport.read_message(number, sealed, opened).ok(),
            Keys::Clear { .. } => clear::open(number, sealed, opened),
        };
        length.ok_or(SessionError::Forged)
    }
}

/// The key of the MACs of hellos.
pub(super) fn mac_key(shared: &Key) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, shared)
}

fn mac(key: &hmac::Key, head: &[u8], noise: &[u8]) -> [u8; MAC_BYTES] {
    let mut context = hmac::Context::with_key(key);
    context.update(head);
    context.update(noise);
    let tag = context.sign();
    std::array::from_fn(|index| tag.as_ref()[index])
}

/// Was the hello made with the key?
pub(super) fn is_from_holder(
    key: &hmac::Key,
    head: &[u8],
    noise: &[u8],
    claimed: [u8; MAC_BYTES],
) -> bool {
    let own = mac(key, head, noise);
    // Constant time for every MAC.
    own.iter().zip(claimed).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

/// The caller's half of a handshake.
#[derive(Debug)]
pub(super) enum Calling {
    Noise(Box<HandshakeState>),
    Clear,
}

/// Makes a caller's hello, with its index for the new session.
pub(super) fn hello(
    cipher: Cipher,
    credentials: &Credentials,
    key: &hmac::Key,
    process: ProcessNumber,
    from: Index,
) -> (Calling, Vec<u8>) {
    let head = envelope::hello_head(credentials.right, from);
    let (calling, noise) = match cipher {
        Cipher::Noise => call(credentials, &head, process),
        Cipher::Clear => (Calling::Clear, clear::message(process)),
    };
    let hello = [&head[..], &mac(key, &head, &noise), &noise].concat();
    debug_assert_eq!(hello.len(), HELLO_BYTES);
    (calling, hello)
}

/// The first message of the handshake.
fn call(
    credentials: &Credentials,
    head: &[u8],
    process: ProcessNumber,
) -> (Calling, [u8; NOISE_BYTES]) {
    let builder = builder()
        .psk(0, &credentials.shared)
        .and_then(|it| it.remote_public_key(&credentials.public));
    let state = builder.and_then(|it| it.prologue(head)).and_then(Builder::build_initiator);
    let mut state = state.expect("the pattern, and keys of its size");
    let mut noise = [0; NOISE_BYTES];
    state
        .write_message(&process.to_le_bytes(), &mut noise)
        .expect("a buffer of the message's size");
    (Calling::Noise(Box::new(state)), noise)
}

impl Calling {
    /// Reads the welcome. Returns the session's keys, and the host's index.
    pub(super) fn end(self, noise: &[u8]) -> Result<(Keys, Index), (Self, SessionError)> {
        let mut state = match self {
            Calling::Noise(state) => state,
            Calling::Clear => {
                let index = clear::payload(noise).and_then(|index| Index::try_from(index).ok());
                let keys = Keys::Clear { is_callers: true };
                return index
                    .map(|index| (keys, index))
                    .ok_or((Calling::Clear, SessionError::Handshake));
            }
        };
        let mut sealed = [0; NOISE_BYTES];
        if state.read_message(noise, &mut sealed).is_err() {
            return Err((Calling::Noise(state), SessionError::Handshake));
        }
        let index = Index::from_le_bytes([sealed[0], sealed[1], sealed[2], sealed[3]]);
        let transport = state.into_stateless_transport_mode().expect("the handshake is over");
        Ok((Keys::Noise(transport), index))
    }
}

/// Reads a hello with a valid MAC, and makes the welcome.
///
/// # Errors
/// If the hello cannot be read, or comes from this process itself.
pub(super) fn welcome(
    cipher: Cipher,
    keys: (&Key, &Key),
    process: ProcessNumber,
    (head, noise): (&[u8], &[u8]),
    (to, from): (Index, Index),
) -> Result<(Keys, Vec<u8>), SessionError> {
    let (callers, keys, answer) = match cipher {
        Cipher::Noise => answer(keys, head, noise, from)?,
        Cipher::Clear => {
            let callers = clear::payload(noise).ok_or(SessionError::Handshake)?;
            (callers, Keys::Clear { is_callers: false }, clear::message(from.into()))
        }
    };
    if callers == process {
        return Err(SessionError::Handshake);
    }
    Ok((keys, [&envelope::welcome_head(to)[..], &answer].concat()))
}

/// Reads the first message of the handshake, and makes the second. Returns the caller's process
/// number, the session's keys and the message.
fn answer(
    (private, shared): (&Key, &Key),
    head: &[u8],
    noise: &[u8],
    from: Index,
) -> Result<(ProcessNumber, Keys, [u8; NOISE_BYTES]), SessionError> {
    let builder = builder().psk(0, shared).and_then(|it| it.local_private_key(private));
    let state = builder.and_then(|it| it.prologue(head)).and_then(Builder::build_responder);
    let mut state = state.expect("the pattern, and keys of its size");
    let mut callers = [0; NOISE_BYTES];
    let length = state.read_message(noise, &mut callers).map_err(|_| SessionError::Handshake)?;
    let callers = callers[..length].try_into().map_err(|_| SessionError::Handshake)?;
    let mut answer = [0; NOISE_BYTES];
    state
        .write_message(&u64::from(from).to_le_bytes(), &mut answer)
        .expect("a buffer of the message's size");
    let transport = state.into_stateless_transport_mode().expect("the handshake is over");
    Ok((ProcessNumber::from_le_bytes(callers), Keys::Noise(transport), answer))
}

fn builder<'a>() -> Builder<'a> {
    Builder::new(PATTERN.parse().expect("a pattern that snow knows"))
}

/// The keys with which a host recognises callers, by right.
#[derive(Clone, Debug)]
pub(super) struct Doors {
    pub(super) private: Key,
    doors: [(Key, hmac::Key); 3],
}

impl Doors {
    pub(super) fn new(private: Key, shared: impl Fn(Right) -> Key) -> Self {
        Doors { private, doors: Right::ALL.map(|right| (shared(right), mac_key(&shared(right)))) }
    }

    /// The key shared with callers of this right, and the key of their MACs.
    pub(super) fn of(&self, right: Right) -> &(Key, hmac::Key) {
        &self.doors[right as usize]
    }
}
