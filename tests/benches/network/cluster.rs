//! Three nodes in this process, with the real runtime and durable storage.

use anyhow::{Context as _, Result};
use dynamo::address::Members;
use dynamo::counters::Counters;
use dynamo::runtime::{Running, Settings};
use dynamo::store::Store;
use dynamo_model::config::{AntiEntropy, Config, Patience};
use dynamo_model::ids::NodeId;
use dynamo_model::node::Durable;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many nodes.
pub(crate) const NODES: u16 = 3;
/// Linux hands out ports from 32768, other systems from 49152.
const NODE_PORTS: Range<u16> = 10_000..30_000;

/// The nodes' addresses and data.
#[derive(Debug)]
pub(crate) struct Place {
    /// One address for each node.
    pub(crate) addresses: Vec<SocketAddr>,
    directory: PathBuf,
}

/// Three running nodes.
#[derive(Debug)]
pub(crate) struct Cluster(Vec<Running>);

/// N=3, R=W=2, with the timeouts for a local network.
pub(crate) fn config() -> Result<Config> {
    let config = Config::new(3, 2, 2)?.with_patience(Patience::LOCAL);
    Ok(config.with_gossip_every(Duration::from_secs(1)).with_anti_entropy(AntiEntropy::LOCAL))
}

/// The nodes with these addresses, in order.
pub(crate) fn members(addresses: &[SocketAddr]) -> Result<Members> {
    Ok(Members::new((0..NODES).map(NodeId).zip(addresses.iter().copied()))?)
}

impl Place {
    /// Picks free ports, and puts data below that directory.
    pub(crate) fn new(directory: &Path) -> Result<Self> {
        // All sockets stay bound until every port is known, so that no port is given out twice.
        let sockets = (0..NODES).map(|_| free_socket()).collect::<Result<Vec<_>>>()?;
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

    /// The state on each node's disk. The nodes must not be running.
    pub(crate) fn durable(&self) -> Result<Vec<Durable>> {
        (0..NODES)
            .map(NodeId)
            .map(|node| Ok(Store::open(&self.data(node), node)?.committed().clone()))
            .collect()
    }
}

/// A socket with a port that the system does not hand out by itself. A client's socket takes such
/// a port, and it may do so while the nodes' process starts and has not bound its own yet.
fn free_socket() -> Result<UdpSocket> {
    let attempt = |_| UdpSocket::bind((Ipv4Addr::LOCALHOST, rand::random_range(NODE_PORTS))).ok();
    (0..1000).find_map(attempt).context("no free port between 10000 and 30000")
}

impl Cluster {
    /// Stops the nodes. Returns their counters.
    pub(crate) fn stop(self) -> Result<Vec<Counters>> {
        self.0.into_iter().map(|node| Ok(node.stop()?)).collect()
    }
}
