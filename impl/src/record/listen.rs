//! Who hears of a recorded run, in the joined order.

use super::entry::{Batch, Head};
use super::reader::{Ending, Position};
use super::track::Gap;
use dynamo_model::ids::NodeId;
use dynamo_model::node::{Durable, State};
use std::fmt;

/// A node starts.
#[derive(Clone, Copy, Debug)]
pub struct Started<'a> {
    /// The node.
    pub node: NodeId,
    /// Where its record says so.
    pub at: &'a Position,
    /// How it is configured.
    pub head: &'a Head,
    /// Is its disk a new one, in the place of one that it has lost?
    pub is_new_disk: bool,
    /// The state in which it starts.
    pub state: &'a State,
    /// What it has on disk.
    pub disk: &'a Durable,
}

/// A node has done a batch, and has committed it.
#[derive(Clone, Copy, Debug)]
pub struct Stepped<'a> {
    /// The node.
    pub node: NodeId,
    /// Where in its record.
    pub at: &'a Position,
    /// The number of the batch's first event in this life of the node, from 0.
    pub event: u64,
    /// What happened.
    pub batch: &'a Batch,
    /// The node's state after the batch.
    pub state: &'a State,
    /// What it has on disk after the batch.
    pub disk: &'a Durable,
}

/// A node has stopped, or was killed.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The node.
    pub node: NodeId,
    /// How. `None`: the record is not read to its end.
    pub how: Option<Ending>,
    /// Its last state, and what it has on disk. `None`: it was not followed.
    pub last: Option<(&'a State, &'a Durable)>,
}

/// Why the records no longer tell all that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The record does not say something.
    Gap(Gap),
    /// The node does what the model does not do.
    Differs,
    /// The node received a message of another, whose record does not show that it was sent.
    Unseen(NodeId),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lost::Gap(gap) => f.write_str(gap.told()),
            Lost::Differs => f.write_str("the node differs from the model"),
            Lost::Unseen(from) => {
                write!(f, "it received a message that the record of {from} does not have")
            }
        }
    }
}

/// Is told what happens, in the joined order.
pub trait Listener {
    /// A node starts.
    fn started(&mut self, start: &Started<'_>);
    /// A node has done a batch, and has committed it.
    fn stepped(&mut self, step: &Stepped<'_>);
    /// A node has stopped, or was killed.
    fn ended(&mut self, end: &Ended<'_>);
    /// From now on, the records do not tell all that this node does or has received.
    fn lost_sight(&mut self, node: NodeId, at: &Position, why: &Lost);
}

/// Nobody listens.
impl Listener for () {
    fn started(&mut self, _: &Started<'_>) {}
    fn stepped(&mut self, _: &Stepped<'_>) {}
    fn ended(&mut self, _: &Ended<'_>) {}
    fn lost_sight(&mut self, _: NodeId, _: &Position, _: &Lost) {}
}
