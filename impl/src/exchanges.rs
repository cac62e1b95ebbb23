//! Records the anti-entropy exchanges between this node and its peers. `dynamo status` shows them.
//! They are no part of the protocol.

use crate::inspect::ExchangeLine;
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::message::Message;
use dynamo_model::node::{Node, State};
use dynamo_model::ring::Partition;
use dynamo_model::siblings::Siblings;
use dynamo_model::tree::Digest;
use std::collections::BTreeMap;
use std::time::Instant;

/// The record for each partition and peer.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    seen: BTreeMap<(Partition, NodeId), Seen>,
}

/// The record for one partition and one peer.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// When the peer last sent its root.
    last: Option<Instant>,
    /// Since when the peer's root has always been the same as this node's.
    agreed_since: Option<Instant>,
    /// How many keys this node repaired with data from the peer.
    repaired: u64,
}

impl Seen {
    fn note(&mut self, agree: bool, now: Instant) {
        self.last = Some(now);
        self.agreed_since = if agree { self.agreed_since.or(Some(now)) } else { None };
    }
}

/// The state to record before the actor handles a message.
pub(crate) enum Before {
    /// The roots in the peer's message.
    Roots(Vec<(Partition, Digest)>),
    /// A key that the peer sends, and what this node holds of it.
    Held(Key, Option<Siblings>),
}

impl Before {
    /// `None` if the message is not part of an exchange.
    pub(crate) fn of(message: &Message, state: &State) -> Option<Self> {
        match message {
            Message::Roots { tip, roots }
                if *tip == state.view.tip() && state.unplanted.is_none() =>
            {
                Some(Before::Roots(roots.clone()))
            }
            Message::Sync { key, .. } => {
                Some(Before::Held(key.clone(), state.durable.store.get(key).cloned()))
            }
            _ => None,
        }
    }
}

impl Exchanges {
    /// Records the effect of a peer's message, after the actor has handled it.
    pub(crate) fn note(
        &mut self,
        before: Before,
        node: &Node,
        id: NodeId,
        peer: NodeId,
        state: &State,
        now: Instant,
    ) {
        let ring = state.view.ring();
        match before {
            Before::Roots(roots) => {
                let theirs: BTreeMap<Partition, Digest> = roots.into_iter().collect();
                let is_shared = |partition: &Partition| {
                    let replicas = ring.replicas(*partition, node.config.n());
                    replicas.contains(&id) && replicas.contains(&peer)
                };
                for partition in ring.partitions().filter(is_shared) {
                    let theirs = theirs.get(&partition).copied().unwrap_or_default();
                    self.seen
                        .entry((partition, peer))
                        .or_default()
                        .note(theirs == state.trees.root(partition), now);
                }
            }
            Before::Held(key, held) if held.as_ref() != state.durable.store.get(&key) => {
                let seen = self.seen.entry((ring.partition(&key), peer)).or_default();
                (seen.repaired, seen.agreed_since) = (seen.repaired + 1, None);
            }
            Before::Held(..) => {}
        }
    }

    /// The record, for the partitions of which both nodes are replicas now.
    pub(crate) fn lines(
        &self,
        node: &Node,
        id: NodeId,
        state: &State,
        now: Instant,
    ) -> Vec<ExchangeLine> {
        let ring = state.view.ring();
        let ago_ms = |then: Instant| now.saturating_duration_since(then).as_millis() as u64;
        let mut lines = Vec::new();
        for partition in ring.partitions() {
            let replicas = ring.replicas(partition, node.config.n());
            let peers = replicas.iter().filter(|peer| **peer != id && replicas.contains(&id));
            lines.extend(peers.map(|peer| {
                let seen = self.seen.get(&(partition, *peer)).copied().unwrap_or_default();
                let (last_ms, agreed_ms) = (seen.last.map(ago_ms), seen.agreed_since.map(ago_ms));
                ExchangeLine { partition, peer: *peer, last_ms, agreed_ms, repaired: seen.repaired }
            }));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::config::{AntiEntropy, Config};
    use dynamo_model::membership::History;
    use dynamo_model::ring::Ring;
    use dynamo_model::rules::Rules;
    use stateright::actor::{Actor, Id, Out};
    use std::borrow::Cow;
    use std::time::Duration;

    #[test]
    fn agreement_and_repairs_are_recorded() {
        let config = Config::new(2, 1, 1).unwrap().with_anti_entropy(AntiEntropy::LOCAL);
        let founders = History::founded_by([0, 1].map(NodeId));
        let node = Node { config, founders, address: None, rules: Rules::default() };
        let mut state = Cow::Owned(node.on_start(Id::from(0), &None, &mut Out::new()));
        let (mut exchanges, start, peer) = (Exchanges::default(), Instant::now(), NodeId(1));
        let mut hear = |message: Message, seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            let before = Before::of(&message, &state).unwrap();
            node.on_msg(Id::from(0), &mut state, Id::from(1), message, &mut Out::new());
            exchanges.note(before, &node, NodeId(0), peer, &state, now);
            exchanges.lines(&node, NodeId(0), &state, now)
        };
        let tip = node.founders.tip();
        let key = Key::new("k").unwrap();
        let partition = Ring::of(&[NodeId(0), peer]).partition(&key);
        let line = |lines: Vec<ExchangeLine>| {
            lines.into_iter().find(|line| line.partition == partition).unwrap()
        };

        let lines = hear(Message::Roots { tip, roots: Vec::new() }, 0);
        assert_eq!(lines.len(), Ring::PARTITIONS as usize);
        assert!(lines.iter().all(|line| line.agreed_ms == Some(0)));
        let seen = line(hear(Message::Roots { tip, roots: vec![(partition, Digest(7))] }, 5));
        assert_eq!((seen.last_ms, seen.agreed_ms, seen.repaired), (Some(0), None, 0));
        let siblings = {
            use dynamo_model::ids::{Content, Value};
            use dynamo_model::siblings::Version;
            use dynamo_model::version::{Context, Dot};
            let dot = Dot { issuer: peer.into(), counter: 1 };
            let content = Content::Value(Value::new(b"v").unwrap());
            Siblings::new()
                .put(Version { dot, clock: Context::new().with(dot), content }, |_| false)
        };
        let sync = Message::Sync { tip, key: key.clone(), siblings: siblings.clone() };
        assert_eq!(line(hear(sync.clone(), 6)).repaired, 1);
        assert_eq!(line(hear(sync, 7)).repaired, 1, "the node had that already");
        let roots = || Message::Roots { tip, roots: vec![(partition, siblings.digest(&key))] };
        assert_eq!(line(hear(roots(), 8)).agreed_ms, Some(0));
        assert_eq!(line(hear(roots(), 20)).agreed_ms, Some(12_000));
    }
}
