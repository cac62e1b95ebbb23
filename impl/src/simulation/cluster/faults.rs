//! What goes wrong with nodes and between them, and the end of it.

use super::{Cluster, Event, LOOK_EVERY, LOOK_FIRST_EVERY};
use crate::server::Ending;
use crate::simulation::node::{Datagrams, End, SimulatedNode};
use crate::simulation::seen::Fault;
use crate::simulation::weather::Cuts;
use dynamo_invariants::judge::{Nodes, Violation};
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::History;
use std::cmp::Reverse;
use std::time::Duration;

/// The pause between two starts of a node whose disk is full.
const TRIES_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The pause between two nodes of a rolling restart.
const ROLLS_EVERY: Duration = Duration::from_secs(2);
/// The pause between two looks whether a node that has left is to be a member again.
const LOOKS_AGAIN_AFTER: Duration = Duration::from_secs(5);

impl Cluster {
    /// Plans the next fault of a kind, if there is any of that kind.
    pub(super) fn plan_next(&mut self, event: Event) {
        let weather = &self.network.weather;
        let every = match event {
            Event::Crash => weather.crash_every,
            Event::Cut => weather.cut_every,
            Event::Pause => weather.pause_every,
            Event::FillDisk => weather.full_every,
            _ => None,
        };
        if let Some(every) = every {
            let after = self.chance.between(Duration::ZERO, 2 * every);
            self.plan_at(self.now + after, event);
        }
    }

    /// Plans that all nodes are restarted, one after another.
    pub(super) fn plan_roll(&mut self, unsafe_for: Duration) {
        let mut at = self.chance.between(Duration::ZERO, unsafe_for);
        for index in 0..self.nodes.len() {
            self.plan_at(at, Event::Stop(self.nodes[index].id));
            at += self.chance.between(Duration::ZERO, ROLLS_EVERY);
        }
    }

    /// A node stands still for a while.
    pub(super) fn pause(&mut self) {
        let index = self.chance.below(self.nodes.len());
        let time = self.chance.between(Duration::ZERO, self.network.weather.pause_for);
        if self.nodes[index].state().is_some() {
            self.tally.pauses += 1;
            self.watch.seen.fault(Fault::Pause);
            self.stand_still(index, time, Vec::new());
        }
        self.plan_next(Event::Pause);
    }

    /// Does a commit take a long time?
    pub(super) fn is_slow(&mut self) -> bool {
        self.chance.is_so(self.network.weather.slow_commits)
    }

    /// A commit takes a long time. What the node sends after it waits.
    pub(super) fn wait_for_disk(&mut self, index: usize, sent: Datagrams) {
        self.tally.slow_commits += 1;
        self.watch.seen.fault(Fault::CommitSlow);
        let time = self.chance.between(Duration::ZERO, self.network.weather.slow_for);
        self.stand_still(index, time, sent);
    }

    fn stand_still(&mut self, index: usize, time: Duration, sent: Datagrams) {
        let goes_on = self.nodes[index].stand_still(self.now + time, sent);
        self.plan_at(goes_on, Event::Wake(self.nodes[index].id));
    }

    /// A disk is full for a while: commits fail.
    pub(super) fn fill_disk(&mut self) {
        let index = self.chance.below(self.nodes.len());
        let time = self.chance.between(Duration::ZERO, self.network.weather.full_for);
        self.tally.full_disks += 1;
        self.watch.seen.fault(Fault::DiskFull);
        self.nodes[index].is_full = true;
        self.plan_at(self.now + time, Event::FreeDisk(self.nodes[index].id));
        self.plan_next(Event::FillDisk);
    }

    pub(super) fn crash(&mut self, index: usize) {
        if self.nodes[index].state().is_none() {
            return;
        }
        self.tally.crashes += 1;
        let id = self.nodes[index].id;
        self.watch.crashes(self.nodes.iter().filter_map(SimulatedNode::state));
        self.nodes[index].stop();
        // A node that restarts may have forgotten what it has heard.
        self.nodes.iter_mut().for_each(|node| node.witnesses.retain(|witness| *witness != id));
        self.judge.crashed(id);
        self.step(Step::Crash { at: Who::Node(id) });
        let after = self.chance.between(Duration::from_millis(1), self.network.weather.down_for);
        self.plan_at(self.now + after, Event::Restart(id));
    }

