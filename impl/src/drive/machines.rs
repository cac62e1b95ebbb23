//! What a driver needs of a world: machines that run nodes, with a network and disks of their own.

use super::endpoint::{Place, Protection};
use super::post::Parcel;
use super::sight::Look;
use crate::server::Order;
use dynamo_model::ids::NodeId;
use dynamo_model::node::Durable;
use stateright::actor::Id;
use std::net::SocketAddr;
use std::time::Instant;
use thiserror::Error;

/// A machine does not do what the driver asked for.
#[derive(Debug, Error)]
pub enum Trouble {
    /// A timer is not set, or there is no process to fire it.
    #[error("node {0} has not set that timer")]
    NoTimer(NodeId),
    /// There is no copy of the disk.
    #[error("there is no copy of the disk of node {0}")]
    NoCopy(NodeId),
    /// A node's process has ended, or is not what it should be.
    #[error("the process of node {node} {what}")]
    Process {
        /// The node.
        node: NodeId,
        /// What is wrong with it.
        what: String,
    },
    /// The operating system refuses something.
    #[error("the machine cannot {what}")]
    System {
        /// What it cannot do.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A disk cannot be read or written.
    #[error("the disk of node {node} cannot be used")]
    Disk {
        /// The node.
        node: NodeId,
        /// Why.
        source: crate::store::StoreError,
    },
}

/// A datagram that a node has sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The node.
    pub from: NodeId,
    /// Where the datagram has arrived.
    pub at: Place,
    /// The sealed datagram.
    pub datagram: Vec<u8>,
}

/// The machines of a world. Their nodes fire no timer by themselves.
pub trait Machines {
    /// The addresses of the nodes.
    fn addresses(&self) -> Vec<SocketAddr>;

    /// The address at which nodes see a client.
    fn address_of_client(&self, client: Id) -> Option<SocketAddr>;

    /// How datagrams are protected.
    fn protection(&self) -> Protection;

    /// The time of the driver's own sessions.
    fn now(&self) -> Instant;

    /// Starts the process of a node on what is on its disk. It may still ask the other nodes what
    /// they remember of the disk.
    ///
    /// # Errors
    /// If it does not start.
    fn start(&mut self, node: NodeId) -> Result<(), Trouble>;

    /// Does the process still ask the other nodes what they remember of its disk? Lets some time
    /// pass.
    ///
    /// # Errors
    /// If the process has ended.
    fn is_starting(&mut self, node: NodeId) -> Result<bool, Trouble>;

    /// Kills the process of a node. Does nothing if there is none.
    ///
    /// # Errors
    /// If it cannot be killed.
    fn kill(&mut self, node: NodeId) -> Result<(), Trouble>;

    /// Puts an empty disk in the place of a node's disk. The node has no process.
    ///
    /// # Errors
    /// If that fails.
    fn lose_disk(&mut self, node: NodeId) -> Result<(), Trouble>;

    /// Copies a node's disk, while its process does nothing.
    ///
    /// # Errors
    /// If that fails.
    fn copy_disk(&mut self, node: NodeId) -> Result<(), Trouble>;

    /// Puts the copy of a node's disk in its place. The node has no process.
    ///
    /// # Errors
    /// If there is no copy, or that fails.
    fn return_to_copy(&mut self, node: NodeId) -> Result<(), Trouble>;

    /// Brings a datagram to a node. It is lost if the node has no process. Returns when the node has
    /// handled it.
    ///
    /// # Errors
    /// If the process has ended.
    fn bring(&mut self, parcel: Parcel) -> Result<(), Trouble>;

    /// Lets a node fire a timer, or make a choice.
    ///
    /// # Errors
    /// If it cannot.
    fn order(&mut self, node: NodeId, order: &Order) -> Result<(), Trouble>;

    /// Takes the datagrams that nodes have sent.
    ///
    /// # Errors
    /// If they cannot be received.
    fn take_sent(&mut self) -> Result<Vec<Sent>, Trouble>;

    /// What the driver sees of a node. `None`: it has no process.
    fn look(&self, node: NodeId) -> Option<Look>;

    /// Reads what a node has committed, from its disk. The node has no process.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn disk(&mut self, node: NodeId) -> Result<Durable, Trouble>;
}
