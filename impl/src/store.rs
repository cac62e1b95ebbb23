//! Durable storage of one node: what the actor saves, written by difference, one atomic batch and one sync a commit.
//!
//! ```text
//! DIR/identity        one line of text: the format's version and the node that owns the directory
//! DIR/store/          a fjall database with eight keyspaces
//!   meta    "counter"                  → the counter
//!           "incarnation"              → which of the node's disks this is
//!   store   the key's text             → its siblings
//!   epochs  the key's text             → the dots given to it since the node holds it
//!   issued  the client's id, 8 bytes   → its latest put
//!   hints   recipient, 2 bytes; key    → the siblings kept for it
//!   since   the same                   → since when, in milliseconds of the Unix epoch
//!   ring    "history"                  → all changes of who is a member that are known
//!   settling  "settling"               → the partitions whose replica it has become, and whom it awaits there
//! ```
//! Every entry is a crc32 of name and content, then the content in postcard encoding.

mod identity;
mod table;

use dynamo_model::handoff::HintId;
use dynamo_model::ids::{ClientId, Key, NodeId};
use dynamo_model::membership::History;
use dynamo_model::node::Durable;
use dynamo_model::rules::Rules;
use dynamo_model::settle::Settling;
use dynamo_model::siblings::Siblings;
use dynamo_model::version::Epoch;
use fjall::{Database, PersistMode};
use im::OrdMap;
use im::ordmap::DiffItem;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use table::Table;
use thiserror::Error;

/// The version of the layout described above.
///
/// Format 1 had neither hints nor tombstones, format 2 no history, format 3 no epochs, format 4 no partitions that a node has not settled in.
pub const FORMAT: u32 = 6;

const COUNTER: &str = "counter";
const INCARNATION: &str = "incarnation";
const HISTORY: &str = "history";
const SETTLING: &str = "settling";

/// Why a data directory cannot be used, or not any longer. Nothing in it was changed, unless a variant says so.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory, or a file in it, cannot be made or read.
    #[error("the data directory {path} cannot be used; check the path and its permissions")]
    Unreadable {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The path leads to something else.
    #[error("{0} is not a directory: name one for the node's data; it is made if it does not exist")]
    NotADirectory(PathBuf),
    /// A directory with files in it that are not a node's data.
    #[error("{0} holds files but no node's data: name an empty or a new directory")]
    NotOurs(PathBuf),
    /// The data of a different node.
    #[error(
        "{path} holds the data of node {owner}, not of node {asked}: start node {owner} on it, or name another directory"
    )]
    OtherNode {
        /// The directory.
        path: PathBuf,
        /// Whose data it holds.
        owner: NodeId,
        /// Who was to be started on it.
        asked: NodeId,
    },
    /// Written by a later release.
    #[error(
        "{path} has data format {format}; this program knows format {FORMAT}: use the release that wrote it, or a later one"
    )]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        format: u32,
    },
    /// Written by an earlier release.
    #[error("{path} has data format {format}, which this program no longer reads: use the release that wrote it")]
    OlderFormat {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        format: u32,
    },
    /// Another process has it open.
    #[error("{0} is in use by another process: stop that one first, or name another directory")]
    Locked(PathBuf),
    /// The data is damaged. A node that started without it would break its word.
    #[error(
        "the data in {path} is damaged: {what}. Start the node on an empty directory: it comes back under a new incarnation. Do not restore an older copy: the node would give dots twice"
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A commit failed. It is unknown whether it is on disk; the node must stop, and may be started again.
    #[error("a commit to {path} failed, and the node stops; check the disk, then start it again")]
    Commit {
        /// The directory.
        path: PathBuf,
        /// What the database says.
        source: fjall::Error,
    },
}

/// The open data directory of one node.
pub struct Store {
    path: PathBuf,
    database: Database,
    meta: Table<str, u64>,
    replicas: Table<Key, Siblings>,
    epochs: Table<Key, Epoch>,
    issued: Table<ClientId, dynamo_model::node::Issued>,
    hints: Table<HintId, Siblings>,
    since: Table<HintId, u64>,
    ring: Table<str, History>,
    settling: Table<str, Settling>,
    hints_since: OrdMap<HintId, u64>,
    committed: Durable,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a node's data directory; makes it where there is none, or an empty one.
    ///
    /// # Errors
    /// Where the directory cannot be used, belongs to another node, was written by a later release, is in use, or any of its
    /// entries cannot be decoded.
    pub fn open(path: &Path, node: NodeId) -> Result<Self, StoreError> {
        let known = identity::check(path, node)?;
        let database = open_database(path)?;
        let failed = |error| database_error(path, error);
        let meta = Table::open(&database, "meta").map_err(failed)?;
        let replicas = Table::open(&database, "store").map_err(failed)?;
        let epochs = Table::open(&database, "epochs").map_err(failed)?;
        let issued = Table::open(&database, "issued").map_err(failed)?;
        let hints = Table::open(&database, "hints").map_err(failed)?;
        let since = Table::open(&database, "since").map_err(failed)?;
        let ring = Table::open(&database, "ring").map_err(failed)?;
        let settling = Table::open(&database, "settling").map_err(failed)?;
        let (path_owned, hints_since, committed) = (path.to_owned(), OrdMap::new(), Durable::default());
        let mut this = Store {
            path: path_owned,
            database,
            meta,
            replicas,
            epochs,
            issued,
            hints,
            since,
            ring,
            settling,
            hints_since,
            committed,
        };
        if known {
            this.committed = this.read()?;
            this.hints_since = this.since.read().map_err(|what| this.damaged(&what))?;
        } else {
            this.create(node)?;
        }
        Ok(this)
    }

