//! What goes wrong with a disk for good: it is lost, or an older copy is put in its place.

use super::{Cluster, Event};
use crate::simulation::node::SimulatedNode;
use crate::simulation::plan::Plan;
use crate::simulation::seen::Fault;
use dynamo_invariants::matrix::Happening;
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::ids::NodeId;
use std::time::Duration;

/// A disk that fails after so many commits.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailingDisk {
    node: NodeId,
    /// The commits until it is copied. `None`: it is never copied, or was copied already.
    until_copied: Option<u64>,
    /// The commits from then on until it is lost.
    until_lost: u64,
}

/// The longest time between the last commit of a disk and its loss.
const FAILS_WITHIN: Duration = Duration::from_millis(50);

impl Cluster {
    /// Plans when the disk of a node is lost, or replaced by an older copy.
    pub(super) fn plan_disk(&mut self, node: NodeId, plan: &Plan) {
        if let Some((copied, until_lost)) = plan.disk_lasts {
            let until_copied = plan.returns_to_copy.then_some(copied);
            self.failing_disk = Some(FailingDisk { node, until_copied, until_lost });
            return;
        }
        let at = self.chance.between(Duration::ZERO, plan.unsafe_for);
        if plan.returns_to_copy {
            let copied = self.chance.between(Duration::ZERO, at);
            self.plan_at(copied, Event::CopyDisk(node));
            self.plan_at(at, Event::ReturnToCopy(node));
        } else {
            self.plan_at(at, Event::LoseDisk(node));
        }
    }

    /// A node has committed: the disk that fails after some commits comes closer to it.
    pub(super) fn wear_disk(&mut self, node: NodeId) {
        let Some(disk) = self.failing_disk.as_mut().filter(|disk| disk.node == node) else {
            return;
        };
        match &mut disk.until_copied {
            Some(0) => {
                disk.until_copied = None;
                self.plan_at(self.now, Event::CopyDisk(node));
            }
            Some(left) => *left -= 1,
            None if disk.until_lost > 0 => disk.until_lost -= 1,
            None => {
                self.failing_disk = None;
                let at = self.now + self.chance.between(Duration::ZERO, FAILS_WITHIN);
                let is_copied = self.nodes[usize::from(node.0)].is_copied();
                let lost = Event::LoseDisk(node);
                self.plan_at(at, if is_copied { Event::ReturnToCopy(node) } else { lost });
            }
        }
    }

    /// A node stops, and starts again on an older copy of its disk.
    pub(super) fn return_to_copy(&mut self, index: usize) {
        let id = self.nodes[index].id;
        if self.nodes[index].ended.is_some() {
            // Nobody starts it again.
            return;
        }
        if self.nodes[index].state().is_some() {
            self.judge.crashed(id);
            self.step(Step::Crash { at: Who::Node(id) });
        }
        if self.nodes[index].return_to_copy().is_some() {
            let disk = &self.nodes[index].disk;
            let remembers = |other: &&SimulatedNode| other.remembers_more(id, disk);
            let witnesses = self.nodes.iter().filter(remembers).map(|other| other.id).collect();
            self.nodes[index].witnesses = witnesses;
            self.watch.seen.fault(Fault::DiskOld);
            self.watch.happens(Happening::OldDisk);
            self.recover(id);
        }
    }

    /// A node serves on an older copy of its disk, or under an earlier start. If no node has told
    /// it so, then all that remember more were down or cut off while it asked. What then happens is
    /// a known limit, so the run ends here. A node that was told so breaks a rule, and the run goes
    /// on.
    pub(super) fn believe_disk(&mut self, index: usize) {
        if !self.nodes[index].is_told_of_old_copy() {
            self.tally.believed_disks += 1;
            self.is_over = true;
            return;
        }
        let node = &mut self.nodes[index];
        node.believe_disk();
        let id = node.id;
        if let Some(state) = node.state() {
            self.judge.restarted(id, state, &node.disk.durable);
        }
        self.step(Step::Recover { at: Who::Node(id) });
    }

    pub(super) fn lose_disk(&mut self, index: usize) {
        let id = self.nodes[index].id;
        if self.nodes[index].state().is_none() {
            self.happen(Event::Restart(id));
        }
        self.step(Step::LoseDisk { at: Who::Node(id) });
        self.nodes[index].stop();
        self.watch.loses_disk(&self.nodes[index].disk.durable);
        self.nodes[index].lose_disk();
        self.judge.lost_disk(id);
        self.restart(index);
    }
}
