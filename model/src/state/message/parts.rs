//! Parts of messages: what tells of trees, and when a copied disk's node sent.

use crate::algebra::ids::Key;
use crate::algebra::tree::{Digest, Entry, Place};
use serde::{Deserialize, Serialize};

/// When a node whose disk was copied sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// After it had committed something that is not in the copy, and before it was started on the
    /// copy.
    Copied,
    /// While it ran on the copy.
    Returned,
}

/// A node of a tree, and the digests of those just below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subtree {
    /// Which node.
    pub place: Place,
    /// By which child it is: where nothing is held there is none.
    pub children: Vec<(u16, Digest)>,
}

/// A leaf of a tree, or a part of one: all its keys from one to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Leaf {
    /// Which leaf.
    pub place: Place,
    /// The part begins after this key; `None`: with the first.
    pub after: Option<Key>,
    /// Its keys, ascending, with their digests.
    pub keys: Vec<Entry>,
    /// Does it end with the last of these keys, because no more fit? If not it goes to the leaf's
    /// end.
    pub is_cut: bool,
}
