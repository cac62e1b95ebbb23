//! Why a data directory cannot be used, in words that say what to do next.

use super::FORMAT;
use dynamo_model::ids::NodeId;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a data directory cannot be used, or not any longer. No entry in it was changed. When the
/// database opens a damaged journal, it cuts off the part that it cannot read.
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
    #[error(
        "{0} is not a directory: name one for the node's data; it is made if it does not exist"
    )]
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
    #[error(
        "{path} has data format {format}, which this program no longer reads: use the release that wrote it"
    )]
    OlderFormat {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        format: u32,
    },
    /// Another process has it open.
    #[error("{0} is in use by another process: stop that one first, or name another directory")]
    Locked(PathBuf),
    /// Something that a commit made durable is missing or altered. A node that started without it
    /// would give dots twice.
    #[error(
        "the data in {path} is damaged: {what}. While the other nodes run, start this one once with --forget-disk. It \
         then keeps the damaged files aside, begins on an empty disk under a new incarnation, and gets its keys back \
         from the others. To restore an older copy does not help: while the other nodes run they tell the node that its \
         disk is old, and it begins on an empty one; while they do not, it would give dots twice"
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The directory is no longer where the node opened it. What the node writes is in files that
    /// nobody will find again.
    #[error(
        "the node stops, because its data directory {path} was deleted or replaced while it ran ({what}). If you moved \
         the directory, move it back and start the node. Otherwise start the node on an empty directory while the \
         others run: it begins under a new incarnation, and gets its keys back from them"
    )]
    Replaced {
        /// The directory.
        path: PathBuf,
        /// Which file is missing or another one.
        what: String,
    },
    /// A commit failed. It is unknown whether it is on disk; the node must stop, and may be started
    /// again.
    #[error("a commit to {path} failed, and the node stops; check the disk, then start it again")]
    Commit {
        /// The directory.
        path: PathBuf,
        /// What the database says.
        source: fjall::Error,
    },
}

/// What an error of the database means for the directory.
pub(super) fn of_database(path: &Path, error: fjall::Error) -> StoreError {
    let (path, is_of_the_system) = (path.to_owned(), is_of_the_system(&error));
    match (error, is_of_the_system) {
        (fjall::Error::Locked, _) => StoreError::Locked(path),
        (fjall::Error::Io(source), true) => StoreError::Unreadable { path, source },
        (other, true) => StoreError::Unreadable { path, source: io::Error::other(other) },
        (other, false) => StoreError::Damaged { path, what: other.to_string() },
    }
}

/// Does the operating system refuse, whatever the files hold? A file that is missing, there
/// already, too short or without sense is damage: the database only opens files that it made.
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
