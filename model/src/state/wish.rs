//! What administrators ask for, and why a node may refuse it.

use crate::algebra::address::Address;
use crate::algebra::ids::NodeId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an administrator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wish {
    /// The node is to join. Others reach it at this address, if one is given.
    Join(Option<Address>),
    /// The node is to leave, and to hand over its data.
    Leave,
    /// The node is dead. The others are to give it up.
    Remove,
}

/// Why a node refuses a membership change.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Error,
)]
pub enum ChangeRefusal {
    /// The node was removed, and may still hold data that others have deleted and forgotten.
    #[error("node {0} was removed for good: give the node that is to join another id")]
    RemovedForGood(NodeId),
    /// Two nodes would have the same id.
    #[error(
        "node {0} is a member at another address: give the node that is to join another id. If \
         node {0} has moved, start it again on its data, and it announces its new address itself"
    )]
    InUse(NodeId),
    /// Two nodes would have the same address, and one process would count as two replicas.
    #[error(
        "node {0} is a member at this address: give the node that is to join an address of its \
         own, or remove node {0} first"
    )]
    AddressTaken(NodeId),
    /// The node never joined, or is a member no longer.
    #[error("node {0} is not a member")]
    NoMember(NodeId),
    /// With fewer members than R or W, no get could be answered, or no put acknowledged.
    #[error(
        "only {left} members would be left, but the larger of R and W is {needed}: let another \
         node join first"
    )]
    TooFewLeft {
        /// How many members would be left.
        left: usize,
        /// The larger of R and W.
        needed: usize,
    },
    /// A history must fit one datagram, and this one is full.
    #[error("the history has {0} membership changes, and one datagram carries no more")]
    TooManyChanges(usize),
    /// The node's changes have reached the largest time that a change may have.
    #[error(
        "node {0} has joined as many times as a node can: give the node that is to join another id"
    )]
    JoinedTooOften(NodeId),
    /// The others accept nothing from a removed node. If only that node knew of its removal, and
    /// could reach nobody before it ends, they would never learn of it.
    #[error(
        "node {0} cannot remove itself: let it leave, or stop it and ask another node to remove it"
    )]
    RemovesItself(NodeId),
}
