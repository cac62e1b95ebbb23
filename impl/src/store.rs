//! Durable storage of one node. A commit writes the difference from the last saved state in one
//! atomic batch with one sync.
//!
//! ```text
//! DIR/identity        one line of text: the format's version and the node that owns the directory
//! DIR/lock            empty; the process that uses the directory holds a lock on it
//! DIR/sequence        the number of the last commit
//! DIR/cluster         the node's cluster, and its last start: see [`founding`](crate::founding)
//! DIR/damaged-1/      data that was moved aside (--forget-disk); nothing reads it
//! DIR/store/          a fjall database with nine keyspaces
//!   meta    "counter"                  → the counter
//!           "incarnation"              → which of the node's disks this is
//!           "past"                     → the node's starts on this disk
//!           "progress"                 → the last commit's number, and the digest of other entries
//!   store   the key's text             → its siblings
//!   epochs  the key's text             → the dots given to it since the node holds it
//!   issued  the client's id, 8 bytes   → its latest put or change
//!   hints   recipient, 2 bytes; key    → the hint's siblings
//!   since   recipient, 2 bytes; key    → the hint's first commit, in ms of the Unix epoch
//!   ring    "history"                  → the membership history
//!   heard   node, 2 bytes              → the latest start and commit heard of that node
//!   settling  "settling"               → partitions with a new replica, and the nodes it awaits
//! ```
//! Every entry is a crc32 of its name and content, then the content in postcard encoding.
//!
//! If a node started with less than it had committed, it would give dots twice, and acknowledged
//! puts would be lost. So every start makes two checks, and refuses the directory if one fails:
//! - The last commit in the database has at least the number in the file `sequence`. Otherwise the
//!   end of the journal is lost: the database cuts its journal off at the first damaged batch, and
//!   takes the rest for complete.
//! - The digest of all entries is the one that the last commit wrote. Otherwise tables or batches
//!   before that commit are lost.
//!
//! A batch that `kill -9` or a power failure cut short passes both checks: its commit had not
//! returned, and no file has its number. A check on one node cannot find that the whole directory
//! was replaced by an older copy. Other nodes find that ([`memory`](crate::memory)).

mod create;
mod digest;
mod directory;
mod error;
mod files;
mod identity;
mod names;
mod past;
mod sequence;
mod served;
mod table;

pub use directory::{DirectoryLock, put_aside};
pub use error::StoreError;

use create::create;
use digest::{Changes, Digest, Progress};
use directory::OpenedFiles;
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Key, NodeId};
use dynamo_model::membership::History;
use dynamo_model::moment::{Moment, Past};
use dynamo_model::node::{Durable, Issued};
use dynamo_model::rules::Rules;
use dynamo_model::settling::Settling;
use dynamo_model::siblings::Siblings;
use dynamo_model::version::Epoch;
use error::of_database;
use fjall::{Database, PersistMode};
use im::OrdMap;
use im::ordmap::DiffItem;
use names::DATABASE;
use sequence::SequenceFile;
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use table::Table;

/// The version of the layout described above.
///
/// Format 1 had neither hints nor tombstones, format 2 no history, format 3 no epochs, format 4 no
/// `settling`, format 6 no commit numbers and no digest, format 7 neither `past` nor `heard`,
/// format 9 no changes in `issued`.
pub const FORMAT: u32 = 10;

const COUNTER: &str = "counter";
const INCARNATION: &str = "incarnation";
const PROGRESS: &str = "progress";
const HISTORY: &str = "history";
const PAST: &str = "past";
const SETTLING: &str = "settling";

/// The number of the first commit, which initialises an empty disk.
const FIRST: u64 = 1;

/// The open data directory of one node.
pub struct Store {
    path: PathBuf,
    tables: Tables,
    sequence: SequenceFile,
    opened: OpenedFiles,
    progress: Progress,
    hints_since: OrdMap<HintId, u64>,
    /// The node's starts on this disk.
    past: Past,
    /// What is on disk of the moments heard of other nodes. `to_remember` is what the next commit
    /// writes.
    heard: OrdMap<NodeId, Moment>,
    to_remember: OrdMap<NodeId, Moment>,
    committed: Durable,
    /// The last field, so that the lock is released last.
    _lock: DirectoryLock,
}

/// The open database.
struct Tables {
    database: Database,
    meta: Table<str, u64>,
    progress: Table<str, Progress>,
    replicas: Table<Key, Siblings>,
    epochs: Table<Key, Epoch>,
    issued: Table<ClientId, Issued>,
    hints: Table<HintId, Siblings>,
    since: Table<HintId, u64>,
    ring: Table<str, History>,
    past: Table<str, Past>,
    heard: Table<NodeId, Moment>,
    settling: Table<str, Settling>,
}

