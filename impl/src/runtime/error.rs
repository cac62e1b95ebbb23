//! Errors that end a node.

use super::SettingsError;
use crate::client::ClientError;
use crate::founding::FoundingError;
use crate::record::RecordError;
use crate::store::StoreError;
use dynamo_model::ids::NodeId;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Why a node cannot start, or cannot continue.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// The node cannot listen on its address.
    #[error(
        "cannot listen on {address}; is it not this machine's address, \
         or is the port in use, perhaps by another node?"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The settings are inconsistent, or do not say where other nodes reach this node.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data directory cannot be used or is gone, or a commit failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node cannot be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The node's settings or data do not match its cluster.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// Another member has the address. Other nodes could not tell the two apart.
    #[error(
        "node {id} cannot use {address}: node {other} is a member at this address. \
         Choose another address, or remove node {other} first"
    )]
    AddressTaken {
        /// The node.
        id: NodeId,
        /// The address.
        address: SocketAddr,
        /// The member that has the address.
        other: NodeId,
    },
    /// Neither the data nor the settings name a member.
    #[error(
        "{data} does not name the members: name the founders of the cluster with --member, \
         or a member to join through with --join"
    )]
    NoMembers {
        /// The directory.
        data: PathBuf,
    },
    /// The node was removed.
    #[error(
        "node {id} was removed from the cluster for good: other nodes have replaced it, \
         and its data is no longer valid. Start a node under another id, on an empty directory"
    )]
    Removed {
        /// The node.
        id: NodeId,
    },
    /// The node was started again after it had left.
    #[error(
        "node {id} has left the cluster: \
         start it with --join and a member's address to let it join again"
    )]
    Left {
        /// The node.
        id: NodeId,
    },
    /// The node could not join through the member that it asked.
    #[error("node {id} could not join through {contact}")]
    Join {
        /// The node.
        id: NodeId,
        /// The member asked.
        contact: SocketAddr,
        /// Why.
        source: ClientError,
    },
    /// The socket failed. Everything acknowledged is on disk; the node may be started again.
    #[error("the socket on {address} failed")]
    Socket {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}
