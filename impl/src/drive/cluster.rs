//! Machines together with the post between their nodes.

use super::What;
use super::machines::{Machines, Sent, Trouble};
use super::post::{Parcel, Post};
use super::scene::Scene;
use super::sight::{Clients, Look};
use crate::doorkeeper::Refused;
use crate::server::Order;
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::{Choice, Durable};
use stateright::actor::Id;
use std::collections::BTreeMap;

/// How often a starting node is looked at, at most. Its wait for silent nodes is shorter.
const LOOKS_MAX: usize = 10_000;

pub(super) struct Cluster<M> {
    machines: M,
    post: Post,
    nodes: Vec<NodeId>,
}

impl<M: Machines> Cluster<M> {
    pub(super) fn new(scene: &Scene, machines: M) -> Self {
        let at = |id: &Id| {
            let address = machines.address_of_client(*id)?;
            Some((crate::address::client_id(address), *id))
        };
        let clients = Clients(scene.clients.iter().filter_map(at).collect());
        let protection = machines.protection();
        let post = Post::new(machines.addresses(), protection, clients, scene.duplicates);
        Cluster { machines, post, nodes: (0..scene.nodes.len() as u16).map(NodeId).collect() }
    }

    /// Starts all nodes. They ask each other what they remember of their disks, so all must have
    /// begun before the first one serves.
    pub(super) fn start_all(&mut self) -> Result<(), Trouble> {
        let mut nodes = self.nodes.clone().into_iter();
        nodes.try_for_each(|node| self.machines.start(node))?;
        self.pass_on()
    }

    fn start(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.machines.start(node)?;
        self.pass_on()
    }

    /// Takes what nodes have sent, and brings what passes at once, until nothing is left and no
    /// node is starting any more.
    fn pass_on(&mut self) -> Result<(), Trouble> {
        for _ in 0..LOOKS_MAX {
            let starting = self.starting()?;
            let sent = self.machines.take_sent()?;
            if sent.is_empty() && starting.is_none() {
                return Ok(());
            }
            for Sent { from, at, datagram } in sent {
                let parcels = self.post.take(from, at, &datagram, self.machines.now());
                self.bring(parcels)?;
            }
        }
        let node = self.starting()?.unwrap_or(NodeId(0));
        Err(Trouble::Process { node, what: "does not come to rest".to_owned() })
    }

    /// A node that is starting. Lets all of them go on.
    fn starting(&mut self) -> Result<Option<NodeId>, Trouble> {
        let mut starting = None;
        for node in self.nodes.iter().copied() {
            if self.machines.is_starting(node)? {
                starting = Some(node);
            }
        }
        Ok(starting)
    }

    fn bring(&mut self, parcels: Vec<Parcel>) -> Result<(), Trouble> {
        parcels.into_iter().try_for_each(|parcel| self.machines.bring(parcel))
    }

    fn kill(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.post.forget_sessions(node);
        self.machines.kill(node)
    }

    /// Delivers a message to a node. The node must hear exactly this message.
    pub(super) fn deliver(&mut self, from: Who, to: NodeId, message: &Message) -> Result<(), What> {
        let before = self.look(to).ok_or(What::NotRunning(to))?;
        let now = self.machines.now();
        let parcels = self.post.deliver(from, to, message, now).ok_or(What::NotInFlight)?;
        self.bring(parcels)?;
        self.pass_on()?;
        let after = self.look(to).ok_or(What::NotRunning(to))?;
        if after.heard == before.heard {
            return Err(What::Dropped(refused_since(&before, &after)));
        }
        Ok(())
    }

    /// Takes a message out of the network, to give it to a client.
    pub(super) fn take_out(&mut self, from: Who, to: Who, message: &Message) -> Option<Message> {
        self.post.take_out(from, to, message, true)?;
        Some(message.as_undated().clone())
    }

    /// Loses a message.
    pub(super) fn lose(&mut self, from: Who, to: Who, message: &Message) -> Result<(), What> {
        self.post.take_out(from, to, message, false).map(|_| ()).ok_or(What::NotInFlight)
    }

    /// A client sends a message.
    pub(super) fn send(&mut self, client: Id, to: NodeId, message: Message) {
        self.post.send(client, to, message);
    }

    /// The trace goes on with these events.
    pub(super) fn look_ahead(&mut self, events: &[Event]) -> Result<(), Trouble> {
        let parcels = self.post.look_ahead(events, self.machines.now());
        self.bring(parcels)?;
        self.pass_on()
    }

    /// Something happens at a node, besides the arrival of a message. The trace goes on with
    /// `later` after that.
    pub(super) fn happen(&mut self, event: &Event, later: &[Event]) -> Result<(), What> {
        let Some(Who::Node(node)) = event.at() else { return Ok(()) };
        match event {
            Event::TimeOut { timer, .. } => self.order(node, &Order::Fire(timer.clone()))?,
            Event::Gossip { with, .. } => {
                self.order(node, &Order::Choose(Choice::Gossip(*with)))?;
            }
            Event::Exchange { with, .. } => {
                self.order(node, &Order::Choose(Choice::Exchange(*with)))?;
            }
            Event::Crash { .. } => self.kill(node)?,
            Event::Recover { .. } => self.start(node)?,
            Event::LoseDisk { .. } => {
                self.kill(node)?;
                self.machines.lose_disk(node)?;
                self.look_ahead(later)?;
                self.start(node)?;
            }
            Event::CopyDisk { .. } => self.machines.copy_disk(node)?,
            Event::ReturnToCopy { .. } => {
                self.kill(node)?;
                self.machines.return_to_copy(node)?;
                self.look_ahead(later)?;
                self.start(node)?;
            }
            // The witness has told it when it came back.
            Event::HearOfLaterCommit { .. } | Event::Deliver { .. } | Event::Lose { .. } => {}
        }
        Ok(())
    }

    fn order(&mut self, node: NodeId, order: &Order) -> Result<(), Trouble> {
        self.machines.order(node, order)?;
        self.pass_on()
    }

    pub(super) fn look(&self, node: NodeId) -> Option<Look> {
        self.machines.look(node)
    }

    pub(super) fn in_flight(&self) -> BTreeMap<(Who, Who, Message), usize> {
        self.post.in_flight()
    }

    /// Kills all nodes, and reads their disks.
    pub(super) fn into_disks(mut self) -> Result<Vec<(NodeId, Durable)>, Trouble> {
        let mut disks = Vec::new();
        for node in self.nodes.clone() {
            self.kill(node)?;
            disks.push((node, self.machines.disk(node)?));
        }
        Ok(disks)
    }
}

/// The reasons for which the node has refused datagrams between two looks.
fn refused_since(before: &Look, after: &Look) -> Vec<Refused> {
    let count = |look: &Look, why| {
        look.refused.iter().find(|it| it.why == why).map_or(0, |refusals| refusals.count)
    };
    let reasons = after.refused.iter().map(|refusals| refusals.why);
    reasons.filter(|why| count(after, *why) > count(before, *why)).collect()
}
