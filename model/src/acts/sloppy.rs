//! Sloppy quorum (Dynamo paper §4.6): a node that does not answer in time is suspected, and the
//! next fallback is asked to stand in for it.
//!
//! Suspicion is local and volatile, and changes nothing but whom this node asks. The suspected
//! replica is asked too, which is the probe: it is given the same time as everyone, though a
//! fallback may have answered long since; if it answers, or asks for something itself, it is
//! suspected no longer.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::tally::{StandIn, Tally};
use crate::state::collecting::{Collecting, Next};
use std::sync::Arc;

impl Handler<'_, '_> {
    /// A tally of the key's intended replicas. For those under suspicion fallbacks are asked from
    /// the beginning.
    pub(crate) fn new_tally(&self, key: &Key) -> Tally {
        let mut tally = Tally::new(self.preference_list(key));
        let suspected: Vec<NodeId> = tally
            .asked
            .iter()
            .copied()
            .filter(|node| self.state.suspected.contains(node))
            .collect();
        self.stand_in_for(key, &mut tally, suspected.into_iter());
        tally
    }

    /// What follows when the nodes asked have had their time; noted in the record. When they have
    /// been asked as often as they are to be, those that are silent are suspected from now on.
    pub(crate) fn after_timeout(&mut self, collecting: &mut Collecting) -> Next {
        let Collecting { key, tally, retransmissions_left, .. } = collecting;
        if *retransmissions_left > 0 {
            *retransmissions_left -= 1;
            return Next::AskAgain;
        }
        let fallbacks = tally.missing_stand_ins().map(|stand_in| stand_in.fallback);
        // A coordinator that is a new replica may not count itself yet. It does not suspect itself.
        let silent: Vec<NodeId> =
            tally.silent().chain(fallbacks).filter(|node| *node != self.id).collect();
        if !silent.iter().all(|node| self.state.suspected.contains(node)) {
            self.state.to_mut().suspected.extend(silent);
        }
        let before = tally.stand_ins.len();
        let missing: Vec<NodeId> = tally.missing().collect();
        self.stand_in_for(key, tally, missing.into_iter());
        let new = tally.stand_ins[before..].to_vec();
        if new.is_empty() {
            tally.give_up();
            return Next::GiveUp;
        }
        *retransmissions_left = self.retransmissions();
        Next::AskStandIns(new)
    }

    /// How often those that are asked first, or next, are asked again.
    pub(crate) fn retransmissions(&self) -> u8 {
        self.node.config.patience().map_or(0, |patience| patience.retransmissions)
    }

    /// Whoever answers in time, or asks, is up.
    pub(crate) fn heard_from(&mut self, peer: NodeId) {
        if self.state.suspected.contains(&peer) {
            self.state.to_mut().suspected.remove(&peer);
        }
    }

    fn stand_in_for(&self, key: &Key, tally: &mut Tally, missing: impl Iterator<Item = NodeId>) {
        let view = Arc::clone(&self.state.view);
        let fallbacks = view.ring().fallbacks(key, self.node.config.n());
        for intended in missing {
            if let Some(fallback) =
                self.node.rules.stand_in(tally, fallbacks, &self.state.suspected)
            {
                tally.stand_ins.push(StandIn { fallback, intended });
            }
        }
    }
}
