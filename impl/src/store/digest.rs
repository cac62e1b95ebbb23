//! A digest of everything in the tables. A start computes it anew, and so notices an entry that is
//! missing, older or too many.

use fjall::OwnedWriteBatch;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// How many entries there are, and the sum of their hashes: no matter in which order they came.
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

/// Each part seeds the next, so that no two entries hash the same bytes.
fn hash(table: &str, name: &[u8], content: &[u8]) -> u64 {
    xxh3_64_with_seed(content, xxh3_64_with_seed(name, xxh3_64(table.as_bytes())))
}

/// How far a node's commits have come. Every commit writes it, in its own batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The number of the last commit. The first, of an empty disk, is number 1.
    pub(super) sequence: u64,
    /// The digest of all entries but this one.
    pub(super) digest: Digest,
}

/// What a commit is going to write, and the digest that follows from it.
pub(super) struct Changes {
    pub(super) batch: OwnedWriteBatch,
    pub(super) digest: Digest,
    /// Room for the content of one entry.
    scratch: Vec<u8>,
}

impl Changes {
    pub(super) fn new(batch: OwnedWriteBatch, digest: Digest) -> Self {
        Changes { batch, digest, scratch: Vec::new() }
    }

    /// Takes an entry from the digest that is going to be removed or replaced.
    pub(super) fn remove<V: Serialize>(&mut self, table: &str, name: &[u8], value: &V) {
        self.scratch.clear();
        postcard::to_io(value, &mut self.scratch)
            .expect("sequences of known length, written to memory");
        self.digest.remove(table, name, &self.scratch);
    }
}
