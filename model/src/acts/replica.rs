//! What a node does as a replica: it merges what it is sent, and reports what it holds.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::membership::Tip;
use crate::algebra::siblings::Siblings;
use crate::rules::Cause;
use crate::state::durable::Durable;
use crate::state::settling::Word;

impl Handler<'_, '_> {
    pub(crate) fn on_store(
        &mut self,
        from: NodeId,
        tip: Tip,
        request: RequestId,
        key: &Key,
        siblings: &Siblings,
    ) {
        self.absorb(Cause::Store, key, siblings);
        self.give_word(key, request, from, tip, Word::Stored);
    }

    pub(crate) fn on_fetch(&mut self, from: NodeId, tip: Tip, request: RequestId, key: &Key) {
        self.give_word(key, request, from, tip, Word::Fetched);
    }

    /// Merges siblings into what this node holds.
    pub(crate) fn absorb(&mut self, cause: Cause, key: &Key, siblings: &Siblings) {
        let before = self.held(key);
        let after = self.node.rules.merge_siblings(&before, siblings);
        self.hold(cause, key, &before, after);
    }

    /// Stores `after` if it differs from `before`, and saves it if the rules require that.
    pub(crate) fn hold(&mut self, cause: Cause, key: &Key, before: &Siblings, after: Siblings) {
        if after != *before {
            let must_save = self.node.rules.must_save(cause, before, &after);
            self.write(key, before, after);
            if must_save {
                self.save();
            }
            self.consider_reaping(key);
        }
    }

    /// Stores `after`, or drops the key if `after` has an empty context. The key's tree changes
    /// with it. A node that drops a key also forgets which dots it has given to the key.
    pub(crate) fn write(&mut self, key: &Key, before: &Siblings, after: Siblings) {
        self.enter_in_tree(key, before, &after);
        let Durable { store, epochs, .. } = &mut self.state.to_mut().durable;
        if after.context().is_empty() {
            store.remove(key);
            epochs.remove(key);
        } else {
            store.insert(key.clone(), after);
        }
    }
}
