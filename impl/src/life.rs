//! One start of a node: what distinguishes it from every other start of every node with its id.

use serde::{Deserialize, Serialize};

/// One start of a node, until it stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Life {
    /// The incarnation: which of the node's disks it runs on.
    pub incarnation: u64,
    /// The number of the start. It grows, and differs between copies of a disk: see
    /// [`founding`](crate::founding).
    pub start: u64,
}
