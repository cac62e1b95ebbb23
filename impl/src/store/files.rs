//! Checks of the database's own files that the database does not make.
//!
//! - Without its file `version`, the database takes a directory for a new one.
//! - Without the file `current` of a keyspace, the database deletes the tables of that keyspace.
//! - A flipped bit in a manifest or a table may be part of a length. Then the database asks for
//!   more memory than there is, and the process aborts without naming the directory.
//!
//! `kill -9` may leave half-written files that the database does not use. They pass.

use super::StoreError;
use super::names::{DATABASE, SEQUENCE};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// The keyspaces of a node, and one of the database itself.
const KEYSPACES: usize = 10;

/// The end of every table: a magic word, version, kind of checksum; checksum of the list of
/// sections; its offset; its length.
const TRAILER_BYTES: usize = 4 + 2 + 16 + 8 + 8;
const TRAILER_MAGIC: &[u8] = b"SFA!";

/// Checks the files of a data directory that a node has used.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    let database = path.join(DATABASE);
    for file in [path.join(SEQUENCE), database.join("version")] {
        read(path, &file)?;
    }
    for number in 0..KEYSPACES {
        let keyspace = database.join("keyspaces").join(number.to_string());
        check_manifest(path, &keyspace)?;
        let tables = fs::read_dir(keyspace.join("tables"));
        for table in tables.into_iter().flatten().flatten() {
            let sane = is_sane(&table.path())
                .map_err(|source| StoreError::Unreadable { path: table.path(), source })?;
            if !sane {
                return Err(damaged(
                    path,
                    &table.path(),
                    "has a list of sections longer than itself",
                ));
            }
        }
    }
    Ok(())
}

/// Checks a keyspace's manifest, which the file `current` names, with its checksum.
fn check_manifest(path: &Path, keyspace: &Path) -> Result<(), StoreError> {
    let current = keyspace.join("current");
    let content = read(path, &current)?;
    let parts = content
        .split_first_chunk()
        .and_then(|(version, rest)| Some((version, rest.first_chunk()?)));
    let Some((version, checksum)) = parts else {
        return Err(damaged(path, &current, "is too short"));
    };
    let manifest = keyspace.join(format!("v{}", u64::from_le_bytes(*version)));
    if xxh3_128(&read(path, &manifest)?) == u128::from_le_bytes(*checksum) {
        return Ok(());
    }
    Err(damaged(path, &manifest, "has another content than was written"))
}

/// Is a table's list of sections short enough to be read? The database itself checks its content.
fn is_sane(table: &Path) -> io::Result<bool> {
    let file = File::open(table)?;
    let length = file.metadata()?.len();
    let Some(start) = length.checked_sub(TRAILER_BYTES as u64) else { return Ok(true) };
    let mut trailer = [0; TRAILER_BYTES];
    file.read_exact_at(&mut trailer, start)?;
    let at = trailer[22..].first_chunk().map_or(u64::MAX, |at| u64::from_le_bytes(*at));
    if !trailer.starts_with(TRAILER_MAGIC) || at.checked_add(8).is_none_or(|end| end > length) {
        return Ok(true);
    }
    // At `at` is another magic word, then the number of sections.
    let mut count = [0; 4];
    file.read_exact_at(&mut count, at + 4)?;
    Ok(u64::from(u32::from_le_bytes(count)) <= length)
}

fn read(path: &Path, file: &Path) -> Result<Vec<u8>, StoreError> {
    fs::read(file).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => damaged(path, file, "is missing"),
        _ => StoreError::Unreadable { path: file.to_owned(), source },
    })
}

/// The error for a damaged file of this data directory.
pub(super) fn damaged(path: &Path, file: &Path, how: &str) -> StoreError {
    let file = file.strip_prefix(path).unwrap_or(file);
    StoreError::Damaged {
        path: path.to_owned(),
        what: format!("its file \"{}\" {how}", file.display()),
    }
}
