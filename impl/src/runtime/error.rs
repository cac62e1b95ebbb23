//! Why a node cannot start, or cannot go on.

use super::SettingsError;
use crate::client::ClientError;
use crate::founding::FoundingError;
use crate::store::StoreError;
use dynamo_model::ids::NodeId;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Why a node cannot start, or cannot go on.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}; is the address not this machine's, or is the port in use, by another node perhaps?"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// Neither the settings nor the data tell where others reach the node.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data directory cannot be used or is gone, or a commit failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node does not go with its cluster.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The others would take two nodes for one.
    #[error(
        "node {id} is to be reached at {address}, but node {other} is a member at this address: choose another address, or remove node {other} first"
    )]
    AddressTaken {
        /// The node.
        id: NodeId,
        /// The address.
        address: SocketAddr,
        /// Whose it is.
        other: NodeId,
    },
    /// Nobody is known that the node could work with.
    #[error(
        "{data} does not tell who the members are: name the founders of the cluster with --member, or a member to join through with --join"
    )]
    NoMembers {
        /// The directory.
        data: PathBuf,
    },
    /// The node is not wanted any more.
    #[error(
        "node {id} was removed from the cluster for good: others have taken its place, and what it has on its disk counts no \
         more. Start a node under another id, on an empty directory"
    )]
    Removed {
        /// The node.
        id: NodeId,
    },
    /// The node was started, though it has left.
    #[error(
        "node {id} has left the cluster: start it with --join and a member's address to let it join again"
    )]
    Left {
        /// The node.
        id: NodeId,
    },
    /// The member that was to let the node join did not.
    #[error("node {id} could not join through {contact}")]
    Join {
        /// The node.
        id: NodeId,
        /// The member asked.
        contact: SocketAddr,
        /// What came of it.
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
