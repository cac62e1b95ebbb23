//! The names of things: nodes, clients, requests, keys, values. Each has its own type. Keys and
//! values are checked when they are created.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stateright::actor::Id;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// One storage node, by its index. Shown as `A`, `B`, …, `Z`, `N26`, `N27`, …
///
/// The index is also the node's stateright actor id, in the checker and in the runtime. So equal
/// members have equal rings in both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u16);

impl NodeId {
    /// The stateright actor id of this node.
    pub fn actor(self) -> Id {
        Id::from(usize::from(self.0))
    }

    /// The node with an actor id. `None`: the id is too large for a node's. In the runtime, clients
    /// have larger ids.
    pub fn from_actor(id: Id) -> Option<Self> {
        u16::try_from(usize::from(id)).ok().map(NodeId)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u8::try_from(self.0) {
            Ok(index) if index < 26 => write!(f, "{}", char::from(b'A' + index)),
            _ => write!(f, "N{}", self.0),
        }
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a node name: a letter `A`–`Z`, `N` and a number, or a number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" names no node: use a letter A to Z, an index such as 3, or N and an index such as N26"
)]
pub struct NodeIdError(String);

impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        let refused = || NodeIdError(text.to_owned());
        if let [letter @ b'A'..=b'Z'] = text.as_bytes() {
            return Ok(NodeId(u16::from(letter - b'A')));
        }
        text.strip_prefix('N').unwrap_or(text).parse().map(NodeId).map_err(|_| refused())
    }
}

/// One client session. A client has at most one put under way. Concurrent puts need several ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(pub u64);

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// One request of one client. A retry carries the id of the first try, which makes it idempotent. A
/// client numbers its requests in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// The client that sends the request.
    pub client: ClientId,
    /// The number of the request among those of this client, from 0.
    pub number: u64,
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}#{}", self.client, self.number)
    }
}

/// A key: 1 to [`Key::BYTES_MAX`] bytes of text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key(Arc<str>);

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text is empty.
    #[error("a key may not be empty")]
    Empty,
    /// The text is longer than [`Key::BYTES_MAX`].
    #[error("the key has {bytes} bytes; at most {} are allowed", Key::BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl Key {
    /// The longest key, in bytes.
    pub const BYTES_MAX: usize = 256;

    /// Creates a key from a text.
    ///
    /// # Errors
    /// If the text is empty or too long.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        match text.len() {
            0 => Err(KeyError::Empty),
            bytes if bytes > Self::BYTES_MAX => Err(KeyError::TooLong { bytes }),
            _ => Ok(Key(text.into())),
        }
    }

    /// The smallest key.
    pub(crate) fn least() -> Self {
        Key("\0".into())
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Key::new(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is stored under a key: 0 to [`Value::BYTES_MAX`] opaque bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(Arc<[u8]>);

/// The value has more than [`Value::BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the value has {bytes} bytes; at most {} are allowed", Value::BYTES_MAX)]
pub struct ValueError {
    /// Its length.
    pub bytes: usize,
}

impl Value {
    /// The longest value, in bytes. A few siblings of this size fit one datagram together.
    pub const BYTES_MAX: usize = 8192;

    /// Creates a value from bytes.
    ///
    /// # Errors
    /// If there are too many bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, ValueError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(ValueError { bytes: bytes.len() });
        }
        Ok(Value(bytes.into()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        Value::new(&bytes).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// What a put stores under a key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Content {
    /// A value.
    Value(Value),
    /// A tombstone: it deletes what the put's context names. A client may store bytes with it.
    /// Usually there are none.
    Tombstone(Value),
}

impl Content {
    /// The bytes of the value, or those stored with the tombstone.
    pub fn bytes(&self) -> &[u8] {
        let (Content::Value(bytes) | Content::Tombstone(bytes)) = self;
        bytes.as_bytes()
    }

    /// The value. `None`: this is a tombstone.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Content::Value(value) => Some(value),
            Content::Tombstone(_) => None,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Value(value) => value.fmt(f),
            Content::Tombstone(written) => write!(f, "†{written:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_read_back_as_they_are_shown() {
        for index in [0, 1, 25, 26, 700, u16::MAX] {
            let node = NodeId(index);
            assert_eq!(node.to_string().parse(), Ok(node));
            assert_eq!(index.to_string().parse(), Ok(node));
        }
        for wrong in ["", "a", "AB", "Nx", "-1", "N-1", "70000", "é"] {
            assert!(wrong.parse::<NodeId>().is_err(), "{wrong} was taken for a node");
        }
    }

    #[test]
    fn keys_and_values_are_bounded() {
        assert_eq!(Key::new(""), Err(KeyError::Empty));
        assert!(Key::new(&"k".repeat(Key::BYTES_MAX)).is_ok());
        assert_eq!(Key::new(&"k".repeat(257)), Err(KeyError::TooLong { bytes: 257 }));
        assert!(Value::new(&[0; Value::BYTES_MAX]).is_ok());
        assert_eq!(Value::new(&[0; 8193]), Err(ValueError { bytes: 8193 }));
    }
}
