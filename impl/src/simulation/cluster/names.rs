//! The names of nodes and clients in messages, in scripts and in paths.

use super::Cluster;
use dynamo_invariants::notation::Who;
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::message::Message;
use stateright::actor::Id;
use std::borrow::Cow;

impl Cluster {
    /// The id that an actor has in scripts. Nodes know clients by their addresses.
    pub(super) fn script_of(&self, id: Id) -> Id {
        self.known_as.get(&id).copied().unwrap_or(id)
    }

    /// The message as it is in a scope.
    pub(super) fn in_scope<'m>(&self, message: &'m Message) -> Cow<'m, Message> {
        match message {
            Message::Forward { client, .. } => {
                let (script, mut message) = (self.script_of(*client), message.clone());
                if let Message::Forward { client, .. } = &mut message {
                    *client = script;
                }
                Cow::Owned(message)
            }
            _ => Cow::Borrowed(message),
        }
    }

    pub(super) fn who(&self, id: Id) -> Who {
        if self.clients.contains_key(&id) {
            Who::Client(ClientId(usize::from(id) as u64))
        } else {
            Who::Node(NodeId(usize::from(id) as u16))
        }
    }
}
