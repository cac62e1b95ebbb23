//! The nodes of a run, as a judge looks at them.

use dynamo_model::ids::NodeId;
use dynamo_model::node::{Durable, State};

/// The nodes of a run that are up, each with what it knows and has on disk.
pub trait Nodes<'a>: Iterator<Item = (NodeId, &'a State, &'a Durable)> + Clone {}

impl<'a, T: Iterator<Item = (NodeId, &'a State, &'a Durable)> + Clone> Nodes<'a> for T {}
