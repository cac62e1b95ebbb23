//! The names of the files in a data directory.

use std::ffi::OsStr;

/// The directory of the database.
pub(super) const DATABASE: &str = "store";
/// A new database. Only a first start that was cut short leaves one, and no node has used it.
pub(super) const NEW_DATABASE: &str = "store.new";
pub(super) const LOCK: &str = "lock";
pub(super) const ASIDE: &str = "damaged-";
/// The file that names the owner and the format.
pub(super) const IDENTITY: &str = "identity";
pub(super) const NEW_IDENTITY: &str = "identity.new";
/// The file that counts the commits.
pub(super) const SEQUENCE: &str = "sequence";

/// Is this the name of a file that a node makes in its directory?
pub(super) fn is_ours(name: &OsStr) -> bool {
    let own = [DATABASE, NEW_DATABASE, LOCK, SEQUENCE, IDENTITY, NEW_IDENTITY];
    own.iter().any(|own| name == *own) || is_aside(name)
}

pub(super) fn is_aside(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(ASIDE))
}
