//! What a node remembers of the requests that it has forwarded.

use crate::algebra::ids::NodeId;
use crate::state::request::Operation;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;

/// A request that was forwarded. Volatile: after a crash the client asks again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RunningForward {
    /// The client that the coordinator is to answer.
    pub client: Id,
    /// The client's request.
    pub operation: Operation,
    /// The nodes that are to coordinate it.
    pub targets: Vec<NodeId>,
}
