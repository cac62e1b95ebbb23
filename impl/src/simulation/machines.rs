//! Simulated machines that a driver leads along a trace: see [`drive`](crate::drive).

use super::addresses;
use super::clock::{Clock, EPOCH};
use super::disk::Commit;
use super::node::{Common, End, SimulatedNode};
use crate::drive::{Clients, Scene};
use crate::drive::{Look, Machines, Parcel, Place, Protection, Sent, Sight, Trouble};
use crate::interpreter::{Event, Firing};
use crate::secret::NodeSecret;
use crate::server::Order;
use crate::sessions::Cipher;
use dynamo_model::ids::NodeId;
use dynamo_model::node::Durable;
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use stateright::actor::Id;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How much time passes with each order. No timer fires by it. A client that asks again after this
/// time does not count as too impatient.
const STEP: Duration = Duration::from_millis(200);

/// Machines in memory, in virtual time.
pub struct SimulatedMachines {
    nodes: Vec<SimulatedNode>,
    /// How many messages each actor has received since the start of its process.
    heard: Vec<u64>,
    clients: Clients,
    now: Duration,
    sent: Vec<Sent>,
    starts: u64,
}

impl SimulatedMachines {
    /// The machines for the nodes of this scene.
    pub fn new(scene: &Scene) -> Self {
        let ids = (0..scene.nodes.len() as u16).map(NodeId);
        let nodes = ids.clone().zip(&scene.nodes).map(|(id, cast)| {
            let others = ids.clone().filter(|other| *other != id);
            let addresses = others.map(|other| (other, addresses::of_link(other, id).into()));
            let common = Common {
                node: cast.node.clone(),
                cipher: Cipher::Clear,
                cut_above: None,
                addresses: addresses.collect(),
                firing: Firing::ByName,
            };
            let mut node = SimulatedNode::new(id, common, Clock::with_drift(0));
            node.disk.durable = cast.disk.clone().unwrap_or_default();
            node
        });
        SimulatedMachines {
            heard: vec![0; scene.nodes.len()],
            clients: Clients(
                scene.clients.iter().map(|id| (addresses::known_as(*id), *id)).collect(),
            ),
            nodes: nodes.collect(),
            now: Duration::ZERO,
            sent: Vec::new(),
            starts: 0,
        }
    }

    /// Lets a node handle this, and collects what it sends.
    fn batch(&mut self, node: NodeId, from: Option<(Place, Vec<u8>)>) -> Result<(), Trouble> {
        self.now += STEP;
        let index = usize::from(node.0);
        let datagrams: Vec<_> = from
            .into_iter()
            .map(|(place, datagram)| (addresses::of_place(place), datagram))
            .collect();
        let Some(batch) = self.nodes[index].batch(&datagrams, self.now, Commit::Done) else {
            return Ok(());
        };
        let is_heard = |event: &&Event| matches!(event, Event::Received(..) | Event::Ignored(..));
        self.heard[index] += batch.record.iter().filter(is_heard).count() as u64;
        let sent = batch.sent.into_iter().filter_map(|(to, datagram)| {
            let at = addresses::place_at(to)?;
            Some(Sent { from: node, at, datagram })
        });
        self.sent.extend(sent);
        if let Some(End::OldDisk(evidence)) = batch.end {
            self.nodes[index].begin_anew(&evidence);
            self.start(node)?;
        }
        Ok(())
    }
}

impl Machines for SimulatedMachines {
    fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| addresses::of_node(node.id).into()).collect()
    }

    fn address_of_client(&self, client: Id) -> Option<SocketAddr> {
        Some(addresses::of_client(client).into())
    }

    fn protection(&self) -> Protection {
        Protection { secret: NodeSecret::SIMULATED, cipher: Cipher::Clear }
    }

    fn now(&self) -> Instant {
        *EPOCH + self.now
    }

    fn start(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.now += STEP;
        self.starts += 1;
        let index = usize::from(node.0);
        self.heard[index] = 0;
        let chance = Xoshiro256PlusPlus::seed_from_u64(self.starts);
        self.nodes[index].start(self.now, Duration::ZERO, self.starts, chance);
        Ok(())
    }

    fn is_starting(&mut self, node: NodeId) -> Result<bool, Trouble> {
        let index = usize::from(node.0);
        if self.nodes[index].is_starting() {
            self.batch(node, None)?;
        }
        Ok(self.nodes[index].is_starting())
    }

    fn kill(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.nodes[usize::from(node.0)].stop();
        Ok(())
    }

    fn lose_disk(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.nodes[usize::from(node.0)].lose_disk();
        Ok(())
    }

    fn copy_disk(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.nodes[usize::from(node.0)].copy_disk();
        Ok(())
    }

    fn return_to_copy(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.nodes[usize::from(node.0)].return_to_copy().ok_or(Trouble::NoCopy(node))
    }

    fn bring(&mut self, parcel: Parcel) -> Result<(), Trouble> {
        self.batch(parcel.to, Some((parcel.from, parcel.datagram)))
    }

    fn order(&mut self, node: NodeId, order: &Order) -> Result<(), Trouble> {
        if !self.nodes[usize::from(node.0)].carry_out(order, self.now) {
            return Err(Trouble::NoTimer(node));
        }
        self.batch(node, None)
    }

    fn take_sent(&mut self) -> Result<Vec<Sent>, Trouble> {
        Ok(std::mem::take(&mut self.sent))
    }

    fn look(&self, node: NodeId) -> Option<Look> {
        let index = usize::from(node.0);
        let server = self.nodes[index].server()?;
        Some(Look {
            sight: Sight::of_server(server, node, &self.clients),
            heard: self.heard[index],
            refused: server.refusals(),
        })
    }

    fn disk(&mut self, node: NodeId) -> Result<Durable, Trouble> {
        Ok(self.nodes[usize::from(node.0)].disk.durable.clone())
    }
}
