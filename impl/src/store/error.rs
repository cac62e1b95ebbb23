//! Errors of a data directory. Each message says what to do next.

use super::FORMAT;
use dynamo_model::ids::NodeId;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a data directory cannot be used, or cannot be used any longer. No entry in it was changed.
/// But when the database opens a damaged journal, it cuts off the part that it cannot read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory or a file in it cannot be created or read.
    #[error("the data directory {path} cannot be used; check the path and its permissions")]
    Unreadable {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The path is not a directory.
    #[error(
        "{0} is not a directory: name one for the node's data; it is made if it does not exist"
    )]
    NotADirectory(PathBuf),
    /// The directory holds other files than a node's data.
    #[error("{0} holds files but no node's data: name an empty or a new directory")]
    NotOurs(PathBuf),
    /// The directory holds the data of another node.
    #[error(
        "{path} holds the data of node {owner}, not of node {asked}: \
         start node {owner} on it, or name another directory"
    )]
    OtherNode {
        /// The directory.
        path: PathBuf,
        /// The node that owns the data.
        owner: NodeId,
        /// The node that was started on it.
        asked: NodeId,
    },
    /// The data was written by a later release.
    #[error(
        "{path} has data format {format}, but this program reads format {FORMAT}: \
         use the release that wrote it, or a later one"
    )]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// The data's format.
        format: u32,
    },
    /// The data was written by an earlier release.
    #[error(
        "{path} has data format {format}, which this program no longer reads: \
         use the release that wrote it"
    )]
    OlderFormat {
        /// The directory.
        path: PathBuf,
        /// The data's format.
        format: u32,
    },
    /// Another process uses the directory.
    #[error("{0} is in use by another process: stop that one first, or name another directory")]
    Locked(PathBuf),
    /// Committed data is missing or altered. A node that started without it would give dots twice.
    #[error(
        "the data in {path} is damaged: {what}. While the other nodes run, start this one once \
         with --forget-disk and --join. It then moves the damaged files aside, begins on an empty \
         disk under a new incarnation, and gets its keys back from the others. Do not restore an \
         older copy: while the other nodes run, they tell the node that its disk is old, and it \
         begins on an empty one; without them, it would give dots twice"
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The directory is no longer where the node opened it. Nobody will find what the node writes
    /// there.
    #[error(
        "the node stops, because its data directory {path} was deleted or replaced while it ran \
         ({what}). If you moved the directory, move it back and start the node. Otherwise start \
         the node on an empty directory while the others run: it begins under a new incarnation, \
         and gets its keys back from them"
    )]
    Replaced {
        /// The directory.
        path: PathBuf,
        /// The file that is missing or was replaced.
        what: String,
    },
    /// A commit failed. It is unknown whether its data is on disk. The node must stop, and may be
    /// started again.
    #[error("a commit to {path} failed, and the node stops; check the disk, then start it again")]
    Commit {
        /// The directory.
        path: PathBuf,
        /// What the database says.
        source: fjall::Error,
    },
}

/// Maps an error of the database to an error of the directory.
pub(super) fn of_database(path: &Path, error: fjall::Error) -> StoreError {
    let (path, is_of_the_system) = (path.to_owned(), is_of_the_system(&error));
    match (error, is_of_the_system) {
        (fjall::Error::Locked, _) => StoreError::Locked(path),
        (fjall::Error::Io(source), true) => StoreError::Unreadable { path, source },
        (other, true) => StoreError::Unreadable { path, source: io::Error::other(other) },
        (other, false) => StoreError::Damaged { path, what: other.to_string() },
    }
}

/// Is this an error of the operating system that does not depend on the files' content? A missing,
/// existing, short or invalid file is damage: the database only opens files that it made.
fn is_of_the_system(error: &fjall::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use ErrorKind::{
                AlreadyExists, InvalidData, InvalidInput, NotFound, Other, UnexpectedEof,
            };
            return !matches!(
                error.kind(),
                AlreadyExists | InvalidData | InvalidInput | NotFound | Other | UnexpectedEof
            );
        }
        cause = error.source();
    }
    false
}
