//! What a node is started with.

use crate::address::{Members, MembersError, ipv4, to_bytes};
use crate::identity::ClusterId;
use dynamo_model::config::Config;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::History;
use dynamo_model::node::Node;
use dynamo_model::rules::Rules;
use std::net::{SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use thiserror::Error;

/// What a node needs to know to run: consistent by construction.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) id: NodeId,
    pub(super) address: SocketAddrV4,
    pub(super) origin: Origin,
    /// Nodes that are to be reached elsewhere than they say.
    pub(super) detours: Vec<(NodeId, SocketAddrV4)>,
    pub(super) node: Node,
    pub(super) data: PathBuf,
}

/// How a node comes to its cluster, if its directory does not say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// It founds it with others.
    Founds(ClusterId),
    /// This member is asked to let it join.
    Joins(SocketAddr),
}

/// Why there are no such settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The node is not in the list of members.
    #[error("node {id} is not among the members {members:?}: name it, with its address, in the list of members")]
    NotAMember {
        /// The node.
        id: NodeId,
        /// The members.
        members: Vec<NodeId>,
    },
    /// The others would send to another address than the node's own.
    #[error("node {id} is to listen on {listen}, but the members know it as {member}: make the two the same")]
    OtherAddress {
        /// The node.
        id: NodeId,
        /// Where it is to listen.
        listen: SocketAddr,
        /// Where the others would send.
        member: SocketAddrV4,
    },
    /// Others could not reach the node.
    #[error(transparent)]
    Address(#[from] MembersError),
    /// N copies need N nodes.
    #[error("N is {n}, but there are {members} members: name more members, or make N smaller")]
    TooFewMembers {
        /// Copies of each key.
        n: usize,
        /// How many members there are.
        members: usize,
    },
}

impl Settings {
    /// Settings for a founder of the cluster that these members found. `data` is its data directory, made where there is none.
    ///
    /// # Errors
    /// Where they contradict one another.
    pub fn new(
        id: NodeId,
        listen: SocketAddr,
        members: &Members,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let origin = Origin::Founds(ClusterId::founded(members, &config));
        let ids = members.ids();
        let Some(address) = members.address(id) else {
            return Err(SettingsError::NotAMember { id, members: ids });
        };
        if ipv4(listen) != Ok(address) {
            return Err(SettingsError::OtherAddress { id, listen, member: address });
        }
        if config.n() > ids.len() {
            return Err(SettingsError::TooFewMembers { n: config.n(), members: ids.len() });
        }
        let founders = members.history();
        let node = Node { config, founders, address: Some(to_bytes(address)), rules: Rules::default() };
        Ok(Settings { id, address, origin, detours: Vec::new(), node, data })
    }

    /// Settings for a node that joins a cluster, through the member at `contact`. Started again on its data it needs nobody's help.
    ///
    /// # Errors
    /// Where nobody could send to it.
    pub fn joining(
        id: NodeId,
        listen: SocketAddr,
        contact: SocketAddr,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let own = Members::new([(id, listen)])?;
        let address = own.address(id).expect("it was just named");
        let (founders, address_bytes) = (History::default(), Some(to_bytes(address)));
        let node = Node { config, founders, address: address_bytes, rules: Rules::default() };
        Ok(Settings { id, address, origin: Origin::Joins(contact), detours: Vec::new(), node, data })
    }

    /// The settings, with a name for the cluster that the node founds: clusters of the same founders with other names have nothing to do
    /// with one another. The same at every founder; no matter to whoever joins, or is started again on its data.
    #[must_use]
    pub fn with_cluster_name(self, name: &str) -> Self {
        let origin = match self.origin {
            Origin::Founds(cluster) => Origin::Founds(cluster.named(name)),
            joins @ Origin::Joins(_) => joins,
        };
        Settings { origin, ..self }
    }

    /// The settings, with nodes that are to be reached at another address than they give.
    ///
    /// # Errors
    /// Where that is no address one can send to.
    pub fn with_detours(self, detours: &[(NodeId, SocketAddr)]) -> Result<Self, SettingsError> {
        let detours: Result<Vec<_>, MembersError> =
            detours.iter().map(|(node, address)| Ok((*node, ipv4(*address)?))).collect();
        Ok(Settings { detours: detours?, ..self })
    }
}
