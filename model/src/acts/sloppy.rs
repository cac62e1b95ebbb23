//! Sloppy quorum (Dynamo paper §4.6). The coordinator suspects a node that does not answer in time,
//! and asks the next fallback to stand in for it.
//!
//! Suspicion is local and volatile. It only changes which nodes this node asks. The coordinator
//! still asks a suspected replica too: that is the probe. It waits for that replica as long as for
//! any other, even if a fallback has answered. The suspicion ends when the replica answers or sends
//! a request.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::tally::{StandIn, Tally};
use crate::state::collecting::{Collecting, Next};
use std::sync::Arc;

impl Handler<'_, '_> {
    /// A tally of the key's intended replicas. For each one that is suspected, a fallback is asked
    /// at once.
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

    /// Decides what the coordinator does after a timeout, and updates the record. After the last
    /// retransmission it suspects the silent nodes and asks fallbacks. Without more fallbacks, it
    /// gives up.
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

    /// How often the coordinator retransmits to the nodes that it asked last.
    pub(crate) fn retransmissions(&self) -> u8 {
        self.node.config.patience().map_or(0, |patience| patience.retransmissions)
    }

    /// A peer that answers in time or sends a request is up.
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
