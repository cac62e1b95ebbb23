//! Who is a member, and who is an intended replica, as disks and the ground truth tell.

use super::World;
use crate::scope::standings::{members, removed, standing};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Change, History, Standing};
use dynamo_model::rules::Rules;
use std::borrow::Cow;
use std::collections::BTreeSet;

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
        let founders = self.model.cfg.founders.clone();
        self.histories().fold(founders, |all, history| all.union(history))
    }

    /// Each history that any node has on disk, once.
    fn histories(&self) -> impl Iterator<Item = &'a History> {
        let mut seen = BTreeSet::new();
        let histories = self.nodes().map(|node| self.history(node));
        histories.filter(move |history| seen.insert(history.tip()))
    }

    /// Does any history say that the node was removed for good?
    pub fn is_removed(&self, node: NodeId) -> bool {
        let is_so_by = |other| standing(self.history(other), node) == Standing::Removed;
        self.model.cfg.changes && self.nodes().any(is_so_by)
    }

    /// The nodes that were removed for good by any history.
    pub fn removed(&self) -> BTreeSet<NodeId> {
        self.histories().filter(|_| self.model.cfg.changes).flat_map(removed).collect()
    }

    /// Is a node gone, by its own history? It may have stopped, and its disk no longer counts.
    pub fn is_gone(&self, node: NodeId) -> bool {
        self.model.cfg.changes && standing(self.history(node), node) == Standing::Gone
    }

    /// Does a node leave, by its own history, and have nothing on disk any more?
    pub fn leaves_empty_handed(&self, node: NodeId) -> bool {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        let is_empty = storage.is_some_and(|disk| disk.store.is_empty() && disk.hints.is_empty());
        is_empty && standing(self.history(node), node) == Standing::Leaving
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
        self.model.cfg.changes && members(&self.all_history()).len() < needed
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

    /// The nodes that were an intended replica by some view that a node may have had until now.
    pub(super) fn intended_until_now_by(&self, node: NodeId) -> Vec<NodeId> {
        let instance = &self.model.cfg;
        if !instance.changes {
            return instance.preference_list.clone();
        }
        let (mut members_always, mut intended) = (0, Vec::new());
        for other in instance.clockwise.iter().copied() {
            if members_always == instance.config.n() {
                break;
            }
            let [was_member, was_none] = self.was_member(other, node);
            intended.extend(was_member.then_some(other));
            members_always += usize::from(!was_none);
        }
        intended
    }

    /// Could a node have been no intended replica for a time, by its own views?
    pub fn may_have_been_none(&self, node: NodeId) -> bool {
        let instance = &self.model.cfg;
        if !instance.changes {
            return !instance.preference_list.contains(&node);
        }
        let [_, was_none] = self.was_member(node, node);
        let before = instance.clockwise.iter().copied().take_while(|other| *other != node);
        let members = before.filter(|other| self.was_member(*other, node)[0]);
        was_none || members.take(instance.config.n()).count() == instance.config.n()
    }

    /// Could a node have been no member for a time, by the views of another?
    pub(super) fn may_have_left_by(&self, node: NodeId, by: NodeId) -> bool {
        let [_, was_none] = self.was_member(node, by);
        self.model.cfg.changes && was_none
    }

    /// Was a node a member, and was it none, by the views that another may have had until now? The
    /// other may have learned the changes that it knows in any order. Whether a node was a member by
    /// such a view depends on that node's latest change there. So one change of it, or none, is
    /// enough to try.
    fn was_member(&self, node: NodeId, by: NodeId) -> [bool; 2] {
        let founders = &self.model.cfg.founders;
        let first: Vec<Change> = founders.of(node).copied().collect();
        let learned = self.history(by).of(node).filter(|change| !first.contains(change));
        let views = learned.map(|change| {
            let mut changes = [first.as_slice(), &[*change]].concat();
            changes.sort_unstable();
            changes
        });
        let is_member = |changes: &[Change]| Rules::default().standing(changes) == Standing::Member;
        let mut was = [false; 2];
        for changes in views.chain([first.clone()]) {
            was[usize::from(!is_member(&changes))] = true;
        }
        was
    }
}
