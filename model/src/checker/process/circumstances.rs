//! What the checker does to a node, and which messages it delivers that change nothing.

use crate::state::durable::Durable;
use crate::state::message::Message;

/// What the checker does to a node.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// Does the checker destroy its disk once? The node then begins again on an empty one.
    pub loses_its_disk: bool,
    /// Does the checker copy its disk, and later start the node again on that copy?
    pub returns_to_a_copy: bool,
    /// Which messages are delivered that change nothing.
    pub takes: Takes,
    /// The contents of its disk when it first starts.
    pub disk: Option<Durable>,
}

/// Which messages are delivered to a node although they change nothing. stateright leaves all of
/// them in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes {
    /// Replies to gets, so that the ground truth records their arrival.
    pub replies: bool,
    /// All other messages. They would pile up if a node sends the same message again and again.
    pub others: bool,
}

impl Takes {
    /// Is this message delivered, although it changes nothing?
    pub(super) fn takes(self, message: &Message) -> bool {
        if matches!(message, Message::Fetched { .. }) { self.replies } else { self.others }
    }
}
