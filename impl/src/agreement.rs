//! Records when each peer last reported the same membership history as this node. `dynamo status`
//! shows it. It is no part of the protocol.

use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::Message;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// For each peer, when it last named this node's tip.
#[derive(Debug)]
pub(crate) struct Agreement {
    tip: Tip,
    heard: BTreeMap<NodeId, Instant>,
}

impl Default for Agreement {
    fn default() -> Self {
        Agreement { tip: History::default().tip(), heard: BTreeMap::new() }
    }
}

impl Agreement {
    /// The tip of the sender's history, if the message carries it.
    pub(crate) fn named(message: &Message) -> Option<Tip> {
        if let Message::Gossip { tip } = message { Some(*tip) } else { message.tip() }
    }

    /// Records that `peer` named a tip while this node's tip was `own`. A new tip of this node
    /// clears earlier agreement.
    pub(crate) fn note(&mut self, own: Tip, peer: NodeId, named: Tip, now: Instant) {
        if own != self.tip {
            *self = Agreement { tip: own, heard: BTreeMap::new() };
        }
        if named == own {
            self.heard.insert(peer, now);
        }
    }

    /// How long ago a peer last named the tip `own`.
    pub(crate) fn age(&self, own: Tip, peer: NodeId, now: Instant) -> Option<Duration> {
        let heard = self.heard.get(&peer).filter(|_| own == self.tip);
        heard.map(|heard| now.saturating_duration_since(*heard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_tip_is_agreed_on() {
        let (old, new) = (Tip(1), Tip(2));
        let (mut agreement, start) = (Agreement::default(), Instant::now());
        let later = start + Duration::from_secs(3);
        agreement.note(old, NodeId(1), old, start);
        agreement.note(old, NodeId(2), new, start);
        assert_eq!(agreement.age(old, NodeId(1), later), Some(Duration::from_secs(3)));
        assert_eq!(agreement.age(old, NodeId(2), later), None);
        assert_eq!(agreement.age(new, NodeId(1), later), None, "node 1 agreed on the old tip");
        agreement.note(new, NodeId(2), new, later);
        assert_eq!(
            (agreement.age(new, NodeId(1), later), agreement.age(old, NodeId(1), later)),
            (None, None)
        );
        assert_eq!(agreement.age(new, NodeId(2), later), Some(Duration::ZERO));
    }
}
