//! Records of real nodes, and their validation.
//!
//! A recorded node writes down everything that goes into its actor and comes out of it: messages,
//! timers, random choices, commits. The actor is deterministic. So a fresh actor that is given the
//! same input must do what the node did, and every recorded run can be checked against the model,
//! exactly and in linear time.
//!
//! A record is a directory with files of at most an eighth of its limit. Each file begins with the
//! node's settings, and with what its disk held at its start. A file that continues the one before
//! begins with the node's whole state, so that validation may begin there when older files are
//! deleted. Then comes one entry for each batch: its events in order, whether it saved anything, and
//! digests of what it changed.
//!
//! ```text
//! record-0000000001.log    head, start, batch, batch, …
//! record-0000000002.log    head, snapshot, batch, batch, …
//! record-0000000003.log    head, start, batch, …, stop
//! ```

mod digest;
mod disk;
mod entry;
mod fault;
mod files;
mod frame;
mod join;
mod judged;
mod letters;
mod listen;
mod quiet;
mod reader;
mod recorder;
mod replay;
mod track;

pub use digest::{Changed, Part};
pub use disk::RecordedDisk;
pub use entry::{Batch, Head, Snapshot, Start};
pub use fault::{Fault, Wrong, told};
pub use join::{Join, NodeReport, Report};
pub use judged::{Fall, Judged, Judgement, Limit, Rest};
pub use listen::{Ended, Listener, Lost, Started, Stepped};
pub use reader::{Damage, Ending, Next, Position, Reader};
pub use recorder::{Recorder, Subject};
pub use replay::{Deed, Difference, Found, Replay};
pub use track::{Counts, Gap};

use dynamo_model::ids::NodeId;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Where a record goes, and how large it may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The directory.
    pub directory: PathBuf,
    /// The most bytes that all files take together. The oldest files are deleted.
    pub bytes_max: u64,
}

impl Limits {
    /// A limit that leaves room for some millions of events.
    pub const BYTES_MAX_DEFAULT: u64 = 1 << 30;
    /// The smallest limit.
    pub const BYTES_MAX_LEAST: u64 = 1 << 20;
}

/// Why a node cannot be recorded.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The directory, or a file in it, cannot be read or written.
    #[error(
        "{directory} cannot take the record of a node; check the path, its permissions, and the \
         room on the disk"
    )]
    Unusable {
        /// The directory.
        directory: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The directory has the record of another node.
    #[error(
        "{directory} has the record of node {owner}, and this is node {asked}: \
         name a directory for each node"
    )]
    OtherNode {
        /// The directory.
        directory: PathBuf,
        /// The node whose record it has.
        owner: NodeId,
        /// The node that is to be recorded.
        asked: NodeId,
    },
}

#[cfg(test)]
mod tests;
