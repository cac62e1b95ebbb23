//! A client's own view. The client asks the coordinator that its view names. That view may be old.
//!
//! ```text
//! client ── Routed: my tip, my request ──▶ node     if the tips are equal, the node serves it
//! client ◀── History: all changes I know ── node    if they differ; it serves or forwards it too
//! client ── Changes: those that you lack ──▶ node   if the node lacks any
//! ```
//! So a client learns of changes only from the nodes that it asks. Its next request uses the new
//! view. If the node does not answer, it may have left. The client then asks other nodes for their
//! histories, and tries again.

use crate::algebra::address::Address;
use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::membership::{History, Tip};
use crate::algebra::view::View;
use crate::rules::Rules;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The nodes that a client asks, by the history that it knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Routes {
    history: History,
    #[serde(skip)]
    view: Arc<View>,
    n: usize,
}

impl Routes {
    /// The routes that follow from a history, for keys with `n` replicas.
    pub fn new(history: History, n: usize) -> Self {
        let view = Arc::new(Rules::default().view(&history));
        Routes { history, view, n }
    }

    /// The digest of the client's history.
    pub fn tip(&self) -> Tip {
        self.view.tip()
    }

    /// The node to ask. `None`: there is no member.
    ///
    /// A node with this view that suspects no node, and is no replica, would forward the request to
    /// it.
    pub fn coordinator(&self, rules: &Rules, request: RequestId, key: &Key) -> Option<NodeId> {
        let replicas = self.view.ring().preference_list(key, self.n);
        if replicas.is_empty() {
            return None;
        }
        rules.coordinators(request, replicas, &[], &BTreeSet::new()).first().copied()
    }

    /// The client's history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// All members.
    pub fn members(&self) -> &[NodeId] {
        self.view.ring().members()
    }

    /// The address of a node, if it is known.
    pub fn address(&self, node: NodeId) -> Option<Address> {
        self.history.address(node)
    }

    /// Merges a node's history into the client's. Returns the changes that the node lacks, if there
    /// are any, so that the client can send them.
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
        fn a_client_learns_every_change_it_is_told(own: Vec<u16>, told: Vec<u16>) -> bool {
            let history = |nodes: &[u16]| History::founded_by(nodes.iter().map(|node| NodeId(node % 20)));
            let (own, told) = (history(&own), history(&told));
            let mut routes = Routes::new(own.clone(), 3);
            let lacks = routes.learn(&told).unwrap_or_default();
            let all = own.union(&told);
            routes == Routes::new(all.clone(), 3) && told.union(&lacks) == all
        }

        fn a_request_always_goes_to_the_same_replica(members: Vec<u16>, client: u64, number: u64) -> bool {
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
