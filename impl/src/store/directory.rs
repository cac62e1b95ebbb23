//! A data directory as a whole. One process uses it at a time. A node can move damaged data aside
//! in it, and notices if the directory is moved or deleted.

use super::names::{ASIDE, DATABASE, IDENTITY, LOCK, SEQUENCE, is_aside, is_ours};
use super::{StoreError, identity};
use dynamo_model::ids::NodeId;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The exclusive right to use a data directory. It ends with the process at the latest.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the right to use an existing directory.
    ///
    /// # Errors
    /// If another process has the right, or no file can be made there.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(unreadable)?;
        match file.try_lock() {
            Ok(()) => Ok(DirectoryLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unreadable(source)),
        }
    }
}

/// Moves a node's data aside, whatever its state, so that the node can begin on an empty disk. All
/// files go to a new directory in the data directory, except `cluster`: the node still belongs to
/// its cluster, and its start numbers keep growing. Returns the path of that directory; `None` if
/// there was no data.
///
/// # Errors
/// If the data is another node's or of another format, is in use, or cannot be moved. A move that
/// was cut short can be repeated: the rest goes to another new directory.
pub fn put_aside(path: &Path, node: NodeId) -> Result<Option<PathBuf>, StoreError> {
    match identity::check(path, node) {
        Ok(_) | Err(StoreError::Damaged { .. }) => {}
        Err(other) => return Err(other),
    }
    let _lock = DirectoryLock::take(path)?;
    let move_all = || {
        let names: io::Result<Vec<_>> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect();
        let (aside, rest): (Vec<_>, Vec<_>) = names?.into_iter().partition(|name| is_aside(name));
        let data: Vec<_> = rest.into_iter().filter(|name| is_ours(name) && name != LOCK).collect();
        if data.is_empty() {
            return Ok(None);
        }
        let used = aside.iter().filter_map(|name| name.to_str()?.strip_prefix(ASIDE)?.parse().ok());
        let number = used.max().map_or(1, |last: u64| last.saturating_add(1));
        let target = path.join(format!("{ASIDE}{number}"));
        fs::create_dir(&target)?;
        for name in data {
            fs::rename(path.join(&name), target.join(&name))?;
        }
        File::open(&target)?.sync_all()?;
        File::open(path)?.sync_all()?;
        Ok(Some(target))
    };
    move_all().map_err(|source| StoreError::Unreadable { path: path.to_owned(), source })
}

/// Some files of a data directory that the node has open, and their paths.
#[derive(Debug)]
pub(super) struct OpenedFiles {
    path: PathBuf,
    files: Vec<(PathBuf, File)>,
    looked: Instant,
}

impl OpenedFiles {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // The last one is in the database's own directory, and exists as long as the database does.
        let names = [IDENTITY.into(), SEQUENCE.into(), Path::new(DATABASE).join("version")];
        let open = |name: PathBuf| Ok((name.clone(), File::open(path.join(name))?));
        let files: io::Result<Vec<_>> = names.into_iter().map(open).collect();
        Ok(OpenedFiles { path: path.to_owned(), files: files?, looked: Instant::now() })
    }

    /// Are the files still at their paths? An open file keeps its inode number, so no new file can
    /// have the same.
    pub(super) fn check(&mut self, now: Instant) -> Result<(), StoreError> {
        if now.saturating_duration_since(self.looked) < LOOK_EVERY {
            return Ok(());
        }
        self.looked = now;
        for (name, file) in &self.files {
            let found =
                fs::metadata(self.path.join(name)).and_then(|found| Ok((found, file.metadata()?)));
            let what = match found {
                Ok((found, own)) if (found.dev(), found.ino()) == (own.dev(), own.ino()) => {
                    continue;
                }
                Ok(_) => format!("its file \"{}\" is another one", name.display()),
                Err(error) => format!("its file \"{}\": {error}", name.display()),
            };
            return Err(StoreError::Replaced { path: self.path.clone(), what });
        }
        Ok(())
    }
}
