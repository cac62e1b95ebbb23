//! Who knows that the copy of a disk is old.

use dynamo_model::ids::NodeId;
use dynamo_model::message::Since;

/// What other nodes have heard from the node whose disk was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Heard {
    /// The witnesses: nodes that have heard of a commit that is not in the copy. Bit `n` is node
    /// `n`.
    pub witnesses: u64,
    /// Has a witness received a message that the node sent while it ran on the copy?
    pub is_misled: bool,
}

impl Heard {
    /// A node receives a dated message.
    pub(crate) fn hear(&mut self, since: Since, node: NodeId) {
        match since {
            Since::Copied => self.witnesses |= 1 << node.0,
            Since::Returned => self.is_misled |= self.is_witness(node),
        }
    }

    /// Has this node heard of a commit that is not in the copy?
    pub(crate) fn is_witness(&self, node: NodeId) -> bool {
        self.witnesses & 1 << node.0 != 0
    }
}
