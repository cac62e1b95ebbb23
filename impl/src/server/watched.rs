//! What `dynamo status` reads from a node.

use super::Server;
use crate::admission::Overload;
use crate::counters::Dropped;
use crate::doorkeeper::{Refusals, Twin};
use crate::founding::Founding;
use crate::inspect::{ExchangeLine, Watch};
use crate::recording::Recording;
use crate::storage::Storage;
use dynamo_model::hint::HintId;
use dynamo_model::ids::NodeId;
use std::time::Instant;

/// A server and its disk at one time.
pub(super) struct Watched<'a, S> {
    pub(super) server: &'a Server,
    pub(super) storage: &'a S,
    pub(super) now: Instant,
}

impl<S: Storage> Watch for Watched<'_, S> {
    fn hint_age_ms(&self, hint: &HintId) -> u64 {
        self.storage.hint_age(hint).as_millis() as u64
    }

    fn agreed_ms(&self, peer: NodeId) -> Option<u64> {
        let tip = self.server.interpreter.state().view.tip();
        let age = self.server.agreement.age(tip, peer, self.now);
        age.map(|age| age.as_millis() as u64)
    }

    fn dropped(&self) -> Dropped {
        self.server.counters().dropped
    }

    fn overload(&self) -> Overload {
        let Server { admission, transport, inspections, .. } = self.server;
        admission.overload(&transport.waiting, inspections)
    }

    fn cluster(&self) -> Founding {
        self.server.cluster
    }

    fn found_old(&self) -> Option<String> {
        self.server.found_old.map(|evidence| evidence.to_string())
    }

    fn recording(&self) -> Recording {
        self.storage.recording()
    }

    fn refusals(&self) -> Vec<Refusals> {
        self.server.transport.doorkeeper.refusals()
    }

    fn twins(&self) -> Vec<Twin> {
        self.server.transport.doorkeeper.twins(self.now)
    }

    fn exchanges(&self) -> Vec<ExchangeLine> {
        let Server { interpreter, id, exchanges, .. } = self.server;
        exchanges.lines(interpreter.node(), *id, interpreter.state(), self.now)
    }
}
