//! Who is a member, and who is an intended replica, as disks and the ground truth tell.

use super::World;
use crate::scope::instance::members;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Act, Change, History, Standing};
use dynamo_model::rules::Rules;
use std::borrow::Cow;
use std::collections::BTreeMap;

impl<'a> World<'a> {
    /// The membership history on a node's disk.
    pub fn history(&self, node: NodeId) -> &'a History {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        storage
            .map(|storage| &storage.history)
            .filter(|history| !history.is_empty())
            .unwrap_or(&self.model.cfg.founders)
    }

    /// The union of all histories on disks.
    pub fn all_history(&self) -> History {
        self.nodes()
            .fold(self.model.cfg.founders.clone(), |all, node| all.union(self.history(node)))
    }

    /// Does any history say that the node was removed for good?
    pub fn is_removed(&self, node: NodeId) -> bool {
        let is_removal = |change: &Change| change.act == Act::Remove;
        self.model.cfg.changes
            && self.nodes().any(|other| self.history(other).of(node).any(is_removal))
    }

    /// Is a node gone, by its own history? It may have stopped, and its disk no longer counts.
    pub fn is_gone(&self, node: NodeId) -> bool {
        let standing = || Rules::default().standings(self.history(node)).get(&node).copied();
        self.model.cfg.changes && standing() == Some(Standing::Gone)
    }

    /// Does a node leave, by its own history, and have nothing on disk any more?
    pub fn leaves_empty_handed(&self, node: NodeId) -> bool {
        let standing = || Rules::default().standings(self.history(node)).get(&node).copied();
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        let is_empty = storage.is_some_and(|disk| disk.store.is_empty() && disk.hints.is_empty());
        is_empty && standing() == Some(Standing::Leaving)
    }

    /// Do others count on a node that is gone and may have stopped, because it is to be a member
    /// again?
    pub fn awaits_the_stopped(&self) -> bool {
        self.nodes().any(|node| self.is_gone(node) && !self.knows_all(node))
    }

    /// Does a node know every membership change that any node has on disk?
    pub fn knows_all(&self, node: NodeId) -> bool {
        !self.model.cfg.changes || *self.history(node) == self.all_history()
    }

    /// Are fewer than W members left? Nodes that leave keep their copies until there are enough.
    pub fn has_too_few_members(&self) -> bool {
        self.has_fewer_members_than(self.model.cfg.config.w())
    }

    /// Are fewer than R or W members left? Each of two administrators may have let one leave too
    /// many.
    pub fn has_no_quorum(&self) -> bool {
        let config = &self.model.cfg.config;
        self.has_fewer_members_than(config.r().max(config.w()))
    }

    fn has_fewer_members_than(&self, needed: usize) -> bool {
        self.model.cfg.changes && members(&self.all_history()).count() < needed
    }

    /// The intended replicas by the union of all histories.
    pub fn intended(&self) -> Cow<'a, [NodeId]> {
        let instance = &self.model.cfg;
        if instance.changes {
            instance.replicas_by(&self.all_history()).into()
        } else {
            instance.preference_list.as_slice().into()
        }
    }

    /// The intended replicas by the view of a node.
    pub fn intended_by(&self, node: NodeId) -> Cow<'a, [NodeId]> {
        let instance = &self.model.cfg;
        if instance.changes {
            instance.replicas_by(self.history(node)).into()
        } else {
            instance.preference_list.as_slice().into()
        }
    }

    /// Is a node an intended replica by the view of another?
    pub fn is_intended(&self, node: NodeId, by: NodeId) -> bool {
        self.intended_by(by).contains(&node)
    }

    /// The intended replicas by each view that a node may have had until now: it may have learned
    /// the changes that it knows in any order. Whether another node was a member by such a view
    /// depends on that node's latest change there. So one change of each node, or none, is enough
    /// to try.
    pub(super) fn intended_until_now_by(&self, node: NodeId) -> Vec<Vec<NodeId>> {
        let instance = &self.model.cfg;
        if !instance.changes {
            return vec![instance.preference_list.clone()];
        }
        let learned = self.history(node).minus(&instance.founders);
        let of = |view: &History| members(view).collect::<Vec<NodeId>>();
        let mut views = BTreeMap::from([(of(&instance.founders), instance.founders.clone())]);
        for other in self.nodes() {
            for before in views.clone().into_values() {
                for change in learned.of(other) {
                    let mut view = before.clone();
                    view.insert(*change);
                    views.entry(of(&view)).or_insert(view);
                }
            }
        }
        views.values().map(|view| instance.replicas_by(view)).collect()
    }

    /// Could a node have been no intended replica for a time, by its own views?
    pub fn may_have_been_none(&self, node: NodeId) -> bool {
        self.intended_until_now_by(node).iter().any(|intended| !intended.contains(&node))
    }
}
