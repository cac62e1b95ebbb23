//! The settings of a node, and what can be wrong with them.

use super::led::Led;
use crate::address::{Members, MembersError, of_one_machine};
use crate::admission::Limits;
use crate::identity::ClusterId;
use crate::record;
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

/// Where a node listens, and its address for other nodes if that is another one.
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
    /// Sets the address at which other nodes reach this node.
    #[must_use]
    pub fn advertised_as(self, address: Option<SocketAddr>) -> Self {
        Endpoint { advertised: address, ..self }
    }

    /// The address for other nodes; `None` if the node listens on all addresses and advertises
    /// none.
    fn address(self) -> Option<SocketAddr> {
        self.advertised.or_else(|| Some(self.listen).filter(|listen| !listen.ip().is_unspecified()))
    }

    /// Can other nodes use this address for the endpoint?
    fn is_reached_at(self, address: SocketAddr) -> bool {
        match self.address() {
            Some(own) => of_one_machine(own) == Ok(address),
            None => self.listen.port() == address.port(),
        }
    }
}

/// The settings of a node: consistent by construction.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) id: NodeId,
    pub(super) listen: SocketAddr,
    /// The cluster that the node founds, if its directory does not name another.
    pub(super) founds: Option<ClusterId>,
    /// A member to join through, if the node is not a member yet.
    pub(super) contact: Option<SocketAddr>,
    /// Nodes that are reached at another address than they advertise.
    pub(super) detours: Vec<(NodeId, SocketAddr)>,
    /// How many requests the node accepts.
    pub(super) limits: Limits,
    pub(super) node: Node,
    pub(super) data: PathBuf,
    /// The secret of the cluster's nodes.
    pub(super) secret: NodeSecret,
    /// Where the node is recorded, if it is.
    pub(super) record: Option<record::Limits>,
    /// A driver leads the node along a trace. No option of `dynamo node` sets this.
    pub(super) led: Option<Led>,
}

/// Why settings are inconsistent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The node is not in the list of members.
    #[error(
        "node {id} is not among the members {members:?}: \
         name it, with its address, in the list of members"
    )]
    NotAMember {
        /// The node.
        id: NodeId,
        /// The members.
        members: Vec<NodeId>,
    },
    /// The list of members has another address for the node than its own.
    #[error(
        "other nodes are to reach node {id} at {own}, but the members list has it at {member}: \
         make the two the same"
    )]
    OtherAddress {
        /// The node.
        id: NodeId,
        /// The node's own address.
        own: SocketAddr,
        /// The address in the list.
        member: SocketAddr,
    },
    /// The node has no address that others can send to.
    #[error(
        "node {0} listens on all addresses of its machine: \
         name the address for other nodes with --advertise"
    )]
    NoAddress(NodeId),
    /// The node does not receive what is sent to its address.
    #[error(
        "a node that listens on {listen} does not receive what is sent to {address}: \
         listen on an address of the same kind, IPv4 or IPv6, or on [::], which is for both"
    )]
    Unheard {
        /// The address that the node listens on.
        listen: SocketAddr,
        /// The address that other nodes send to.
        address: SocketAddr,
    },
    /// The node has an address for other machines, but nodes without a secret accept only their
    /// own.
    #[error(
        "other nodes are to reach this node at {0}, but nodes without a secret accept nobody \
         from other machines. Make secrets with dynamo secret, and start each node with \
         --secret-file; or use addresses such as 127.0.0.1:4100"
    )]
    NoSecret(SocketAddr),
    /// The address is invalid.
    #[error(transparent)]
    Address(#[from] MembersError),
    /// There are fewer members than replicas of a key.
    #[error(
        "N is {n}, but the number of members is {members}: name more members, or make N smaller"
    )]
    TooFewMembers {
        /// N: replicas of each key.
        n: usize,
        /// The number of members.
        members: usize,
    },
}

impl Settings {
    /// Settings for a founder of a cluster. `data` is its data directory, made if it does not
    /// exist.
    ///
    /// # Errors
    /// If the settings are inconsistent.
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

    /// Settings for a node that joins a cluster through the member at `contact`. When it starts
    /// again on its data, it needs no contact.
    ///
    /// # Errors
    /// If the node has no address that others can send to.
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

    /// Settings for a node that starts again on its data, which names the members.
    ///
    /// # Errors
    /// If the node has no address that others can send to.
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
            record: None,
            led: None,
        })
    }

    /// Records the node. See [`record`].
    #[must_use]
    pub fn with_record(self, record: record::Limits) -> Self {
        Settings { record: Some(record), ..self }
    }

    /// Exchanges the rules, to see what a node does without one. Never do this to data you want to
    /// keep.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Settings { node: Node { rules, ..self.node }, ..self }
    }

    /// Sets how many requests the node accepts.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Settings { limits, ..self }
    }

    /// Names the cluster that the node founds. Clusters with the same founders and other names are
    /// separate. Every founder needs the same name. Has no effect on a node that joins, or starts
    /// again on its data.
    #[must_use]
    pub fn with_cluster_name(self, name: &str) -> Self {
        Settings { founds: self.founds.map(|cluster| cluster.named(name)), ..self }
    }

    /// Sets the secret of the cluster's nodes. Without a secret, the node accepts every process on
    /// its machine, and no other.
    #[must_use]
    pub fn with_secret(self, secret: NodeSecret) -> Self {
        Settings { secret, ..self }
    }

    /// Sets addresses for nodes that are not reached at the address that they advertise.
    ///
    /// # Errors
    /// If nobody can send to such an address.
    pub fn with_detours(self, detours: &[(NodeId, SocketAddr)]) -> Result<Self, SettingsError> {
        let reached = Members::new(detours.iter().copied())?;
        let detours =
            reached.ids().into_iter().filter_map(|node| Some((node, reached.address(node)?)));
        Ok(Settings { detours: detours.collect(), ..self })
    }
}