/// The whole content of a database.
struct Contents {
    durable: Durable,
    hints_since: OrdMap<HintId, u64>,
    past: Past,
    heard: OrdMap<NodeId, Moment>,
    progress: Progress,
}

impl Store {
    /// Opens a node's data directory. Makes it if it does not exist or is empty.
    ///
    /// # Errors
    /// If the directory cannot be used, belongs to another node, was written by another release, is
    /// in use, or lacks committed data.
    pub fn open(path: &Path, node: NodeId) -> Result<Self, StoreError> {
        // A random number of 64 bits, so that no two disks of a node have the same. A clock may be
        // wrong.
        Self::open_numbered(path, node, Rules::default().new_incarnation(rand::random()))
    }

    /// Opens a node's data directory. If it does not exist or is empty, makes it as the disk with
    /// this incarnation.
    ///
    /// # Errors
    /// As for [`open`](Store::open).
    pub(crate) fn open_numbered(
        path: &Path,
        node: NodeId,
        incarnation: u64,
    ) -> Result<Self, StoreError> {
        let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
        // A directory with other files is left alone: not even a lock is made in it.
        identity::check(path, node)?;
        let lock = DirectoryLock::take(path)?;
        if !identity::check(path, node)? {
            create(path, node, incarnation)?;
        }
        let damaged = |what| StoreError::Damaged { path: path.to_owned(), what };
        files::check(path)?;
        let (tables, contents) = open_database(&path.join(DATABASE), path)?;
        let Contents { durable, hints_since, past, heard, progress } = contents;
        let (sequence, noted) =
            SequenceFile::open(path, durable.incarnation).map_err(unreadable)?;
        let noted = noted.ok_or_else(|| {
            damaged(format!("its file \"{}\" has no number in it", names::SEQUENCE))
        })?;
        if progress.sequence < noted {
            let last = progress.sequence;
            return Err(damaged(format!(
                "its last commit was number {noted}, and the database ends with number {last}"
            )));
        }
        sequence.write_synced(progress.sequence).map_err(unreadable)?;
        let (path, opened) = (path.to_owned(), OpenedFiles::of(path).map_err(unreadable)?);
        let (past, to_remember) = (past.with_last_commit(progress.sequence), heard.clone());
        Ok(Store {
            path,
            tables,
            sequence,
            opened,
            progress,
            hints_since,
            past,
            heard,
            to_remember,
            committed: durable,
            _lock: lock,
        })
    }

    /// The state of the last commit.
    pub fn committed(&self) -> &Durable {
        &self.committed
    }

    /// The number of the last commit on this disk. It only grows, from 1 for an empty disk.
    pub fn sequence(&self) -> u64 {
        self.progress.sequence
    }

    /// Is the directory still where it was opened? Checks once a second at most.
    ///
    /// # Errors
    /// If the directory was deleted, moved or replaced. Nobody will find what was committed since
    /// then.
    pub fn check_directory(&mut self, now: Instant) -> Result<(), StoreError> {
        self.opened.check(now)
    }

    /// Commits `durable`. When this returns, it is on disk. Writes nothing if nothing has changed.
    ///
    /// # Errors
    /// If writing or syncing fails. Then the node must not promise anything more.
    pub fn commit(&mut self, durable: &Durable) -> Result<(), StoreError> {
        let (tables, old) = (&self.tables, &self.committed);
        let mut changes = tables.begin(PersistMode::SyncData, self.progress.digest);
        if durable.counter != old.counter {
            tables.meta.insert(&mut changes, COUNTER, Some(&old.counter), &durable.counter);
        }
        if durable.history != old.history {
            tables.ring.insert(&mut changes, HISTORY, Some(&old.history), &durable.history);
        }
        if durable.settling != old.settling {
            tables.settling.insert(&mut changes, SETTLING, Some(&old.settling), &durable.settling);
        }
        tables.replicas.write_difference(&mut changes, &old.store, &durable.store);
        tables.epochs.write_difference(&mut changes, &old.epochs, &durable.epochs);
        tables.issued.write_difference(&mut changes, &old.issued, &durable.issued);
        tables.hints.write_difference(&mut changes, &old.hints, &durable.hints);
        let hints_since = self.note_ages(&durable.hints);
        tables.since.write_difference(&mut changes, &self.hints_since, &hints_since);
        if changes.batch.is_empty() {
            return self.save_heard();
        }
        tables.heard.write_difference(&mut changes, &self.heard, &self.to_remember);
        let sequence = self.progress.sequence + 1;
        let failed = |source| StoreError::Commit { path: self.path.clone(), source };
        let progress = tables.commit(changes, sequence).map_err(failed)?;
        self.sequence.write(sequence).map_err(|source| failed(source.into()))?;
        (self.committed, self.hints_since, self.progress) =
            (durable.clone(), hints_since, progress);
        self.heard = self.to_remember.clone();
        Ok(())
    }