    /// What was committed last.
    pub fn committed(&self) -> &Durable {
        &self.committed
    }

    /// Makes `durable` what is on disk. When this returns, it is; where nothing has changed, nothing is written.
    ///
    /// # Errors
    /// Where writing or syncing fails. Nothing may be promised any longer then.
    pub fn commit(&mut self, durable: &Durable) -> Result<(), StoreError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        if durable.counter != self.committed.counter {
            self.meta.insert(&mut batch, COUNTER, &durable.counter);
        }
        if durable.history != self.committed.history {
            self.ring.insert(&mut batch, HISTORY, &durable.history);
        }
        if durable.settling != self.committed.settling {
            self.settling.insert(&mut batch, SETTLING, &durable.settling);
        }
        self.replicas.write_difference(&mut batch, &self.committed.store, &durable.store);
        self.epochs.write_difference(&mut batch, &self.committed.epochs, &durable.epochs);
        self.issued.write_difference(&mut batch, &self.committed.issued, &durable.issued);
        self.hints.write_difference(&mut batch, &self.committed.hints, &durable.hints);
        let hints_since = self.note_ages(&durable.hints);
        self.since.write_difference(&mut batch, &self.hints_since, &hints_since);
        batch.commit().map_err(|source| StoreError::Commit { path: self.path.clone(), source })?;
        (self.committed, self.hints_since) = (durable.clone(), hints_since);
        Ok(())
    }

    /// How long a hint has been on disk; nothing for one that is not.
    pub fn hint_age(&self, hint: &HintId) -> Duration {
        let since = self.hints_since.get(hint).map(|since| Duration::from_millis(*since));
        since.map_or(Duration::ZERO, |since| now().saturating_sub(since))
    }

    /// Since when each of these hints is there: those that were not there before, since now.
    fn note_ages(&self, hints: &OrdMap<HintId, Siblings>) -> OrdMap<HintId, u64> {
        let mut since = self.hints_since.clone();
        for difference in self.committed.hints.diff(hints) {
            match difference {
                DiffItem::Add(hint, _) => drop(since.insert(hint.clone(), now().as_millis() as u64)),
                DiffItem::Remove(hint, _) => drop(since.remove(hint)),
                DiffItem::Update { .. } => {}
            }
        }
        since
    }

    /// The first start on this directory, or the first that gets this far.
    fn create(&mut self, node: NodeId) -> Result<(), StoreError> {
        if self.read_counter()?.is_some_and(|counter| counter > 0)
            || !self.replicas.is_empty()
            || !self.hints.is_empty()
        {
            // Not from a start cut short: a node has worked here, and its identity is gone.
            return Err(self.damaged("its file \"identity\" is missing"));
        }
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        // No disk of this node ever drew the same of 2^64 numbers. A clock may be wrong.
        self.committed.incarnation = Rules::default().new_incarnation(rand::random());
        self.meta.insert(&mut batch, COUNTER, &0);
        self.meta.insert(&mut batch, INCARNATION, &self.committed.incarnation);
        batch.commit().map_err(|source| StoreError::Commit { path: self.path.clone(), source })?;
        identity::write(&self.path, node)
    }

    fn read(&self) -> Result<Durable, StoreError> {
        let counter = self.read_counter()?.ok_or_else(|| self.damaged("it has no counter"))?;
        let incarnation = self.meta.get(INCARNATION).map_err(|what| self.damaged(&what))?;
        let incarnation = incarnation.ok_or_else(|| self.damaged("it has no incarnation"))?;
        let store = self.replicas.read().map_err(|what| self.damaged(&what))?;
        let epochs = self.epochs.read().map_err(|what| self.damaged(&what))?;
        let issued = self.issued.read().map_err(|what| self.damaged(&what))?;
        let hints = self.hints.read().map_err(|what| self.damaged(&what))?;
        let history = self.ring.get(HISTORY).map_err(|what| self.damaged(&what))?.unwrap_or_default();
        let settling = self.settling.get(SETTLING).map_err(|what| self.damaged(&what))?.unwrap_or_default();
        Ok(Durable { incarnation, counter, store, epochs, issued, hints, history, settling })
    }

    fn read_counter(&self) -> Result<Option<u64>, StoreError> {
        self.meta.get(COUNTER).map_err(|what| self.damaged(&what))
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what: what.to_owned() }
    }
}

/// The time since the Unix epoch. A clock that is wrong makes ages of hints wrong.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn open_database(path: &Path) -> Result<Database, StoreError> {
    // One worker: flushing and compacting are rare beside the node's own work, and nodes may share a machine.
    let builder = Database::builder(path.join("store")).worker_threads(1);
    builder.open().map_err(|error| database_error(path, error))
}

fn database_error(path: &Path, error: fjall::Error) -> StoreError {
    let path = path.to_owned();
    match error {
        fjall::Error::Locked => StoreError::Locked(path),
        fjall::Error::Io(source) => StoreError::Unreadable { path, source },
        other => StoreError::Damaged { path, what: other.to_string() },
    }
}

#[cfg(test)]
mod tests;
