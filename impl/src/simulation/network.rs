//! The simulated network: which datagrams arrive, when, and how often.

use super::weather::Weather;
use crate::drawn::Chance;
use dynamo_model::ids::NodeId;
use stateright::actor::Id;
use std::collections::BTreeSet;
use std::time::Duration;

/// A copy of a datagram that will arrive.
pub(super) struct Copy {
    pub(super) after: Duration,
    pub(super) bytes: Vec<u8>,
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
    pub(super) fn is_cut(&self, from: Id, to: Id) -> bool {
        let ends = NodeId::from_actor(from).zip(NodeId::from_actor(to));
        ends.is_some_and(|ends| self.cuts.contains(&ends))
    }

    /// The copies of a datagram that arrive: none if it is lost.
    pub(super) fn send(&self, from: Id, to: Id, bytes: &[u8], chance: &mut Chance) -> Vec<Copy> {
        let Weather { loss, duplication, corruption, .. } = self.weather;
        if self.is_cut(from, to) || chance.is_so(loss) {
            return Vec::new();
        }
        let copies = if chance.is_so(duplication) { 2 } else { 1 };
        let copy = |_| {
            let mut bytes = bytes.to_vec();
            if chance.is_so(corruption) {
                let bit = chance.below(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            Copy { after: self.delay(chance), bytes }
        };
        (0..copies).map(copy).collect()
    }

    fn delay(&self, chance: &mut Chance) -> Duration {
        let Weather { delay: (least, most), straggles, straggles_for, .. } = self.weather;
        let most = if chance.is_so(straggles) { straggles_for.max(most) } else { most };
        chance.between(least, most)
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
