//! The simulated network: which datagrams arrive, when, and how often.

use super::addresses::{Place, place};
use super::weather::Weather;
use crate::drawn::Chance;
use dynamo_model::ids::NodeId;
use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::time::Duration;

/// A copy of a datagram that will arrive.
pub(super) struct Copy {
    pub(super) after: Duration,
    pub(super) bytes: Vec<u8>,
    /// Has a bit changed?
    pub(super) is_damaged: bool,
}

/// The network between all nodes and clients.
pub(super) struct Network {
    pub(super) weather: Weather,
    /// The directions in which nothing arrives.
    cuts: BTreeSet<(NodeId, NodeId)>,
}

impl Network {
    pub(super) fn new(weather: Weather) -> Network {
        Network { weather, cuts: BTreeSet::new() }
    }

    /// Does nothing arrive in this direction?
    pub(super) fn is_cut(&self, from: SocketAddrV4, to: SocketAddrV4) -> bool {
        let ends = [from, to].map(node_at);
        matches!(ends, [Some(from), Some(to)] if self.cuts.contains(&(from, to)))
    }

    /// Is a datagram dropped because of its size?
    pub(super) fn is_too_large(&self, bytes: &[u8]) -> bool {
        self.weather.datagram_bytes_max.is_some_and(|most| bytes.len() > most)
    }

    /// The copies of a datagram that arrive: none if it is lost.
    pub(super) fn send(
        &self,
        from: SocketAddrV4,
        to: SocketAddrV4,
        bytes: &[u8],
        chance: &mut Chance,
    ) -> Vec<Copy> {
        let Weather { loss, duplication, corruption, .. } = self.weather;
        if self.is_too_large(bytes) || self.is_cut(from, to) || chance.is_so(loss) {
            return Vec::new();
        }
        let copies = if chance.is_so(duplication) { 2 } else { 1 };
        let copy = |_| {
            let (mut bytes, is_damaged) = (bytes.to_vec(), chance.is_so(corruption));
            if is_damaged {
                let bit = chance.below(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            let after = self.delay(chance) + self.slowness([from, to].map(node_at), chance);
            Copy { after, bytes, is_damaged }
        };
        (0..copies).map(copy).collect()
    }

    fn delay(&self, chance: &mut Chance) -> Duration {
        let Weather { delay: (least, most), straggles, straggles_for, .. } = self.weather;
        let most = if chance.is_so(straggles) { straggles_for.max(most) } else { most };
        chance.between(least, most)
    }

    /// How much longer a datagram takes because one of its ends, or both, are slow, or its way.
    fn slowness(&self, ends: [Option<NodeId>; 2], chance: &mut Chance) -> Duration {
        let Weather { slow, clogged, slow_by, .. } = self.weather;
        if let [Some(from), Some(to)] = ends
            && clogged.contains(from, to)
        {
            return chance.between(Duration::ZERO, slow_by);
        }
        let ends = ends.into_iter().flatten().filter(|node| slow.contains(*node));
        ends.map(|_| chance.between(Duration::ZERO, slow_by)).sum()
    }

    /// From now on nothing arrives in this direction.
    pub(super) fn cut(&mut self, from: NodeId, to: NodeId) {
        self.cuts.insert((from, to));
    }

    /// All arrives again in this direction.
    pub(super) fn mend(&mut self, from: NodeId, to: NodeId) {
        self.cuts.remove(&(from, to));
    }

    /// No more faults.
    pub(super) fn calm(&mut self) {
        *self = Network::new(Weather::CALM);
    }
}

/// The node at this address, if there is one.
fn node_at(address: SocketAddrV4) -> Option<NodeId> {
    match place(address) {
        Some(Place::Node(node)) => Some(node),
        _ => None,
    }
}
