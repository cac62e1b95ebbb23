//! What a node needs to know to run, and what may be wrong with it.

use crate::address::{Members, MembersError, of_one_machine};
use crate::admission::Limits;
use crate::identity::ClusterId;
use crate::secret::NodeSecret;
use dynamo_model::address::Address;
use dynamo_model::config::Config;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::History;
use dynamo_model::node::Node;
use dynamo_model::rules::Rules;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Where a node listens, and where the others reach it, if not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    listen: SocketAddr,
    advertised: Option<SocketAddr>,
}

impl From<SocketAddr> for Endpoint {
    fn from(listen: SocketAddr) -> Self {
        Endpoint { listen, advertised: None }
    }
}

impl Endpoint {
    /// The endpoint, reached by the others at this address.
    #[must_use]
    pub fn advertised_as(self, address: Option<SocketAddr>) -> Self {
        Endpoint { advertised: address, ..self }
    }

    /// The address that the others are to use: `None` where the node listens on all addresses of
    /// its machine and names none.
    fn address(self) -> Option<SocketAddr> {
        self.advertised.or_else(|| Some(self.listen).filter(|listen| !listen.ip().is_unspecified()))
    }

    /// May the others know this endpoint by that address?
    fn is_reached_at(self, address: SocketAddr) -> bool {
        match self.address() {
            Some(own) => of_one_machine(own) == Ok(address),
            None => self.listen.port() == address.port(),
        }
    }
}

/// What a node needs to know to run: consistent by construction.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) id: NodeId,
    pub(super) listen: SocketAddr,
    /// The cluster that the node founds with others, if its directory does not tell another.
    pub(super) founds: Option<ClusterId>,
    /// A member that is asked to let the node join, if it is not one yet.
    pub(super) contact: Option<SocketAddr>,
    /// Nodes that are to be reached elsewhere than they say.
    pub(super) detours: Vec<(NodeId, SocketAddr)>,
    /// How much the node takes on.
    pub(super) limits: Limits,
    pub(super) node: Node,
    pub(super) data: PathBuf,
    /// The secret of the cluster's nodes.
    pub(super) secret: NodeSecret,
}

/// Why there are no such settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The node is not in the list of members.
    #[error(
        "node {id} is not among the members {members:?}: name it, with its address, in the list of members"
    )]
    NotAMember {
        /// The node.
        id: NodeId,
        /// The members.
        members: Vec<NodeId>,
    },
    /// The others would send to another address than the node's own.
    #[error(
        "the others are to reach node {id} at {own}, but the members list has it at {member}: make the two the same"
    )]
    OtherAddress {
        /// The node.
        id: NodeId,
        /// Where it listens, or is to be reached.
        own: SocketAddr,
        /// Where the others would send.
        member: SocketAddr,
    },
    /// Nobody could send to the node.
    #[error(
        "node {0} listens on all addresses of its machine: name the one that the others are to use with --advertise"
    )]
    NoAddress(NodeId),
    /// What the others send would not come to where the node listens.
    #[error(
        "a node that listens at {listen} hears nothing of what is sent to {address}: listen at an address of the same kind, IPv4 or IPv6, or at \
         [::], which is for both"
    )]
    Unheard {
        /// Where it listens.
        listen: SocketAddr,
        /// Where it is to be reached.
        address: SocketAddr,
    },
    /// Without a secret, nodes let in nobody from other machines.
    #[error(
        "a node is to be reached at {0}, and nodes without a secret let in nobody from other machines. Make secrets with dynamo secret, and start \
         each node with --secret-file; or use addresses such as 127.0.0.1:4100"
    )]
    NoSecret(SocketAddr),
    /// Others could not reach the node.
    #[error(transparent)]
    Address(#[from] MembersError),
    /// N copies need N nodes.
    #[error(
        "N is {n}, and so many members are named: {members}. Name more members, or make N smaller"
    )]
    TooFewMembers {
        /// Copies of each key.
        n: usize,
        /// How many members there are.
        members: usize,
    },
}

impl Settings {
    /// Settings for a founder of a cluster. `data` is its data directory, made where there is none.
    ///
    /// # Errors
    /// Where they contradict one another.
    pub fn new(
        id: NodeId,
        at: impl Into<Endpoint>,
        members: &Members,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let (at, ids) = (at.into(), members.ids());
        let Some(address) = members.address(id) else {
            return Err(SettingsError::NotAMember { id, members: ids });
        };
        if !at.is_reached_at(address) {
            let own = at.address().unwrap_or(at.listen);
            return Err(SettingsError::OtherAddress { id, own, member: address });
        }
        if config.n() > ids.len() {
            return Err(SettingsError::TooFewMembers { n: config.n(), members: ids.len() });
        }
        let founds = Some(ClusterId::founded(members, &config));
        let settings = Settings::again(id, at, config, data)?;
        let node =
            Node { founders: members.history(), address: Some(address.into()), ..settings.node };
        Ok(Settings { founds, node, ..settings })
    }

    /// Settings for a node that joins a cluster, through the member at `contact`. Started again on
    /// its data it needs nobody's help.
    ///
    /// # Errors
    /// Where nobody could send to it.
    pub fn joining(
        id: NodeId,
        at: impl Into<Endpoint>,
        contact: SocketAddr,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let settings = Settings::again(id, at, config, data)?;
        if settings.node.address.is_none() {
            return Err(SettingsError::NoAddress(id));
        }
        Ok(Settings { contact: Some(contact), ..settings })
    }

    /// Settings for a node that is started again on its data: that tells who the members are.
    ///
    /// # Errors
    /// Where nobody could send to it.
    pub fn again(
        id: NodeId,
        at: impl Into<Endpoint>,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let at = at.into();
        let listen = of_one_machine(at.listen)?;
        let own = at.address().map(|address| Members::new([(id, address)])).transpose()?;
        let address = own.and_then(|own| own.address(id)).map(Address::from);
        let node = Node { config, founders: History::default(), address, rules: Rules::default() };
        let (detours, limits, secret) = (Vec::new(), Limits::default(), NodeSecret::OPEN);
        Ok(Settings {
            id,
            listen,
            founds: None,
            contact: None,
            detours,
            limits,
            node,
            data,
            secret,
        })
    }

    /// The settings, with other limits on how much the node takes on.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Settings { limits, ..self }
    }

    /// The settings, with a name for the cluster that the node founds: clusters of the same
    /// founders with other names have nothing to do with one another. The same at every founder; no
    /// matter to whoever joins, or is started again on its data.
    #[must_use]
    pub fn with_cluster_name(self, name: &str) -> Self {
        Settings { founds: self.founds.map(|cluster| cluster.named(name)), ..self }
    }

    /// The settings, with the secret of the cluster's nodes. Without it, the node lets in everybody
    /// on its machine, and nobody else.
    #[must_use]
    pub fn with_secret(self, secret: NodeSecret) -> Self {
        Settings { secret, ..self }
    }

    /// The settings, with nodes that are to be reached at another address than they give.
    ///
    /// # Errors
    /// Where that is no address one can send to.
    pub fn with_detours(self, detours: &[(NodeId, SocketAddr)]) -> Result<Self, SettingsError> {
        let reached = Members::new(detours.iter().copied())?;
        let detours =
            reached.ids().into_iter().filter_map(|node| Some((node, reached.address(node)?)));
        Ok(Settings { detours: detours.collect(), ..self })
    }
}
