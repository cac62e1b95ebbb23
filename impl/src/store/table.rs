//! One map of the durable state as a keyspace of checksummed entries.

use super::digest::{Changes, Digest};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Key, NodeId};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch};
use im::OrdMap;
use im::ordmap::DiffItem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::marker::PhantomData;

const CHECKSUM_BYTES: usize = 4;

/// The name of an entry.
pub(super) trait Name {
    fn to_bytes(&self) -> Cow<'_, [u8]>;
}

impl Name for str {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

impl Name for Key {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_str().as_bytes())
    }
}

impl Name for NodeId {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_be_bytes().to_vec())
    }
}

impl OwnedName for NodeId {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(NodeId(u16::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl Name for ClientId {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_be_bytes().to_vec())
    }
}

impl Name for HintId {
    fn to_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned([&self.recipient.0.to_be_bytes(), self.key.as_str().as_bytes()].concat())
    }
}

/// A name that can be read back.
pub(super) trait OwnedName: Name + Ord + Clone {
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl OwnedName for Key {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Key::new(str::from_utf8(bytes).ok()?).ok()
    }
}

impl OwnedName for ClientId {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(ClientId(u64::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl OwnedName for HintId {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (recipient, key) = bytes.split_first_chunk()?;
        Some(HintId {
            recipient: NodeId(u16::from_be_bytes(*recipient)),
            key: Key::from_bytes(key)?,
        })
    }
}

/// A keyspace whose entries are values of one type.
pub(super) struct Table<K: ?Sized, V> {
    name: &'static str,
    pub(super) keyspace: Keyspace,
    types: PhantomData<fn(&K) -> V>,
}

impl<K: Name + ?Sized, V: Serialize + DeserializeOwned> Table<K, V> {
    pub(super) fn open(database: &Database, name: &'static str) -> fjall::Result<Self> {
        let keyspace = database.keyspace(name, KeyspaceCreateOptions::default)?;
        Ok(Table { name, keyspace, types: PhantomData })
    }

    /// Adds an entry to the batch, and replaces the old one in the digest.
    pub(super) fn insert(&self, changes: &mut Changes, name: &K, old: Option<&V>, new: &V) {
        let name = name.to_bytes();
        if let Some(old) = old {
            changes.remove(self.name, &name, old);
        }
        let entry = encode(&name, new);
        changes.digest.add(self.name, &name, &entry[CHECKSUM_BYTES..]);
        changes.batch.insert(&self.keyspace, &*name, entry);
    }

    /// Adds an entry to the batch, but not to the digest.
    pub(super) fn insert_uncounted(&self, batch: &mut OwnedWriteBatch, name: &K, value: &V) {
        let name = name.to_bytes();
        batch.insert(&self.keyspace, &*name, encode(&name, value));
    }

    fn remove(&self, changes: &mut Changes, name: &K, old: &V) {
        let name = name.to_bytes();
        changes.remove(self.name, &name, old);
        changes.batch.remove(&self.keyspace, &*name);
    }

    /// Reads an entry that every node has, and adds it to the digest.
    pub(super) fn get(&self, name: &K, digest: &mut Digest) -> Result<V, String> {
        let bytes = name.to_bytes();
        let entry = self.keyspace.get(&bytes).map_err(|error| self.unreadable(&error))?;
        let entry = entry.ok_or_else(|| format!("it has no {}", bytes.escape_ascii()))?;
        let content = checked(&bytes, &entry).ok_or_else(|| self.undecodable(&bytes))?;
        digest.add(self.name, &bytes, content);
        decode(content).ok_or_else(|| self.undecodable(&bytes))
    }

    fn unreadable(&self, error: &fjall::Error) -> String {
        format!("table \"{}\" cannot be read: {error}", self.name)
    }

    fn undecodable(&self, name: &[u8]) -> String {
        format!("entry \"{}\" of table \"{}\" cannot be decoded", name.escape_ascii(), self.name)
    }
}

impl<K: OwnedName, V: Serialize + DeserializeOwned + Clone + PartialEq> Table<K, V> {
    /// Reads all entries, and adds them to the digest.
    pub(super) fn read(&self, digest: &mut Digest) -> Result<OrdMap<K, V>, String> {
        let mut map = OrdMap::new();
        for entry in self.keyspace.iter() {
            let (name, entry) = entry.into_inner().map_err(|error| self.unreadable(&error))?;
            let content = checked(&name, &entry).ok_or_else(|| self.undecodable(&name))?;
            digest.add(self.name, &name, content);
            let decoded = K::from_bytes(&name).zip(decode(content));
            let (key, value) = decoded.ok_or_else(|| self.undecodable(&name))?;
            map.insert(key, value);
        }
        Ok(map)
    }

    /// Adds to the batch whatever turns `old` into `new`. What the two maps share is skipped.
    pub(super) fn write_difference(
        &self,
        changes: &mut Changes,
        old: &OrdMap<K, V>,
        new: &OrdMap<K, V>,
    ) {
        for difference in old.diff(new) {
            match difference {
                DiffItem::Add(key, value) => self.insert(changes, key, None, value),
                DiffItem::Update { old: (_, old), new: (key, new) } => {
                    self.insert(changes, key, Some(old), new);
                }
                DiffItem::Remove(key, old) => self.remove(changes, key, old),
            }
        }
    }
}

/// The checksum covers the name too, so that an entry under a wrong name is found.
fn checksum(name: &[u8], content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(name);
    hasher.update(content);
    hasher.finalize().to_le_bytes()
}

fn encode<V: Serialize>(name: &[u8], value: &V) -> Vec<u8> {
    let mut bytes = vec![0; CHECKSUM_BYTES];
    postcard::to_io(value, &mut bytes).expect("sequences of known length, written to memory");
    let checksum = checksum(name, &bytes[CHECKSUM_BYTES..]);
    bytes[..CHECKSUM_BYTES].copy_from_slice(&checksum);
    bytes
}

/// The content of an entry, if the checksum is right.
fn checked<'a>(name: &[u8], entry: &'a [u8]) -> Option<&'a [u8]> {
    let (sum, content) = entry.split_at_checked(CHECKSUM_BYTES)?;
    (sum == checksum(name, content)).then_some(content)
}

fn decode<V: DeserializeOwned>(content: &[u8]) -> Option<V> {
    let (value, rest) = postcard::take_from_bytes(content).ok()?;
    rest.is_empty().then_some(value)
}
