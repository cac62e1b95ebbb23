//! Scopes of a reader's own as TOML files, for `dynamo check --scope FILE`.
//!
//! ```toml
//! name = "one-writer"
//! nodes = 3
//! n = 3
//! r = 2
//! w = 2
//! clients = [
//!   ["put via 0", "get via 1"],
//! ]
//!
//! [faults]
//! loss = true
//! ```
//!
//! [`text`] writes such a file, and [`Written`] reads one. The requests of the clients are
//! sentences, which [`Line`](dynamo_invariants::scope::own::Line) reads and writes.

mod error;
mod fields;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use error::{ScopeFileError, Wrong};
pub use read::Written;
pub use write::text;

/// The words that a file may have above `[faults]`.
pub const WORDS: [&str; 9] = ["name", "aim", "nodes", "n", "r", "w", "key", "clients", "faults"];

/// The words that a file may have below `[faults]`, each with a value, and what that means.
pub const FAULTS: [(&str, &str, &str); 16] = [
    ("loss", "true", "messages may be lost"),
    ("duplication", "true", "messages may arrive more than once"),
    ("crashes", "1", "how many nodes may be down at one time"),
    ("timeouts", "0", "coordinators may time out, after retransmitting this often"),
    ("client-retries", "1", "how often a client may retry"),
    ("handoffs", "1", "how often a node may send a hint that does not grow"),
    ("lost-disk", "0", "the position of a node that may lose its disk once"),
    ("old-disk", "0", "the position of a node that may restart on an old copy of its disk"),
    ("reaps", "1", "how often a node may ask whether it may reap tombstones"),
    ("gossip", "true", "nodes gossip"),
    ("exchange", "true", "replicas run anti-entropy exchanges"),
    ("second-key", "true", "the last client uses a second key, which has the same replicas"),
    ("small-exchanges", "true", "a message of an exchange carries one tree node or one key"),
    ("moved", "0", "the position of a node whose address has changed before the start"),
    ("more-histories", "2", "how many histories may be in flight beyond one"),
    ("endless", "true", "nodes repeat without end: no check can visit all states"),
];

/// The name of a scope whose file has none.
const NAME: &str = "own";
/// The aim of a scope whose file has none.
const AIM: &str = "A scope of one's own.";
/// The key of a scope whose file has none.
const KEY: &str = "k";
