//! The store as a node's server uses it.

use super::{Store, StoreError};
use crate::interpreter::Disk;
use crate::storage::Storage;
use dynamo_model::hint::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use dynamo_model::node::Durable;
use im::OrdMap;
use std::fmt;
use std::time::Duration;

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Disk for Store {
    type Error = StoreError;

    fn commit(&mut self, durable: &Durable) -> Result<(), StoreError> {
        Store::commit(self, durable)
    }
}

impl Storage for Store {
    fn sequence(&self) -> u64 {
        Store::sequence(self)
    }

    fn past(&self) -> Past {
        Store::past(self)
    }

    fn heard(&self) -> &OrdMap<NodeId, Moment> {
        Store::heard(self)
    }

    fn remember(&mut self, heard: &OrdMap<NodeId, Moment>) {
        Store::remember(self, heard);
    }

    fn save_heard(&mut self) -> Result<(), StoreError> {
        Store::save_heard(self)
    }

    fn hint_age(&self, hint: &HintId) -> Duration {
        Store::hint_age(self, hint)
    }
}
