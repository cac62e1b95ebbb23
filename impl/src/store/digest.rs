//! A digest of all entries in the tables. A start computes it again, and so finds a missing, old or
//! extra entry.

use fjall::OwnedWriteBatch;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The number of entries and the sum of their hashes. It does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest {
    pub(super) entries: u64,
    sum: u64,
}

impl Digest {
    pub(super) fn add(&mut self, table: &str, name: &[u8], content: &[u8]) {
        self.entries = self.entries.wrapping_add(1);
        self.sum = self.sum.wrapping_add(hash(table, name, content));
    }

    fn remove(&mut self, table: &str, name: &[u8], content: &[u8]) {
        self.entries = self.entries.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(hash(table, name, content));
    }
}

/// Each part seeds the hash of the next, so that no two entries hash the same bytes.
fn hash(table: &str, name: &[u8], content: &[u8]) -> u64 {
    xxh3_64_with_seed(content, xxh3_64_with_seed(name, xxh3_64(table.as_bytes())))
}

/// The number and digest of the last commit. Every commit writes them in its own batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The number of the last commit. The first commit, of an empty disk, has number 1.
    pub(super) sequence: u64,
    /// The digest of all entries but this one.
    pub(super) digest: Digest,
}

/// The changes of one commit, and the digest after it.
pub(super) struct Changes {
    pub(super) batch: OwnedWriteBatch,
    pub(super) digest: Digest,
    /// A buffer for the content of one entry.
    scratch: Vec<u8>,
}

impl Changes {
    pub(super) fn new(batch: OwnedWriteBatch, digest: Digest) -> Self {
        Changes { batch, digest, scratch: Vec::new() }
    }

    /// Removes an entry from the digest, which the commit removes or replaces.
    pub(super) fn remove<V: Serialize>(&mut self, table: &str, name: &[u8], value: &V) {
        self.scratch.clear();
        postcard::to_io(value, &mut self.scratch)
            .expect("sequences of known length, written to memory");
        self.digest.remove(table, name, &self.scratch);
    }
}
