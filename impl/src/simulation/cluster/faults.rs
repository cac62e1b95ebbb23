//! What goes wrong with nodes and between them, and the end of it.

use super::{Cluster, Event, LOOK_EVERY, LOOK_FIRST_EVERY};
use crate::simulation::node::SimulatedNode;
use dynamo_invariants::judge::Violation;
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event as Step;
use std::cmp::Reverse;
use std::time::Duration;

impl Cluster {
    pub(super) fn crash(&mut self, index: usize) {
        if self.nodes[index].state().is_none() {
            return;
        }
        self.tally.crashes += 1;
        let id = self.nodes[index].id;
        self.watch.crashes(self.nodes.iter().filter_map(SimulatedNode::state));
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
        self.watch.loses_disk(&self.nodes[index].disk);
        self.nodes[index].lose_disk();
        self.judge.lost_disk(id);
        self.restart(index);
    }

    pub(super) fn restart(&mut self, index: usize) {
        let chance = self.chance.branch();
        let node = &mut self.nodes[index];
        node.start(self.start + self.now, chance);
        if let Some(state) = node.state() {
            self.judge.restarted(node.id, state, &node.disk);
        }
        self.batch(index, Vec::new());
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

    /// No more faults: nodes that are down restart, and no further crash or cut is planned. Nobody
    /// looks whether all has settled while a datagram of before may still arrive.
    pub(super) fn calm(&mut self) {
        let weather = &self.network.weather;
        let straggles_for = weather.straggles_for * u32::from(weather.straggles > 0);
        let may_arrive_for = straggles_for.max(weather.delay.1);
        self.network.calm();
        let is_fault = |event: &Event| matches!(event, Event::Crash | Event::Cut);
        self.queue.retain(|Reverse((_, _, event))| !is_fault(event));
        for index in 0..self.nodes.len() {
            let id = self.nodes[index].id;
            self.happen(Event::Restart(id));
        }
        self.plan_at(self.now + may_arrive_for.max(LOOK_FIRST_EVERY), Event::Look);
    }

    pub(super) fn verdict_at_rest(&mut self) -> Option<Violation> {
        let nodes = self.nodes.iter();
        self.judge
            .verdict_at_rest(nodes.filter_map(|node| Some((node.id, node.state()?, &node.disk))))
    }

    /// Looks whether all that must be so eventually is so now.
    pub(super) fn look(&mut self) {
        let is_settled = self.verdict_at_rest().is_none();
        self.watch.recorder.looked(self.now, is_settled);
        self.settled = if is_settled { self.settled + 1 } else { 0 };
        let pause = if is_settled { LOOK_EVERY } else { LOOK_FIRST_EVERY };
        self.plan_at(self.now + pause, Event::Look);
    }
}
