//! What a node remembers of the requests that it has forwarded.

use crate::algebra::ids::NodeId;
use crate::state::request::Operation;
use serde::Serialize;
use stateright::actor::Id;

/// A request that was forwarded. Volatile: after a crash the client asks again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct RunningForward {
    /// Whom to answer.
    pub client: Id,
    /// What it asks.
    pub operation: Operation,
    /// Who is to coordinate.
    pub targets: Vec<NodeId>,
}
