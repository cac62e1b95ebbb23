//! The messages in flight, as real payloads: each one waits here until the trace delivers or loses
//! it. What concerns only sessions and disks passes at once.
//!
//! A node seals its datagrams for the [`Place`] at which it believes the receiver to be. The post
//! opens them there, and keeps each message with the header that its sender gave it. To deliver it,
//! the post seals it again, at the place where the receiver believes the sender to be. So a message
//! can outlive the session in which it was sent, arrive twice, and overtake others.
//!
//! A node drops a message of an earlier start once it has heard of a later one. The model knows no
//! such rule. So where a trace delivers a message that its sender sent before it restarted, the
//! receiver must not have heard of the restart. The post then delays what the sender asks it about
//! disks, as a slow network may do.

use super::endpoint::{Endpoint, Place, Protection};
use super::sight::Clients;
use crate::address::client_id;
use crate::identity::Parties;
use crate::stamp::{Stamp, stamped};
use crate::wire::{Datagram, Letter};
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event;
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::message::Message;
use dynamo_model::version::Context;
use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Instant;

/// A datagram on its way to a node.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Where it comes from.
    pub from: Place,
    /// The node.
    pub to: NodeId,
    /// The sealed datagram.
    pub datagram: Vec<u8>,
}

/// A message in flight.
#[derive(Clone, Debug)]
struct Held {
    from: Who,
    to: Who,
    /// The message with the model's ids.
    message: Message,
    payload: Vec<u8>,
    /// Was the sender's process killed since?
    is_of_earlier_start: bool,
}

/// From one node to another.
type Link = (NodeId, NodeId);

/// All messages in flight, and the driver's sessions with the nodes.
#[derive(Debug)]
pub(super) struct Post {
    /// The addresses of the nodes.
    nodes: Vec<SocketAddr>,
    protection: Protection,
    clients: Clients,
    endpoints: BTreeMap<(Place, NodeId), Endpoint>,
    held: Vec<Held>,
    /// The contexts that nodes have given to clients, with their stamps.
    stamps: Vec<(Context, Stamp)>,
    /// The links on which the post delays what nodes tell of disks, with the last such payload.
    delayed: BTreeMap<Link, Option<Vec<u8>>>,
    /// Does a delivered message stay in flight, so that it can arrive again?
    keeps_delivered: bool,
}

impl Post {
    pub(super) fn new(
        nodes: Vec<SocketAddr>,
        protection: Protection,
        clients: Clients,
        keeps_delivered: bool,
    ) -> Self {
        let (endpoints, held, stamps) = (BTreeMap::new(), Vec::new(), Vec::new());
        let delayed = BTreeMap::new();
        Post { nodes, protection, clients, endpoints, held, stamps, delayed, keeps_delivered }
    }

    /// A node's process has ended, with all its sessions.
    pub(super) fn forget_sessions(&mut self, node: NodeId) {
        self.endpoints.retain(|(_, peer), _| *peer != node);
        for held in self.held.iter_mut().filter(|held| held.from == Who::Node(node)) {
            held.is_of_earlier_start = true;
        }
    }

    /// The trace goes on with these events. Delays what nodes tell of disks on the links on which a
    /// message of an earlier start is yet to arrive. Returns what was delayed, and is no longer.
    pub(super) fn look_ahead(&mut self, events: &[Event], now: Instant) -> Vec<Parcel> {
        let mut late = BTreeSet::new();
        for held in self.held.iter().filter(|held| held.is_of_earlier_start) {
            let arrives = |event: &Event| {
                matches!(event, Event::Deliver { from, to, message } if *from == held.from
                    && *to == held.to && *message.as_undated() == held.message)
            };
            if let (Who::Node(from), Who::Node(to)) = (held.from, held.to)
                && events.iter().any(arrives)
            {
                late.insert((from, to));
            }
        }
        let mut parcels = Vec::new();
        for ((from, to), payload) in std::mem::take(&mut self.delayed) {
            if late.contains(&(from, to)) {
                self.delayed.insert((from, to), payload);
            } else if let Some(payload) = payload {
                let place = Place::Node { stands_for: from, towards: to };
                parcels.extend(self.seal(place, to, &payload, now));
            }
        }
        for link in late {
            self.delayed.entry(link).or_default();
        }
        parcels
    }

    fn endpoint(&mut self, place: Place, node: NodeId) -> &mut Endpoint {
        let address = self.nodes[usize::from(node.0)];
        let protection = &self.protection;
        let endpoint = self.endpoints.entry((place, node));
        endpoint.or_insert_with(|| Endpoint::new(place, address, protection))
    }

