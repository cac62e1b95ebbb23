//! Which request of a client a message serves, and which key it is about.

use super::Message;
use crate::algebra::ids::{Key, RequestId};

impl Message {
    /// The client's request that the message serves. `None`: it serves a key, or all nodes.
    pub fn request(&self) -> Option<RequestId> {
        match self.as_undated() {
            Message::Request(operation)
            | Message::Routed { operation, .. }
            | Message::Forward { operation, .. } => Some(operation.request()),
            Message::Answer(answer) => Some(answer.request()),
            Message::Forwarded { request }
            | Message::Store { request, .. }
            | Message::Stored { request }
            | Message::Fetch { request, .. }
            | Message::Fetched { request, .. }
            | Message::Repair { request, .. }
            | Message::StoreHint { request, .. }
            | Message::StoredHint { request, .. }
            | Message::Administer { request, .. } => Some(*request),
            Message::HandOff { .. }
            | Message::HandedOff { .. }
            | Message::Gather { .. }
            | Message::Gathered { .. }
            | Message::Survey { .. }
            | Message::Surveyed { .. }
            | Message::Reap { .. }
            | Message::Sync { .. }
            | Message::History { .. }
            | Message::Changes { .. }
            | Message::Gossip { .. }
            | Message::Roots { .. }
            | Message::Subtrees { .. }
            | Message::Leaves { .. }
            | Message::Dated { .. } => None,
        }
    }

    /// The key that the message is about. `None`: it names only a request, or it is about several
    /// keys or none.
    pub fn key(&self) -> Option<&Key> {
        match self.as_undated() {
            Message::Request(operation)
            | Message::Routed { operation, .. }
            | Message::Forward { operation, .. } => Some(operation.key()),
            Message::StoreHint { hint, .. } => Some(&hint.key),
            Message::Store { key, .. }
            | Message::Fetch { key, .. }
            | Message::Repair { key, .. }
            | Message::HandOff { key, .. }
            | Message::HandedOff { key, .. }
            | Message::Gather { key, .. }
            | Message::Gathered { key, .. }
            | Message::Survey { key, .. }
            | Message::Surveyed { key, .. }
            | Message::Reap { key, .. }
            | Message::Sync { key, .. } => Some(key),
            _ => None,
        }
    }
}
