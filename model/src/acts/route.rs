//! A client's own view: it asks a node that is responsible by what it knows of the
//! members, which may be old.
//!
//! ```text
//! client ── Routed: my tip, what I want ──▶ node     the same tip: it is served, and nothing else follows
//! client ◀── History: all I know ── node             not the same; it is served all the same, here or one hop further
//! client ── Changes: what you lack ──▶ node          if the node lacks anything
//! ```
//! So a client learns of changes only when it asks, and then at once: its next request goes by what
//! it was told. Where the node asked is silent, it may have left: the client asks others what they
//! know, and then again.

use crate::algebra::address::Address;
use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::membership::{History, Tip};
use crate::algebra::view::View;
use crate::rules::Rules;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whom a client asks, by what it knows of the members.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Routes {
    history: History,
    #[serde(skip)]
    view: Arc<View>,
    n: usize,
}

impl Routes {
    /// The routes of one that knows this of the members, where each key has `n` replicas.
    pub fn new(history: History, n: usize) -> Self {
        let view = Arc::new(Rules::default().view(&history));
        Routes { history, view, n }
    }

    /// The digest of what is known.
    pub fn tip(&self) -> Tip {
        self.view.tip()
    }

    /// The node to ask. `None`: there is no member.
    ///
    /// The one that a node with this view forwards the request to that does not coordinate it
    /// itself, and suspects nobody.
    pub fn coordinator(&self, rules: &Rules, request: RequestId, key: &Key) -> Option<NodeId> {
        let replicas = self.view.ring().preference_list(key, self.n);
        if replicas.is_empty() {
            return None;
        }
        rules.coordinators(request, replicas, &[], &BTreeSet::new()).first().copied()
    }

    /// What is known of the members.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// All members.
    pub fn members(&self) -> &[NodeId] {
        self.view.ring().members()
    }

    /// Where a node can be reached, if that is known.
    pub fn address(&self, node: NodeId) -> Option<Address> {
        self.history.address(node)
    }

    /// Takes in all that a node knows. Returns what it lacks, if anything, to be sent back.
    pub fn learn(&mut self, told: &History) -> Option<History> {
        let lacks = self.history.minus(told);
        if !self.history.includes(told) {
            *self = Routes::new(self.history.union_if_it_fits(told), self.n);
        }
        Some(lacks).filter(|lacks| !lacks.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::ids::ClientId;
    use quickcheck::quickcheck;

    quickcheck! {
        fn whoever_is_told_all_knows_all(own: Vec<u16>, told: Vec<u16>) -> bool {
            let history = |nodes: &[u16]| History::founded_by(nodes.iter().map(|node| NodeId(node % 20)));
            let (own, told) = (history(&own), history(&told));
            let mut routes = Routes::new(own.clone(), 3);
            let lacks = routes.learn(&told).unwrap_or_default();
            let all = own.union(&told);
            routes == Routes::new(all.clone(), 3) && told.union(&lacks) == all
        }

        fn a_request_goes_to_a_replica_and_always_to_the_same(members: Vec<u16>, client: u64, number: u64) -> bool {
            let members: Vec<NodeId> = members.into_iter().map(NodeId).collect();
            let (key, rules) = (Key::new("k").unwrap(), Rules::default());
            let routes = Routes::new(History::founded_by(members.iter().copied()), 3);
            let request = RequestId { client: ClientId(client), number };
            let asked = routes.coordinator(&rules, request, &key);
            let is_replica = |node: NodeId| routes.view.ring().preference_list(&key, 3).contains(&node);
            asked == routes.coordinator(&rules, request, &key) && asked.map_or(members.is_empty(), is_replica)
        }
    }
}
