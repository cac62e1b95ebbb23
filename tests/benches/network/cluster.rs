//! Three nodes in this process: the runtime as it is, with durable storage.

use anyhow::Result;
use dynamo::address::Members;
use dynamo::counters::Counters;
use dynamo::runtime::{Running, Settings};
use dynamo::store::Store;
use dynamo_model::config::{AntiEntropy, Config, Patience};
use dynamo_model::ids::NodeId;
use dynamo_model::node::Durable;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many nodes.
pub(crate) const NODES: u16 = 3;

/// Where the nodes listen, and where their data is.
#[derive(Debug)]
pub(crate) struct Place {
    /// One address a node.
    pub(crate) addresses: Vec<SocketAddr>,
    directory: PathBuf,
}

/// Three nodes that run.
#[derive(Debug)]
pub(crate) struct Cluster(Vec<Running>);

/// N=3, R=W=2, as patient as on a local network.
pub(crate) fn config() -> Result<Config> {
    let config = Config::new(3, 2, 2)?.with_patience(Patience::LOCAL);
    Ok(config.with_gossip_every(Duration::from_secs(1)).with_anti_entropy(AntiEntropy::LOCAL))
}

/// The nodes of these addresses, in their order.
pub(crate) fn members(addresses: &[SocketAddr]) -> Result<Members> {
    Ok(Members::new((0..NODES).map(NodeId).zip(addresses.iter().copied()))?)
}

impl Place {
    /// Free ports, and data below that directory.
    pub(crate) fn new(directory: &Path) -> Result<Self> {
        // All are held until all are known, so that no two are the same.
        let sockets =
            (0..NODES).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
        let addresses = sockets.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
        Ok(Place { addresses, directory: directory.to_owned() })
    }

    fn data(&self, node: NodeId) -> PathBuf {
        self.directory.join(node.to_string())
    }

    /// Starts the nodes on their data.
    pub(crate) fn start(&self) -> Result<Cluster> {
        let members = members(&self.addresses)?;
        let start = |(node, address): (NodeId, &SocketAddr)| {
            let settings =
                Settings::new(node, *address, &members.clone(), config()?, self.data(node))?;
            Ok(Running::start(settings)?)
        };
        Ok(Cluster((0..NODES).map(NodeId).zip(&self.addresses).map(start).collect::<Result<_>>()?))
    }

    /// What is on the disk of each node. The nodes must not be running.
    pub(crate) fn durable(&self) -> Result<Vec<Durable>> {
        (0..NODES)
            .map(NodeId)
            .map(|node| Ok(Store::open(&self.data(node), node)?.committed().clone()))
            .collect()
    }
}

impl Cluster {
    /// Stops the nodes: what each did.
    pub(crate) fn stop(self) -> Result<Vec<Counters>> {
        self.0.into_iter().map(|node| Ok(node.stop()?)).collect()
    }
}
