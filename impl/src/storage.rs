//! What a node's server needs of its disk. A real node has a [`Store`](crate::store::Store), and a
//! simulated one a disk in memory.

use crate::interpreter::Disk;
use crate::recording::Recording;
use dynamo_model::hint::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use im::OrdMap;
use std::time::Duration;

/// The disk of one node, besides what the actor commits: the numbers with which an older copy of
/// the disk is found ([`memory`](crate::memory)).
pub trait Storage: Disk {
    /// The number of the last commit on this disk. It only grows.
    fn sequence(&self) -> u64;

    /// The node's starts on this disk, each with its last commit.
    fn past(&self) -> Past;

    /// The latest start and commit heard of each other node, as on disk.
    fn heard(&self) -> &OrdMap<NodeId, Moment>;

    /// Sets the moments heard of other nodes. The next commit writes them.
    fn remember(&mut self, heard: &OrdMap<NodeId, Moment>);

    /// Writes the moments heard, if they have changed. This is not a commit, and need not survive a
    /// power failure.
    ///
    /// # Errors
    /// If writing fails.
    fn save_heard(&mut self) -> Result<(), Self::Error>;

    /// Is the node recorded?
    fn recording(&self) -> Recording {
        Recording::Off
    }

    /// How long a hint has been on disk; zero if it is not.
    fn hint_age(&self, hint: &HintId) -> Duration;
}
