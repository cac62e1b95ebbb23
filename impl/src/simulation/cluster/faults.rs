//! What goes wrong with nodes and between them, and the end of it.

use super::{Cluster, Event, LOOK_EVERY};
use crate::server::Ending;
use crate::simulation::node::End;
use dynamo_invariants::judge::Violation;
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::ids::NodeId;
use std::cmp::Reverse;
use std::time::Duration;

/// The pause between two looks whether a node that has left is to be a member again.
const LOOKS_AGAIN_AFTER: Duration = Duration::from_secs(5);

impl Cluster {
    pub(super) fn crash(&mut self, index: usize) {
        if self.nodes[index].state().is_none() {
            return;
        }
        self.tally.crashes += 1;
        let id = self.nodes[index].id;
        self.nodes[index].stop();
        self.judge.crashed(id);
        self.step(Step::Crash { at: Who::Node(id) });
        let after = self.chance.between(Duration::from_millis(1), self.network.weather.down_for);
        self.plan_at(self.now + after, Event::Restart(id));
    }

    pub(super) fn lose_disk(&mut self, index: usize) {
        let id = self.nodes[index].id;
        if self.nodes[index].state().is_none() {
            self.happen(Event::Restart(id));
        }
        self.step(Step::LoseDisk { at: Who::Node(id) });
        self.nodes[index].stop();
        self.nodes[index].lose_disk();
        self.judge.lost_disk(id);
        self.restart(index);
    }

    /// Starts a process on what is on a node's disk. A removed node does not start again.
    pub(super) fn restart(&mut self, index: usize) {
        let (random, chance) = (self.chance.below(1 << 20) as u64, self.chance.branch());
        let node = &mut self.nodes[index];
        node.start(self.now, random, chance);
        if let Some(state) = node.state() {
            self.judge.restarted(node.id, state, &node.disk.durable);
        }
        self.batch(index, &[]);
    }

    /// A node that is down restarts. One that has left starts again only if it is to be a member
    /// again: whoever let it join starts it.
    pub(super) fn recover(&mut self, node: NodeId) {
        let index = usize::from(node.0);
        if self.nodes[index].state().is_some() {
            return;
        }
        match self.nodes[index].ended {
            Some(Ending::Removed) => return,
            Some(Ending::Left) if !self.nodes.iter().any(|other| other.counts_in(node)) => {
                return self.plan_at(self.now + LOOKS_AGAIN_AFTER, Event::Restart(node));
            }
            Some(Ending::Left) => {
                self.judge.crashed(node);
                self.step(Step::Crash { at: Who::Node(node) });
            }
            None => {}
        }
        self.step(Step::Recover { at: Who::Node(node) });
        self.restart(index);
    }

    /// A process goes no further.
    pub(super) fn end(&mut self, index: usize, end: End) {
        let id = self.nodes[index].id;
        match end {
            End::CutOff => {
                self.tally.torn += 1;
                self.crash(index);
            }
            End::OldDisk(evidence) => {
                self.step(Step::LoseDisk { at: Who::Node(id) });
                self.nodes[index].begin_anew(&evidence);
                self.judge.lost_disk(id);
                self.restart(index);
            }
            End::Ended(why) => {
                self.nodes[index].stop();
                self.nodes[index].ended = Some(why);
                if why == Ending::Left {
                    self.plan_at(self.now + LOOKS_AGAIN_AFTER, Event::Restart(id));
                } else {
                    self.judge.crashed(id);
                    self.step(Step::Crash { at: Who::Node(id) });
                }
            }
        }
    }

    /// Cuts off a pair of nodes from one another, in one direction or in both.
    pub(super) fn cut(&mut self) {
        let count = self.nodes.len();
        let one = self.chance.below(count);
        let other = (one + 1 + self.chance.below(count - 1)) % count;
        let (one, other) = (self.nodes[one].id, self.nodes[other].id);
        let directions = [(one, other), (other, one)];
        let both = self.chance.is_so(5_000);
        let after = self.chance.between(Duration::ZERO, self.network.weather.cut_for);
        for (from, to) in directions.into_iter().take(if both { 2 } else { 1 }) {
            self.tally.cuts += 1;
            self.network.cut(from, to);
            self.plan_at(self.now + after, Event::Mend(from, to));
        }
        self.plan_cut();
    }

    /// No more faults: nodes that are down restart, and no further crash or cut is planned.
    pub(super) fn calm(&mut self) {
        self.network.calm();
        let is_fault = |event: &Event| matches!(event, Event::Crash | Event::Cut);
        self.queue.retain(|Reverse((_, _, event))| !is_fault(event));
        for index in 0..self.nodes.len() {
            let id = self.nodes[index].id;
            self.happen(Event::Restart(id));
        }
        self.plan_at(self.now + LOOK_EVERY, Event::Look);
    }

    pub(super) fn verdict_at_rest(&mut self) -> Option<Violation> {
        let nodes = self.nodes.iter();
        self.judge.verdict_at_rest(
            nodes.filter_map(|node| Some((node.id, node.state()?, &node.disk.durable))),
        )
    }

    /// Looks whether all that must be so eventually is so now.
    pub(super) fn look(&mut self) {
        if let Some(times) = self.settled {
            let is_settled = self.verdict_at_rest().is_none();
            self.settled = Some(if is_settled { times + 1 } else { 0 });
            self.plan_at(self.now + LOOK_EVERY, Event::Look);
        }
    }
}
