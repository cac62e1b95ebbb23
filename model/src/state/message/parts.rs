//! Parts of messages: tree nodes and leaves, and when a node with a copied disk sent a message.

use crate::algebra::ids::Key;
use crate::algebra::tree::{Digest, Entry, Place};
use serde::{Deserialize, Serialize};

/// When a node whose disk was copied sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// After a commit that is not in the copy, and before the node was started on the copy.
    Copied,
    /// While the node ran on the copy.
    Returned,
}

/// A node of a Merkle tree, and the digests of its children.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subtree {
    /// Which node of the tree.
    pub place: Place,
    /// Each child's number and digest. Empty children are left out.
    pub children: Vec<(u16, Digest)>,
}

/// A leaf of a Merkle tree, or a part of one: all its keys from one key to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Leaf {
    /// Which leaf of the tree.
    pub place: Place,
    /// The part begins after this key; `None`: with the leaf's first key.
    pub after: Option<Key>,
    /// The part's keys, ascending, with their digests.
    pub keys: Vec<Entry>,
    /// Was the part cut after the last of these keys, because no more fit? If not, it goes to the
    /// leaf's end.
    pub is_cut: bool,
}
