//! What a node does as a replica: merge what it is sent, and say what it holds (traces 1 and 3).

use crate::ids::{Key, NodeId, RequestId};
use crate::message::Message;
use crate::node::Step;
use crate::siblings::Siblings;

impl Step<'_, '_> {
    pub(crate) fn on_store(&mut self, from: NodeId, request: RequestId, key: Key, siblings: &Siblings) {
        self.absorb(key, siblings);
        self.send(from, Message::Stored { request });
    }

    pub(crate) fn on_fetch(&mut self, from: NodeId, request: RequestId, key: &Key) {
        let siblings = self.held(key);
        self.send(from, Message::Fetched { request, siblings });
    }

    /// Merges siblings into what is held, and saves if that changed anything.
    pub(crate) fn absorb(&mut self, key: Key, siblings: &Siblings) {
        let rules = self.node.rules;
        let before = self.held(&key);
        let after = rules.merge_siblings(&before, siblings);
        if after != before {
            let must_save = rules.must_save(&before, &after);
            self.state.to_mut().durable.store.insert(key, after);
            if must_save {
                self.save();
            }
        }
    }
}