    /// How long a hint has been on disk; zero if it is not.
    pub fn hint_age(&self, hint: &HintId) -> Duration {
        let since = self.hints_since.get(hint).map(|since| Duration::from_millis(*since));
        since.map_or(Duration::ZERO, |since| now().saturating_sub(since))
    }

    /// The time of each hint's first commit. New hints get the present time.
    fn note_ages(&self, hints: &OrdMap<HintId, Siblings>) -> OrdMap<HintId, u64> {
        let mut since = self.hints_since.clone();
        for difference in self.committed.hints.diff(hints) {
            match difference {
                DiffItem::Add(hint, _) => _ = since.insert(hint.clone(), now().as_millis() as u64),
                DiffItem::Remove(hint, _) => drop(since.remove(hint)),
                DiffItem::Update { .. } => {}
            }
        }
        since
    }
}

impl Tables {
    fn open(path: &Path) -> fjall::Result<Self> {
        // One worker thread: flushing and compacting are rare beside the node's own work, and nodes
        // may share a machine.
        let database = Database::builder(path).worker_threads(1).open()?;
        Ok(Tables {
            meta: Table::open(&database, "meta")?,
            progress: Table::open(&database, "meta")?,
            replicas: Table::open(&database, "store")?,
            epochs: Table::open(&database, "epochs")?,
            issued: Table::open(&database, "issued")?,
            hints: Table::open(&database, "hints")?,
            since: Table::open(&database, "since")?,
            ring: Table::open(&database, "ring")?,
            settling: Table::open(&database, "settling")?,
            past: Table::open(&database, "meta")?,
            heard: Table::open(&database, "heard")?,
            database,
        })
    }

    fn begin(&self, durability: PersistMode, digest: Digest) -> Changes {
        Changes::new(self.database.batch().durability(Some(durability)), digest)
    }

    fn commit(&self, mut changes: Changes, sequence: u64) -> fjall::Result<Progress> {
        let progress = Progress { sequence, digest: changes.digest };
        self.progress.insert_uncounted(&mut changes.batch, PROGRESS, &progress);
        changes.batch.commit().map(|()| progress)
    }

    /// The first commit of an empty disk. Every later start expects these entries.
    fn write_first(&self, incarnation: u64) -> fjall::Result<Progress> {
        let mut changes = self.begin(PersistMode::SyncAll, Digest::default());
        self.meta.insert(&mut changes, COUNTER, None, &0);
        self.meta.insert(&mut changes, INCARNATION, None, &incarnation);
        self.ring.insert(&mut changes, HISTORY, None, &History::default());
        self.settling.insert(&mut changes, SETTLING, None, &Settling::default());
        self.past.insert(&mut changes, PAST, None, &Past::default());
        self.commit(changes, FIRST)
    }

    /// The whole content. Fails if it is not what the last commit left.
    fn read(&self) -> Result<Contents, String> {
        let mut digest = Digest::default();
        let progress = self.progress.get(PROGRESS, &mut Digest::default())?;
        let durable = Durable {
            incarnation: self.meta.get(INCARNATION, &mut digest)?,
            counter: self.meta.get(COUNTER, &mut digest)?,
            store: self.replicas.read(&mut digest)?,
            epochs: self.epochs.read(&mut digest)?,
            issued: self.issued.read(&mut digest)?,
            hints: self.hints.read(&mut digest)?,
            history: self.ring.get(HISTORY, &mut digest)?,
            settling: self.settling.get(SETTLING, &mut digest)?,
        };
        let hints_since = self.since.read(&mut digest)?;
        let (past, heard) = (self.past.get(PAST, &mut digest)?, self.heard.read(&mut digest)?);
        let (expected, found) = (progress.digest.entries, digest.entries);
        match progress.digest == digest {
            true => Ok(Contents { durable, hints_since, past, heard, progress }),
            false if expected == found => {
                Err(format!("some of its {found} entries are not those of its last commit"))
            }
            false => Err(format!("it holds {found} entries, and its last commit left {expected}")),
        }
    }
}

/// Opens a database in a data directory, and reads it whole. The database panics on some damage:
/// that counts as damage too.
fn open_database(database: &Path, path: &Path) -> Result<(Tables, Contents), StoreError> {
    let damaged = |what| StoreError::Damaged { path: path.to_owned(), what };
    let open = || {
        let tables = Tables::open(database).map_err(|error| of_database(path, error))?;
        let contents = tables.read().map_err(damaged)?;
        Ok((tables, contents))
    };
    panic::catch_unwind(AssertUnwindSafe(open))
        .unwrap_or_else(|panic| Err(damaged(told(panic.as_ref()))))
}

/// The message of a panic.
fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied());
    format!("the database cannot read its files ({})", text.unwrap_or("it gives no reason"))
}

/// The time since the Unix epoch. A wrong clock makes hint ages wrong.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