    /// Starts a process on what is on a node's disk. A removed node does not start again.
    pub(super) fn restart(&mut self, index: usize) {
        let (random, chance) = (self.chance.below(1 << 20) as u64, self.chance.branch());
        let wrong_date = self.chance.between(Duration::ZERO, self.network.weather.wrong_date);
        let node = &mut self.nodes[index];
        node.start(self.now, wrong_date, random, chance);
        if let Some(state) = node.state().filter(|_| !node.is_on_old_copy) {
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
        if self.nodes[index].is_full {
            // The node cannot write that it starts.
            return self.plan_at(self.now + TRIES_AGAIN_AFTER, Event::Restart(node));
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
        if !self.nodes[index].is_on_old_copy {
            self.step(Step::Recover { at: Who::Node(node) });
        }
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
                if std::mem::take(&mut self.nodes[index].is_on_old_copy) {
                    self.tally.old_disks += 1;
                    self.step(Step::Recover { at: Who::Node(id) });
                }
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

    /// Cuts off some nodes from others, in one direction or in both.
    pub(super) fn cut(&mut self) {
        let apart = self.apart();
        let both = self.chance.is_so(5_000);
        let turned = self.chance.is_so(5_000);
        let after = self.chance.between(Duration::ZERO, self.network.weather.cut_for);
        for (one, other) in apart {
            let ends = if turned { (other, one) } else { (one, other) };
            for (from, to) in [ends, (ends.1, ends.0)].into_iter().take(if both { 2 } else { 1 }) {
                self.tally.cuts += 1;
                self.network.cut(from, to);
                self.plan_at(self.now + after, Event::Mend(from, to));
            }
        }
        self.plan_next(Event::Cut);
    }

    /// The pairs of nodes that the next cut is between.
    fn apart(&mut self) -> Vec<(NodeId, NodeId)> {
        let count = self.nodes.len();
        let one = self.network.weather.frail.one(count, &mut self.chance);
        let near: Vec<usize> = match self.network.weather.cuts {
            Cuts::Pairs => {
                let other = (one + 1 + self.chance.below(count - 1)) % count;
                return vec![(self.nodes[one].id, self.nodes[other].id)];
            }
            Cuts::Nodes => vec![one],
            Cuts::Halves => {
                (0..count).filter(|index| *index == one || self.chance.is_so(5_000)).collect()
            }
        };
        let far = |other: &usize| !near.contains(other);
        let pairs = near.iter().flat_map(|one| (0..count).filter(far).map(move |it| (*one, it)));
        pairs.map(|(one, other)| (self.nodes[one].id, self.nodes[other].id)).collect()
    }

    /// No more faults: nodes that are down restart, and no further crash or cut is planned. Nobody
    /// looks whether all has settled while a datagram of before may still arrive.
    pub(super) fn calm(&mut self) {
        let weather = &self.network.weather;
        let straggles_for = weather.straggles_for * u32::from(weather.straggles > 0);
        let may_arrive_for = straggles_for.max(weather.delay.1);
        self.network.calm();
        let is_fault = |event: &Event| {
            use Event::{CopyDisk, Crash, Cut, FillDisk, LoseDisk, Pause, ReturnToCopy, Stop};
            matches!(event, Crash | Cut | FillDisk | Pause | Stop(_))
                || matches!(event, CopyDisk(_) | ReturnToCopy(_) | LoseDisk(_))
        };
        self.failing_disk = None;
        self.queue.retain(|Reverse((_, _, event))| !is_fault(event));
        for index in 0..self.nodes.len() {
            self.nodes[index].is_full = false;
            let id = self.nodes[index].id;
            self.happen(Event::Restart(id));
        }
        self.plan_at(self.now + may_arrive_for.max(LOOK_FIRST_EVERY), Event::Look);
    }

    /// What must be so eventually is not so. There is no verdict where a node that was removed for
    /// good took a change of the members with it: nobody else can learn it.
    pub(super) fn verdict_at_rest(&mut self) -> Option<Violation> {
        if self.is_change_lost() { None } else { self.judge.verdict_at_rest(&up(&self.nodes)) }
    }

    fn is_change_lost(&self) -> bool {
        let running = self.nodes.iter().filter_map(SimulatedNode::state);
        let known = running.map(|state| &state.durable.history);
        let known = known.fold(History::default(), |all, its| all.union(its));
        let removed = self.nodes.iter().filter(|node| node.ended == Some(Ending::Removed));
        removed.map(|node| &node.disk.durable.history).any(|its| known.union(its) != known)
    }

    /// Looks whether all that must be so eventually is so now.
    pub(super) fn look(&mut self) {
        let rests = self.is_change_lost() || self.judge.is_at_rest(&up(&self.nodes));
        self.watch.recorder.looked(self.now, rests);
        let is_settled = rests && self.now >= self.settles_from;
        self.settled = if is_settled { self.settled + 1 } else { 0 };
        let pause = if is_settled { LOOK_EVERY } else { LOOK_FIRST_EVERY };
        self.plan_at(self.now + pause, Event::Look);
    }
}

fn up(nodes: &[SimulatedNode]) -> impl Nodes<'_> {
    nodes.iter().filter_map(|node| Some((node.id, node.state()?, &node.disk.durable)))
}
