//! The first start on a directory: makes the database and the files beside it.

use super::names::{self, DATABASE, NEW_DATABASE};
use super::sequence::SequenceFile;
use super::{FIRST, StoreError, Tables, files, identity, of_database, open_database};
use dynamo_model::ids::NodeId;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The first start on this directory. It writes the identity last: without an identity, no node has
/// used the directory.
pub(super) fn create(path: &Path, node: NodeId, incarnation: u64) -> Result<(), StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
    let (database, new) = (path.join(DATABASE), path.join(NEW_DATABASE));
    remove(&new).map_err(unreadable)?;
    if database.exists() {
        // Either a first start was cut short near its end, or a node has used this directory and
        // its identity is lost.
        match open_database(&database, path) {
            Ok((_, contents)) if contents.progress.sequence == FIRST => {}
            Ok(_) | Err(StoreError::Damaged { .. }) => {
                return Err(files::damaged(path, names::IDENTITY.as_ref(), "is missing"));
            }
            Err(other) => return Err(other),
        }
        fs::rename(&database, &new).and_then(|()| remove(&new)).map_err(unreadable)?;
    }
    Tables::open(&new)
        .and_then(|new| new.write_first(incarnation))
        .map_err(|error| of_database(path, error))?;
    let finish = || {
        fs::rename(&new, &database)?;
        SequenceFile::create(path, incarnation, FIRST)?;
        // The identity must be on disk after the other files.
        File::open(path)?.sync_all()?;
        identity::write(path, node)
    };
    finish().map_err(unreadable)
}

fn remove(path: &Path) -> io::Result<()> {
    if path.exists() { fs::remove_dir_all(path) } else { Ok(()) }
}
