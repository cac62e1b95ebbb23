//! What the clients of a recorded run have asked about one key. It takes the place of scripts.

use crate::scope::ScriptLine;
use dynamo_model::ids::{ClientId, RequestId};
use std::collections::BTreeMap;

/// The requests about one key that are still judged, each with the position of the node that it
/// went to, and what it asks.
#[derive(Clone, Debug, Default)]
pub struct Recorded(BTreeMap<RequestId, ScriptLine>);

impl Recorded {
    /// Stands where no request is: a place that a later request may take.
    pub(crate) const NOBODY: RequestId = RequestId { client: ClientId(u64::MAX), number: u64::MAX };

    /// What the request asks, and through which node.
    pub(crate) fn line(&self, request: RequestId) -> Option<ScriptLine> {
        self.0.get(&request).copied()
    }

    /// The requests, ascending.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &RequestId> {
        self.0.keys()
    }

    /// A client asks, or asks again through another node.
    pub(crate) fn ask(&mut self, request: RequestId, line: ScriptLine) {
        self.0.insert(request, line);
    }

    /// The request is judged no more.
    pub(crate) fn forget(&mut self, request: RequestId) {
        self.0.remove(&request);
    }
}
