//! What administrators ask for, and why it may be refused.

use crate::algebra::address::Address;
use crate::algebra::ids::NodeId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an administrator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wish {
    /// The node is to join, and can be reached there.
    Join(Option<Address>),
    /// The node is to leave, and to hand over what it has.
    Leave,
    /// The node is dead, and is to be given up.
    Remove,
}

/// Why a change is refused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Error,
)]
pub enum ChangeRefusal {
    /// It was removed, and may have come back from the dead with what others have forgotten.
    #[error("node {0} was removed for good: give the node that is to join another id")]
    RemovedForGood(NodeId),
    /// Two nodes would have one name.
    #[error(
        "node {0} is a member, at another address: give the node that is to join another id. If node {0} has moved, start it again on \
         its data: it tells its address itself"
    )]
    InUse(NodeId),
    /// One node would count as two.
    #[error(
        "node {0} is a member at this address: give the node that is to join an address of its own, or remove node {0} first"
    )]
    AddressTaken(NodeId),
    /// There is nothing to leave.
    #[error("node {0} is no member")]
    NoMember(NodeId),
    /// No put could be acknowledged, or no get answered.
    #[error(
        "too few members would be left: {left}, where R or W is {needed}. Let another node join first"
    )]
    TooFewLeft {
        /// How many there would be.
        left: usize,
        /// The larger of R and W.
        needed: usize,
    },
    /// Histories travel in one datagram.
    #[error("there have been {0} changes; no more fit a datagram")]
    TooManyChanges(usize),
    /// No later change of the node could be told from this one.
    #[error(
        "node {0} has joined as often as can be counted: give the node that is to join another id"
    )]
    JoinedTooOften(NodeId),
}
