//! What has happened in a run so far. A case's scope begins with less than may happen, so that
//! preconditions rest on what has happened.

use super::{Case, always};
use crate::judge::part;
use crate::scope::instance::Instance;
use crate::scope::recorded::Recorded;
use crate::scope::{Ask, ScriptLine};
use crate::truth::{Ghost, Outcome};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::{Act, History};
use dynamo_model::process::Process;

/// A script that changes a member. A scope with such a script is one in which the ring changes.
const ADMINISTRATOR: &[&[ScriptLine]] = &[&[(0, Ask::Remove(0))]];

impl Case {
    /// A coordinator has waited in vain.
    pub(in crate::judge) fn timed_out(&mut self) {
        self.model.cfg.scope.faults.timeouts = self.scope.faults.timeouts;
    }

    /// A client has asked again.
    pub(in crate::judge) fn retried(&mut self) {
        self.model.cfg.scope.faults.client_retries = self.scope.faults.client_retries;
    }

    /// A node has crashed.
    pub(in crate::judge) fn crashes(&mut self) {
        self.model.cfg.scope.faults.crashes = self.scope.faults.crashes;
    }

    /// A recorded run shows that a node has lost its disk. Nobody knew beforehand that it would.
    pub(in crate::judge) fn has_lost_disk(&mut self, node: NodeId) {
        let index = usize::from(node.0);
        if let Some(Process::Node(_, of_it)) = self.model.actors.get_mut(index) {
            of_it.loses_its_disk = true;
        }
        let instance = &mut self.model.cfg;
        if !instance.spoilt.contains(&node) {
            instance.spoilt.push(node);
        }
        let position = instance.clockwise.iter().position(|other| *other == node);
        for scope in [&mut self.scope, &mut instance.scope] {
            scope.faults.lost_disk = position;
        }
        self.lose_disk(node);
    }

    /// A node has lost its disk. Puts that begin from now on are not lost with it.
    pub(in crate::judge) fn lose_disk(&mut self, node: NodeId) {
        self.state.random_choices[usize::from(node.0)].remove(&"fate".to_owned());
        if !self.lost.contains(&node) {
            self.lost.push(node);
        }
        let before = self.model.cfg.lost_before.values_mut();
        before.for_each(|nodes| nodes.retain(|other| *other != node));
        self.changed.disk = true;
    }

    /// Which puts begin now, after nodes have lost their disks?
    pub(in crate::judge) fn note_begun(&mut self, next: &Ghost) {
        if self.lost.is_empty() {
            return;
        }
        let Instance { puts, lost_before, .. } = &mut self.model.cfg;
        for (put, (now, before)) in
            puts.iter().zip(next.writes.iter().zip(&self.state.history.writes))
        {
            if before.outcome == Outcome::Unsent && now.outcome != Outcome::Unsent {
                lost_before.insert(*put, self.lost.clone());
            }
        }
    }

    /// In a recorded run, the first member changes now.
    pub(in crate::judge) fn begin_to_change(&mut self) {
        let instance = &mut self.model.cfg;
        (instance.changes, instance.is_endless) = (true, true);
        for scope in [&mut self.scope, &mut instance.scope] {
            scope.clients = ADMINISTRATOR;
        }
        let nodes = usize::from(instance.scope.nodes);
        let ghost = &mut self.state.history;
        ghost.known.resize(nodes, History::default());
        ghost.owed.resize(nodes + ADMINISTRATOR.len(), History::default());
        self.always = always(&self.scope);
        (self.changed.truth, self.changed.disk, self.changed.view) = (true, true, true);
    }

    /// An administrator's request takes this place.
    pub(in crate::judge) fn add_wish(
        &mut self,
        place: usize,
        request: RequestId,
        wish: (NodeId, Act),
    ) {
        let Instance { changes_asked, wishes, .. } = &mut self.model.cfg;
        changes_asked.resize(changes_asked.len().max(place + 1), Recorded::NOBODY);
        wishes.resize(wishes.len().max(place + 1), wish);
        (changes_asked[place], wishes[place]) = (request, wish);
        self.state.history.decided &= !(1 << place);
    }

    /// A node may reap a tombstone and tell nobody.
    pub(in crate::judge) fn may_reap_alone(&mut self) {
        self.model.cfg.reaps_alone = self.scope.faults.reaps > 0;
        (self.changed.truth, self.changed.disk) = (true, true);
    }

    /// A node was told this.
    pub(in crate::judge) fn know(&mut self, node: NodeId, history: &History) {
        self.state.history.know(&self.model.cfg, node, history);
        self.changed.truth = true;
    }

    /// This is what a node has on disk of who is a member.
    pub(in crate::judge) fn set_history(&mut self, node: NodeId, history: &History) {
        let disk = &mut self.state.actor_storages[usize::from(node.0)];
        disk.get_or_insert_with(part::of_no_key).history.clone_from(history);
        (self.changed.view, self.changed.disk) = (true, true);
    }
}