    /// Takes a datagram that a node has sent to a place. Returns what is to be sent at once.
    pub(super) fn take(
        &mut self,
        from: NodeId,
        at: Place,
        datagram: &[u8],
        now: Instant,
    ) -> Vec<Parcel> {
        let endpoint = self.endpoint(at, from);
        let letter = endpoint.open(datagram, now);
        let outgoing = endpoint.take_outgoing();
        let mut parcels: Vec<Parcel> =
            outgoing.map(|datagram| Parcel { from: at, to: from, datagram }).collect();
        match (letter, at) {
            (None, _) => {}
            // It tells what nodes remember of each other's disks.
            (Some(letter), Place::Node { stands_for: to, .. }) if letter.messages.is_empty() => {
                let payload = Datagram::default().seal(&letter.parties).to_vec();
                if let Some(delayed) = self.delayed.get_mut(&(from, to)) {
                    *delayed = Some(payload);
                } else {
                    let place = Place::Node { stands_for: from, towards: to };
                    parcels.extend(self.seal(place, to, &payload, now));
                }
            }
            (Some(letter), Place::Node { stands_for: to, .. }) => {
                self.hold(Who::Node(from), Who::Node(to), letter);
            }
            (Some(letter), Place::Client(client)) => {
                let client = ClientId(usize::from(client) as u64);
                self.hold(Who::Node(from), Who::Client(client), letter);
            }
        }
        parcels
    }

    fn seal(&mut self, place: Place, to: NodeId, payload: &[u8], now: Instant) -> Vec<Parcel> {
        let sealed = self.endpoint(place, to).seal(payload, now);
        sealed.into_iter().map(|datagram| Parcel { from: place, to, datagram }).collect()
    }

    /// Holds the messages of a letter, each with the letter's header.
    fn hold(&mut self, from: Who, to: Who, letter: Letter) {
        let (parties, callers) = (letter.parties, letter.callers.clone());
        for (message, stamp) in letter.into_stamped() {
            if let (Some((_, context)), Some(stamp)) = (stamped(&message), stamp) {
                self.stamps.push((context.clone(), stamp));
            }
            let payload = payload(&message, &stamp.unwrap_or_default(), &callers, &parties);
            let message = self.clients.named_in(message);
            self.add(Held { from, to, message, payload, is_of_earlier_start: false });
        }
    }

    /// In a network that may deliver a message again, sending it once more changes nothing.
    fn add(&mut self, held: Held) {
        let is_same =
            |it: &Held| (it.from, it.to, &it.message) == (held.from, held.to, &held.message);
        match self.held.iter().position(is_same).filter(|_| self.keeps_delivered) {
            Some(known) => self.held[known] = held,
            None => self.held.push(held),
        }
    }

    /// A client sends a message to a node.
    pub(super) fn send(&mut self, client: Id, to: NodeId, message: Message) {
        let known = stamped(&message)
            .and_then(|(_, context)| self.stamps.iter().rfind(|(known, _)| known == context));
        let stamp = known.map(|(_, stamp)| *stamp).unwrap_or_default();
        let payload = payload(&message, &stamp, &[], &Parties::default());
        let from = Who::Client(ClientId(usize::from(client) as u64));
        let to = Who::Node(to);
        self.add(Held { from, to, message, payload, is_of_earlier_start: false });
    }

    /// Takes a message out of the network, or a copy of it. `None`: it is not in flight.
    pub(super) fn take_out(
        &mut self,
        from: Who,
        to: Who,
        message: &Message,
        keeps: bool,
    ) -> Option<Vec<u8>> {
        let message = message.as_undated();
        // The latest one: its sender may have been started again since it sent an earlier one.
        let is_meant = |it: &Held| (it.from, it.to) == (from, to) && it.message == *message;
        let index = self.held.iter().rposition(is_meant)?;
        let keeps = keeps && self.keeps_delivered;
        Some(if keeps { self.held[index].payload.clone() } else { self.held.remove(index).payload })
    }

    /// Delivers a message to a node. `None`: it is not in flight.
    pub(super) fn deliver(
        &mut self,
        from: Who,
        to: NodeId,
        message: &Message,
        now: Instant,
    ) -> Option<Vec<Parcel>> {
        let payload = self.take_out(from, Who::Node(to), message, true)?;
        let place = match from {
            Who::Node(node) => Place::Node { stands_for: node, towards: to },
            Who::Client(_) => Place::Client(from.id()),
        };
        Some(self.seal(place, to, &payload, now))
    }

    /// How often each message is in flight.
    pub(super) fn in_flight(&self) -> BTreeMap<(Who, Who, Message), usize> {
        let mut counts = BTreeMap::new();
        for Held { from, to, message, .. } in &self.held {
            *counts.entry((*from, *to, message.clone())).or_default() += 1;
        }
        counts
    }
}

fn payload(message: &Message, stamp: &Stamp, callers: &[SocketAddr], parties: &Parties) -> Vec<u8> {
    let mut datagram = Datagram::default();
    let fits = datagram.push_stamped(message, stamp);
    debug_assert!(fits.is_ok(), "a message that was sent fits");
    datagram.introduce(|client| callers.iter().copied().find(|at| client_id(*at) == client));
    datagram.seal(parties).to_vec()
}
